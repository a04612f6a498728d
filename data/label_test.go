package data_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"braid/data"
)

func TestLabels(t *testing.T) {
	const no = data.NoLabel
	nan := float32(math.NaN())
	for _, c := range []struct {
		column  data.Column
		size    int
		missing []bool
		want    []float32
		err     string
	}{
		{data.Ints("x", []int32{3, 4}), 1, nil, []float32{3, 4}, ""},
		{data.Ints("x", []int32{3, no, 4}), 1, []bool{false, true, false}, []float32{3, 0, 4}, ""},
		{data.Ints("x", []int32{3, no, no, 4, 5, 6}, 3), 1,
			[]bool{false, true, true, false, false, false}, []float32{3, 0, 0, 4, 5, 6}, ""},
		{data.Ints("x", []int32{3, 5, no, no}, 2), 2, []bool{false, true}, []float32{3, 5, 0, 0}, ""},
		{data.Floats("x", []float32{1, 2, nan, nan, nan, nan, 3, 4}, 2, 2), 2,
			[]bool{false, true, true, false}, []float32{1, 2, 0, 0, 0, 0, 3, 4}, ""},
		{data.Floats("x", []float32{1, nan, 3, 4}, 2), 2, nil, nil,
			`column "x", row 0: some of its 2 numbers are missing, want all or none`},
		{data.Floats("x", []float32{1, 2, 3, 4, 5, 6, nan, 8, 9, 9, 9, 9}, 3, 2), 2, nil, nil,
			`column "x", row 1, step 0: some of its 2 numbers are missing`},
		{data.Floats("x", make([]float32, 6), 3), 2, nil, nil,
			`column "x" has 3 numbers a row, which are no labels of 2 numbers`},
		{data.Floats("x", make([]float32, 6), 3), 0, nil, nil, "no labels of 0 numbers"},
	} {
		before := c.column.Digest()
		got, missing, err := c.column.Labels(c.size)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("error is %v, want %q", err, c.err)
			}
			continue
		}
		if err != nil || !slices.Equal(missing, c.missing) {
			t.Errorf("%v are missing (%v), want %v", missing, err, c.missing)
		}
		numbers := make([]float32, len(c.want))
		for r, size := 0, got.Shape.Size(); r*size < len(c.want); r++ {
			got.Unstandardized(numbers[r*size:][:size], r)
		}
		if !slices.Equal(numbers, c.want) {
			t.Errorf("the numbers are %v, want %v", numbers, c.want)
		}
		if c.column.Digest() != before {
			t.Errorf("Labels changed the column %v", c.column)
		}
	}
}
