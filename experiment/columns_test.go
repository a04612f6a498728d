package experiment_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"braid/experiment"
)

const digitColumns = `data:
  columns:
    picture: [a-images, b-images]
    kind: [a-labels, b-labels]
inputs:
  picture: {type: digit, height: 3, width: 2}
heads:
  kind: category
`

// digitFiles writes two pairs of IDX files: bright pictures are of kind 7, dark ones of kind 4.
func digitFiles(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for i, name := range []string{"a", "b"} {
		rows := 60 + 20*i
		images := []byte{0, 0, 8, 3}
		for _, n := range []int{rows, 3, 2} {
			images = binary.BigEndian.AppendUint32(images, uint32(n))
		}
		labels := binary.BigEndian.AppendUint32([]byte{0, 0, 8, 1}, uint32(rows))
		for row := range rows {
			kind := (row*7 + i) % 3 % 2
			labels = append(labels, byte(4+3*kind))
			for p := range 6 {
				images = append(images, byte(200*kind+(row*31+p*17)%50))
			}
		}
		for end, content := range map[string][]byte{"images": images, "labels": labels} {
			if err := os.WriteFile(filepath.Join(folder, name+"-"+end), content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return folder
}

// TestDataColumns builds an experiment whose columns are in IDX files of their own.
func TestDataColumns(t *testing.T) {
	folder := digitFiles(t)
	e, err := experiment.Parse(filepath.Join(folder, "e.yaml"), []byte(digitColumns))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := e.Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if got := rows.Frame.Rows(); got != 140 {
		t.Errorf("%d rows, want 140", got)
	}
	if got, want := rows.Frame.Place(60), filepath.Join(folder, "b-images")+":1"; got != want {
		t.Errorf("row 60 is at %s, want %s", got, want)
	}
	b, err := rows.Build(context.Background(), experiment.Options{})
	if err != nil {
		t.Fatal(err)
	}
	table := b.Tables[experiment.TrainPart]
	in, err := table.Tensors("picture", "kind")
	if err != nil {
		t.Fatal(err)
	}
	// Pixels are standardized: those of bright pictures are above 0.
	for row, kind := range in["kind"].Int32s() {
		if bright := in["picture"].Float32s()[6*row] > 0; bright != (kind == 1) {
			t.Errorf("row %d: bright is %v, and the kind %d", row, bright, kind)
		}
	}
	resolved, err := b.Resolved()
	if err != nil {
		t.Fatal(err)
	}
	if got, want := resolved.Data.Columns[1].Files[0], filepath.Join(folder, "a-labels"); got != want {
		t.Errorf("resolved: got %s, want %s", got, want)
	}
	if e.Data.Columns[1].Files[0] != "a-labels" {
		t.Error("Resolved changed the experiment")
	}
}

func TestDataColumnsWritten(t *testing.T) {
	e, err := experiment.Parse("e.yaml", []byte(digitColumns))
	if err != nil {
		t.Fatal(err)
	}
	want := []experiment.FileColumn{
		{Column: "picture", Files: []string{"a-images", "b-images"}},
		{Column: "kind", Files: []string{"a-labels", "b-labels"}},
	}
	if !reflect.DeepEqual(e.Data.Columns, want) {
		t.Errorf("got %v, want %v", e.Data.Columns, want)
	}
	var content bytes.Buffer
	if err := experiment.Write(&content, e, nil); err != nil {
		t.Fatal(err)
	}
	again, err := experiment.Parse("e.yaml", content.Bytes())
	if err != nil || !reflect.DeepEqual(again.Data, e.Data) {
		t.Errorf("got %v and error %v from\n%s", again, err, content.String())
	}
}

func TestDataColumnsMistakes(t *testing.T) {
	const rest = "\ninputs: {x: {type: digit, height: 3, width: 2}}\nheads: {y: category}\n"
	folder := digitFiles(t)
	for _, c := range []struct{ data, want string }{
		{"{columns: a}", `:1:17: columns in data is "a", want the file of each column: {COLUMN: FILE}`},
		{"{columns: {x: []}}", `:1:21: column "x" in data is an empty list, want a file`},
		{"{file: a, columns: {x: b}}", ":1:17: data has file and columns, want one of them"},
		{"{columns: {x: a-images, y: [a-labels, b-labels]}}",
			`:1:8: column "y" has 2 files and column "x" has 1, want as many for each column`},
		{"{columns: {x: b-images, y: a-labels}}", "a-labels has 60 rows and"},
		{"{columns: {x: no, y: a-labels}}", ":1:8: " + filepath.Join(folder, "no") + ": no such file"},
	} {
		e, err := experiment.Parse(filepath.Join(folder, "e.yaml"), []byte("data: "+c.data+rest))
		if err == nil {
			_, err = e.Load(context.Background())
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got error %v, want %s", c.data, err, c.want)
		}
	}
}
