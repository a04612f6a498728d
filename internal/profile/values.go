package profile

import (
	"strings"

	"braid/data"
	"braid/feature"
)

// maxDistinct bounds the values of a column that are told apart, and so the memory of a profile.
const maxDistinct = 1 << 20

// values has the different values of a column, and how often each occurs. Rows whose cell is empty
// have none.
type values struct {
	cells    data.Cells
	first    []int32 // a row that has the value
	count    []int32
	distinct int // the first of them, which differ from each other; others may be copies
	missing  int
}

// distinctValues finds the values of a column. It tells at most bound of them apart: beyond, each
// row is a value.
func distinctValues(cells data.Cells, bound int) *values {
	v := &values{cells: cells}
	index := map[string]int32{}
	for row := range cells.Len() {
		cell := feature.Trim(cells.At(row), nil)
		if cell == "" {
			v.missing++
			continue
		}
		at, known := index[cell]
		if known {
			v.count[at]++
			continue
		}
		if len(index) < bound {
			index[cell] = int32(len(v.first))
			v.distinct++
		}
		v.first = append(v.first, int32(row))
		v.count = append(v.count, 1)
	}
	return v
}

// len returns the number of values.
func (v *values) len() int { return len(v.first) }

// at returns the i-th value in the order of rows, and the number of rows that have it.
func (v *values) at(i int) (value string, rows int) {
	return feature.Trim(v.cells.At(int(v.first[i])), nil), int(v.count[i])
}

// path returns the i-th value as the name of a file: in the form of Unicode in which it is written.
func (v *values) path(i int) string { return strings.TrimSpace(v.cells.At(int(v.first[i]))) }

// known returns the number of rows that have a value.
func (v *values) known() int { return v.cells.Len() - v.missing }

// exact reports whether all values were told apart.
func (v *values) exact() bool { return v.distinct == len(v.first) }

// repeated returns the number of rows whose value another row has too.
func (v *values) repeated() int {
	rows := 0
	for _, n := range v.count {
		if n > 1 {
			rows += int(n)
		}
	}
	return rows
}

// codes returns the number of each row's value, in the order in which they first occur. A missing
// cell is a value of its own here: that a cell is empty may say as much as its content.
func codes(cells data.Cells) (of []int32, distinct int) {
	of = make([]int32, cells.Len())
	index := map[string]int32{}
	for row := range of {
		cell := feature.Trim(cells.At(row), nil)
		code, known := index[cell]
		if !known {
			code = int32(len(index))
			index[cell] = code
		}
		of[row] = code
	}
	return of, len(index)
}
