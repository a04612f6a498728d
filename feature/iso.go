package feature

import (
	"strings"
	"time"
)

// parseISO reads a date of ISO 8601, with or without a time and a zone, which is not applied. The
// time may follow T or a space.
func parseISO(text string) (time.Time, bool) {
	digits := 0
	for digits < len(text) && text[digits] >= '0' && text[digits] <= '9' {
		digits++
	}
	layout := ""
	switch digits {
	case 4: // 2006, 2006-01, 2006-01-02
		layout = "2006-01-02"[:min(len(text), 10)]
		if len(layout) == 9 || len(layout) == 8 || len(layout) < 7 && len(layout) > 4 {
			return time.Time{}, false
		}
	case 8:
		layout = "20060102"
	default:
		return time.Time{}, false
	}
	date, err := time.Parse(layout, text[:len(layout)])
	if err != nil {
		return time.Time{}, false
	}
	rest := text[len(layout):]
	if rest == "" {
		return date, true
	}
	if len(layout) < 8 || rest[0] != 'T' && rest[0] != 't' && rest[0] != ' ' {
		return time.Time{}, false
	}
	clock, zone := rest[1:], ""
	if at := strings.IndexAny(clock, "Zz+-"); at >= 0 {
		clock, zone = strings.TrimSuffix(clock[:at], " "), clock[at:]
	}
	if !isZone(zone) {
		return time.Time{}, false
	}
	for _, layout := range []string{"15:04:05", "15:04", "150405", "1504", "15"} {
		// time.Parse takes a fraction after seconds.
		if at, err := time.Parse(layout, clock); err == nil {
			return date.Add(at.Sub(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))), true
		}
	}
	return time.Time{}, false
}

// isZone reports whether a text is empty, Z, or an offset of hours, or of hours and minutes.
func isZone(text string) bool {
	if text == "" || text == "Z" || text == "z" {
		return true
	}
	for _, layout := range []string{"-07", "-0700", "-07:00"} {
		if _, err := time.Parse(layout, text); err == nil {
			return true
		}
	}
	return false
}
