package data_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"braid/data"
)

// A frame of arrays has the cells, the places and the errors of one that is read from a file.
func TestFrameOf(t *testing.T) {
	frame, err := data.FrameOf("some/rows",
		data.Codes("word", []string{"a", "", "unused", "b"}, []uint8{3, 0, 1, 3, 0}),
		data.Pictures("picture", data.PictureFile{Name: "x", Count: 2},
			data.PictureFile{Name: "none"}, data.PictureFile{Name: "y", Count: 3}),
	)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"word": "b a  b a", "picture": "x#0 x#1 y#0 y#1 y#2"} {
		cells, err := frame.Cells(name)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for row := range cells.Len() {
			got = append(got, cells.At(row))
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	if frame.Rows() != 5 || !slices.Equal(frame.Names(), []string{"word", "picture"}) {
		t.Errorf("the frame has %d rows and columns %q", frame.Rows(), frame.Names())
	}
	if place, folder := frame.Place(4), frame.Folder(4); place != "some/rows:5" || folder != "some" {
		t.Errorf("row 4 is at %s in the folder %s", place, folder)
	}
	word, _ := frame.Cells("word")
	picture, _ := frame.Cells("picture")
	if texts, codes, ok := word.Codes(); !ok || texts[codes[3]] != "b" {
		t.Errorf("the codes are %v of %q, %v", codes, texts, ok)
	}
	if _, _, ok := picture.Codes(); ok {
		t.Error("pictures have codes")
	}
	source, err := data.NewCSV(strings.NewReader("word\na\n"), "more.csv", data.CSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := frame.Append("more.csv", source); err == nil {
		t.Error("rows were appended")
	}
	for _, c := range []struct {
		columns []data.Given
		want    string
	}{
		{[]data.Given{data.Codes("a", []string{"x"}, []uint8{0, 1})}, `"a" has code 1, but 1 texts`},
		{[]data.Given{data.Codes("a", nil, nil), data.Codes("a", nil, nil)}, `two columns are named "a"`},
		{[]data.Given{data.Codes("a", nil, nil), data.Codes("b", []string{"x"}, []uint8{0})},
			`column "b" has 1 rows, column "a" has 0`},
	} {
		_, err := data.FrameOf("p", c.columns...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got error %v, want %s", err, c.want)
		}
	}
}

// Rows are a block only if they are consecutive pictures of one file.
func TestPictures(t *testing.T) {
	given, err := data.FrameOf("p", data.Pictures("picture",
		data.PictureFile{Name: "x", Count: 12}, data.PictureFile{Name: "y", Count: 3}))
	if err != nil {
		t.Fatal(err)
	}
	var lines strings.Builder
	lines.WriteString("picture\n")
	for row := range 15 {
		name, index := "x", row
		if row >= 12 {
			name, index = "y", row-12
		}
		fmt.Fprintf(&lines, "%s#%d\n", name, index)
	}
	source, err := data.NewCSV(strings.NewReader(lines.String()), "p.csv", data.CSVOptions{})
	if err != nil {
		t.Fatal(err)
	}
	read, err := data.NewFrame()
	if err == nil {
		err = read.Append("p.csv", source)
	}
	if err != nil {
		t.Fatal(err)
	}
	twice, err := data.FrameOf("p", data.Pictures("picture",
		data.PictureFile{Name: "x", Count: 2}, data.PictureFile{Name: "x", Count: 2}))
	if err != nil {
		t.Fatal(err)
	}
	cells, err := twice.Cells("picture")
	if _, _, ok := cells.Pictures([]int32{1, 2}); ok || err != nil {
		t.Errorf("pictures of two files are consecutive, error %v", err)
	}
	for name, frame := range map[string]*data.Frame{"given": given, "read": read} {
		cells, err := frame.Cells("picture")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			rows  []int32
			file  string
			first int
			ok    bool
		}{
			{[]int32{8, 9, 10, 11}, "x", 8, true}, {[]int32{13}, "y", 1, true},
			{[]int32{12, 13, 14}, "y", 0, true}, {[]int32{11, 12}, "", 0, false},
			{[]int32{1, 3}, "", 0, false}, {[]int32{1, 3, 2, 4}, "", 0, false},
			{[]int32{2, 1}, "", 0, false}, {nil, "", 0, false},
		} {
			file, first, ok := cells.Pictures(c.rows)
			if ok != c.ok || ok && (file != c.file || first != c.first) {
				t.Errorf("%s: rows %v are pictures of %q from %d, %v", name, c.rows, file, first, ok)
			}
		}
	}
}
