package data

import (
	"fmt"
	"math"
	"slices"
)

// NoLabel stands for a label that is missing in a column of int32. In a column of float32, NaN
// does, in all numbers of the label.
const NoLabel = math.MinInt32

// Labels returns the column with 0 in place of what is missing, and which labels are missing: nil
// if none is. A label has size consecutive numbers of a row, so that a row has as many labels as it
// has steps. Labels returns an error for a label of which only some numbers are missing.
func (c Column) Labels(size int) (Column, []bool, error) {
	if row := c.Shape.Size(); size < 1 || row%size != 0 {
		return c, nil, fmt.Errorf("column %q has %d numbers a row, which are no labels of %d numbers",
			c.Name, row, size)
	}
	gaps := gapsOf(c.ints, func(v int32) bool { return v == NoLabel })
	if gaps == nil {
		gaps = gapsOf(c.floats, func(v float32) bool { return v != v })
	}
	if gaps == nil {
		return c, nil, nil
	}
	missing := make([]bool, len(gaps)/size)
	for label := range missing {
		numbers := gaps[label*size:][:size]
		missing[label] = numbers[0]
		if slices.Contains(numbers, !numbers[0]) {
			return c, nil, c.partly(label, size)
		}
	}
	c.ints, c.floats = slices.Clone(c.ints), slices.Clone(c.floats)
	for i, gap := range gaps {
		switch {
		case !gap:
		case c.ints != nil:
			c.ints[i] = 0
		default:
			c.floats[i] = 0
		}
	}
	return c, missing, nil
}

// partly returns the error of a label of which only some numbers are missing.
func (c Column) partly(label, size int) error {
	at, steps := fmt.Sprintf("row %d", label), c.Shape.Size()/size
	if steps > 1 {
		at = fmt.Sprintf("row %d, step %d", label/steps, label%steps)
	}
	return fmt.Errorf("column %q, %s: some of its %d numbers are missing, want all or none",
		c.Name, at, size)
}

// gapsOf reports which values are missing, or returns nil if none is.
func gapsOf[T any](values []T, missing func(T) bool) []bool {
	if !slices.ContainsFunc(values, missing) {
		return nil
	}
	gaps := make([]bool, len(values))
	for i, v := range values {
		gaps[i] = missing(v)
	}
	return gaps
}
