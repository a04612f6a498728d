package suggest

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// maxQuoted is the number of characters of a user's text that an error repeats.
const maxQuoted = 60

// Shorten cuts a user's text to the length that an error repeats.
func Shorten(text string) string {
	n := 0
	for at := range text {
		if n == maxQuoted {
			return text[:at] + "…"
		}
		n++
	}
	return text
}

// Printable replaces the characters of text that could control a terminal by question marks.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, text)
}

// CheckName returns an error for a name that cannot be used in a file name, a column and a flag.
func CheckName(name string) error {
	if name == "" {
		return errors.New("the name is empty")
	}
	for _, r := range name {
		if r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') {
			return fmt.Errorf("holds %q, want letters, digits, - and _ only", r)
		}
	}
	return nil
}
