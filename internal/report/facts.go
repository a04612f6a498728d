package report

import (
	"cmp"
	"fmt"
	"hash/maphash"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"braid/feature"
	"braid/target"
)

// Limits of what is said of the values of a column.
const (
	mostDistinct = 1 << 20 // values that are told apart
	mostValues   = 5       // of the most frequent ones
)

// facts counts the values of a column. Which of its fields are filled depends on the type.
type facts struct {
	of      canonical
	words   []string // that stand for a missing cell
	missing int      // rows, since it was set to 0

	numbers []float64           // of numbers, each as often as it occurs
	rows    map[string]int      // of classes
	seen    map[uint64]struct{} // hashes of other values
	more    bool                // there are other values than those of rows and seen
	// The earliest and the latest date, and the lengths of texts in characters.
	first, last      string
	least, most, sum int
	known            int // rows
}

// newFacts returns facts of no cells.
func newFacts(of canonical, words []string) *facts {
	return &facts{of: of, words: words, rows: map[string]int{}, seen: map[uint64]struct{}{},
		least: math.MaxInt}
}

// add counts the rows with a cell.
func (f *facts) add(cell string, rows int) error {
	if len(f.words) > 0 && slices.Contains(f.words, strings.TrimSpace(cell)) {
		f.missing += rows
		return nil
	}
	switch of := f.of.(type) {
	case feature.Number:
		f.addNumber(of, cell, rows)
		return nil
	case target.Number:
		f.addNumber(feature.Number{NumberFormat: of.NumberFormat, Missing: of.Missing}, cell, rows)
		return nil
	}
	value := f.of.Canonical(cell)
	if value == "" {
		f.missing += rows
		return nil
	}
	f.known += rows
	switch f.of.(type) {
	case feature.Date:
		if f.first == "" || value < f.first {
			f.first = value
		}
		f.last = max(f.last, value)
	case feature.Text, feature.Tokens:
		n := utf8.RuneCountInString(value)
		f.least, f.most, f.sum = min(f.least, n), max(f.most, n), f.sum+n*rows
	case feature.Image, feature.Digit:
	case feature.Binary, target.Binary:
		f.addClass(feature.Trim(cell, nil), rows) // the words of the data
		return nil
	default:
		f.addClass(value, rows)
		return nil
	}
	if f.more = f.more || len(f.seen) == mostDistinct; !f.more {
		f.seen[maphash.String(seed, value)] = struct{}{}
	}
	return nil
}

// seed is that of the hashes. They leave no trace in the report.
var seed = maphash.MakeSeed()

// addNumber counts the rows with a number. One that cannot be read is an error of training.
func (f *facts) addNumber(of feature.Number, cell string, rows int) {
	switch v, known, err := of.Parse(feature.Trim(cell, of.Missing)); {
	case err != nil:
	case !known:
		f.missing += rows
	default:
		f.numbers = append(f.numbers, slices.Repeat([]float64{v}, rows)...)
	}
}

// addClass counts the rows with a class.
func (f *facts) addClass(class string, rows int) {
	if _, has := f.rows[class]; !has && len(f.rows) == mostDistinct {
		f.more = true
		return
	}
	f.rows[class] += rows
}

// end returns the number of different values, and which there are: the range of numbers, dates and
// the lengths of texts, the most frequent classes.
func (f *facts) end() (distinct, values string) {
	distinct = grouped(max(len(f.rows), len(f.seen)))
	if f.more {
		distinct = "more than " + grouped(mostDistinct)
	}
	switch of := f.of.(type) {
	case feature.Number, target.Number:
		if len(f.numbers) == 0 {
			break
		}
		slices.Sort(f.numbers)
		least, most := f.numbers[0], f.numbers[len(f.numbers)-1]
		values = fmt.Sprintf("%s to %s, median %s", number(least), number(most),
			number(f.numbers[(len(f.numbers)-1)/2]))
		distinct = grouped(len(slices.Compact(f.numbers)))
	case feature.Date:
		day := func(text string) string { return strings.TrimSuffix(text, "T00:00:00") }
		if f.known > 0 {
			values = fmt.Sprintf("%s to %s", day(f.first), day(f.last))
		}
	case feature.Text, feature.Tokens:
		if f.known > 0 {
			values = fmt.Sprintf("%s to %s characters, mean %s", grouped(f.least), grouped(f.most),
				inUnit(float64(f.sum)/float64(f.known)))
		}
	case feature.Labels:
		values = top(f.labels(of))
	case target.Labels:
		values = top(f.labels(feature.Labels{Separator: cmp.Or(of.Separator, ";")}))
	default:
		values = top(f.rows)
	}
	return distinct, values
}

// number formats a number of the data with all its digits, if these are few. Whole numbers have
// commas from 10,000, so that years have none.
func number(v float64) string {
	const most = 12 // characters
	size, sign := math.Abs(v), ""
	if v < 0 {
		sign = "−"
	}
	if size == math.Trunc(size) && size >= 10_000 && size < 1e15 {
		return sign + grouped(int(size))
	}
	if text := strconv.FormatFloat(size, 'f', -1, 64); len(text) <= most {
		return sign + text
	}
	return sign + strconv.FormatFloat(size, 'g', 6, 64)
}

// labels counts the rows of each label.
func (f *facts) labels(of feature.Labels) map[string]int {
	counts := map[string]int{}
	for cell, rows := range f.rows {
		for _, label := range of.Split(cell) {
			counts[label] += rows
		}
	}
	return counts
}

// top lists the most frequent values with their rows.
func top(counts map[string]int) string {
	if len(counts) == 0 {
		return ""
	}
	list := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(cmp.Compare(counts[b], counts[a]), cmp.Compare(a, b))
	})
	if len(list) > mostValues && counts[list[0]] == 1 {
		return "each value once"
	}
	var parts []string
	for _, value := range list[:min(len(list), mostValues)] {
		parts = append(parts, fmt.Sprintf("%s (%s)", short(value), grouped(counts[value])))
	}
	text := strings.Join(parts, ", ")
	if rest := len(list) - len(parts); rest > 0 {
		text += fmt.Sprintf(" and %s more", grouped(rest))
	}
	return text
}
