package data

import (
	"fmt"
	"math"
	"slices"
)

// NoLabel stands for a label that is missing in a column of int32. In a column of float32, NaN
// does.
const NoLabel = math.MinInt32

// Labels returns the column with 0 in place of what is missing, and which rows lack their label:
// nil if none does. It returns an error for a row of which only some numbers are missing.
func (c Column) Labels() (Column, []bool, error) {
	size := c.Shape.Size()
	gaps := gapsOf(c.ints, func(v int32) bool { return v == NoLabel })
	if gaps == nil {
		gaps = gapsOf(c.floats, func(v float32) bool { return v != v })
	}
	if gaps == nil {
		return c, nil, nil
	}
	missing := make([]bool, len(gaps)/size)
	for row := range missing {
		numbers := gaps[row*size:][:size]
		missing[row] = numbers[0]
		if i := slices.Index(numbers, !numbers[0]); i >= 0 {
			return c, nil, fmt.Errorf("column %q, row %d: some of its %d numbers are missing, want all or "+
				"none", c.Name, row, size)
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
