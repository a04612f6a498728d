package experiment

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// surroundings is where a text is written.
type surroundings uint8

const (
	inBlock surroundings = iota // a line of its own
	inFlow                      // within [] or {}
)

// quote returns a text as YAML: as it is, if YAML reads it as a text, else in double quotes. A text
// that YAML would read as a number, a truth value or null is quoted too: this package does not need
// it, but other programs do.
func quote(text string, where surroundings) string {
	if isPlain(text, where) && !isSpecial(text) {
		return text
	}
	return inQuotes(text)
}

// bare returns the text of a word or a number as YAML, in quotes only if it must have them.
func bare(text string, where surroundings) string {
	if isPlain(text, where) {
		return text
	}
	return inQuotes(text)
}

// isPlain reports whether a text may stand without quotes.
func isPlain(text string, where surroundings) bool {
	if text == "" {
		return false
	}
	number := text[0] == '-' && len(text) > 1 && text[1] >= '0' && text[1] <= '9'
	for i, c := range text {
		if i == 0 && number {
			continue
		}
		if !plainRune(c, i == 0, where) {
			return false
		}
	}
	return !strings.Contains(text, ": ") && !strings.Contains(text, " #") &&
		!strings.HasSuffix(text, ":") && !strings.HasSuffix(text, " ")
}

// plainRune reports whether a text without quotes may have a character.
func plainRune(c rune, first bool, where surroundings) bool {
	switch {
	case c == ' ' || !unicode.IsPrint(c):
		return !first && c == ' '
	case first:
		return unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("_./$(+^", c) ||
			c > unicode.MaxASCII
	case where == inFlow:
		return !strings.ContainsRune(",[]{}", c)
	}
	return true
}

// isSpecial reports whether YAML 1.1 or 1.2 would read a text as a number, a date, a truth value or
// null, or as a merge key.
func isSpecial(text string) bool {
	words := []string{"true", "false", "yes", "no", "on", "off", "y", "n", "null", "~", "<<"}
	if slices.Contains(words, strings.ToLower(text)) {
		return true
	}
	first := strings.TrimLeft(text, "+-.")
	return first == "" || first[0] >= '0' && first[0] <= '9' && !strings.ContainsFunc(text, isWordy) ||
		strings.EqualFold(first, "inf") || strings.EqualFold(first, "nan")
}

// isWordy reports whether a character is in no number and no date, such as 0x1F, 1e5 or 12:30.
func isWordy(c rune) bool {
	return !strings.ContainsRune("0123456789abcdefABCDEFoOxXtTzZ+-.:_ ", c)
}

// inQuotes returns a text in double quotes.
func inQuotes(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			b.WriteByte('\\')
			b.WriteRune(c)
		case c == '\n':
			b.WriteString(`\n`)
		case c == '\t':
			b.WriteString(`\t`)
		case unicode.IsPrint(c):
			b.WriteRune(c)
		case c <= 0xff:
			fmt.Fprintf(&b, `\x%02x`, c)
		case c <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, c)
		default:
			fmt.Fprintf(&b, `\U%08x`, c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
