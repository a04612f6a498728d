package feature_test

import (
	"io"
	"math"
	"slices"
	"testing"

	"braid/data"
	"braid/feature"
	"braid/tensor"
)

// list is a source of one column.
type list struct {
	name  string
	cells []string
	next  int
}

func (l *list) Columns() []string { return []string{l.name} }
func (l *list) Close() error      { return nil }

func (l *list) Read(r *data.Record) error {
	if l.next == len(l.cells) {
		return io.EOF
	}
	r.Cells, r.Line = []string{l.cells[l.next]}, l.next+2
	l.next++
	return nil
}

// frame returns a frame of one column, from a file with a header.
func frame(t testing.TB, name string, cells ...string) *data.Frame {
	t.Helper()
	f, err := data.NewFrame(name)
	if err == nil {
		err = f.Append("some/file.csv", &list{name: name, cells: cells})
	}
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// rows returns the numbers of rows up to n.
func rows(n int) []int32 {
	list := make([]int32, n)
	for i := range list {
		list[i] = int32(i)
	}
	return list
}

// learn learns from all cells.
func learn(t testing.TB, f feature.Feature, cells ...string) feature.Encoder {
	t.Helper()
	e, err := f.Learn(feature.Column{
		Name: "c", Frame: frame(t, "c", cells...), Rows: rows(len(cells))})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// slots returns the memory for a row of an encoder's inputs, full of other numbers.
func slots(e feature.Encoder) []feature.Slot {
	var list []feature.Slot
	for _, in := range e.Inputs("c") {
		n := in.Shape.Size()
		var s feature.Slot
		switch in.DType {
		case tensor.Int32:
			s.Ints = slices.Repeat([]int32{77}, n)
		case tensor.Uint8:
			s.Bytes = slices.Repeat([]uint8{77}, n)
		default:
			s.Floats = slices.Repeat([]float32{77}, n)
		}
		list = append(list, s)
	}
	return list
}

// encode encodes a cell.
func encode(t testing.TB, e feature.Encoder, cell string) ([]feature.Slot, feature.Note) {
	t.Helper()
	row := slots(e)
	note, err := e.Encode(feature.Value{Text: cell}, row)
	if err != nil {
		t.Fatalf("%q: %v", cell, err)
	}
	return row, note
}

// near reports whether numbers are equal but for the rounding of float32.
func near(got []float32, want ...float64) bool {
	if len(got) != len(want) {
		return false
	}
	for i, w := range want {
		if math.Abs(float64(got[i])-w) > 2e-7*max(1, math.Abs(w)) {
			return false
		}
	}
	return true
}
