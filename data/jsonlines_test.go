package data_test

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"braid/data"
)

// readJSON reads a file twice, as datafile does.
func readJSON(file []byte) ([]string, error) {
	columns, err := data.JSONColumns(bytes.NewReader(file), "f.jsonl")
	if err != nil {
		return nil, err
	}
	s, err := data.NewJSONLines(iotest.HalfReader(bytes.NewReader(file)), "f.jsonl", columns)
	if err != nil {
		return nil, err
	}
	return rowsOf(s)
}

var jsonFiles = []struct {
	name, file string
	rows       string // lines joined by |
	err        string
}{
	{"plain", `{"a": 1, "b": "x"}` + "\n" + `{"a": 2, "b": "y"}`, "a·b|1: 1·x|2: 2·y", ""},
	{"other names, other order", "{\"a\":1}\r\n\n{\"c\":3,\"a\":2}\n{}\n", "a·c|1: 1·|3: 2·3|4: ·",
		""},
	{"numbers keep their text", `{"a":1.50,"b":-0.1e+5,"c":12345678901234567890,"d":0}`,
		"a·b·c·d|1: 1.50·-0.1e+5·12345678901234567890·0", ""},
	{"words", `{"a":true,"b":false,"c":null,"d":NaN,"e":-Infinity,"f":Infinity}`,
		"a·b·c·d·e·f|1: true·false··NaN·-Infinity·Infinity", ""},
	{"escapes", `{"\u0061\"":"x\ny\u00e9\ud83d\ude00\/"}`, "a\"|1: x\nyé😀/", ""},
	{"spaces", " \t{ \"a\" : 1 , \"b\" : [ 1 , \"x\" ] } ", "a·b|1: 1·1;x", ""},
	{"lists", `{"a":[],"b":["x"],"c":["x",2.50,true,false,"z w"]}`,
		"a·b·c|1: ;·x·x;2.50;true;false;z w", ""},
	{"byte order mark", "\ufeff{\"a\":1}\n", "a|1: 1", ""},
	{"a name without text", `{"":1}`, "|1: 1", ""},

	{"empty", "", "", "f.jsonl: the file is empty, want a JSON object in each line"},
	{"no names", "{}\n{}\n", "", "f.jsonl: no object has a name"},
	{"object", "{\"a\":1}\n{\"a\":{\"b\":1}}\n", "", `f.jsonl:2: column "a" is an object, want`},
	{"list of lists", `{"a":[[1]]}`, "", `f.jsonl:1: column "a" is a list with '[' at byte 6`},
	{"list with null", `{"a":[1,null]}`, "", `f.jsonl:1: column "a" is a list with 'n' at byte 8`},
	{"list with a separator", `{"a":["x;y"]}`, "",
		`column "a" is a list with the value "x;y", want values`},
	{"twice", `{"a":1,"a":2}`, "", `f.jsonl:1: the name "a" is given twice`},
	{"a list of objects", "[{\"a\":1},\n{\"a\":2}]", "",
		"f.jsonl:1: the line is a list, want a JSON object"},
	{"over lines", "{\"a\":\n1}", "", "f.jsonl:1: the line ends, want a value"},
	{"two in a line", `{"a":1} {"a":2}`, "", `f.jsonl:1: '{' at byte 8 of the line after the object`},
	{"text that is not closed", `{"a":"x`, "",
		"f.jsonl:1: the line ends in a text that begins at byte 5"},
	{"no colon", `{"a" 1}`, "", `'1' at byte 5 of the line, want : after a name`},
	{"no comma", `{"a":1 "b":2}`, "", `'"' at byte 7 of the line, want , or }`},
	{"comma at the end", `{"a":1,}`, "", `'}' at byte 7 of the line, want a name`},
	{"number", `{"a":1.}`, "", `'}' at byte 7 of the line, want a digit`},
	{"leading zero", `{"a":01}`, "", `'1' at byte 6 of the line, want , or }`},
	{"word", `{"a":nul}`, "", `'n' at byte 5 of the line, want a value`},
	{"single quotes", `{'a':1}`, "", `'\'' at byte 1 of the line, want a name`},
	{"escape", `{"a":"\x"}`, "", "text that begins at byte 5 of the line: invalid character 'x'"},
	{"control character", "{\"a\":\"x\ty\"}", "",
		`'\t' at byte 7 of the line, want \n, \t or the like`},
	{"not UTF-8", "{\"a\":1}\n{\"a\":\"\xff\"}", "",
		"f.jsonl:2: byte 14 of the text (0xff) is not UTF-8"},
	{"NUL", "{\"a\":1}\n{\"a\":\"x\\u0000\"}", "",
		"f.jsonl:2: text that begins at byte 5 of the line has a NUL character, want text without it"},
	{"CSV", "a,b\n1,2\n", "", "f.jsonl:1: 'a' at byte 0 of the line, want a JSON object in each line"},
}

func TestJSONLines(t *testing.T) {
	for _, test := range jsonFiles {
		rows, err := readJSON([]byte(test.file))
		if test.err != "" {
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("%s: error is %v, want %q", test.name, err, test.err)
			}
		} else if got := strings.Join(rows, "|"); err != nil || got != test.rows {
			t.Errorf("%s: rows are %q (%v), want %q", test.name, got, err, test.rows)
		}
	}
}

func TestJSONLinesColumns(t *testing.T) {
	s, err := data.NewJSONLines(strings.NewReader(`{"a":1,"b":2,"c":3}`), "f.jsonl", []string{"c", "d",
		"a"})
	if err != nil {
		t.Fatal(err)
	}
	if rows, err := rowsOf(s); err != nil || strings.Join(rows, "|") != "c·d·a|1: 3··1" {
		t.Errorf("rows %q (%v)", rows, err)
	}
	_, err = data.NewJSONLines(strings.NewReader(""), "f.jsonl", []string{"c", "c"})
	if err == nil || !strings.Contains(err.Error(), `two columns are named "c"`) {
		t.Errorf("error is %v", err)
	}
}

// An object has the values that encoding/json gives, and is an error if that gives one.
func FuzzJSONLines(f *testing.F) {
	for _, test := range jsonFiles {
		f.Add([]byte(test.file))
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		rows, err := readJSON(file)
		if err != nil || bytes.ContainsAny(file, "\r\n") || bytes.Contains(file, []byte("NaN")) ||
			bytes.Contains(file, []byte("Infinity")) {
			return
		}
		var object map[string]any
		d := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(file, []byte("\ufeff"))))
		d.UseNumber()
		if err := d.Decode(&object); err != nil {
			t.Fatalf("%q gives %q, and encoding/json %v", file, rows, err)
		}
		columns, err := data.JSONColumns(bytes.NewReader(file), "f")
		if err != nil || len(columns) != len(object) {
			t.Fatalf("%q has columns %q (%v), want those of %v", file, columns, err, object)
		}
		s, err := data.NewJSONLines(bytes.NewReader(file), "f", columns)
		if err != nil {
			t.Fatal(err)
		}
		var r data.Record
		if err := s.Read(&r); err != nil {
			t.Fatal(err)
		}
		for i, name := range columns {
			want := ""
			switch v := object[name].(type) {
			case string:
				want = v
			case json.Number:
				want = v.String()
			case nil:
			default:
				continue
			}
			if r.Cells[i] != want {
				t.Fatalf("%q: column %q is %q, want %q", file, name, r.Cells[i], want)
			}
		}
	})
}

// Rows written as JSON are read as the same cells, and encoding/json reads them too.
func TestJSONSink(t *testing.T) {
	fields := []data.Field{{Name: "a \"b\"\\"}, {Name: "n", Type: data.NumberField}}
	rows := [][]string{
		{"x", "1.50"}, {"", ""}, {"1", "-1e9"}, {"a\"\\\n\r\t\u0001<&>é😀\u2028", "0"}, {"y", "01"}, {"z",
			"NaN"},
		{"w", "+.5"},
	}
	var written bytes.Buffer
	s, err := data.NewJSONSink(&written, fields)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		if err := s.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range [][]string{{"x"}, {"x", "1,5"}, {"\xff", "1"}, {"x\x00", "1"}} {
		if err := s.Write(bad); err == nil {
			t.Errorf("row %q is written", bad)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	rows[4][1], rows[5][1], rows[6][1] = "1", "", "0.5"
	got, err := readJSON(written.Bytes())
	if err != nil || len(got) != len(rows)+1 {
		t.Fatalf("rows %q (%v)", got, err)
	}
	for i, row := range rows {
		if _, cells, _ := strings.Cut(got[i+1], ": "); cells != strings.Join(row, "·") {
			t.Errorf("row %q became %q", row, cells)
		}
	}
	for d := json.NewDecoder(&written); ; {
		var v map[string]any
		if err := d.Decode(&v); err == io.EOF {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if strings.Contains(written.String(), "u003c") {
		t.Error("< is written as \\u003c")
	}
}

func TestSinkMistakes(t *testing.T) {
	for _, fields := range [][]data.Field{nil, {{Name: ""}}, {{Name: "a"}, {Name: "b"}, {Name: "a"}}} {
		if _, err := data.NewCSVSink(io.Discard, fields, ','); err == nil {
			t.Errorf("CSV of fields %v", fields)
		}
		if _, err := data.NewJSONSink(io.Discard, fields); err == nil {
			t.Errorf("JSON of fields %v", fields)
		}
	}
	if _, err := data.NewCSVSink(io.Discard, []data.Field{{Name: "a"}}, 'x'); err == nil {
		t.Error("a letter is a delimiter")
	}
}

func TestCSVSink(t *testing.T) {
	var written bytes.Buffer
	s, err := data.NewCSVSink(&written, []data.Field{{Name: "a"}, {Name: "b,\""}}, ',')
	if err != nil {
		t.Fatal(err)
	}
	rows := [][]string{{"x", "y;z"}, {"", ""}, {" x", "x "}, {"1,5", "a\r\nb"}, {"\"", "\ufeff"}}
	for _, row := range rows {
		if err := s.Write(row); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	const want = "a,\"b,\"\"\"\nx,y;z\n,\n\" x\",\"x \"\n\"1,5\",\"a\r\nb\"\n\"\"\"\",\"\ufeff\"\n"
	if written.String() != want {
		t.Errorf("written is %q, want %q", written.String(), want)
	}
	read, err := data.NewCSV(&written, "f.csv", data.CSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var r data.Record
	for _, row := range rows {
		if err := read.Read(&r); err != nil || !slices.Equal(r.Cells, row) {
			t.Errorf("row %q became %q (%v)", row, r.Cells, err)
		}
	}
}
