package datafile_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"braid/data"
	"braid/data/datafile"
	"braid/internal/atomicfile"
)

// write writes a file of a new folder and returns its path.
func write(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// read reads all rows of a file: the header, then the cells of each row.
func read(path string, o datafile.Options) ([]string, error) {
	s, err := datafile.Open(path, o)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	rows := []string{strings.Join(s.Columns(), "·")}
	var r data.Record
	for {
		err := s.Read(&r)
		if errors.Is(err, io.EOF) {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, strings.Join(r.Cells, "·"))
	}
}

var testFields = []data.Field{
	{Name: "name, with a comma"}, {Name: "price", Type: data.NumberField}, {Name: "a"},
	{Name: "Ü \"q\""},
}

// testRow is lopsided: each column has other texts, gaps and lengths.
func testRow(row int) []string {
	cells := []string{
		fmt.Sprint("product ", row), fmt.Sprint(float64(row*7919%1000) / 8), "", "été\r\n\"x\";,\t|",
	}
	if row%3 == 0 {
		cells[1] = ""
	}
	if row%5 == 0 {
		cells[2] = strings.Repeat(" long", row%70)
	}
	if row%7 == 0 {
		cells[3] = ""
	}
	return cells
}

func create(t *testing.T, path string, rows int, o datafile.Options) {
	t.Helper()
	s, err := datafile.Create(path, testFields, o)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Abort()
	for row := range rows {
		if err := s.Write(testRow(row)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// The same rows in every format are the same cells of a frame.
func TestFormatsAgree(t *testing.T) {
	for _, rows := range []int{0, 1, 7000} {
		for _, name := range []string{
			"a.csv", "a.TSV", "semicolon.csv", "a.txt", "a.jsonl", "a.ndjson", "a.parquet", "a.pq",
			"a.csv.gz",
			"a.csv.zst", "a.tsv.zst", "a.jsonl.gz", "a.jsonl.zst",
		} {
			if rows == 0 && strings.Contains(name, "json") {
				continue // has no header
			}
			path := filepath.Join(t.TempDir(), name)
			var o datafile.Options
			if name == "semicolon.csv" {
				o.Delimiter = ';'
			}
			create(t, path, rows, o)
			f, err := datafile.ReadFrame(t.Context(), []string{path}, datafile.Options{})
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			if f.Rows() != rows {
				t.Errorf("%s: %d rows, want %d", name, f.Rows(), rows)
				continue
			}
			for i, field := range testFields {
				c, err := f.Cells(field.Name)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				for row := range rows {
					if got, want := c.At(row), testRow(row)[i]; got != want {
						t.Errorf("%s, row %d: %s is %q, want %q", name, row, field.Name, got, want)
						break
					}
				}
			}
		}
	}
}

// The content decides where it is certain, and a format that is declared before both.
func TestFormat(t *testing.T) {
	csv := []byte("a,b\n1,2\n")
	folder := t.TempDir()
	create(t, filepath.Join(folder, "x.parquet"), 3, datafile.Options{})
	parquet, err := os.ReadFile(filepath.Join(folder, "x.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name    string
		content []byte
		o       datafile.Options
		header  string
		err     string
	}{
		{"a.csv", parquet, datafile.Options{}, "name, with a comma·price·a·Ü \"q\"", ""},
		{"a", csv, datafile.Options{}, "a·b", ""},
		{"a.json", []byte(` {"a": 1}`), datafile.Options{}, "a", ""},
		{"a.log", []byte("\ufeff{\"a\": 1}"), datafile.Options{}, "a", ""},
		{"a.data", csv, datafile.Options{Format: datafile.CSV}, "a·b", ""},
		{"a.csv", csv, datafile.Options{Format: datafile.TSV}, "a,b", ""},
		{"a.csv", []byte("a:b\n1:2\n"), datafile.Options{Delimiter: ':'}, "a·b", ""},
		{"a.csv", []byte("a;b\xe9\n"), datafile.Options{Encoding: data.Latin1}, "a·bé", ""},
		{"a.tsv", []byte("a,b\n"), datafile.Options{}, "a,b", ""},
		{"a.data", csv, datafile.Options{}, "",
			"a.data: the name does not say which format the file has, want"},
		{"a.json", []byte("[1]"), datafile.Options{}, "",
			"the line is a list, want a JSON object in each line"},
		{"a.xlsx", []byte("PK\x03\x04..."), datafile.Options{}, "", "a spreadsheet, want"},
		{"a.xls", []byte("\xd0\xcf\x11\xe0..."), datafile.Options{}, "",
			"a document of Microsoft Office, want"},
		{"a.csv", nil, datafile.Options{}, "", "a.csv: the file is empty, want a table"},
		{"a.parquet", []byte("PAR1"), datafile.Options{}, "", "a Parquet file of 4 bytes is cut short"},
		{"a.parquet.gz", zip(t, parquet), datafile.Options{}, "", "Parquet within a compressed file"},
		{"a.csv.gz", []byte("\x1f\x8b\x00"), datafile.Options{}, "", "header of the compressed file"},
		{"a.csv.zst", []byte("\x28\xb5\x2f\xfdxxxxxxxx"), datafile.Options{}, "", "a.csv.zst"},
		{"a.npy", csv, datafile.Options{}, "", "no array of NumPy"},
		{"a.npz", csv, datafile.Options{}, "", "not a valid zip file"},
	} {
		path := write(t, test.name, test.content)
		rows, err := read(path, test.o)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) || !strings.Contains(err.Error(),
				path) {
				t.Errorf("%s: error is %v, want %q", test.name, err, test.err)
			}
		} else if err != nil || rows[0] != test.header {
			t.Errorf("%s: columns are %q (%v), want %q", test.name, rows, err, test.header)
		}
	}
	if _, err := datafile.Open(filepath.Join(folder, "none.csv"),
		datafile.Options{}); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
	if _, err := datafile.Open(folder, datafile.Options{}); err == nil ||
		!strings.Contains(err.Error(), "has no images") {
		t.Errorf("a folder without images: %v", err)
	}
	write := filepath.Join(folder, "label", "1.png")
	if err := errors.Join(os.Mkdir(filepath.Dir(write), 0o755), os.WriteFile(write, nil,
		0o644)); err != nil {
		t.Fatal(err)
	}
	rows, err := read(folder, datafile.Options{})
	if want := filepath.Base(folder) + "/label/1.png·label"; err != nil || rows[1] != want {
		t.Errorf("a folder of images: %q (%v), want %q", rows, err, want)
	}
}

func zip(t *testing.T, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A compressed file that is cut short, or several that follow each other.
func TestCompressed(t *testing.T) {
	text := []byte("a,b\n")
	for i := range 3000 {
		text = fmt.Appendf(text, "%d,%d\n", i, i*i)
	}
	encoder, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, compressed := range map[string][]byte{
		"a.csv.gz": zip(t, text), "a.csv.zst": encoder.EncodeAll(text, nil),
	} {
		if rows, err := read(write(t, name, compressed), datafile.Options{}); err != nil ||
			len(rows) != 3001 {
			t.Errorf("%s: %d rows (%v)", name, len(rows), err)
		}
		twice := append(slices.Clone(compressed), compressed...)
		if rows, err := read(write(t, name, twice), datafile.Options{}); err != nil || len(rows) != 6002 {
			t.Errorf("%s twice: %d rows (%v)", name, len(rows), err)
		}
		cut := compressed[:len(compressed)-9]
		_, err := read(write(t, name, cut), datafile.Options{})
		if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "cut short") {
			t.Errorf("%s, cut short: %v", name, err)
		}
	}
}

// A file that changes while it is read is an error at the end.
func TestChanges(t *testing.T) {
	for _, name := range []string{"a.csv", "a.jsonl", "a.parquet"} {
		for what, change := range map[string]func(path string) error{
			"grown": func(path string) error {
				f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
				if err != nil {
					return err
				}
				_, err = f.WriteString("\n")
				return errors.Join(err, f.Close())
			},
			"grown at the same time": func(path string) error {
				info, err := os.Stat(path)
				if err != nil {
					return err
				}
				return errors.Join(os.Truncate(path, info.Size()+1),
					os.Chtimes(path, time.Time{}, info.ModTime()))
			},
			"touched": func(path string) error {
				return os.Chtimes(path, time.Time{}, time.Now().Add(time.Hour))
			},
		} {
			path := filepath.Join(t.TempDir(), name)
			create(t, path, 3, datafile.Options{})
			s, err := datafile.Open(path, datafile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var r data.Record
			for i := 0; err == nil; i++ {
				if i == 1 {
					if err := change(path); err != nil {
						t.Fatal(err)
					}
				}
				err = s.Read(&r)
			}
			if err == io.EOF || !strings.Contains(err.Error(), path+" changed while it was read") {
				t.Errorf("%s, %s: error is %v", name, what, err)
			}
			s.Close()
		}
	}
}

// Whatever fails, the old file stays, whole, and no other is left.
func TestCreateFails(t *testing.T) {
	defer atomicfile.Inject(nil)
	planted := errors.New("planted")
	for _, name := range []string{"a.csv", "a.jsonl.gz", "a.tsv.zst", "a.parquet"} {
		path := write(t, name, []byte("old"))
		unchanged := func(what string) {
			t.Helper()
			content, err := os.ReadFile(path)
			entries, _ := os.ReadDir(filepath.Dir(path))
			if err != nil || string(content) != "old" || len(entries) != 1 {
				t.Errorf("%s, %s: the file has %d bytes, %d files", name, what, len(content), len(entries))
			}
		}
		begin := func() data.Sink {
			s, err := datafile.Create(path, testFields, datafile.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for row := range 2000 {
				if err := s.Write(testRow(row)); err != nil {
					t.Fatal(err)
				}
			}
			return s
		}
		begin().Abort()
		unchanged("aborted")

		s := begin()
		bad := testRow(1)
		bad[1] = "1,5"
		if err := s.Write(bad); err == nil || !strings.Contains(err.Error(),
			`column "price": "1,5", want a`) {
			t.Errorf("%s: a number that is none: %v", name, err)
		}
		if err := s.Close(); err == nil {
			t.Errorf("%s: closed after a row that failed", name)
		}
		unchanged("after a bad row")

		for _, failing := range []atomicfile.Op{atomicfile.Put, atomicfile.Sync, atomicfile.Rename} {
			s := begin()
			atomicfile.Inject(func(op atomicfile.Op, _ string, bytes int) (int, error) {
				if op == failing {
					return bytes / 2, planted
				}
				return 0, nil
			})
			err := s.Close()
			atomicfile.Inject(nil)
			if !errors.Is(err, planted) || !strings.Contains(err.Error(), path) {
				t.Errorf("%s, %s: error is %v", name, failing, err)
			}
			unchanged(string(failing))
		}

		s = begin()
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		s.Abort()
		if rows, err := read(path, datafile.Options{}); err != nil || len(rows) != 2001 {
			t.Errorf("%s: %d rows (%v)", name, len(rows), err)
		}
	}
	for name, want := range map[string]string{
		"a.xlsx": "does not say which format to write", "a.parquet.gz": "is compressed within",
		"a.npy": "writing npy, want CSV", "none/a.csv": "no such file",
	} {
		path := filepath.Join(t.TempDir(), name)
		_, err := datafile.Create(path, testFields, datafile.Options{})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error is %v, want %q", name, err, want)
		}
		if entries, _ := os.ReadDir(filepath.Dir(path)); len(entries) != 0 {
			t.Errorf("%s: %v is left", name, entries)
		}
	}
}

func TestExpand(t *testing.T) {
	root := filepath.Join(t.TempDir(), "data[1]*")
	for _, file := range []string{"b.csv", "a.csv", "c.tsv", ".a.csv", "sub/d.csv", "x[1].csv"} {
		path := filepath.Join(root, filepath.FromSlash(file))
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o755), os.WriteFile(path, nil,
			0o644)); err != nil {
			t.Skip(err) // a system whose names cannot have these characters
		}
	}
	other := t.TempDir()
	for _, test := range []struct {
		patterns []string
		want     string // separated by |
		err      string
	}{
		{[]string{"b.csv"}, "b.csv", ""},
		{[]string{"*.csv"}, "a.csv|b.csv|x[1].csv", ""},
		{[]string{"c.tsv", "*.csv", "./b.csv", "*.tsv"}, "c.tsv|a.csv|b.csv|x[1].csv", ""},
		{[]string{"*/*.csv", "sub"}, "sub/d.csv|sub", ""},
		{[]string{"x[1].csv"}, "x[1].csv", ""},
		{[]string{".*.csv"}, ".a.csv", ""},
		{[]string{"../data[[]1]*/a.csv"}, "a.csv", ""},
		{[]string{other}, other, ""},
		{nil, "", ""},
		{[]string{"a.csv", "*.jsonl"}, "", `data "*.jsonl": no file matches in `},
		{[]string{"bb.csv"}, "", "bb.csv: no such file or directory, want a file of rows, or a folder"},
		{[]string{"[.csv"}, "", `data "[.csv": syntax error in pattern`},
		{[]string{""}, "", "an empty name, want a file"},
	} {
		paths, err := datafile.Expand(root, test.patterns)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%q: error is %v, want %q", test.patterns, err, test.err)
			}
			continue
		}
		for i, path := range paths {
			if path != other {
				relative, err := filepath.Rel(root, path)
				if err != nil {
					t.Fatal(err)
				}
				paths[i] = filepath.ToSlash(relative)
			}
		}
		if got := strings.Join(paths, "|"); err != nil || got != test.want {
			t.Errorf("%q: paths are %q (%v), want %q", test.patterns, got, err, test.want)
		}
	}
}
