package feature_test

import (
	"strings"
	"testing"

	"braid/feature"
)

func TestNumberFormat(t *testing.T) {
	type format = feature.NumberFormat
	comma := format{Decimal: ",", Thousands: "."}
	for _, c := range []struct {
		format format
		cell   string
		want   any // a number, nil for missing, or text of the error
	}{
		{format{}, "12.5", 12.5}, {format{}, " -3e2 ", -300.0}, {format{}, "+.5", 0.5},
		{format{}, "\u22127", -7.0}, {format{}, "007", 7.0},
		{format{}, "", nil}, {format{}, "NA", nil}, {format{}, "N/A", nil}, {format{}, "-", nil},
		{format{}, "?", nil}, {format{}, ".", nil}, {format{}, "-Inf", nil}, {format{}, "NAN", nil},
		{format{}, "Infinity", nil}, {format{}, "None", nil},
		{format{}, "abc", `got "abc", want a number such as 1234.5`},
		{format{}, "1,5", `got "1,5"`}, {format{}, "0x10", `got "0x10"`}, {format{}, "1_000", `got`},
		{format{}, "1 000", `got "1 000"`}, {format{}, "5-3", "got"}, {format{}, "$5", "got"},
		{format{}, "--inf", "got"}, {format{}, "1e999", `got "1e999", want a number of at most 1.79`},
		{comma, "1.234,5", 1234.5}, {comma, "-12.345.678", -12345678.0}, {comma, "0,25", 0.25},
		{comma, "1,5e-1", 0.15},
		{comma, "1.23", `got "1.23", want a number such as 1.234,5`}, {comma, "1234.567", "got"},
		{comma, "1.234,5,6", "got"}, {comma, "1,234.5", "got"}, {comma, ".234", "got"},
		{comma, "1..234", "got"}, {comma, "1.2.345", "got"}, {comma, "-+5", "got"},
		{comma, "5,-3", "got"},
		{format{Decimal: ","}, "1.5", "got"}, {format{Decimal: ","}, "-1,5", -1.5},
		{format{Thousands: ","}, "12,34,567.5", 1234567.5}, // as in India
		{format{Thousands: "none"}, "1,234", "got"},
		{format{Thousands: " "}, "1\u202f234\u00a0567", 1234567.0},
		{format{Strip: "$%"}, "-$5.5", -5.5}, {format{Strip: "$%"}, "$ -5", -5.0},
		{format{Strip: "$%"}, "12 %", 12.0}, {format{Strip: "$%"}, "1$2", "got"},
		{format{Strip: "€", Decimal: ",", Thousands: "."}, "€ 1.234,50", 1234.5},
	} {
		got, known, err := c.format.Parse(c.cell)
		switch want := c.want.(type) {
		case nil:
			if known || err != nil {
				t.Errorf("%+v: %q is %v, error %v, want missing", c.format, c.cell, got, err)
			}
		case float64:
			if got != want || !known || err != nil {
				t.Errorf("%+v: %q is %v, error %v, want %v", c.format, c.cell, got, err, want)
			}
		case string:
			if err == nil || known || !strings.HasPrefix(err.Error(), want) ||
				strings.Contains(err.Error(), "thousands") { // who asks a model cannot set that
				t.Errorf("%+v: %q is %v, error %v, want %s", c.format, c.cell, got, err, want)
			}
		}
	}
}

func TestNumber(t *testing.T) {
	e := learn(t, feature.Number{}, "8", "NA", "1", "4", "", "100", "2")
	for cell, want := range map[string][2]float64{
		"10": {0.9486832980505138, 0}, "4": {0, 0}, "": {0, 1}, "inf": {0, 1}, "1e300": {3, 0},
	} {
		row, note := encode(t, e, cell)
		wantNote := feature.Note(0)
		switch cell {
		case "", "inf":
			wantNote = feature.Missing
		case "1e300":
			wantNote = feature.OutOfRange
		}
		if !near(row[0].Floats, want[:]...) || note != wantNote {
			t.Errorf("%q is %v with note %b, want %v with %b", cell, row[0].Floats, note, want, wantNote)
		}
	}
}

func TestNumberMistakes(t *testing.T) {
	cells := []string{"a", "1", "b", "c", "2", "d", "e", "f", "g"}
	_, err := feature.Number{}.Learn(feature.Column{
		Name: "c", Frame: frame(t, "c", cells...), Rows: rows(len(cells))})
	if err == nil || !strings.HasPrefix(err.Error(), `column "c": 7 cells cannot be read`) ||
		!strings.Contains(err.Error(), `some/file.csv:8: got "e"`) ||
		!strings.HasSuffix(err.Error(), "\n  and 2 more") {
		t.Errorf("error is %v, want five cells and 2 more", err)
	}
	_, err = feature.Number{NumberFormat: feature.NumberFormat{Decimal: ";"}}.Learn(feature.Column{
		Name: "c", Frame: frame(t, "c", cells...), Rows: rows(len(cells))})
	if want := `column "c": decimal = ";", want "." or ","`; err == nil || err.Error() != want {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func TestNumberLog(t *testing.T) {
	e := learn(t, feature.Number{Log: true}, "3", "7", "1", "20", "12.5")
	for cell, want := range map[string]float64{
		"50": 1.3579141410375992, "0": -1.4852886371988807, "-4": -1.4852886371988807, "7": 0,
	} {
		if row, _ := encode(t, e, cell); !near(row[0].Floats, want, 0) {
			t.Errorf("%q is %v, want %v", cell, row[0].Floats, want)
		}
	}
}

func TestNumberClip(t *testing.T) {
	e := learn(t, feature.Number{Clip: []float64{1, 8}, Missing: []string{"none"}},
		"-50", "none", "2", "4", "99", "8") // as 1 2 4 8 8
	for cell, want := range map[string][2]float64{
		"4": {0, 0}, "12": {0.6507913734559686, 0}, "8": {0.6507913734559686, 0}, "none": {0, 1},
	} {
		if row, _ := encode(t, e, cell); !near(row[0].Floats, want[:]...) {
			t.Errorf("%q is %v, want %v", cell, row[0].Floats, want)
		}
	}
}

func TestNumberPeriodic(t *testing.T) {
	e := learn(t, feature.Number{Encoding: feature.Periodic}, "8", "1", "4", "100", "2")
	row, _ := encode(t, e, "10")
	waves := row[1].Floats
	if !near(row[0].Floats, 0.9486832980505138, 0) || len(waves) != 32 ||
		!near(waves[:2], 0.11893287447443504, 0.9929022969906195) ||
		!near(waves[30:], -0.24420823096103006, -0.9697228160308925) {
		t.Errorf("10 is %v and %v", row[0].Floats, waves)
	}
	row, _ = encode(t, e, "")
	if !near(row[0].Floats, 0, 1) || !near(row[1].Floats, make([]float64, 32)...) {
		t.Errorf("missing is %v and %v, want zeros", row[0].Floats, row[1].Floats)
	}
}
