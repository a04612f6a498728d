package names

import (
	"strings"
	"unicode"
)

// mostShown is how many characters of a text an error repeats.
const mostShown = 60

// Shorten cuts what a user wrote to what an error repeats of it.
func Shorten(text string) string {
	n := 0
	for at := range text {
		if n == mostShown {
			return text[:at] + "…"
		}
		n++
	}
	return text
}

// Printable is a text from elsewhere as a terminal may show it.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}
