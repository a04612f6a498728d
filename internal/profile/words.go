package profile

import (
	"math"
	"strconv"
	"strings"

	"braid/internal/suggest"
)

// quoted quotes a cell, shortened.
func quoted(cell string) string { return suggest.Shorten(strconv.Quote(cell)) }

func quotedList(cells []string) string {
	var list []string
	for _, cell := range cells {
		list = append(list, quoted(cell))
	}
	return strings.Join(list, ", ")
}

// number writes a number for people to read: six digits, or whole with marks of thousands.
func number(x float64) string {
	if size := math.Abs(x); x == math.Trunc(x) && size < 1e15 || size >= 1e5 && size < 1e15 {
		x = math.Round(x)
		text := thousands(int(math.Abs(x)))
		if x < 0 {
			text = "-" + text
		}
		return text
	}
	return strconv.FormatFloat(x, 'g', 6, 64)
}

// numberWriter returns how numbers between two limits are written: years have no marks.
func numberWriter(low, high float64) func(x float64) string {
	if low >= 1500 && high <= 2200 && low == math.Trunc(low) && high == math.Trunc(high) {
		return func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	}
	return number
}

// Plural writes a count with its noun.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "py"); ok {
		return thousands(n) + " " + stem + "pies"
	}
	return thousands(n) + " " + noun + "s"
}
