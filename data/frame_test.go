package data_test

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/data"
)

// made is a source of rows that a function makes.
type made struct {
	columns []string
	rows    int
	cell    func(row, column int) string
	err     error // after the last row
	next    int
}

func (m *made) Columns() []string { return m.columns }
func (m *made) Close() error      { return nil }
func (m *made) Notes() []string   { return []string{fmt.Sprintf("%d rows", m.next)} }

func (m *made) Read(r *data.Record) error {
	if m.next == m.rows {
		if m.err != nil {
			return m.err
		}
		return io.EOF
	}
	r.Cells, r.Line = r.Cells[:0], 10*m.next+2
	for i := range m.columns {
		r.Cells = append(r.Cells, m.cell(m.next, i))
	}
	m.next++
	return nil
}

// Files of any number of rows, before, at and after the end of a block, with other columns in
// another order.
func TestFrame(t *testing.T) {
	for _, rows := range []int{0, 1, 2, 4095, 4096, 4097, 8192, 9000} {
		for _, more := range []int{0, 1, 4096, 5000} {
			f, err := data.NewFrame()
			if err != nil {
				t.Fatal(err)
			}
			first := func(row, column int) string { return strings.Repeat(fmt.Sprint(row, ","), column) }
			second := func(row, column int) string { return fmt.Sprint("second ", row, column) }
			ab := &made{columns: []string{"a", "b"}, rows: rows, cell: first}
			cb := &made{columns: []string{"c", "b"}, rows: more, cell: second}
			for i, s := range []*made{ab, cb} {
				if err := f.Append(filepath.Join("x", fmt.Sprint("f", i), "rows.csv"), s); err != nil {
					t.Fatal(err)
				}
			}
			if f.Rows() != rows+more || !slices.Equal(f.Names(), []string{"a", "b", "c"}) {
				t.Errorf("%d rows of %q, want %d", f.Rows(), f.Names(), rows+more)
			}
			want := fmt.Sprintf("[%d rows %d rows]", rows, more)
			if got := fmt.Sprint(f.Notes()); got != want {
				t.Errorf("notes are %s, want %s", got, want)
			}
			a, b, c := cellsOf(t, f, "a"), cellsOf(t, f, "b"), cellsOf(t, f, "c")
			for row := range rows {
				if a.At(row) != "" || b.At(row) != first(row, 1) || c.At(row) != "" {
					t.Fatalf("%d+%d rows: row %d is %q, %q, %q", rows, more, row, a.At(row), b.At(row), c.At(row))
				}
			}
			for row := range more {
				at := rows + row
				if a.At(at) != "" || b.At(at) != second(row, 1) || c.At(at) != second(row, 0) {
					t.Fatalf("%d+%d rows: row %d is %q, %q, %q", rows, more, at, a.At(at), b.At(at), c.At(at))
				}
			}
			for _, at := range []int{0, rows - 1, rows, rows + more - 1} {
				if at < 0 || at >= rows+more {
					continue
				}
				file, line := "f0", 10*at+2
				if at >= rows {
					file, line = "f1", 10*(at-rows)+2
				}
				folder := filepath.Join("x", file)
				place := fmt.Sprintf("%s:%d", filepath.Join(folder, "rows.csv"), line)
				if f.Place(at) != place || f.Folder(at) != folder {
					t.Errorf("%d+%d rows: row %d is at %s in %s, want %s", rows, more, at, f.Place(at),
						f.Folder(at), place)
				}
			}
		}
	}
}

func cellsOf(t *testing.T, f *data.Frame, name string) data.Cells {
	t.Helper()
	c, err := f.Cells(name)
	if err != nil {
		t.Fatal(err)
	}
	if c.Len() != f.Rows() {
		t.Fatalf("column %q has %d cells, want %d", name, c.Len(), f.Rows())
	}
	return c
}

// Cells that were taken from a frame stay as they are while it grows.
func TestFrameGrows(t *testing.T) {
	f, err := data.NewFrame("a", "late")
	if err != nil {
		t.Fatal(err)
	}
	cell := func(row, _ int) string { return fmt.Sprint(row) }
	if err := f.Append("1.csv", &made{columns: []string{"a"}, rows: 100, cell: cell}); err != nil {
		t.Fatal(err)
	}
	before := cellsOf(t, f, "a")
	other := func(row, _ int) string { return "other" }
	if err := f.Append("2.csv", &made{columns: []string{"a"}, rows: 5000, cell: other}); err != nil {
		t.Fatal(err)
	}
	for row := range before.Len() {
		if before.At(row) != fmt.Sprint(row) {
			t.Fatalf("row %d became %q", row, before.At(row))
		}
	}
	if before.Len() != 100 || cellsOf(t, f, "a").At(5099) != "other" || cellsOf(t, f,
		"late").At(5099) != "" {
		t.Errorf("%d cells before", before.Len())
	}
}

func TestFrameMistakes(t *testing.T) {
	if _, err := data.NewFrame("a", "b", "a"); err == nil ||
		!strings.Contains(err.Error(), `two columns are named "a"`) {
		t.Errorf("two columns of a name: %v", err)
	}
	f, err := data.NewFrame("price", "colour")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Cells("prize"); err == nil || !strings.Contains(err.Error(),
		`did you mean "price"?`) {
		t.Errorf("unknown column: %v", err)
	}
	err = f.Append("x.csv", &made{columns: []string{"price", "price"}})
	if err == nil || !strings.Contains(err.Error(), `x.csv: two columns are named "price"`) {
		t.Errorf("a source with two columns of a name: %v", err)
	}
	planted := errors.New("planted")
	cell := func(int, int) string { return "x" }
	err = f.Append("x.csv", &made{columns: []string{"price"}, rows: 3, cell: cell, err: planted})
	if !errors.Is(err, planted) {
		t.Errorf("a source that fails: %v", err)
	}
}

// BenchmarkFrame reads rows of 20 short numbers from CSV.
func BenchmarkFrame(b *testing.B) {
	const rows = 10_000
	var file strings.Builder
	for i := range 20 {
		fmt.Fprintf(&file, "c%d%s", i, [...]string{",", "\n"}[i/19])
	}
	for row := range rows {
		for i := range 20 {
			fmt.Fprintf(&file, "%.2f%s", float64((row*31+i*17)%20000-10000)/100, [...]string{",",
				"\n"}[i/19])
		}
	}
	b.SetBytes(int64(file.Len()))
	b.ReportAllocs()
	for b.Loop() {
		s, err := data.NewCSV(strings.NewReader(file.String()), "f.csv", data.CSVOptions{})
		if err != nil {
			b.Fatal(err)
		}
		f, err := data.NewFrame()
		if err == nil {
			err = f.Append("f.csv", s)
		}
		if err != nil || f.Rows() != rows {
			b.Fatal(f.Rows(), err)
		}
	}
	b.ReportMetric(rows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}
