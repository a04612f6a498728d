package experiment_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"braid/data"
	"braid/experiment"
	"braid/feature"
	"braid/target"
)

// Mistakes in columns have the place in the experiment file, all at once, and the nearest name.
func TestBuildMistakes(t *testing.T) {
	const good = "data: rows.csv\ninputs:\n  size: number\nheads:\n  kind: category\n"
	const have = `, want one of "id", "size", "colour", "note", "made", "kind", "big", "price", ` +
		`"owner", "one", "none"`
	for _, c := range []struct{ content, want string }{
		{"data: row.csv\ninputs: {size: number}\nheads: {kind: category}\n",
			`e.yaml:1:1: row.csv: no such file or directory, want a file of rows, or a folder of images; ` +
				`did you mean "rows.csv"?`},
		{"data: {train: rows.csv, test: x/*.csv}\ninputs: {size: number}\nheads: {kind: category}\n",
			`e.yaml:1:25: data "x/*.csv": no file matches in `},
		{"data: empty.csv\ninputs: {size: number}\nheads: {kind: category}\n",
			"e.yaml:1:1: the data has no rows, want one or more"},
		{`data: rows.csv
inputs:
  sise: number
  colour: category
heads:
  Kind: category
split: {by: group, column: owners, stratify: knd}
`, `e.yaml:3:3: inputs: unknown column "sise"` + have + `; did you mean "size"?
e.yaml:6:3: heads: unknown column "Kind"` + have + `; did you mean "kind"?
e.yaml:7:20: split: unknown column "owners"` + have + `; did you mean "owner"?
e.yaml:7:36: split: unknown column "knd"` + have + `; did you mean "kind"?`},
		{`data: rows.csv
inputs:
  colour: {type: number, missing: [NA]}
  size: number
heads:
  one: category
  none: number
  note: {type: binary, true: thong}
  kind: {type: category, min_count: 1000}
`, `e.yaml:6:3: head "one": one has one class, "same", in the training part, want 2 or more
e.yaml:7:3: head "none": none has no label in the training part
e.yaml:8:3: head "note": note has no cell "thong", which true declares, in the training part; ` +
			`the most frequent is "thing"
e.yaml:9:3: head "kind": kind has 0 of 3 classes with 1000 rows or more (min_count) in the ` +
			`training part, want 2 or more
e.yaml:3:3: input "colour": column "colour": 114 cells cannot be read`},
		{good + "trunk: {units: [65536, 65536]}\n",
			`e.yaml:6:9: layer "trunk::2": Dense: weight "kernel": shape [65536 65536] has more than`},
		{"data: rows.csv\ninputs:\n  note: {type: text, width: 65536}\nheads: {kind: category}\n",
			`e.yaml:3:3: layer "note::dense": Dense: weight "kernel": shape [65536 65536] has more than`},
		{good + "split: {stratify: id}\n", `e.yaml:6:9: split: stratify: each value of column "id" has ` +
			`one row, so that its rows cannot be divided: want a column whose values repeat`},
		{good + "split: {column: kind}\n",
			`e.yaml:6:9: rows.csv:3: column "kind", which divides the rows: got "box", want one of ` +
				`"train", "validation", "test"`},
		{good + "split: {parts: [100, 0, 0]}\n",
			"e.yaml:6:9: the validation part has no rows with a label: the parts have 120, 0 and 0 rows"},
		{"data: {train: rows.csv, validation: other.csv}\ninputs: {size: number}\n" +
			"heads: {kind: category}\n",
			"e.yaml:1:25: the validation part has no rows with a label: the parts have 120, 0 and 0 rows"},
		{"data: {train: rows.csv, validation: other.csv, test: ./rows.csv}\ninputs: {size: number}\n" +
			"heads: {kind: category}\n",
			"e.yaml:1:48: rows.csv is in train and in test, which would measure what training has seen: " +
				"want other rows for each part, or data: FILE, whose rows the split divides"},
		{"data: {train: new.csv, validation: rows.csv, test: \"r*.csv\"}\ninputs: {size: number}\n" +
			"heads: {kind: category}\n",
			"e.yaml:1:46: rows.csv is in validation and in test, which would measure the rows by which " +
				"the epoch was chosen: want other rows, or keep: last in train"},
		{"data: {train: rows.csv, validation: new.csv}\ninputs: {size: number}\n" +
			"heads: {kind: {type: category, min_count: 2}}\n",
			"e.yaml:3:1: no head has a label in the validation part that training has too, so that no " +
				"epoch can be chosen: want more rows"},
	} {
		folder := folderOf(t, c.content, nil)
		rows := parcelRows(200)
		for i := range rows {
			rows[i] = append(rows[i], "same", "")
		}
		columns := append(parcelColumns[:len(parcelColumns):len(parcelColumns)], "one", "none")
		writeRows(t, filepath.Join(folder, "rows.csv"), columns, rows)
		writeRows(t, filepath.Join(folder, "empty.csv"), columns, nil)
		writeRows(t, filepath.Join(folder, "other.csv"), []string{"size"}, [][]string{{"3"}})
		writeRows(t, filepath.Join(folder, "new.csv"), []string{"kind"}, [][]string{{"crate"}})
		_, err := tryBuild(folder)
		if err == nil {
			t.Errorf("built, want the error\n%s", c.want)
			continue
		}
		got := strings.ReplaceAll(err.Error(), folder+"/", "")
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// Validation and test may be one file if validation does not choose the epoch, and files of equal
// content are files of their own.
func TestSharedFiles(t *testing.T) {
	const content = "inputs: {size: number}\nheads: {kind: category}\ntrain: {keep: last}\n"
	for _, files := range []string{
		"{train: rows.csv, validation: more.csv, test: more.csv}", "{train: rows.csv, test: more.csv}",
	} {
		folder := folderOf(t, "data: "+files+"\n"+content, parcelRows(60))
		writeRows(t, filepath.Join(folder, "more.csv"), parcelColumns, parcelRows(60))
		b := build(t, folder)
		if tests := len(b.Rows[experiment.TestPart]); tests < 20 {
			t.Errorf("%s: %d test rows", files, tests)
		}
	}
}

// The figures of heads have different names, so that a history has a column for each.
func TestFigureNames(t *testing.T) {
	for _, c := range []struct{ columns, want string }{
		{"a,a_log", `e.yaml:5:3: heads "a" and "a_log" both have a figure named "a_log_loss": rename ` +
			"one of the columns in the data"},
		{"a,val", `e.yaml:5:3: head "val" has a figure named "val_loss", as that of all heads ` +
			`together: rename the column in the data`},
		{"val_a,a", `e.yaml:5:3: heads "val_a" and "a" both have a figure named "val_a_loss"`},
		{"a,b_log", ""},
	} {
		columns := strings.Split(c.columns, ",")
		folder := folderOf(t, "data: named.csv\ninputs: {size: number}\nheads:\n  "+columns[0]+
			": category\n  "+columns[1]+": category\n", nil)
		var rows [][]string
		for i := range 60 {
			rows = append(rows, []string{fmt.Sprint(i), fmt.Sprint(i % 2), fmt.Sprint(i % 3)})
		}
		writeRows(t, filepath.Join(folder, "named.csv"), append([]string{"size"}, columns...), rows)
		_, err := tryBuild(folder)
		got := ""
		if err != nil {
			got = strings.ReplaceAll(err.Error(), folder+"/", "")
		}
		if !strings.HasPrefix(got, c.want) || strings.Count(got, "\n") > 0 || c.want == "" && got != "" {
			t.Errorf("%s: got %s\nwant %s", c.columns, got, c.want)
		}
	}
}

// A column of ignore that is not there is named with the nearest one.
func TestCheckIgnored(t *testing.T) {
	folder := folderOf(t, parcels+"ignore: [owner, ownr]\n", parcelRows(100))
	b := build(t, folder)
	const want = `e.yaml:13:17: ignore: unknown column "ownr", want one of "id", `
	if err := b.CheckIgnored(); err == nil || !strings.Contains(err.Error(), want) ||
		!strings.HasSuffix(err.Error(), `; did you mean "owner"?`) {
		t.Errorf("got error %v, want %s", err, want)
	}
	if err := build(t, folder, "ignore=[owner]").CheckIgnored(); err != nil {
		t.Error(err)
	}
}

// Columns that the experiment does not name do not matter, and cells that cannot be read name the
// line, also where only another part has them.
func TestBadCells(t *testing.T) {
	const content = `data: {train: rows.csv, validation: more.csv}
inputs: {size: number, made: date}
heads: {price: number}
`
	folder := folderOf(t, content, parcelRows(50))
	columns := []string{"made", "price", "size", "unused"}
	writeRows(t, filepath.Join(folder, "more.csv"), columns, [][]string{
		{"2024-01-02", "1", "2", "x"}, {"2024-02-30", "1", "two", ""}, {"", "one", "", "y"},
	})
	_, err := tryBuild(folder)
	if err == nil {
		t.Fatal("built, want an error")
	}
	for _, want := range []string{
		`e.yaml:2:10: more.csv:3: column "size": got "two"`,
		`e.yaml:2:24: more.csv:3: column "made": got "2024-02-30"`,
		`e.yaml:3:9: more.csv:4: column "price": got "one"`,
	} {
		if got := strings.ReplaceAll(err.Error(), folder+"/", ""); !strings.Contains(got, want) {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	}
	// Those of all parts are one error.
	writeRows(t, filepath.Join(folder, "last.csv"), columns, [][]string{{"", "1", "three", ""}})
	_, err = tryBuild(folder, "data.test=last.csv")
	for _, want := range []string{
		`column "size": 2 cells cannot be read`, `last.csv:2: got "three"`,
	} {
		if err == nil || strings.Count(err.Error(), want) != 1 {
			t.Errorf("got  %v\nwant %s", err, want)
		}
	}
	writeRows(t, filepath.Join(folder, "more.csv"), columns, [][]string{
		{"2024-01-02", "1", "2", "x"}, {"2024-02-28", "1", "3", ""}, {"", "2", "", "y"},
	})
	build(t, folder)
}

// Data with files for training and test alone: the validation rows come from the training files, by
// the split.
func TestHeldOut(t *testing.T) {
	const content = `data: {train: rows.csv, test: more.csv}
inputs: {size: number}
heads: {price: number}
`
	folder := folderOf(t, content, parcelRows(200))
	writeRows(t, filepath.Join(folder, "more.csv"), parcelColumns, parcelRows(20))
	for _, set := range [][]string{nil, {"split.group=owner"}, {"split.parts=[80,20,0]"}} {
		b := build(t, folder, set...)
		trains, held, tests := len(b.Rows[0]), len(b.Rows[1]), len(b.Rows[2])
		if held < 10 || held > 60 || trains < 100 {
			t.Errorf("%v: %d training and %d validation rows", set, trains, held)
		}
		for _, row := range b.Rows[experiment.TestPart] {
			if !strings.Contains(b.Frame.Place(int(row)), "more.csv") {
				t.Errorf("%v: %s is a test row", set, b.Frame.Place(int(row)))
			}
		}
		if tests < 10 {
			t.Errorf("%v: %d test rows", set, tests)
		}
	}
}

// Reading stops when the context is done, with its cause.
func TestCancelled(t *testing.T) {
	folder := folderOf(t, parcels, parcelRows(50))
	e, err := experiment.Read(filepath.Join(folder, "e.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	pulled := errors.New("pulled")
	ctx, cancel := context.WithCancelCause(t.Context())
	l, err := e.Load(ctx)
	if err != nil {
		t.Fatal(err)
	}
	cancel(pulled)
	if _, err := e.Load(ctx); !errors.Is(err, pulled) {
		t.Errorf("Load: got error %v", err)
	}
	if _, err := l.Build(ctx, experiment.Options{}); !errors.Is(err, pulled) {
		t.Errorf("Build: got error %v", err)
	}
}

// Experiments that are made in Go have what the grammar asks for.
func TestLoadMistakes(t *testing.T) {
	number, price := feature.Number{}, target.Number{}
	for _, c := range []struct {
		e    experiment.Experiment
		want string
	}{
		{experiment.Experiment{}, "the experiment has 0 inputs and 0 heads, want one or more of both"},
		{experiment.Experiment{
			Inputs: []experiment.Input{{Column: "a"}, {Column: "b", Feature: number}},
			Heads:  []experiment.Head{{Column: "c", Target: price}, {Column: "b", Target: price}},
		}, `input "a": its type is nil, want one such as feature.Number{}
head "b": the column is an input already, want one role for each column`},
	} {
		frame, err := data.NewFrame("a", "b", "c")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.e.LoadFrame(frame); err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
		if _, err := c.e.Load(t.Context()); err == nil || err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", err, c.want)
		}
	}
}

// Names that no graph can have are those of experiments.
func TestAnyName(t *testing.T) {
	folder := folderOf(t, parcels, parcelRows(60))
	b := build(t, folder, "name=Päckchen 2.0")
	if got := b.Model.Name(); got != "Päckchen_2_0" {
		t.Errorf("the model is named %q", got)
	}
}
