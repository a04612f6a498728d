package suggest

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
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

// Wrap breaks a line of more characters than width between words. Lines after the first begin with
// indent. Words are separated by one space.
func Wrap(line string, width int, indent string) string {
	var out strings.Builder
	used := 0
	for i, word := range strings.Fields(line) {
		n := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case used+1+n > width:
			out.WriteString("\n" + indent)
			used = utf8.RuneCountInString(indent)
		default:
			out.WriteByte(' ')
			used++
		}
		out.WriteString(word)
		used += n
	}
	return out.String()
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

// CheckLabel returns an error for a name that cannot be shown in a line of text: it is empty,
// begins or ends with a space, or has characters that are not printable.
func CheckLabel(name string) error {
	switch {
	case name == "":
		return errors.New("the name is empty")
	case !utf8.ValidString(name):
		return errors.New("is not UTF-8")
	case strings.HasPrefix(name, " ") || strings.HasSuffix(name, " "):
		return errors.New("begins or ends with a space")
	}
	for _, r := range name {
		if !unicode.IsPrint(r) {
			return fmt.Errorf("holds %q, want printable characters only", r)
		}
	}
	return nil
}

// CheckName returns an error for a name that cannot be used in a file name, a flag and an address.
// Letters and digits may be of any script.
func CheckName(name string) error {
	if name == "" {
		return errors.New("the name is empty")
	}
	for _, r := range name {
		if r != '_' && r != '-' && !unicode.In(r, unicode.L, unicode.M, unicode.N) ||
			r == utf8.RuneError {
			return fmt.Errorf("holds %q, want letters, digits, - and _ only", r)
		}
	}
	return nil
}
