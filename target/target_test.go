package target_test

import (
	"encoding/json"
	"io"
	"math"
	"reflect"
	"strings"
	"testing"

	"braid/data"
	"braid/feature"
	"braid/target"
)

// list is a source of one column.
type list struct {
	name  string
	cells []string
	line  int
}

func (s *list) Columns() []string { return []string{s.name} }

func (s *list) Close() error { return nil }

func (s *list) Read(r *data.Record) error {
	if s.line == len(s.cells) {
		return io.EOF
	}
	s.line++
	r.Cells, r.Line = s.cells[s.line-1:s.line], s.line+1
	return nil
}

// column returns a column whose rows are all to learn from but the last, which no test may see.
func column(t testing.TB, name string, cells ...string) feature.Column {
	t.Helper()
	frame, err := data.NewFrame()
	if err == nil {
		err = frame.Append("films.csv", &list{name: name, cells: append(cells, "of the test part")})
	}
	if err != nil {
		t.Fatal(err)
	}
	c := feature.Column{Name: name, Frame: frame}
	for row := range cells {
		c.Rows = append(c.Rows, int32(row))
	}
	return c
}

func learn(t testing.TB, k target.Target, cells ...string) target.Decoder {
	t.Helper()
	d, err := k.Learn(column(t, "MPAA Rating", cells...))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// again returns a decoder that went through its JSON.
func again(t testing.TB, d target.Decoder) target.Decoder {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	read, err := target.DecodeDecoder(d.Kind(), text)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(read, d) {
		t.Errorf("%s is read as %+v, want %+v", text, read, d)
	}
	return read
}

// score measures outputs and returns the figures by name.
func score(t testing.TB, d target.Decoder, outputs []float32, cells ...string) (
	target.Score, map[string]float64,
) {
	t.Helper()
	s, err := d.Score(outputs, cells)
	if err != nil {
		t.Fatal(err)
	}
	figures := map[string]float64{}
	for _, f := range s.Figures {
		figures[f.Name] = f.Value
	}
	return s, figures
}

// check compares figures. Probabilities are float32.
func check(t testing.TB, got, want map[string]float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("figures are %v, want %v", got, want)
	}
	for name, w := range want {
		if g, ok := got[name]; !ok || !near(g, w) {
			t.Errorf("%s is %v, want %v", name, g, w)
		}
	}
}

func near(got, want float64) bool {
	return math.IsNaN(got) && math.IsNaN(want) || math.Abs(got-want) <= 1e-6*max(1, math.Abs(want))
}

func nearAll(t testing.TB, what string, got []float32, want ...float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s are %v, want %v", what, got, want)
	}
	for i, w := range want {
		if !near(float64(got[i]), w) {
			t.Errorf("%s %d is %v, want %v", what, i, got[i], w)
		}
	}
}

// mistake learns from cells and compares the error.
func mistake(t testing.TB, k target.Target, want string, cells ...string) {
	t.Helper()
	d, err := k.Learn(column(t, "MPAA Rating", cells...))
	if err == nil || err.Error() != want || d != nil {
		t.Errorf("%+v of %q learns %+v with the error\n%v, want\n%s", k, cells, d, err, want)
	}
}

// The same text of a column has one meaning whatever its spelling is, if the type says so.
func TestCanonical(t *testing.T) {
	for _, c := range []struct {
		target     target.Target
		cell, want string
	}{
		{target.Category{}, " 01 ", "01"},
		{target.Category{Missing: []string{"none"}}, " none", ""},
		{target.Binary{}, "Yes", "true"},
		{target.Binary{}, "OFF ", "false"},
		{target.Binary{}, "maybe", "maybe"},
		{target.Binary{True: "no"}, " no", "no"},
		{target.Binary{True: "no"}, "Yes", "Yes"},
		{target.Number{}, " 1.50 ", "1.5"},
		{target.Number{NumberFormat: feature.NumberFormat{Decimal: ",", Thousands: "."}}, "1.234,50",
			"1234.5"},
		{target.Number{}, "a lot", "a lot"},
		{target.Number{}, "n/a", ""},
		{target.Labels{}, "round; red ;;red", "red;round"},
		{target.Labels{}, " ; ", ";"},
		{target.Labels{}, " ", ""},
		{target.Labels{Separator: "|"}, "b|a;c", "a;c|b"},
	} {
		if got := c.target.Canonical(c.cell); got != c.want {
			t.Errorf("%+v: %q is %q, want %q", c.target, c.cell, got, c.want)
		}
	}
}

func TestCheckOutputs(t *testing.T) {
	d := learn(t, target.Category{}, "a", "b", "c")
	if _, err := d.Score(make([]float32, 5), []string{"a", "b"}); err == nil ||
		!strings.Contains(err.Error(), "got 5 outputs for 2 rows, want 3 each") {
		t.Errorf("error is %v", err)
	}
}
