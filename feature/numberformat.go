package feature

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"braid/internal/suggest"
)

// NumberFormat is how numbers are written in cells.
type NumberFormat struct {
	Decimal string `json:"decimal,omitzero"` // the decimal mark, "." or ","; "" means "."
	// Thousands is the mark between groups of digits; "" and "none" mean that there is none. The last
	// group has three digits, others three or two. A space also stands for a no-break space.
	Thousands string `json:"thousands,omitzero"`
	// Strip has characters that are removed at both ends and after the sign, such as "$%".
	Strip string `json:"strip,omitzero"`
}

// Check checks the settings.
func (f NumberFormat) Check() error {
	r, size := utf8.DecodeRuneInString(f.Thousands)
	switch {
	case f.Decimal != "" && f.Decimal != "." && f.Decimal != ",":
		return fmt.Errorf(`decimal = %q, want "." or ","`, f.Decimal)
	case f.thousands() == "":
	case size != len(f.Thousands) || r == utf8.RuneError:
		return fmt.Errorf("thousands = %q, want one character, or none", f.Thousands)
	case f.Thousands == f.decimal():
		return fmt.Errorf("thousands = %q, want another character than decimal", f.Thousands)
	case strings.Contains("0123456789+-eE", f.Thousands):
		return fmt.Errorf("thousands = %q, want a character that is not part of a number", f.Thousands)
	}
	if at := strings.IndexAny(f.Strip, "0123456789+-"); at >= 0 {
		return fmt.Errorf("strip has %q, want characters that are not part of a number", f.Strip[at])
	}
	return nil
}

func (f NumberFormat) decimal() string {
	if f.Decimal == "" {
		return "."
	}
	return f.Decimal
}

func (f NumberFormat) thousands() string {
	if f.Thousands == "none" {
		return ""
	}
	return f.Thousands
}

// Parse returns the number in a cell. known is false if the cell is empty, or has a word such as NA
// or inf that stands for a missing number.
func (f NumberFormat) Parse(cell string) (x float64, known bool, err error) {
	text := strings.TrimSpace(cell)
	if text == "" || isMissingWord(text) {
		return 0, false, nil
	}
	plain, ok := f.plain(text)
	if !ok {
		return 0, false, f.wrong(cell)
	}
	x, err = strconv.ParseFloat(plain, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, false, fmt.Errorf("got %q, want a number of at most %v", suggest.Shorten(cell),
			math.MaxFloat64)
	case err != nil:
		return 0, false, f.wrong(cell)
	}
	return x, true, nil
}

func (f NumberFormat) wrong(cell string) error {
	like := "1234" + f.decimal() + "5"
	if mark := f.thousands(); mark != "" {
		like = "1" + mark + "234" + f.decimal() + "5"
	}
	return &FormatError{cell, like}
}

// FormatError is the error of a cell that is no number in the format of its column.
type FormatError struct {
	Cell    string
	Example string // of a number in the format
}

// Error returns what was got, and wanted.
func (e *FormatError) Error() string {
	return fmt.Sprintf("got %q, want a number such as %s", suggest.Shorten(e.Cell), e.Example)
}

// isMissingWord reports whether a text, which is not empty, stands for a missing number or date.
func isMissingWord(text string) bool {
	if text[0] >= '0' && text[0] <= '9' { // most cells
		return false
	}
	switch text {
	case "NA", "N/A", "n/a", "NaN", "nan", "null", "NULL", "None", "-", "?", ".":
		return true
	}
	rest := strings.TrimLeft(text, "+-")
	return len(text)-len(rest) <= 1 && (strings.EqualFold(rest, "inf") ||
		strings.EqualFold(rest, "infinity") || strings.EqualFold(rest, "nan"))
}

// minus is the sign that typesetting uses.
const minus = "\u2212"

// plain returns a number in Go's notation. It returns false where the text is certainly none.
func (f NumberFormat) plain(text string) (string, bool) {
	if f.Strip != "" {
		text = f.strip(text)
	}
	if f.Decimal == "," || f.thousands() != "" || strings.HasPrefix(text, minus) {
		var space [64]byte // most numbers fit, so that nothing is allocated
		number, ok := f.convert(space[:0], text)
		return string(number), ok
	}
	return text, isPlain(text)
}

// isPlain reports whether a text has only characters of decimal numbers. strconv.ParseFloat would
// take hexadecimal ones and underscores.
func isPlain(text string) bool {
	for i := range len(text) {
		switch b := text[i]; {
		case b >= '0' && b <= '9', b == '.', b == '+', b == '-', b == 'e', b == 'E':
		default:
			return false
		}
	}
	return true
}

// strip removes the characters of Strip, also between the sign and the digits.
func (f NumberFormat) strip(text string) string {
	cut := f.Strip + " \t\u00a0\u202f"
	text = strings.Trim(text, cut)
	for _, sign := range []string{"-", "+", minus} {
		if rest, ok := strings.CutPrefix(text, sign); ok {
			if short := strings.TrimLeft(rest, cut); len(short) < len(rest) {
				return sign + short
			}
		}
	}
	return text
}

// convert appends a number without marks of thousands, and with a point as the decimal mark.
func (f NumberFormat) convert(to []byte, text string) ([]byte, bool) {
	if rest, ok := strings.CutPrefix(text, minus); ok {
		to, text = append(to, '-'), rest
	} else if text != "" && (text[0] == '-' || text[0] == '+') {
		to, text = append(to, text[0]), text[1:]
	}
	if text != "" && (text[0] == '-' || text[0] == '+') {
		return to, false
	}
	end := len(text)
	if at := strings.IndexAny(text, f.decimal()+"eE"); at >= 0 {
		end = at
	}
	to, ok := f.join(to, text[:end])
	rest, found := strings.CutPrefix(text[end:], f.decimal())
	if found {
		to = append(to, '.')
		if strings.HasPrefix(rest, "+") || strings.HasPrefix(rest, "-") {
			return to, false
		}
	}
	return append(to, rest...), ok && !strings.Contains(rest, f.decimal()) && isPlain(rest) &&
		!(f.decimal() == "," && strings.Contains(rest, "."))
}

// join appends the digits of a whole number without the marks of thousands.
func (f NumberFormat) join(to []byte, whole string) ([]byte, bool) {
	mark, since, groups := f.thousands(), 0, 0
	for at := 0; at < len(whole); {
		r, size := utf8.DecodeRuneInString(whole[at:])
		switch {
		case r >= '0' && r <= '9':
			to = append(to, byte(r))
			since++
		case mark != "" && (whole[at:at+size] == mark || mark == " " && (r == '\u00a0' || r == '\u202f')):
			if since == 0 || since > 3 || groups > 0 && since < 2 {
				return to, false
			}
			groups, since = groups+1, 0
		default:
			return to, false
		}
		at += size
	}
	return to, groups == 0 || since == 3
}
