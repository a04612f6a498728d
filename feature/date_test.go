package feature_test

import (
	"math"
	"strings"
	"testing"

	"braid/feature"
)

func TestDate(t *testing.T) {
	cells := []string{"2002-10-11", "1999-01-01", "", "2010-12-31T18:30:00Z", "2004-02-29"}
	const year = 1.583346857253532
	season := []float64{-0.008242734747737866, 0.9999660280848937}
	weekday := []float64{-0.433883739117558, -0.9009688679024191} // a Friday
	clock := []float64{-0.9914448613738105, 0.13052619222005127}
	all := append(append(append([]float64{year}, season...), weekday...), clock...)
	e := learn(t, feature.Date{}, cells...)
	if row, note := encode(t, e, cells[3]); !near(row[0].Floats, append(all, 0)...) || note != 0 {
		t.Errorf("%s is %v with note %b, want %v", cells[3], row[0].Floats, note, all)
	}
	row, note := encode(t, e, "N/A")
	if !near(row[0].Floats, 0, 0, 0, 0, 0, 0, 0, 1) || note != feature.Missing {
		t.Errorf("missing is %v with note %b", row[0].Floats, note)
	}
	if _, note := encode(t, e, "1998-12-31"); note != feature.OutOfRange {
		t.Errorf("a date before the first has note %b", note)
	}
	e = learn(t, feature.Date{Parts: feature.DateParts{feature.Weekday, feature.Year}}, cells...)
	want := append(append([]float64{}, weekday...), year, 0)
	if row, _ := encode(t, e, cells[3]); !near(row[0].Floats, want...) {
		t.Errorf("%s is %v, want %v", cells[3], row[0].Floats, want)
	}
	e = learn(t, feature.Date{}, cells[0], cells[1]) // no times
	if row, _ := encode(t, e, cells[0]); len(row[0].Floats) != 6 {
		t.Errorf("got %d numbers, want 6", len(row[0].Floats))
	}
}

func TestDateFormats(t *testing.T) {
	for _, c := range []struct{ format, cell, want string }{
		{"", "2002-10-11", "2002-10-11T00:00:00"}, {"iso", "20021011", "2002-10-11T00:00:00"},
		{"", " 2002-10 ", "2002-10-01T00:00:00"}, {"", "2002", "2002-01-01T00:00:00"},
		{"", "2002-10-11T15:04:05.250+02:00", "2002-10-11T15:04:05.25"},
		{"", "2002-10-11 15:04", "2002-10-11T15:04:00"}, {"", "20021011T1504Z", "2002-10-11T15:04:00"},
		{"", "2002-10-11T150405-0330", "2002-10-11T15:04:05"}, {"", "NA", ""},
		{"", "2002-10-11T23+05", "2002-10-11T23:00:00"},
		{"Jan 02 2006", "Oct 11 2002", "2002-10-11T00:00:00"},
		{"02.01.2006", "29.02.2004", "2004-02-29T00:00:00"},
		{"2/1/06 15:04", "3/11/99 8:15", "1999-11-03T08:15:00"},
	} {
		f := feature.Date{Format: c.format}
		if got := f.Canonical(c.cell); got != c.want {
			t.Errorf("%q: %q is %q, want %q", c.format, c.cell, got, c.want)
		}
		learn(t, f, c.cell)
	}
	for _, c := range []struct{ format, cell, want string }{
		{"", "11.10.2002", `got "11.10.2002", want a date as in ISO 8601`},
		{"", "2002-13-01", "got"}, {"", "2003-02-29", "got"}, {"", "2002-1-2", "got"},
		{"", "2002-10-", "got"}, {"", "2002-10-11T", "got"}, {"", "2002-10-11T25:00", "got"},
		{"", "2002-10-11x", "got"}, {"", "2002T15:04", "got"}, {"", "2002-10-11T15:04 CET", "got"},
		{"", "2002-10-11T15:04+1", "got"}, {"", "12", "got"}, {"", "20021", "got"},
		{"Jan 02 2006", "2002-10-11", `got "2002-10-11", want a date such as "Jan 02 2006"`},
	} {
		f := feature.Date{Format: c.format}
		if got := f.Canonical(c.cell); got != c.cell {
			t.Errorf("%q: %q is %q, want it unchanged", c.format, c.cell, got)
		}
		_, err := f.Learn(feature.Column{Name: "c", Frame: frame(t, "c", c.cell), Rows: rows(1)})
		want := `some/file.csv:2: column "c": ` + c.want
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %q: error is %v, want %s", c.format, c.cell, err, want)
		}
	}
}

// TestSeason checks that the last day of a year is next to the first one.
func TestSeason(t *testing.T) {
	e := learn(t, feature.Date{Parts: feature.DateParts{feature.Season}}, "2001-01-01")
	last, _ := encode(t, e, "2001-12-31")
	first, _ := encode(t, e, "2001-01-01")
	apart := math.Hypot(float64(last[0].Floats[0]-first[0].Floats[0]),
		float64(last[0].Floats[1]-first[0].Floats[1]))
	if day := 2 * math.Pi / 365.25; apart > 1.3*day {
		t.Errorf("the ends of a year are %v apart, want less than 1.3 days, %v", apart, 1.3*day)
	}
}
