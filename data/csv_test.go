package data_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"braid/data"
)

// rowsOf reads all rows of a source: the header, then each row as "line: cells".
func rowsOf(s data.Source) ([]string, error) {
	rows := []string{strings.Join(s.Columns(), "·")}
	var r data.Record
	for {
		switch err := s.Read(&r); {
		case errors.Is(err, io.EOF):
			return rows, s.Close()
		case err != nil:
			return rows, err
		}
		if len(r.Cells) != len(s.Columns()) {
			return rows, fmt.Errorf("%d cells for %d columns", len(r.Cells), len(s.Columns()))
		}
		rows = append(rows, fmt.Sprintf("%d: %s", r.Line, strings.Join(r.Cells, "·")))
	}
}

// readCSV reads a file, once in whole reads and once byte by byte, which must give the same.
func readCSV(t *testing.T, file string, o data.CSVOptions) (rows, notes []string, err error) {
	t.Helper()
	read := func(r io.Reader) ([]string, []string, error) {
		s, err := data.NewCSV(r, "f.csv", o)
		if err != nil {
			return nil, nil, err
		}
		rows, err := rowsOf(s)
		return rows, s.Notes(), err
	}
	rows, notes, err = read(strings.NewReader(file))
	slow, _, slowErr := read(iotest.OneByteReader(strings.NewReader(file)))
	if !slices.Equal(rows, slow) || fmt.Sprint(err) != fmt.Sprint(slowErr) {
		t.Errorf("%q gives %q (%v), byte by byte %q (%v)", file, rows, err, slow, slowErr)
	}
	return rows, notes, err
}

// Files as people have them, among them the kinds of pollution of the Pollock benchmark (Vitagliano
// et al., 2023). Each gives its rows, or an error that says where and what.
var csvFiles = []struct {
	name, file string
	rows       []string // header, then line: cells
	note, err  string
}{
	{name: "plain", file: "a,b\n1,2\n3,4\n", rows: []string{"a·b", "2: 1·2", "3: 3·4"}},
	{name: "no line end at the end", file: "a,b\n1,2", rows: []string{"a·b", "2: 1·2"}},
	{name: "byte order mark", file: "\ufeffa,b\n1,2\n", rows: []string{"a·b", "2: 1·2"}},
	{name: "byte order mark and quotes", file: "\ufeff\"a\",b\n1,2\n", rows: []string{"a·b",
		"2: 1·2"}},
	{name: "CRLF", file: "a,b\r\n1,2\r\n", rows: []string{"a·b", "2: 1·2"}},
	{name: "CR alone", file: "a,b\r1,2\r3,4", rows: []string{"a·b", "2: 1·2", "3: 3·4"}},
	{name: "mixed line ends", file: "a,b\r\n1,2\n3,4\r5,6\r\n\r\n",
		rows: []string{"a·b", "2: 1·2", "3: 3·4", "4: 5·6"}},
	{name: "empty lines of one column", file: "a\n\n1\n\n\n\"x\ny\"\n2\n\n\n",
		rows: []string{"a", "2: ", "3: 1", "4: ", "5: ", "6: x\ny", "8: 2"}},
	{name: "empty lines", file: "\n\na,b\n\n1,2\n\n\n", rows: []string{"a·b", "5: 1·2"}},
	{name: "missing cells", file: "a,b\n,2\n1,\n,\n", rows: []string{"a·b", "2: ·2", "3: 1·", "4: ·"}},
	{name: "spaces are text", file: "a , b\n 1 , x y \n", rows: []string{"a·b", "2:  1 · x y "}},
	{name: "one column", file: "a\nx\ny\n", rows: []string{"a", "2: x", "3: y"}},
	{name: "one column with commas in texts", file: "text\nwell, yes\nno\na, b, c\n",
		rows: []string{"text", "2: well, yes", "3: no", "4: a, b, c"}},
	{name: "one column with quotes", file: "text\n\"a, b\"\n\"\"\n", rows: []string{"text", "2: a, b",
		"3: "}},

	// Delimiters: 0x2C, 0x3B, 0x09, 0x7C, 0x20, and two characters.
	{name: "semicolon", file: "a;b\n1;2\n", rows: []string{"a·b", "2: 1·2"}},
	{name: "tab", file: "a\tb\n1\t2\n", rows: []string{"a·b", "2: 1·2"}},
	{name: "vertical bar", file: "a|b\n1|2\n", rows: []string{"a·b", "2: 1·2"}},
	{name: "decimal commas", file: "a;b;c\n1,5;2,5;3,5\n1,0;2,0;3,0\n",
		rows: []string{"a·b·c", "2: 1,5·2,5·3,5", "3: 1,0·2,0·3,0"}},
	{name: "decimal commas and a comma in the header", file: "size, cm;price\n1,5;2\n2,5;3\n3;4\n",
		rows: []string{"size, cm·price", "2: 1,5·2", "3: 2,5·3", "4: 3·4"}},
	{name: "a comma in each row and the header", file: "a;b, c;d\n1;2,5;3\n",
		rows: []string{"a·b, c·d", "2: 1·2,5·3"}},
	{name: "semicolons in texts", file: "a,b\n1,x;y\n2,x;y\n", rows: []string{"a·b", "2: 1·x;y",
		"3: 2·x;y"}},
	{name: "tabs and commas in the header", file: "a, b\tc\n1\t2\n", rows: []string{"a, b·c",
		"2: 1·2"}},
	{name: "either delimiter", file: "a,b;c\n1,2;3\n",
		err: `may be separated by ',' or by ';': declare`},
	{name: "space is no delimiter", file: "a b\n1 2\n", rows: []string{"a b", "2: 1 2"}},
	{name: "comma and space", file: "a, b\n1, \"x, y\"\n", rows: []string{"a·b", "2: 1·x, y"}},

	// Quotes and escapes.
	{name: "quoted delimiter and line end", file: "a,b\n\"1,\n2\",\"x \"\"y\"\"\"\n3,4\n",
		rows: []string{"a·b", "2: 1,\n2·x \"y\"", "4: 3·4"}},
	{name: "quoted CRLF stays", file: "a,b\r\n\"1\r\n2\",3\r\n4,5\r\n",
		rows: []string{"a·b", "2: 1\r\n2·3", "4: 4·5"}},
	{name: "quoted header of two lines", file: "\"a\nx\",b\n1,2\n", rows: []string{"a\nx·b",
		"3: 1·2"}},
	{name: "everything quoted", file: "\"a\";\"b\"\n\"1\";\"2\"\n", rows: []string{"a·b", "2: 1·2"}},
	{name: "spaces around quotes", file: "a,b\n \"x\" ,\"y\" \n", rows: []string{"a·b", "2: x·y"}},
	{name: "a quote within a cell", file: "a,b\n5\" disk,x\n", rows: []string{"a·b", "2: 5\" disk·x"}},
	{name: "quotation mark '", file: "a,b\n'x,y',2\n", err: "f.csv:2: the row has 3 cells"},
	{name: "quoted delimiters with another quote character", file: "a;b\n'x';'y'\n",
		rows: []string{"a·b", "2: 'x'·'y'"}},
	{name: "quote that is not closed", file: "a,b\n1,2\n3,\"4\n5,6\n",
		err: "f.csv:3: a cell begins with a quote that is not closed"},
	{name: "quote that is not closed in a later line", file: "a,b\n\"1\n2\",\"4\n5,6\n",
		err: "f.csv:3: a cell begins with a quote that is not closed"},
	{name: "escape by a backslash", file: "a,b\n1,\"x \\\"y\\\" z\"\n",
		err: `f.csv:2: "y\\\" z\"" follows a closing quote`},
	{name: "text after a quote", file: "a,b\n1,2\n\"x\"y,2\n",
		err: `f.csv:3: "y,2" follows a closing quote`},

	// Rows of the wrong length, preambles, and other structure.
	{name: "a cell less", file: "a,b,c\n1,2,3\n4,5\n",
		err: "f.csv:3: the row has 2 cells separated by ',', " +
			"want 3 as in line 1"},
	{name: "a cell more", file: "a,b\n1,2\n\"3\n\n\",4,5\n",
		err: "f.csv:3: the row until line 5 has 3 cells"},
	{name: "a title above the header", file: "Sales\na,b\n1,2\n",
		err: "f.csv:2: the row has 2 cells " +
			"separated by ',', want 1 as in line 1"},
	{name: "row numbers without a name", file: "a,b\n1,x,y\n", err: "f.csv:2: the row has 3 cells"},
	{name: "two tables", file: "a,b\n1,2\n\nc,d,e\n1,2,3\n", err: "f.csv:4: the row has 3 cells"},
	{name: "a footnote", file: "a,b\n1,2\nSource: us\n", err: "f.csv:3: the row has 1 cells"},
	{name: "empty file", file: "", err: "f.csv: the file is empty, want a header"},
	{name: "only line ends", file: "\n\r\n", err: "f.csv: the file is empty, want a header"},
	{name: "a header repeated below", file: "a,b\n1,2\na,b\n3,4\n",
		rows: []string{"a·b", "2: 1·2", "3: a·b", "4: 3·4"}},
	{name: "two line ends at the end", file: "a,b\r\n1,2\r\n\r\n", rows: []string{"a·b", "2: 1·2"}},
	{name: "a row with another delimiter", file: "a,b\n1,2\n3;4\n5,6\n",
		err: "f.csv:3: the row has 1 cells separated by ',', want 2 as in line 1"},
	{name: "two characters as delimiter", file: "a, b\n1, 2\n", rows: []string{"a·b", "2: 1· 2"}},
	{name: "header only", file: "a,b\n", rows: []string{"a·b"}},
	{name: "header only, delimiter at the end", file: "a,b,\n", rows: []string{"a·b"}},
	{name: "header without names", file: ",\n1,2\n", err: "f.csv:1: the header has no name"},
	{name: "no header", file: "1,2\n3,4\n", rows: []string{"1·2", "2: 3·4"},
		note: "begin without a header"},

	// Delimiters at the end of rows.
	{name: "trailing everywhere", file: "a,b,\n1,2,\n3,,\n", rows: []string{"a·b", "2: 1·2", "3: 3·"}},
	{name: "trailing in rows", file: "a,b\n1,2,\n3,4,\n", rows: []string{"a·b", "2: 1·2", "3: 3·4"}},
	{name: "trailing in the header", file: "a,b,\n1,2\n3,4\n", rows: []string{"a·b", "2: 1·2",
		"3: 3·4"}},
	{name: "trailing three times", file: "a,b,,,\n1,2,,,\n", rows: []string{"a·b", "2: 1·2"}},
	{name: "trailing in some rows", file: "a,b\n1,2,\n3,4\n", err: "f.csv:3: the row has 2 cells " +
		"separated by ',', want 3 as in line 2"},
	{name: "trailing in other rows", file: "a,b\n1,2\n3,4,\n", err: "f.csv:3: the row has 3 cells"},
	{name: "a value behind the columns", file: "a,b,\n1,2,\n3,4,5\n",
		err: `f.csv:3: cell 3 is "5", but this column is empty in the rows above and has no name`},
	{name: "a value behind the columns, in rows", file: "a,b\n1,2,\n3,4,5\n",
		err: `f.csv:3: cell 3 is "5"`},

	// Names.
	{name: "a column without a name", file: ",a\n0,x\n", rows: []string{"column 1·a", "2: 0·x"},
		note: `column 1 has no name in the header and is called "column 1"`},
	{name: "a last column without a name", file: "a,\nx,y\n", rows: []string{"a·column 2", "2: x·y"},
		note: `column 2 has no name in the header and is called "column 2"`},
	{name: "two columns of a name", file: "id,a,id,id.2\n1,2,3,4\n",
		rows: []string{"id·a·id.3·id.2", "2: 1·2·3·4"},
		note: `column 3 is named "id" like column 1 and is called "id.3"`},
	{name: "three columns of a name", file: "id,id,id\n1,2,3\n", rows: []string{"id·id.2·id.3",
		"2: 1·2·3"},
		note: `column 3 is named "id" like column 1 and is called "id.3"`},

	// Encodings.
	{name: "not UTF-8", file: "a,b\n1,2\n3,caf\xe9\n",
		err: "f.csv:3: byte 13 of the text (0xe9) is not " +
			"UTF-8: save the file as UTF-8, or set encoding: latin1"},
	{name: "NUL", file: "a,b\n1,\x002\n", err: "f.csv:2: byte 6 of the text is NUL"},
	{name: "UTF-16", file: "\xff\xfea\x00,\x00b\x00", err: "f.csv: the text is UTF-16, want UTF-8"},
}

func TestCSV(t *testing.T) {
	for _, test := range csvFiles {
		rows, notes, err := readCSV(t, test.file, data.CSVOptions{})
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: error is %v, want %q", test.name, err, test.err)
			}
			continue
		}
		if err != nil || !slices.Equal(rows, test.rows) {
			t.Errorf("%s: rows are %q (%v), want %q", test.name, rows, err, test.rows)
		}
		if all := strings.Join(notes, "\n"); !strings.Contains(all, test.note) || test.note == "" &&
			all != "" {
			t.Errorf("%s: notes are %q, want %q", test.name, notes, test.note)
		}
	}
}

func TestCSVOptions(t *testing.T) {
	for _, test := range []struct {
		name, file string
		o          data.CSVOptions
		rows       string
		err        string
	}{
		{"declared space", "a b\n1 \"x y\"\n", data.CSVOptions{Delimiter: ' '}, "a·b|2: 1·x y", ""},
		{"declared", "a:b,c\n1:2,3\n", data.CSVOptions{Delimiter: ':'}, "a·b,c|2: 1·2,3", ""},
		{"latin1", "a,b\n\xe9,\x80\x93\n", data.CSVOptions{Encoding: data.Latin1}, "a·b|2: é·€“", ""},
		{"latin1 of UTF-8 with a mark", "\ufeffa,b\né,2\n", data.CSVOptions{Encoding: data.Latin1},
			"a·b|2: é·2", ""},
		{"quote", "a\n", data.CSVOptions{Delimiter: '"'}, "", `delimiter '"', want one ASCII character`},
		{"letter", "a\n", data.CSVOptions{Delimiter: 'x'}, "", `delimiter 'x', want one ASCII character`},
	} {
		rows, _, err := readCSV(t, test.file, test.o)
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: error is %v, want %q", test.name, err, test.err)
			}
		} else if got := strings.Join(rows, "|"); err != nil || got != test.rows {
			t.Errorf("%s: rows are %q (%v), want %q", test.name, got, err, test.rows)
		}
	}
}

// Rows longer than the buffer, at every position of its end.
func TestCSVBuffer(t *testing.T) {
	for _, end := range []string{"\n", "\r\n", "\r"} {
		for shift := range 3 {
			var file strings.Builder
			file.WriteString("a,b" + end)
			var want []string
			line := 2
			for size := range 40 {
				cell := strings.Repeat("x", size*9973+shift)
				want = append(want, fmt.Sprintf("%d: %d·%s%sé", line, size, cell, end))
				fmt.Fprintf(&file, "%d,\"%s%sé\"%s", size, cell, end, end)
				line += 2
			}
			s, err := data.NewCSV(strings.NewReader(file.String()), "f.csv", data.CSVOptions{})
			if err != nil {
				t.Fatal(err)
			}
			rows, err := rowsOf(s)
			if err != nil || !slices.Equal(rows[1:], want) {
				t.Errorf("line end %q, shift %d: %d rows differ from %d (%v)", end, shift, len(rows)-1,
					len(want), err)
			}
		}
	}
}

// A quote that is not closed in a large file does not read the file into memory.
func TestCSVLongRow(t *testing.T) {
	file := io.MultiReader(strings.NewReader("a,b\n1,2\n3,\""), io.LimitReader(endless{}, 1<<30))
	s, err := data.NewCSV(file, "f.csv", data.CSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err = rowsOf(s); err == nil || !strings.Contains(err.Error(),
		"f.csv:3: the row is longer than") {
		t.Errorf("error is %v", err)
	}
}

// endless is a text of lines.
type endless struct{}

func (endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = ','
		if i%1000 == 0 {
			p[i] = '\n'
		}
	}
	return len(p), nil
}

func TestCSVReader(t *testing.T) {
	planted := errors.New("planted")
	s, err := data.NewCSV(io.MultiReader(strings.NewReader("a,b\n1,2\n3"), iotest.ErrReader(planted)),
		"f.csv",
		data.CSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	rows, err := rowsOf(s)
	if !errors.Is(err, planted) || len(rows) != 2 || !strings.Contains(err.Error(), "f.csv:3: ") {
		t.Errorf("rows %q, error %v", rows, err)
	}
	var again data.Record
	if repeated := s.Read(&again); !errors.Is(repeated, planted) {
		t.Errorf("the error of the next row is %v", repeated)
	}

	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	for i := range 1000 {
		fmt.Fprintf(z, "a%d,b\n", i*i)
	}
	z.Close()
	s, err = data.NewCSV(bytes.NewReader(zipped.Bytes()), "f.csv", data.CSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := rowsOf(s); err != nil || len(rows) != 1000 || rows[999] != "1000: a998001·b" {
		t.Errorf("of gzip: %d rows (%v)", len(rows), err)
	}
	cut := zipped.Bytes()[:zipped.Len()-500]
	if s, err = data.NewCSV(bytes.NewReader(cut), "f.csv", data.CSVOptions{}); err == nil {
		_, err = rowsOf(s)
	}
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "cut short") {
		t.Errorf("gzip that is cut short: %v", err)
	}
}

// What a sink writes is read back cell by cell, in any bytes of text.
func FuzzCSV(f *testing.F) {
	for _, test := range csvFiles {
		f.Add([]byte(test.file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		s, err := data.NewCSV(bytes.NewReader(file), "f.csv", data.CSVOptions{})
		if err != nil {
			return
		}
		var fields []data.Field
		for _, name := range s.Columns() {
			fields = append(fields, data.Field{Name: name})
		}
		var written bytes.Buffer
		sink, err := data.NewCSVSink(&written, fields, ';')
		if err != nil {
			t.Fatalf("columns %q: %v", s.Columns(), err)
		}
		var want [][]string
		var r data.Record
		for {
			if err := s.Read(&r); err != nil {
				break
			}
			want = append(want, slices.Clone(r.Cells))
			if err := sink.Write(r.Cells); err != nil {
				t.Fatal(err)
			}
		}
		if err := sink.Close(); err != nil {
			t.Fatal(err)
		}
		again, err := data.NewCSV(&written, "again.csv", data.CSVOptions{Delimiter: ';'})
		if err != nil {
			t.Fatalf("%q: %v", file, err)
		}
		if !slices.Equal(again.Columns(), s.Columns()) {
			t.Fatalf("columns %q became %q", s.Columns(), again.Columns())
		}
		for _, cells := range want {
			if err := again.Read(&r); err != nil || !slices.Equal(r.Cells, cells) {
				t.Fatalf("row %q became %q (%v)", cells, r.Cells, err)
			}
		}
		if err := again.Read(&r); err != io.EOF {
			t.Fatalf("a row more: %q (%v)", r.Cells, err)
		}
	})
}
