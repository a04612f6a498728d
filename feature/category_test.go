package feature_test

import (
	"fmt"
	"slices"
	"testing"

	"braid/feature"
)

// cells are categories: b three times, 01 and 1 twice, once rare and an empty cell.
var cells = []string{"b", "01", "once", "1", "", " b ", "1", "01", "b"}

func TestCategory(t *testing.T) {
	e := learn(t, feature.Category{}, cells...).(*feature.CategoryEncoder)
	if got, want := e.Values.Words(), []string{"b", "01", "1"}; !slices.Equal(got, want) {
		t.Fatalf("values are %q, want %q", got, want)
	}
	for cell, want := range map[string]int{
		"": 0, "once": 1, "new": 1, "b": 2, "01": 3, " 1": 4, "NA": 1,
	} {
		hot, note := encode(t, e, cell)
		numbers := make([]float64, 5)
		numbers[want] = 1
		wantNote := [...]feature.Note{feature.Missing, feature.Unknown, 0, 0, 0}[want]
		if !near(hot[0].Floats, numbers...) || note != wantNote {
			t.Errorf("%q is %v with note %b, want %v with %b", cell, hot[0].Floats, note, numbers, wantNote)
		}
	}
}

func TestCategorySettings(t *testing.T) {
	var many []string // 9 values
	for i := range 9 {
		many = append(many, fmt.Sprint("v", i), fmt.Sprint("v", i))
	}
	for _, c := range []struct {
		feature feature.Category
		cells   []string
		width   int
		values  int
	}{
		{feature.Category{}, many[:16], 0, 8},
		{feature.Category{}, many, 6, 9}, // 1.6 11^0.56 = 6.13
		{feature.Category{Encoding: feature.OneHot}, many, 0, 9},
		{feature.Category{Encoding: feature.Embedded}, cells, 4, 3}, // 1.6 5^0.56 = 3.94
		{feature.Category{MinCount: 1}, cells, 0, 4},
		{feature.Category{MinCount: 3}, cells, 0, 1},
		{feature.Category{Max: 2}, cells, 0, 2},
		{feature.Category{}, []string{"\xff", "\xff", "\xfe", "\xfe", "a", "a"}, 0, 1}, // not in JSON
		{feature.Category{Missing: []string{"b"}}, cells, 0, 2},
	} {
		e := learn(t, c.feature, c.cells...).(*feature.CategoryEncoder)
		if e.Width != c.width || len(e.Values.Words()) != c.values {
			t.Errorf("%+v: width %d and values %q, want %d and %d", c.feature, e.Width, e.Values.Words(),
				c.width, c.values)
		}
	}
	e := learn(t, feature.Category{}, many...)
	for cell, want := range map[string]int32{"": 0, "x": 1, "v0": 2, "v8": 10} {
		if row, _ := encode(t, e, cell); row[0].Ints[0] != want {
			t.Errorf("%q has id %d, want %d", cell, row[0].Ints[0], want)
		}
	}
}
