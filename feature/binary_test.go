package feature_test

import (
	"slices"
	"strings"
	"testing"

	"braid/feature"
)

func TestBinary(t *testing.T) {
	e := learn(t, feature.Binary{}, "yes", "No", "", "TRUE", "off", "1", "0", "y", "F")
	if other := e.(*feature.BinaryEncoder).False; other != "" {
		t.Errorf("learnt that %q is false", other)
	}
	for cell, want := range map[string][2]float64{
		"Yes": {1, 0}, "t": {1, 0}, "ON": {1, 0}, "1": {1, 0}, "true": {1, 0}, "n": {-1, 0},
		"False": {-1, 0}, "0": {-1, 0}, "OFF": {-1, 0}, "": {0, 1},
	} {
		if row, note := encode(t, e, cell); !near(row[0].Floats, want[:]...) ||
			(note == feature.Missing) != (cell == "") {
			t.Errorf("%q is %v with note %b, want %v", cell, row[0].Floats, note, want)
		}
	}
	e = learn(t, feature.Binary{True: ">50K"}, "<=50K", "", ">50K")
	for cell, want := range map[string][2]float64{">50K": {1, 0}, "<=50K": {-1, 0}, "": {0, 1}} {
		if row, _ := encode(t, e, cell); !near(row[0].Floats, want[:]...) {
			t.Errorf("%q is %v, want %v", cell, row[0].Floats, want)
		}
	}
	for _, c := range []struct {
		feature feature.Binary
		cells   []string
		want    string
	}{
		{feature.Binary{}, []string{"yes", "big"}, `file.csv:3: column "c": got "big", want true or ` +
			`false, yes or no, 1 or 0, or such; for other values say which one is true, as in true: "big"`},
		{feature.Binary{True: "big"}, []string{"big", "small", "tall"},
			`file.csv:4: column "c": got "tall", a third value, want "big" (true) or "small" (false)`},
	} {
		_, err := c.feature.Learn(feature.Column{
			Name: "c", Frame: frame(t, "c", c.cells...), Rows: rows(len(c.cells))})
		if err == nil || !strings.HasSuffix(err.Error(), c.want) {
			t.Errorf("%q: error is %v, want %s", c.cells, err, c.want)
		}
	}
	e = learn(t, feature.Binary{True: "x"}, "x", "x")
	row := slots(e)
	note, err := e.Encode(feature.Value{Text: "z"}, row) // training had no other value than x
	if err != nil || note != feature.Unknown || !slices.Equal(row[0].Floats, []float32{-1, 0}) {
		t.Errorf("z gives %v, note %d, error %v, want false, which is unknown", row[0].Floats, note, err)
	}
}
