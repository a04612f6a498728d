package feature_test

import (
	"fmt"
	"slices"
	"testing"

	"braid/feature"
)

func TestLabels(t *testing.T) {
	e := learn(t, feature.Labels{}, "red; blue", "blue;;red ;blue", "", "green", "blue;green")
	for cell, want := range map[string][]float64{
		"blue": {0, 0, 1, 0, 0}, " red;blue ": {0, 0, 1, 0, 1}, "": {1, 0, 0, 0, 0}, ";": {1, 0, 0, 0, 0},
		"green;new;new2": {0, 1, 0, 1, 0},
	} {
		row, note := encode(t, e, cell)
		if !near(row[0].Floats, want...) || (note == feature.Unknown) != (want[1] == 1) ||
			(note == feature.Missing) != (want[0] == 1) {
			t.Errorf("%q is %v with note %b, want %v", cell, row[0].Floats, note, want)
		}
	}
	var many []string
	for i := range 65 {
		many = append(many, fmt.Sprintf("l%02d|x", i), fmt.Sprintf("l%02d|x", i))
	}
	e = learn(t, feature.Labels{Separator: "|"}, many...)
	for cell, want := range map[string][2]int32{"": {0, 0}, "l00|x|l00": {2, 3}, "l64|l63": {66, 67}} {
		row, note := encode(t, e, cell)
		wantNote := map[string]feature.Note{"": feature.Missing}[cell]
		if !slices.Equal(row[0].Ints, want[:]) || note != wantNote {
			t.Errorf("%q is %v with note %b, want %v", cell, row[0].Ints, note, want)
		}
	}
	for _, cell := range []string{"l03|l02|l01", "l01|l02|l03", "l02|l03|l01"} {
		row, note := encode(t, e, cell)
		if note != feature.Cut || !slices.Equal(row[0].Ints, []int32{4, 5}) {
			t.Errorf("%q is %v with note %b, want 4, 5, the others cut", cell, row[0].Ints, note)
		}
	}
}

func TestSequence(t *testing.T) {
	e := learn(t, feature.Sequence{Length: 3}, "a b a", "", "b c", "b  a")
	for cell, want := range map[string][3]int32{
		"a b": {2, 3, 0}, "a c b": {2, 1, 3}, "a a b a": {2, 3, 2}, "": {0, 0, 0}, "A b": {1, 3, 0},
	} {
		row, note := encode(t, e, cell)
		wantNote := map[string]feature.Note{"": feature.Missing, "a c b": feature.Unknown,
			"a a b a": feature.Cut, "A b": feature.Unknown}[cell]
		if !slices.Equal(row[0].Ints, want[:]) || note != wantNote {
			t.Errorf("%q is %v with note %b, want %v with %b", cell, row[0].Ints, note, want, wantNote)
		}
	}
	e = learn(t, feature.Sequence{Separator: ">"}, "p q> r", "r>p q", "r")
	if row, _ := encode(t, e, " p q > r"); !slices.Equal(row[0].Ints, []int32{3, 2}) {
		t.Errorf("ids are %v, want 3, 2", row[0].Ints)
	}
}
