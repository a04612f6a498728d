package profile

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/experiment"
)

// shop has columns of several types, of which some are left out.
func shop() []column {
	return []column{
		{"id", each(120, "%d")},
		{"customer", by(spread(40), func(_ int, c string) string { return "K-" + c })},
		{"price", with(by(spread(120), func(_ int, c string) string { return c + ".5" }), "")},
		{"kind", cycle(120, "a", "b", "a", "c", "a")},
		{"kind code", cycle(120, "7", "9", "7", "4", "7")},
		{"empty", cycle(120, "")},
	}
}

func TestMake(t *testing.T) {
	columns := shop()
	columns[1].cells = slices.Repeat(columns[1].cells, 3)
	frame := frameOf(t, filepath.Join(t.TempDir(), "shop.csv"), columns...)
	p, err := Make(frame, "shop.csv", []string{"kind"}, 2)
	if err != nil {
		t.Fatal(err)
	}
	want := []Use{
		{"id", "ignored", "", "an identifier: named so, and a different value in every row", ""},
		{"customer", "input", "category", "values that repeat", ""},
		{"price", "input", "number", "numbers from 1.5 to 1191.5, median 601.5", ""},
		{"kind", "head", "category", "classes", ""},
		{"kind code", "ignored", "", `says what head "kind" is: each value goes with one label, in 120 ` +
			"of 120 rows", ""},
		{"empty", "ignored", "", "no cell has a value", ""},
	}
	for i, use := range p.Uses {
		if use != want[i] && use.Column != "price" {
			t.Errorf("got  %+v\nwant %+v", use, want[i])
		}
	}
	e := p.Experiment
	if len(e.Inputs) != 2 || len(e.Heads) != 1 || e.Heads[0].Column != "kind" ||
		!slices.Equal(e.Ignore, []string{"id", "kind code", "empty"}) {
		t.Errorf("got inputs %v, heads %v, ignore %q", e.Inputs, e.Heads, e.Ignore)
	}
}

// TestMakeReads checks that the file that is written reads as the same experiment.
func TestMakeReads(t *testing.T) {
	frame := frameOf(t, filepath.Join(t.TempDir(), "shop.csv"), shopRows()...)
	p, err := Make(frame, "shop.csv", []string{"kind", "price"}, 2)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := p.Write(&file); err != nil {
		t.Fatal(err)
	}
	e, err := experiment.Parse("shop.yaml", file.Bytes())
	if err != nil {
		t.Fatalf("%v\n%s", err, &file)
	}
	if fmt.Sprint(e.Inputs, e.Heads, e.Ignore, e.Split) != fmt.Sprint(p.Experiment.Inputs,
		p.Experiment.Heads, p.Experiment.Ignore, p.Experiment.Split) {
		t.Errorf("got %v, want %v, from\n%s", e, p.Experiment, &file)
	}
	for _, line := range strings.Split(file.String(), "\n") {
		if len([]rune(line)) > 104 && !strings.HasPrefix(line, "  - ") {
			t.Errorf("a line of %d characters: %s", len([]rune(line)), line)
		}
	}
}

func shopRows() []column {
	columns := shop()
	columns[1].cells = slices.Repeat(columns[1].cells, 3)
	return columns
}

// TestMakeWithoutHeads checks that candidates are comments: the file lacks heads, and says so.
func TestMakeWithoutHeads(t *testing.T) {
	frame := frameOf(t, filepath.Join(t.TempDir(), "shop.csv"), shopRows()...)
	p, err := Make(frame, "shop.csv", nil, 2)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := p.Write(&file); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# kind: category  (3 distinct)", "# price: number  ("} {
		if !strings.Contains(file.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &file)
		}
	}
	if strings.Contains(file.String(), "# id:") {
		t.Errorf("an identifier is a candidate:\n%s", &file)
	}
	if _, err := experiment.Parse("shop.yaml", file.Bytes()); err == nil ||
		!strings.Contains(err.Error(), "heads is empty") {
		t.Errorf("got error %v, want that heads is empty", err)
	}
}

func TestMakeMistakes(t *testing.T) {
	for _, c := range []struct {
		heads []string
		want  []string
	}{
		{[]string{"kint"}, []string{`unknown column "kint"`, `"kind"`}},
		{[]string{"kint", "prise"}, []string{`"kint"`, `"prise"`}},
		{[]string{"kind", "kind"}, []string{`column "kind" is named twice`}},
		{[]string{"empty", "same"}, []string{`head "empty": no row`,
			`head "same": all 120 labels are "x"`}},
		{[]string{"kind", "price", "customer", "kind code", "id"},
			[]string{"no column is left as an input", "empty: no cell has a value"}},
	} {
		columns := append(shopRows(), column{"same", cycle(120, "x")})
		frame := frameOf(t, filepath.Join(t.TempDir(), "shop.csv"), columns...)
		_, err := Make(frame, "shop.csv", c.heads, 2)
		for _, want := range c.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("heads %q: got error %v, want %q", c.heads, err, want)
			}
		}
	}
	frame := frameOf(t, "none.csv", column{"a", nil})
	if _, err := Make(frame, "none.csv", nil, 1); err == nil || !strings.Contains(err.Error(),
		"no rows") {
		t.Errorf("got error %v for no rows", err)
	}
}

// TestMakeDoubtful checks that the only columns that could be inputs are inputs, and why to check
// them: an index, and a column that says what the head is.
func TestMakeDoubtful(t *testing.T) {
	columns := []column{shop()[0], shop()[3], shop()[4], shop()[5]}
	frame := frameOf(t, filepath.Join(t.TempDir(), "shop.csv"), columns...)
	p, err := Make(frame, "shop.csv", []string{"kind"}, 2)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := p.Write(&file); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"# CHECK: an identifier: named so, and a different value in every row\n  id: number\n",
		"# CHECK: says what head \"kind\" is: ", "\n  kind code: category\n", "ignore:\n  - empty  #",
	} {
		if !strings.Contains(file.String(), want) {
			t.Errorf("%q is missing in\n%s", want, &file)
		}
	}
	if _, err := experiment.Parse("shop.yaml", file.Bytes()); err != nil {
		t.Error(err)
	}
}

func TestSplit(t *testing.T) {
	codes := func(n, rows int) []string {
		list := each(n, "P-%03d")
		return cycle(n*rows, list...)
	}
	for name, c := range map[string]struct {
		column column
		want   experiment.Split
	}{
		"by group": {column{"base", codes(60, 2)}, experiment.Split{By: experiment.Group,
			Column: "base"}},
		"20 groups": {column{"patient_id", codes(20, 5)}, experiment.Split{By: experiment.Group,
			Column: "patient_id"}},
		"19 groups": {column{"patient_id", codes(19, 5)}, experiment.Split{}},
		"each once": {column{"base", codes(60, 1)}, experiment.Split{}},
		"few twice": {column{"base", append(codes(60, 1), codes(6, 1)...)}, experiment.Split{}},
		"a large group": {column{"base", append(codes(60, 1), cycle(20, "P-000")...)},
			experiment.Split{}},
		"by words": {column{"part", cycle(60, "train", "train", "test", "validation")},
			experiment.Split{By: experiment.Column, Column: "part"}},
		"other words": {column{"part", cycle(60, "train", "train", "test", "holdout")},
			experiment.Split{}},
	} {
		t.Run(name, func(t *testing.T) {
			n := len(c.column.cells)
			frame := frameOf(t, filepath.Join(t.TempDir(), "data.csv"), c.column,
				column{"h", cycle(n, "a", "b", "a")}, column{"x", spread(n)})
			p, err := Make(frame, "data.csv", []string{"h"}, 1)
			if err != nil {
				t.Fatal(err)
			}
			if got := p.Experiment.Split; got.By != c.want.By || got.Column != c.want.Column {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// TestPictures checks that paths are relative to the data file, or to a folder beside it.
func TestPictures(t *testing.T) {
	folder := t.TempDir()
	var content bytes.Buffer
	if err := png.Encode(&content, image.NewGray(image.Rect(0, 0, 3, 2))); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(folder, "photos"), 0o777); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		path := filepath.Join(folder, "photos", fmt.Sprintf("%d.png", i))
		if err := os.WriteFile(path, content.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, size := range map[string][3]byte{
		"mnist": {40, 28, 28}, "mnist.gz": {40, 28, 28}, "tall": {40, 28, 27},
	} {
		content := []byte{0, 0, 8, 3, 0, 0, 0, size[0], 0, 0, 0, size[1], 0, 0, 0, size[2]}
		if filepath.Ext(name) == ".gz" {
			var zipped bytes.Buffer
			w := gzip.NewWriter(&zipped)
			if _, err := w.Write(content); err != nil {
				t.Fatal(err)
			}
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			content = zipped.Bytes()
		}
		if err := os.WriteFile(filepath.Join(folder, name), content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for name, c := range map[string]struct {
		cells         []string
		want, warning string
	}{
		"of MNIST":         {each(40, "mnist#%d"), "digit", ""},
		"of MNIST, twice":  {append(each(40, "mnist#%d"), each(40, "mnist#%d")...), "digit", ""},
		"of MNIST, gaps":   {with(each(40, "mnist#%d"), ""), "image", ""},
		"of MNIST, zipped": {each(40, "mnist.gz#%d"), "digit", ""},
		"of MNIST, lost": {each(42, "mnist#%d"), "image",
			`2 of 42 pictures are not there, such as "mnist#40"`},
		"of an array":        {each(40, "tall#%d"), "image", ""},
		"of both":            {append(each(40, "tall#%d"), each(40, "mnist#%d")...), "image", ""},
		"array and photos":   {append(each(40, "mnist#%d"), each(30, "photos/%d.png")...), "image", ""},
		"no array":           {each(40, "issue#%d"), "out", ""},
		"with the folder":    {each(30, "photos/%d.png"), "image", ""},
		"without the folder": {each(30, "%d.png"), "image root:photos", ""},
		"some lost": {each(32, "photos/%d.png"), "image",
			`2 of 32 pictures are not there, such as "photos/30.png"`},
		"less than half": {append(each(30, "photos/%d.png"), words(31, 2)...), "text", ""},
		"none there":     {each(30, "scans/%d.png"), "out", "names of pictures, but none of 30 files"},
	} {
		t.Run(name, func(t *testing.T) {
			frame := frameOf(t, filepath.Join(folder, "data.csv"), column{"p", c.cells})
			d, err := describe(frame, "p")
			if err != nil {
				t.Fatal(err)
			}
			g := d.Input()
			var got kinded
			if g.Feature != nil {
				got = g.Feature
			}
			if written(t, got) != c.want || !strings.HasPrefix(g.Warning, c.warning) {
				t.Errorf("got %s (%s), want %s (%s)", written(t, got), g.Warning, c.want, c.warning)
			}
		})
	}
}

func TestNamedID(t *testing.T) {
	for name, want := range map[string]bool{
		"id": true, "user id": true, "#": true, "№": true, "%": false, "€": false, "identity": false,
	} {
		if got := (&Column{Name: name}).namedID(); got != want {
			t.Errorf("%q is named as an identifier: %v, want %v", name, got, want)
		}
	}
}

// TestPictureCounts checks that each row is a picture that is there, one that is not, or a gap,
// whatever the ending of its name.
func TestPictureCounts(t *testing.T) {
	folder := t.TempDir()
	cells := append(each(58, "%d.png"), "none.dat", "odd.dat", "")
	for i, name := range cells {
		if i < 54 || name == "odd.dat" {
			if err := os.WriteFile(filepath.Join(folder, name), nil, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	frame := frameOf(t, filepath.Join(folder, "rows.csv"), column{"photo", cells})
	r, err := InspectFrame(frame, "rows.csv", 1)
	if err != nil {
		t.Fatal(err)
	}
	c := r.Columns[0]
	if c.Pictures != 55 || c.Lost != 5 || c.Missing != 1 {
		t.Errorf("%d pictures, %d lost, %d missing, want 55, 5 and 1", c.Pictures, c.Lost, c.Missing)
	}
	const want = "5 of 60 pictures are not there"
	if len(r.Findings) == 0 || !strings.HasPrefix(r.Findings[0].Text, want) {
		t.Errorf("%v, want %s", r.Findings, want)
	}
}
