package feature

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tokens cuts a text into words, or into characters. Letters are lower-case.
//
// A word is a run of letters, marks, digits and underscores. Scripts without spaces between words
// (Han, Kana, Thai, Lao, Khmer, Burmese, Tibetan), and Hangul, whose words have endings, become
// single characters and pairs of neighbours.
type tokens struct {
	rest       string
	pair       string // the next token
	characters bool
}

// next appends the next token to a buffer. It returns false after the last one.
func (t *tokens) next(to []byte) ([]byte, bool) {
	switch {
	case t.characters:
		return t.nextCharacter(to)
	case t.pair != "":
		to, t.pair = append(to, t.pair...), ""
		return to, true
	}
	for t.rest != "" {
		r, size := utf8.DecodeRuneInString(t.rest)
		switch {
		case isUnspaced(r):
			return t.nextUnit(to), true
		case isWord(r):
			return t.nextWord(to), true
		}
		t.rest = t.rest[size:]
	}
	return to, false
}

// nextWord appends the word at the start of the rest.
func (t *tokens) nextWord(to []byte) []byte {
	for t.rest != "" {
		if b := t.rest[0]; b < utf8.RuneSelf { // most texts
			switch {
			case b >= 'A' && b <= 'Z':
				b += 'a' - 'A'
			case b >= 'a' && b <= 'z', b >= '0' && b <= '9', b == '_':
			default:
				return to
			}
			to, t.rest = append(to, b), t.rest[1:]
			continue
		}
		r, size := utf8.DecodeRuneInString(t.rest)
		if !isWord(r) || isUnspaced(r) {
			return to
		}
		to, t.rest = utf8.AppendRune(to, lower(r)), t.rest[size:]
	}
	return to
}

// nextUnit appends a character of a script without spaces, with its marks. The pair with the
// character after it is the next token.
func (t *tokens) nextUnit(to []byte) []byte {
	size := unit(t.rest)
	if after := unit(t.rest[size:]); after > 0 {
		t.pair = t.rest[:size+after]
	}
	to, t.rest = append(to, t.rest[:size]...), t.rest[size:]
	return to
}

// unit returns the size of the character of a script without spaces that a text begins with, and of
// its marks; 0 if there is none.
func unit(text string) int {
	r, at := utf8.DecodeRuneInString(text)
	if !isUnspaced(r) {
		return 0
	}
	for at < len(text) {
		r, size := utf8.DecodeRuneInString(text[at:])
		if r < utf8.RuneSelf || !unicode.IsMark(r) {
			break
		}
		at += size
	}
	return at
}

// nextCharacter appends a character. White space becomes one space.
func (t *tokens) nextCharacter(to []byte) ([]byte, bool) {
	r, size := utf8.DecodeRuneInString(t.rest)
	if size == 0 {
		return to, false
	}
	if !unicode.IsSpace(r) {
		t.rest = t.rest[size:]
		return utf8.AppendRune(to, lower(r)), true
	}
	t.rest = strings.TrimLeftFunc(t.rest, unicode.IsSpace)
	return append(to, ' '), true
}

// lower returns the lower case of a character, and that of ASCII for the wide forms of its
// characters, which East Asian texts have.
func lower(r rune) rune {
	if r >= '\uff01' && r <= '\uff5e' {
		r -= '\uff01' - '!'
	}
	return unicode.ToLower(r)
}

// isWord reports whether a character is part of words.
func isWord(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_'
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.N)
}

// firstUnspaced is the first character of the scripts of isUnspaced.
const firstUnspaced = '\u0e00'

// unspaced has the scripts of isUnspaced, but for the marks and signs of length that several share.
var unspaced = []*unicode.RangeTable{unicode.Han, unicode.Hiragana, unicode.Katakana,
	unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar, unicode.Tibetan}

// isUnspaced reports whether a letter or digit is of a script whose words are not divided.
func isUnspaced(r rune) bool {
	if r < firstUnspaced {
		return false
	}
	return r == 'ー' || unicode.In(r, unspaced...) && isWord(r)
}

// grams is the number of ids of 3-grams.
const grams = 1 << 12

// gramsOf appends the ids of the 3-grams of <word> to ids, as far as there is memory for them: 1 to
// grams. It returns false if not all fit.
func gramsOf(word []byte, ids []int32) ([]int32, bool) {
	var space [80]byte
	text := append(append(append(space[:0], '<'), word...), '>')
	starts := [3]int{} // of the characters of the gram
	for count, at := 0, 0; at < len(text); count++ {
		starts[0], starts[1], starts[2] = starts[1], starts[2], at
		_, size := utf8.DecodeRune(text[at:])
		at += size
		if count < 2 {
			continue
		}
		if len(ids) == cap(ids) {
			return ids, false
		}
		ids = append(ids, int32(1+fold(text[starts[0]:at])))
	}
	return ids, true
}

// fold returns the hash of a 3-gram: 32 bits of FNV-1a, whose upper half is added to the lower one
// by exclusive or, modulo grams. Model files depend on it.
func fold(gram []byte) uint32 {
	hash := uint32(2166136261)
	for _, b := range gram {
		hash = (hash ^ uint32(b)) * 16777619
	}
	return (hash ^ hash>>16) % grams
}

// median returns the median of some numbers, which it sorts; 0 if there are none.
func median(numbers []int) float64 {
	if len(numbers) == 0 {
		return 0
	}
	slices.Sort(numbers)
	n := len(numbers)
	return float64(numbers[(n-1)/2]+numbers[n/2]) / 2
}
