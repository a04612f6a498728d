package report

import (
	"cmp"
	"fmt"
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

// facts counts the values of a column.
type facts struct {
	of      canonical
	words   []string // that stand for a missing cell
	missing int      // in the rows since it was set to 0
	rows    map[string]int
	more    bool // there are other values than those of rows
}

// add counts the rows with a cell.
func (f *facts) add(cell string, rows int) error {
	value := f.of.Canonical(cell)
	if value == "" || slices.Contains(f.words, strings.TrimSpace(cell)) {
		f.missing += rows
		return nil
	}
	switch f.of.(type) {
	case feature.Binary, target.Binary:
		value = feature.Trim(cell, nil) // the words of the data
	}
	if _, has := f.rows[value]; !has && len(f.rows) == mostDistinct {
		f.more = true
		return nil
	}
	f.rows[value] += rows
	return nil
}

// distinct returns the number of different values.
func (f *facts) distinct() string {
	if f.more {
		return "more than " + grouped(mostDistinct)
	}
	return grouped(len(f.rows))
}

// values says which values there are: the range of numbers, dates and the lengths of texts, the
// most frequent ones of the rest.
func (f *facts) values() string {
	if len(f.rows) == 0 {
		return ""
	}
	switch of := f.of.(type) {
	case feature.Number, target.Number:
		return f.numbers()
	case feature.Date:
		day := func(text string) string { return strings.TrimSuffix(text, "T00:00:00") }
		dates := slices.Sorted(maps.Keys(f.rows))
		return fmt.Sprintf("%s to %s", day(dates[0]), day(dates[len(dates)-1]))
	case feature.Text, feature.Tokens:
		return f.lengths()
	case feature.Image, feature.Digit:
		return ""
	case feature.Labels:
		return top(f.labels(of))
	case target.Labels:
		return top(f.labels(feature.Labels{Separator: cmp.Or(of.Separator, ";")}))
	}
	return top(f.rows)
}

// numbers returns the range and the median.
func (f *facts) numbers() string {
	counts := map[float64]int{}
	all := 0
	for text, rows := range f.rows {
		if v, err := strconv.ParseFloat(text, 64); err == nil && !math.IsNaN(v) {
			counts[v] += rows
			all += rows
		}
	}
	if all == 0 {
		return ""
	}
	list := slices.Sorted(maps.Keys(counts))
	median, below := list[0], 0
	for _, v := range list {
		if below += counts[v]; 2*below >= all {
			median = v
			break
		}
	}
	return fmt.Sprintf("%s to %s, median %s", number(list[0]), number(list[len(list)-1]),
		number(median))
}

// number formats a number of the data with all its digits, if these are few.
func number(v float64) string {
	const most = 12 // characters
	if text := strconv.FormatFloat(v, 'f', -1, 64); len(text) <= most {
		return text
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// lengths returns the range and the mean of the number of characters.
func (f *facts) lengths() string {
	least, most, sum, all := math.MaxInt, 0, 0, 0
	for text, rows := range f.rows {
		n := utf8.RuneCountInString(text)
		least, most = min(least, n), max(most, n)
		sum, all = sum+n*rows, all+rows
	}
	return fmt.Sprintf("%s to %s characters, mean %s", grouped(least), grouped(most),
		inUnit(float64(sum)/float64(all)))
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
