package profile

import (
	"strings"
	"time"

	"braid/feature"
)

// Dates describes a column of dates.
type Dates struct {
	Format    string // as in feature.Date; "" is ISO 8601
	Cells     int    // that are dates
	Words     int    // cells with a word for a missing date, such as NA
	Min, Max  time.Time
	Ambiguous string // another format that reads all cells too: day and month cannot be told apart
}

// layouts are formats of dates, of which the first that reads all cells is taken. Those with two
// digits for the day come before those with one or two.
var layouts = dateLayouts()

func dateLayouts() []string {
	days := []string{
		"", "2006/01/02", "2006.01.02", "2006/1/2", "2006-1-2",
		"02/01/2006", "01/02/2006", "2/1/2006", "1/2/2006",
		"02.01.2006", "01.02.2006", "2.1.2006", "1.2.2006",
		"02-01-2006", "01-02-2006", "2-1-2006", "1-2-2006",
		"02/01/06", "01/02/06", "2/1/06", "1/2/06",
		"02.01.06", "2.1.06", "02-Jan-06", "2-Jan-06", "02-Jan-2006", "2-Jan-2006",
		"Jan 02 2006", "Jan 2 2006", "Jan 02, 2006", "Jan 2, 2006",
		"January 02 2006", "January 2 2006", "January 02, 2006", "January 2, 2006",
		"02 Jan 2006", "2 Jan 2006", "02 January 2006", "2 January 2006",
		"Mon Jan 02 2006", "Mon, 02 Jan 2006", "Mon, 2 Jan 2006", "Monday, January 2, 2006",
		"Jan 2006", "January 2006", "01/2006", "1/2006", "02Jan2006",
	}
	list := days
	for _, clock := range []string{
		" 15:04", " 15:04:05", " 03:04 PM", " 3:04 PM", " 03:04:05 PM", " 3:04:05 PM",
		" 15:04:05 MST", " 15:04:05 -0700", "T15:04:05", "T15:04:05Z07:00",
	} {
		for _, day := range days[1:] {
			list = append(list, day+clock)
		}
	}
	return append(list, time.ANSIC, time.UnixDate, time.RubyDate, "Mon Jan 02 15:04:05 MST 2006")
}

// swapped returns the layout with day and month exchanged, or "".
func swapped(layout string) string {
	for _, pair := range [][2]string{{"02", "01"}, {"2", "1"}} {
		for _, mark := range []string{"/", ".", "-"} {
			day, month := pair[0]+mark+pair[1]+mark, pair[1]+mark+pair[0]+mark
			if rest, ok := strings.CutPrefix(layout, day); ok {
				return month + rest
			}
			if rest, ok := strings.CutPrefix(layout, month); ok {
				return day + rest
			}
		}
	}
	return ""
}

// firstTried is the number of values that rule most formats out.
const firstTried = 8

// dates describes a column of dates. It returns nil if not all cells are dates of one format.
func (v *values) dates() *Dates {
	for _, layout := range layouts {
		if v.inLayout(layout, firstTried) == nil {
			continue
		}
		d := v.inLayout(layout, v.len())
		if d == nil {
			continue
		}
		if other := swapped(layout); other != "" && v.inLayout(other, v.len()) != nil {
			d.Ambiguous = other
		}
		return d
	}
	return nil
}

// inLayout reads the first values as dates of a layout. It returns nil if one is none.
func (v *values) inLayout(layout string, first int) *Dates {
	d := &Dates{Format: layout}
	f := feature.Date{Format: layout}
	for i := range v.len() {
		value, cells := v.at(i)
		if first == 0 {
			break
		}
		if len(value) > 40 || strings.IndexFunc(value, func(r rune) bool { return !notDigit(r) }) < 0 {
			if f.Canonical(value) != "" {
				return nil
			}
			d.Words += cells
			continue
		}
		first--
		at, err := time.Parse(canonicalDate, f.Canonical(value))
		if err != nil || value == f.Canonical(value) && layout != "" {
			return nil
		}
		if d.Cells == 0 || at.Before(d.Min) {
			d.Min = at
		}
		if d.Cells == 0 || at.After(d.Max) {
			d.Max = at
		}
		d.Cells += cells
	}
	if d.Cells == 0 {
		return nil
	}
	return d
}

// isoDay is the form of dates for people.
const isoDay = "2006-01-02"

// canonicalDate is the form of feature.Date's canonical cells.
const canonicalDate = "2006-01-02T15:04:05.999999999"
