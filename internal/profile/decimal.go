package profile

import (
	"strings"

	"braid/data"
	"braid/feature"
)

// markOf says which decimal mark the numbers of a column have.
type markOf uint8

const (
	noMark    markOf = iota // all are whole, without marks
	openMark                // either mark reads all cells, as 1,250 and 1.250
	pointMark               // only a decimal point reads all cells
	commaMark               // only a decimal comma does
)

// otherMark returns a format whose marks are exchanged.
func otherMark(f feature.NumberFormat) feature.NumberFormat {
	decimal, thousands := ",", "."
	if f.Decimal == "," {
		decimal, thousands = "", ","
	}
	if f.Thousands != "" && f.Thousands != "," && f.Thousands != "." {
		thousands = f.Thousands
	}
	return feature.NumberFormat{Decimal: decimal, Thousands: thousands, Strip: f.Strip}
}

// decimalMark returns the mark of a column's numbers.
func (v *values) decimalMark(n *Numbers) markOf {
	if !v.anyCell(func(cell string) bool { return strings.ContainsAny(cell, ".,") }) {
		return noMark
	}
	mark, belowOne := pointMark, "0."
	if n.Format.Decimal == "," {
		mark, belowOne = commaMark, "0,"
	}
	if other, _ := v.inFormat(otherMark(n.Format)); other == nil || other.Cells < n.Cells {
		return mark
	}
	if v.anyCell(func(cell string) bool {
		return strings.HasPrefix(strings.TrimLeft(cell, "-+ "+n.Format.Strip), belowOne)
	}) {
		return mark
	}
	return openMark
}

// settleMarks decides the decimal mark of columns that could have either by the other columns,
// unless these contradict each other: a program writes all numbers of a file alike.
func settleMarks(frame *data.Frame, columns []*Column) error {
	var point, comma *Column
	for _, c := range columns {
		switch {
		case c.Numbers == nil:
		case c.Numbers.mark == pointMark && point == nil:
			point = c
		case c.Numbers.mark == commaMark && comma == nil:
			comma = c
		}
	}
	if (point == nil) == (comma == nil) {
		return nil
	}
	for _, c := range columns {
		n := c.Numbers
		if n == nil || n.mark != openMark {
			continue
		}
		n.Ambiguous = false // formats with a decimal point are tried first
		if comma == nil {
			continue
		}
		cells, err := frame.Cells(c.Name)
		if err != nil {
			return err
		}
		distinctValues(cells, maxDistinct).readAs(n, comma.Name)
	}
	return nil
}

// readAs reads numbers anew, with a decimal comma, as another column has it.
func (v *values) readAs(n *Numbers, like string) {
	f := feature.NumberFormat{Decimal: ",", Strip: n.Format.Strip}
	with, found := v.inFormat(f)
	if with == nil || with.Cells < n.Cells {
		f = otherMark(n.Format)
		with, found = v.inFormat(f)
	}
	with.LeadingZero, with.mark, with.like = n.LeadingZero, commaMark, like
	*n = *with
	n.measure(found)
}
