package profile

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"braid/data"
	"braid/feature"
)

const (
	// mostErrors is the share of rows in which an input that determines a head may be wrong.
	mostErrors = 0.005
	// mostOfGuess is that share relative to the rows in which the most frequent label is wrong.
	mostOfGuess = 0.05
	// leastInformative is the number of rows with other labels than the most frequent one, below which
	// nothing is concluded.
	leastInformative = 10
	// leastRepeats is the mean number of rows that have the same value of an input.
	leastRepeats = 5
	// leastNumbers is the number of different numbers from which their order can be compared.
	leastNumbers = 10
	// leastPoints is the number of rows from which two columns that rise together say something.
	leastPoints = 50
)

// labels are the labels of a head in all rows.
type labels struct {
	column *Column
	cells  data.Cells
	of     []int32 // the number of a row's label, -1 where it is missing
	count  int     // different labels
}

// readLabels reads the labels of a column.
func readLabels(frame *data.Frame, c *Column) (*labels, error) {
	cells, err := frame.Cells(c.Name)
	if err != nil {
		return nil, err
	}
	l := &labels{column: c, cells: cells}
	l.of, l.count = codes(cells)
	for row := range l.of {
		if feature.Trim(cells.At(row), nil) == "" {
			l.of[row] = -1
		}
	}
	return l, nil
}

// leak returns how a column says what the labels are, as no column does that is known beforehand.
// It returns "" for other columns.
func (l *labels) leak(frame *data.Frame, c *Column) (string, error) {
	if c.Pictures != nil || c.known() == 0 {
		return "", nil
	}
	cells, err := frame.Cells(c.Name)
	if err != nil {
		return "", err
	}
	head := fmt.Sprintf("head %q", l.column.Name)
	rows, equal := l.equal(cells)
	if rows >= leastInformative && rows-equal <= int(mostErrors*float64(rows)) {
		return fmt.Sprintf("the same as %s in %s of %s rows", head, thousands(equal),
			thousands(rows)), nil
	}
	if c.Numbers != nil && l.column.Numbers != nil && l.monotone(cells, c.Numbers) {
		return fmt.Sprintf("goes up or down exactly as %s does", head), nil
	}
	if c.Distinct*leastRepeats <= c.Rows {
		if rows, right := l.determinedBy(cells); right > 0 {
			return fmt.Sprintf("says what %s is: each value goes with one label, in %s of %s rows", head,
				thousands(right), thousands(rows)), nil
		}
	}
	return "", nil
}

// equal counts the rows with a cell and a label, and those in which they are the same.
func (l *labels) equal(cells data.Cells) (rows, equal int) {
	for row, label := range l.of {
		cell := feature.Trim(cells.At(row), nil)
		if label < 0 || cell == "" {
			continue
		}
		rows++
		if strings.EqualFold(cell, feature.Trim(l.cells.At(row), nil)) {
			equal++
		} else if 10*(rows-equal) > len(l.of) {
			break // certainly too few
		}
	}
	return rows, equal
}

// determinedBy reports in how many rows the label is the most frequent one of the rows with the
// same cell. right is 0 unless that holds for nearly all rows, and is more than guessing. Rows with
// a cell that no other row has do not count.
func (l *labels) determinedBy(cells data.Cells) (rows, right int) {
	of, distinct := codes(cells)
	// Boyer and Moore's vote finds the label that more than half of a value's rows have.
	label, votes, total := make([]int32, distinct), make([]int32, distinct), make([]int32, distinct)
	for row, value := range of {
		if l.of[row] < 0 {
			continue
		}
		total[value]++
		switch {
		case votes[value] == 0:
			label[value], votes[value] = l.of[row], 1
		case label[value] == l.of[row]:
			votes[value]++
		default:
			votes[value]--
		}
	}
	counts, known := make([]int, l.count), 0
	for row, value := range of {
		if l.of[row] < 0 {
			continue
		}
		known++
		if total[value] < 2 {
			continue
		}
		rows++
		counts[l.of[row]]++
		if label[value] == l.of[row] {
			right++
		}
	}
	guess := slices.Max(append(counts, 0))
	wrong, other := float64(rows-right), float64(rows-guess)
	if 2*rows < known || distinct*leastRepeats > known || other < leastInformative ||
		wrong > mostErrors*float64(rows) || wrong > mostOfGuess*other {
		return rows, 0
	}
	return rows, right
}

// point is a row with two numbers.
type point struct{ x, y float64 }

// monotone reports whether the labels never fall as the numbers of an input rise, or never rise.
// Two roundings of one quantity are so, two quantities that merely go together are not.
func (l *labels) monotone(cells data.Cells, n *Numbers) bool {
	const most = 20000
	if n.Distinct < leastNumbers || l.column.Numbers.Distinct < leastNumbers || n.years() {
		return false // what rises from year to year is a trend
	}
	var points []point
	stride := max(len(l.of)/most, 1)
	for row := 0; row < len(l.of); row += stride {
		x, known, err := n.Format.Parse(cells.At(row))
		if err != nil || !known {
			continue
		}
		y, known, err := l.column.Numbers.Format.Parse(l.cells.At(row))
		if err == nil && known {
			points = append(points, point{x, y})
		}
	}
	if len(points) < leastPoints {
		return false
	}
	if rises(points) {
		return true
	}
	for i := range points {
		points[i].y = -points[i].y
	}
	return rises(points)
}

// rises reports whether y never falls as x rises, in nearly all points.
func rises(points []point) bool {
	slices.SortFunc(points, func(a, b point) int {
		return cmp.Or(cmp.Compare(a.x, b.x), cmp.Compare(a.y, b.y))
	})
	if 2*largestTie(points, func(p point) float64 { return p.x }) > len(points) {
		return false
	}
	// The longest subsequence that never falls: tails has the smallest last value by length.
	var tails []float64
	for _, p := range points {
		at, _ := slices.BinarySearchFunc(tails, p.y, func(t, y float64) int {
			if t <= y {
				return -1
			}
			return 1
		})
		if at == len(tails) {
			tails = append(tails, p.y)
		} else {
			tails[at] = p.y
		}
	}
	wrong := float64(len(points) - len(tails))
	slices.SortFunc(points, func(a, b point) int { return cmp.Compare(a.y, b.y) })
	other := float64(len(points) - largestTie(points, func(p point) float64 { return p.y }))
	return other >= leastInformative && wrong <= mostErrors*float64(len(points)) &&
		wrong <= mostOfGuess*other
}

// largestTie returns the largest number of neighbours with the same value.
func largestTie(points []point, of func(point) float64) int {
	longest, run, last := 0, 0, math.NaN()
	for _, p := range points {
		if v := of(p); v != last {
			run, last = 0, v
		}
		run++
		longest = max(longest, run)
	}
	return longest
}
