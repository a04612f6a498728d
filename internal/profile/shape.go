package profile

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Pair describes a column of two values.
type Pair struct {
	True, False string
	Declared    bool     // True must be declared, as the two are not a known pair such as yes and no
	Opposite    bool     // one is the negation of the other, as in spam and not spam
	Missing     []string // words beside the two that stand for a missing value
}

// pairs are the words for true and false that need no declaration, in lower case.
var pairs = [][2]string{
	{"1", "0"}, {"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"}, {"on", "off"},
}

// pair describes a column of two values, spelt in upper or lower case. It returns nil for others.
func (v *values) pair() *Pair {
	if v.distinct < 2 || v.len() > 8 {
		return nil
	}
	var list []Count
	p := &Pair{}
	for i := range v.len() {
		value, rows := v.at(i)
		list = append(list, Count{value, rows})
	}
	if known := p.known(list); known || v.distinct == 2 {
		if !known {
			p.declare(list)
		}
		return p
	}
	// A word such as NA beside a known pair stands for a missing value. Beside other pairs it is a
	// value: None, Some, All.
	rest := slices.DeleteFunc(slices.Clone(list), func(c Count) bool {
		if missingWord(c.Value) {
			p.Missing = append(p.Missing, c.Value)
			return true
		}
		return false
	})
	if len(p.Missing) > 0 && len(rest) >= 2 && p.known(rest) {
		return p
	}
	return nil
}

// known sets the pair to known words, if the values are such.
func (p *Pair) known(list []Count) bool {
	for _, pair := range pairs {
		var spelt [2]Count
		for _, c := range list {
			at := slices.Index(pair[:], strings.ToLower(c.Value))
			if at < 0 {
				spelt = [2]Count{}
				break
			}
			if c.Rows > spelt[at].Rows {
				spelt[at] = c
			}
		}
		if spelt[0].Rows > 0 && spelt[1].Rows > 0 {
			p.True, p.False = spelt[0].Value, spelt[1].Value
			return true
		}
	}
	return false
}

// declare chooses the true one of two values: the larger number, a word beside its negation, or the
// rarer value, which usually is the one of interest.
func (p *Pair) declare(list []Count) {
	p.Declared = true
	a, b := list[0], list[1]
	x, aNumber := plainNumber(a.Value)
	y, bNumber := plainNumber(b.Value)
	swap := b.Rows < a.Rows || b.Rows == a.Rows && b.Value > a.Value
	switch low, other := strings.ToLower(a.Value), strings.ToLower(b.Value); {
	case aNumber && bNumber:
		swap = y > x
	case negates(low, other):
		p.Opposite, swap = true, true
	case negates(other, low):
		p.Opposite, swap = true, false
	}
	if swap {
		a, b = b, a
	}
	p.True, p.False = a.Value, b.Value
}

// negations begin words that are the opposite of what follows.
var negations = []string{
	"not ", "no ", "non-", "non", "un", "in", "not_", "no_", "not-", "no-",
}

// negates reports whether a word is the negation of another, as in not spam and spam.
func negates(word, of string) bool {
	for _, prefix := range negations {
		if rest, ok := strings.CutPrefix(word, prefix); ok && rest == of {
			return true
		}
	}
	return false
}

// words computes what the texts of a column are like.
func (c *Column) words(v *values) {
	words, letters, characters, spaced, digits, foreign, web, nested := 0, 0, 0, 0, 0, 0, 0, 0
	for i := range v.len() {
		value, rows := v.at(i)
		words += rows * countWords(value)
		digit, outside := false, false
		for _, r := range value {
			characters += rows
			if unicode.IsLetter(r) {
				letters += rows
				outside = outside || r >= utf8.RuneSelf
			}
			digit = digit || !notDigit(r)
		}
		if digit {
			digits += rows
		}
		if outside {
			foreign += rows
		}
		if strings.ContainsFunc(value, unicode.IsSpace) {
			spaced += rows
		}
		if isWeb(value) {
			web += rows
		}
		if ends := value[:1] + value[len(value)-1:]; ends == "{}" || ends == "[]" {
			nested += rows
		}
	}
	known := c.known()
	share := func(n int) float64 { return float64(n) / float64(known) }
	c.Words, c.Letters = share(words), float64(letters)/float64(max(characters, 1))
	c.spaced, c.digits, c.foreign = share(spaced), share(digits), share(foreign)
	c.Web, c.Nested = web == known, nested == known
}

// isWeb reports whether a cell is an address of a page or of mail.
func isWeb(cell string) bool {
	if strings.ContainsFunc(cell, unicode.IsSpace) {
		return false
	}
	at := strings.IndexByte(cell, '@')
	return strings.HasPrefix(cell, "http://") || strings.HasPrefix(cell, "https://") ||
		strings.HasPrefix(cell, "www.") || at > 0 && strings.Contains(cell[at:], ".")
}

// codes reports whether the cells are codes: one word each, most with digits.
func (c *Column) codes() bool {
	return c.Numbers == nil && c.Dates == nil && c.spaced < 0.05 && c.digits >= 0.5 && c.foreign < 0.05
}

// nameWords splits a column's name into words in lower case: user_id, UserId and "user id" alike.
func nameWords(name string) []string {
	var words []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			words = append(words, strings.ToLower(string(word)))
		}
		word = word[:0]
	}
	runes := []rune(name)
	for i, r := range runes {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			end()
			continue
		}
		if i > 0 && unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) ||
			i+1 < len(runes) && unicode.IsUpper(runes[i-1]) && unicode.IsLower(runes[i+1])) {
			end()
		}
		word = append(word, r)
	}
	end()
	return words
}

var (
	idWords    = []string{"id", "ids", "uuid", "guid", "uid"}
	indexNames = []string{"", "index", "idx", "row", "rownames", "row names", "rowid", "row id",
		"rownum", "row number", "rownumber", "unnamed 0", "column 1", "column1", "nr", "no"}
	codeWords = []string{"zip", "zipcode", "postcode", "postal", "code", "fips", "isbn", "ean", "sku",
		"phone", "telephone"}
)

// namedID reports whether the column is named as identifiers are.
func (c *Column) namedID() bool {
	words := nameWords(c.Name)
	if len(words) == 0 {
		return c.Name == "#" || c.Name == "№"
	}
	return slices.Contains(idWords, words[0]) || slices.Contains(idWords, words[len(words)-1])
}

// namedIndex reports whether the column is named as numbers of rows are.
func (c *Column) namedIndex() bool {
	return slices.Contains(indexNames, strings.Join(nameWords(c.Name), " "))
}

// namedCode reports whether the column is named as codes are, whose digits are not a quantity.
func (c *Column) namedCode() bool {
	return slices.ContainsFunc(nameWords(c.Name), func(w string) bool {
		return slices.Contains(codeWords, w)
	})
}
