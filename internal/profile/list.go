package profile

import (
	"slices"
	"strings"
	"unicode"
)

// List describes a column whose cells have several values, such as "red;round".
type List struct {
	Separator string
	Cells     int     // with more than one value
	Mean      float64 // values of a cell
	Distinct  int     // different values
	Ordered   bool    // values repeat within cells, so that their order or number matters
	Top       []Count // the most frequent values
}

// separators are tried in order.
var separators = []string{";", "|", ",", ">", " "}

// maxListed bounds the different values of lists.
const maxListed = 10000

// list describes a column of lists. It returns nil if the cells are not lists: their values must
// occur again and again, alone and in more combinations than there are values.
func (v *values) list() *List {
	for _, separator := range separators {
		if l := v.separatedBy(separator); l != nil {
			return l
		}
	}
	return nil
}

func (v *values) separatedBy(separator string) *List {
	l := &List{Separator: separator}
	counts := map[string]int{}
	total, repeats, words := 0, 0, 0
	for i := range v.len() {
		value, cells := v.at(i)
		if separator == " " && strings.ContainsFunc(value, func(r rune) bool {
			return notDigit(r) && r != ' '
		}) {
			return nil // words are texts; numbers are ids in order
		}
		parts := strings.Split(value, separator)
		if len(parts) > 1 {
			l.Cells += cells
		}
		repeated := false
		for j, part := range parts {
			part = strings.TrimSpace(part)
			parts[j] = part
			if part == "" {
				continue
			}
			repeated = repeated || slices.Contains(parts[:j], part)
			counts[part] += cells
			total += cells
			words += cells * countWords(part)
		}
		if repeated {
			repeats += cells
		}
		if i == 1000 && l.Cells*20 < i || len(counts) > maxListed {
			return nil
		}
	}
	known := v.known()
	l.Distinct = len(counts)
	switch {
	case l.Cells*5 < known, // one cell in five
		total < 5*l.Distinct,
		words > 3*total,
		v.distinct <= l.Distinct:
		return nil
	}
	l.Mean = float64(total) / float64(known)
	l.Ordered = repeats*10 >= known || separator == " " || strings.Contains(separator, ">")
	l.Top = top(counts)
	return l
}

// countWords returns the number of words of a text. In scripts without spaces, two characters count
// as a word.
func countWords(text string) int {
	words, dense, inside := 0, 0, false
	for _, r := range text {
		switch {
		case r < 0x80:
			is := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' ||
				inside && r == '\''
			if is && !inside {
				words++
			}
			inside = is
		case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao,
			unicode.Khmer, unicode.Myanmar):
			dense++
			inside = false
		default:
			is := unicode.IsLetter(r) || unicode.IsDigit(r) || inside && unicode.IsMark(r)
			if is && !inside {
				words++
			}
			inside = is
		}
	}
	return words + (dense+1)/2
}
