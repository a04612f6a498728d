package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Letters whose lower case has two characters, or depends on the neighbours.
const (
	dottedI      = '\u0130' // capital I with a dot above
	capitalSigma = '\u03a3'
	finalSigma   = '\u03c2'
)

// lower converts a text to lower case as Python's str.lower does, with Unicode's full mapping:
// dottedI becomes i and a combining dot, capitalSigma at the end of a word finalSigma.
func lower(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return r == dottedI || r == capitalSigma }) {
		return strings.ToLower(text)
	}
	var low strings.Builder
	for i, r := range text {
		switch {
		case r == dottedI:
			low.WriteString("i\u0307")
		case r == capitalSigma && endsWord(text[:i], text[i+utf8.RuneLen(r):]):
			low.WriteRune(finalSigma)
		default:
			low.WriteRune(unicode.ToLower(r))
		}
	}
	return low.String()
}

// endsWord reports whether a sigma between two texts is final: the last character before it that is
// not ignorable is cased, and the first such character after it is not.
func endsWord(before, after string) bool {
	cased := false
	for len(before) > 0 {
		r, size := utf8.DecodeLastRuneInString(before)
		if !ignorable(r) {
			cased = isCased(r)
			break
		}
		before = before[:len(before)-size]
	}
	if !cased {
		return false
	}
	for _, r := range after {
		if !ignorable(r) {
			return !isCased(r)
		}
	}
	return true
}

// isCased reports whether a character has Unicode's property Cased.
func isCased(r rune) bool {
	return unicode.In(r, unicode.Lu, unicode.Ll, unicode.Lt,
		unicode.Other_Lowercase, unicode.Other_Uppercase)
}

// withinWords are the characters with Word_Break MidLetter, MidNumLet or Single_Quote. They are
// escaped because most look like others.
const withinWords = "'.:\u00b7\u0387\u055f\u05f4\u2018\u2019\u2024\u2027" +
	"\ufe13\ufe52\ufe55\uff07\uff0e\uff1a"

// ignorable reports whether a character has Unicode's property Case_Ignorable: marks, modifiers,
// formats, and withinWords.
func ignorable(r rune) bool {
	return unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf, unicode.Lm, unicode.Sk) ||
		strings.ContainsRune(withinWords, r)
}
