package datafile_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/data"
	"braid/data/datafile"
)

func TestAppendColumns(t *testing.T) {
	folder := t.TempDir()
	const bytes, pictures = "\x00\x00\x08\x01\x00\x00\x00", "\x00\x00\x08\x03\x00\x00\x00"
	for name, content := range map[string]string{
		"x":       pictures + "\x02\x00\x00\x00\x01\x00\x00\x00\x02abcd",
		"y":       bytes + "\x02\x07\x08",
		"more":    bytes + "\x03\x07\x08\x09",
		"two.csv": "a,b\n1,2\n3,4\n",
		"cut":     bytes + "\x02\x07",
		"z.csv":   "1\nu\nv\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		files string
		err   string
	}{
		{"x y z.csv", ""},
		{"x more", "x has 2 rows and FOLDER/more has more, want as many rows for each column"},
		{"more x", "x has 2 rows and FOLDER/more has more, want as many rows for each column"},
		{"x two.csv", "two.csv: the file has 2 columns, want one for column \"column1\""},
		{"y cut", "cut:2: the file is cut short: 1 bytes of data, shape [2] needs 2: 1 missing"},
		{"y none", "none: no such file or directory"},
		{"y ../y", "column \"column1\" is in another folder than FOLDER/y, want the files of all"},
	} {
		var columns []datafile.FileColumn
		for i, file := range strings.Fields(c.files) {
			columns = append(columns, datafile.FileColumn{
				Name: "column" + string(rune('0'+i)), Path: filepath.Join(folder, file),
			})
		}
		frame, err := data.NewFrame()
		if err != nil {
			t.Fatal(err)
		}
		err = datafile.AppendColumns(context.Background(), frame, columns, datafile.Options{})
		want := strings.ReplaceAll(c.err, "FOLDER", folder)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: got error %v, want %s", c.files, err, want)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if notes := frame.Notes(); len(notes) != 1 || !strings.Contains(notes[0], "z.csv") {
			t.Errorf("%s: notes are %q", c.files, notes)
		}
		var got []string
		for _, name := range frame.Names() {
			cells, err := frame.Cells(name)
			if err != nil {
				t.Fatal(err)
			}
			for row := range cells.Len() {
				got = append(got, name+"="+cells.At(row))
			}
		}
		if want := []string{"column0=x#0", "column0=x#1", "column1=7", "column1=8", "column2=u",
			"column2=v"}; !slices.Equal(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
