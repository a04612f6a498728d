package profile

import (
	"fmt"
	"io"
	"path/filepath"
	"testing"

	"braid/data"
)

// rows is a Source of cells in memory.
type rows struct {
	names []string
	cells [][]string
	at    int
}

func (r *rows) Columns() []string { return r.names }
func (r *rows) Close() error      { return nil }

func (r *rows) Read(to *data.Record) error {
	if r.at == len(r.cells) {
		return io.EOF
	}
	to.Cells, to.Line = r.cells[r.at], r.at+2
	r.at++
	return nil
}

// frameOf returns a frame of columns, which have the same length.
func frameOf(t *testing.T, file string, columns ...column) *data.Frame {
	t.Helper()
	r := &rows{cells: make([][]string, len(columns[0].cells))}
	for _, c := range columns {
		r.names = append(r.names, c.name)
		if len(c.cells) != len(r.cells) {
			t.Fatalf("column %q has %d cells, want %d", c.name, len(c.cells), len(r.cells))
		}
		for i, cell := range c.cells {
			r.cells[i] = append(r.cells[i], cell)
		}
	}
	frame, err := data.NewFrame()
	if err != nil {
		t.Fatal(err)
	}
	if err := frame.Append(file, r); err != nil {
		t.Fatal(err)
	}
	return frame
}

type column struct {
	name  string
	cells []string
}

// describeCells describes a column of a name.
func describeCells(t *testing.T, name string, cells []string) *Column {
	t.Helper()
	frame := frameOf(t, filepath.Join(t.TempDir(), "data.csv"), column{name, cells})
	c, err := describe(frame, name)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// cycle returns n cells that go through values again and again.
func cycle(n int, values ...string) []string {
	cells := make([]string, n)
	for i := range cells {
		cells[i] = values[i%len(values)]
	}
	return cells
}

// each returns n cells that a format makes of numbers from 0.
func each(n int, format string) []string {
	cells := make([]string, n)
	for i := range cells {
		cells[i] = fmt.Sprintf(format, i)
	}
	return cells
}

// spread returns n cells of whole numbers without order, all different, from 0 to 10 n.
func spread(n int) []string {
	cells := make([]string, n)
	for i := range cells {
		cells[i] = fmt.Sprint(i*7919%(n*10) + 1)
	}
	return cells
}

// with replaces the first cells.
func with(cells []string, first ...string) []string {
	copy(cells, first)
	return cells
}
