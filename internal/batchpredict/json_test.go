package batchpredict

import (
	"bytes"
	"encoding/base64"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/data"
	"braid/feature"
	"braid/internal/braidtest"
	"braid/predictor"
)

// Empty lines are no rows, but count as lines. Bad lines are rows, and say which line they are.
func TestJSONLines(t *testing.T) {
	m := testModel(t)
	long := `{"image": "` + strings.Repeat("x", MostLine) + `"}`
	text := "\ufeff \r\n" + line(5) + "\r\n\n\t\n" + long + "\n{}\n\n" + line(70) +
		"\n\ufeff" + line(1)
	rows := NewJSONLines(stdin(t, text), "")
	b, batch, err := fill(t, m, rows)
	if err != io.EOF || b.n != 5 {
		t.Fatalf("%d rows, %v", b.n, err)
	}
	for row, want := range []string{
		"", "5: line is too long: want 16777216 bytes or less", `6: "image" is missing`, "",
		"9: is ",
	} {
		if err := b.fail[row]; (err != nil) != (want != "") ||
			err != nil && !strings.HasPrefix(err.Error(), "standard input:"+want) {
			t.Errorf("row %d: %v, want %s", row, err, want)
		}
	}
	if err := rows.at(b, 3, errBroken); err.Error() != "standard input:8: the disk is broken" {
		t.Errorf("the error of a row is %v", err)
	}
	for row, want := range map[int][]float32{0: {5, 0, 0, 0, 0, 0}, 3: {6, 0, 0, 0, 0, 2}} {
		if got := batch.Inputs[0].Float32s()[6*row:][:6]; !slices.Equal(got, want) {
			t.Errorf("row %d is %v, want %v", row, got, want)
		}
	}
	if done, total := rows.progress(); done != int64(len(text)) || total != 0 {
		t.Errorf("progress is %d of %d, want %d of 0", done, total, len(text))
	}
}

// A block ends with enough rows, or with enough bytes; rows are numbered through all blocks.
func TestJSONBlocks(t *testing.T) {
	m := testModel(t)
	spaces := strings.Repeat(" ", blockBytes/2)
	for _, c := range []struct {
		after string // each row
		rows  int
		want  []int // rows of the blocks
	}{
		{"\n", mostJSON, []int{mostJSON, 0}},
		{"\n", mostJSON + 1, []int{mostJSON, 1}},
		{spaces + "\n", 5, []int{2, 2, 1}},
		{"\n" + spaces + "\n", 4, []int{2, 2, 0}}, // empty lines count
		{"\n", 0, []int{0}},
	} {
		var text strings.Builder
		for i := range c.rows {
			text.WriteString(line(i) + c.after)
		}
		rows := NewJSONLines(stdin(t, text.String()), "")
		prepared(t, m, rows)
		got, row := []int{}, 0
		var err error
		for err == nil {
			var b *block
			var batch *predictor.Batch
			b, batch, err = next(m, rows, row)
			got = append(got, b.n)
			for i := range b.n {
				pixels := batch.Inputs[0].Float32s()[6*i:][:6]
				if b.fail[i] != nil || pixels[0]+32*pixels[5] != float32(row) {
					t.Fatalf("row %d is %v (%v)", row, pixels, b.fail[i])
				}
				row++
			}
		}
		if err != io.EOF || !slices.Equal(got, c.want) || row != c.rows {
			t.Errorf("blocks have %v rows, want %v (%v)", got, c.want, err)
		}
	}
}

// Rows that were read before the file fails come out, with the error.
func TestJSONBroken(t *testing.T) {
	m := testModel(t)
	cut := braidtest.Gzip([]byte(strings.Repeat(line(3)+"\n", 3)))
	for want, c := range map[string]struct {
		r    io.Reader
		rows int
	}{
		"after line 0: the disk is broken":             {failing([]byte(line(3))), 0},
		"after line 2: the disk is broken":             {failing([]byte(line(3) + "\n\n{")), 1},
		"after line 3: the disk is broken":             {failing([]byte(line(3) + "\n7\n8\n")), 3},
		"after line 3: compressed file is cut short: ": {bytes.NewReader(cut[:len(cut)-4]), 3},
	} {
		b, _, err := fill(t, m, NewJSONLines(opened(t, c.r), ""))
		if err == nil || !strings.HasPrefix(err.Error(), "standard input: "+want) || b.n != c.rows {
			t.Errorf("%d rows, %v, want %d, %s", b.n, err, c.rows, want)
		}
	}
}

// What JSON lines of a table have is read as the table: cells that are kept, lists, NaN, labels.
func TestJSONCells(t *testing.T) {
	m, _ := tableModel(t, false)
	lines := `{"weight": 3, "colour": "red", "id": 1.50, "tags": ["a", 2, true], "more": {"x": [[]]}}
{"weight": NaN, "id": "a\\\"NaN", "tags": [], "kind": "b", "price": -Infinity}
{"weight": "7", "colour": null, "id": true, "tags": null, "price": "1,5"}
`
	table, err := data.NewJSONLines(strings.NewReader(strings.Replace(lines, `, "more": {"x": [[]]}`,
		"", 1)), "x", []string{"weight", "colour", "id", "tags", "kind", "price"})
	if err != nil {
		t.Fatal(err)
	}
	keep := []string{"id", "tags", "id"}
	rows := NewJSONLines(stdin(t, lines), "")
	p := &Prediction{Model: m, Rows: rows, Keep: keep}
	p.Header() // finds the column id twice
	b, _, err := next(m, rows, 0)
	if err != io.EOF || b.n != 3 {
		t.Fatalf("%d rows, %v", b.n, err)
	}
	var r data.Record
	for i := range b.n {
		if err := table.Read(&r); err != nil {
			t.Fatal(err)
		}
		if got := row(b.keep, 3, i); !slices.Equal(got, []string{r.Cells[2], r.Cells[3], r.Cells[2]}) {
			t.Errorf("row %d keeps %q of %q", i, got, r.Cells)
		}
		if got := row(b.labels, 3, i); !slices.Equal(got, r.Cells[4:]) {
			t.Errorf("row %d has the labels %q, want %q", i, got, r.Cells[4:])
		}
		if b.fail[i] != nil {
			t.Error(b.fail[i])
		}
	}
	want := []feature.Note{0, 0, feature.Missing, feature.Missing, 0, feature.Missing}
	if !slices.Equal(b.notes, want) {
		t.Errorf("notes are %v, want %v", b.notes, want)
	}
}

// A column that no row has is an error, and not a missing value of each row.
func TestJSONMissingColumns(t *testing.T) {
	m, _ := tableModel(t, false)
	for _, c := range []struct {
		lines string
		keep  []string
		want  string
	}{
		{`{"weight": 1}` + "\n" + `{"colour": "red", "id": 7}`, []string{"id"}, ""},
		{`{"wieght": 1, "id": 2}` + "\n" + `{"id": 7}`, nil, `standard input: the model reads the ` +
			`columns "weight" (did you mean "wieght"?), "colour", which are missing; there are "wieght", ` +
			`"id"`},
		{`{"weight": 1, "colour": "red"}`, []string{"id"}, `standard input: no row has the column "id"`},
		{`{"weight": "much"}`, nil, `standard input:1: column "weight": got "much"`},
		{"", []string{"id"}, ""},
	} {
		file := stdin(t, c.lines)
		if _, s, _, err := runTable(t, &Prediction{Model: m, Rows: NewJSONLines(file, ""), Keep: c.keep,
			OnError: Skip}); err != nil {
			t.Errorf("%s on a pipe: %d rows, %v", c.lines, len(s.lines), err)
		}
		file = stdin(t, c.lines)
		file.size = int64(len(c.lines)) // of a file
		p := &Prediction{Model: m, Rows: NewJSONLines(file, ""), Keep: c.keep}
		_, s, _, err := runTable(t, p)
		if (err != nil) != (c.want != "") || err != nil && !strings.HasPrefix(err.Error(), c.want) ||
			err != nil && len(s.lines) > 0 {
			t.Errorf("%s: %d rows, %v, want %s", c.lines, len(s.lines), err, c.want)
		}
	}
}

// A picture in JSON lines is a path, base64, or pixels.
func TestJSONPictures(t *testing.T) {
	m, folder := tableModel(t, true)
	content, err := os.ReadFile(filepath.Join(folder, "grey.png"))
	if err != nil {
		t.Fatal(err)
	}
	picture := func(value string) string {
		return `{"look": ` + value + `, "weight": 1, "colour": "red"}` + "\n"
	}
	encoded := base64.StdEncoding.EncodeToString(content)
	lines := picture(`"grey.png"`) + picture(`"`+encoded+`"`) +
		picture(`"data:image/png;base64,`+encoded+`"`) + picture(`"none.png"`)
	p := &Prediction{Model: m, Rows: NewJSONLines(stdin(t, lines), folder), OnError: Empty}
	_, s, sum, err := runTable(t, p)
	if err != nil || sum.Failed != 1 || s.lines[1] != s.lines[0] || s.lines[2] != s.lines[0] ||
		!strings.Contains(sum.First[0].Error(), "none.png: no such file") {
		t.Errorf("answers %q, summary %+v, error %v", s.lines, sum, err)
	}
}
