package feature

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Separator is between the name of a column and that of a part of its branch. Name leaves none in
// the name of a column.
const Separator = "::"

// Name returns the name of a column in a graph. It is the column's name, but for characters that a
// graph refuses (those that are not printable, spaces at the ends), the first of two colons, which
// Part uses, and a percent sign before two hexadecimal digits. These become a percent sign and the
// two hexadecimal digits of each byte, as in addresses of the web: km::h becomes km%3A:h. Different
// columns have different names.
func Name(column string) string {
	var name strings.Builder
	for at := 0; at < len(column); {
		r, size := utf8.DecodeRuneInString(column[at:])
		char, rest := column[at:at+size], column[at+size:]
		switch {
		case r == utf8.RuneError && size == 1, !unicode.IsPrint(r),
			r == ' ' && (at == 0 || rest == ""),
			r == ':' && strings.HasPrefix(rest, ":"),
			r == '%' && len(rest) >= 2 && isHex(rest[0]) && isHex(rest[1]):
			for _, b := range []byte(char) {
				fmt.Fprintf(&name, "%%%02X", b)
			}
		default:
			name.WriteString(char)
		}
		at += size
	}
	return name.String()
}

func isHex(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F'
}

// Part returns the name of a further input or of a layer of a column's branch: Name(column), two
// colons and the part, a word. Names of different columns and parts differ.
func Part(column, part string) string { return Name(column) + Separator + part }
