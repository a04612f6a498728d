package experiment_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"braid/data"
	"braid/data/datafile"
	"braid/experiment"
	"braid/internal/random"
	"braid/modelfile"
	"braid/optim"
	"braid/train"
)

// parcels is an experiment with inputs and heads of several kinds.
const parcels = `name: parcels
data: rows.csv
inputs:
  size: number
  colour: category
  note: text
  made: date
heads:
  kind: category
  big: {type: binary, threshold: auto}
  price: number
train: {epochs: 3}
`

var parcelColumns = []string{
	"id", "size", "colour", "note", "made", "kind", "big", "price", "owner",
}

// parcelRows returns rows with gaps in inputs and labels. Every tenth row has no label at all.
func parcelRows(count int) [][]string {
	draw := random.New(3, "parcels")
	var list [][]string
	for i := range uint64(count) {
		at := func(column uint64, values ...string) string {
			return values[int(float64(draw.Unit(20*i+column))*float64(len(values)))]
		}
		size := float64(draw.Unit(20*i)) * 100
		kind := []string{"box", "letter", "tube"}[int(size)%7%3]
		row := []string{
			fmt.Sprint(i), fmt.Sprintf("%.2f", size), at(1, "red", "green", "blue", "NA", ""),
			at(2, "a "+kind+" of wood", "the "+kind, "thing", ""),
			fmt.Sprintf("2024-%02d-%02d", 1+i%12, 1+i%28),
			kind, at(4, "no", map[bool]string{true: "yes", false: "no"}[size > 40]),
			fmt.Sprintf("%.3f", size/3+float64(draw.Unit(20*i+5))), fmt.Sprint("p", i/4),
		}
		for column, empty := range map[int]bool{1: i%13 == 0, 5: i%3 == 0, 6: i%4 == 1, 7: i%5 == 2} {
			if empty || column > 4 && i%10 == 9 {
				row[column] = ""
			}
		}
		list = append(list, row)
	}
	return list
}

// unlabelled counts the rows without any label.
func unlabelled(rows [][]string) (count int) {
	for _, row := range rows {
		if row[5]+row[6]+row[7] == "" {
			count++
		}
	}
	return count
}

// writeRows writes rows to a file in the format that its name says.
func writeRows(t testing.TB, path string, columns []string, rows [][]string) {
	t.Helper()
	var fields []data.Field
	for _, name := range columns {
		fields = append(fields, data.Field{Name: name})
	}
	sink, err := datafile.Create(path, fields, datafile.Options{})
	for _, row := range rows {
		if err == nil {
			err = sink.Write(row)
		}
	}
	if err == nil {
		err = sink.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// folderOf returns a new folder with rows.csv and an experiment file.
func folderOf(t testing.TB, content string, rows [][]string) string {
	t.Helper()
	folder := t.TempDir()
	writeRows(t, filepath.Join(folder, "rows.csv"), parcelColumns, rows)
	if err := os.WriteFile(filepath.Join(folder, "e.yaml"), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return folder
}

// build builds the experiment of a folder.
func build(t testing.TB, folder string, set ...string) *experiment.Built {
	t.Helper()
	b, err := tryBuild(folder, set...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func tryBuild(folder string, set ...string) (*experiment.Built, error) {
	ctx := context.Background()
	e, err := experiment.Read(filepath.Join(folder, "e.yaml"), set...)
	if err != nil {
		return nil, err
	}
	rows, err := e.Load(ctx)
	if err != nil {
		return nil, err
	}
	return rows.Build(ctx, experiment.Options{})
}

// fit trains a built experiment.
func fit(t testing.TB, b *experiment.Built) *train.History {
	t.Helper()
	h, err := train.Fit(context.Background(), b.Model, b.Tables[experiment.TrainPart], b.Plan)
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// fileOf returns the model file of a trained experiment, and its content.
func fileOf(t testing.TB, b *experiment.Built, h *train.History) (*modelfile.File, []byte) {
	t.Helper()
	f, err := b.File(h)
	var content bytes.Buffer
	if err == nil {
		err = f.Write(&content)
	}
	if err != nil {
		t.Fatal(err)
	}
	return f, content.Bytes()
}

// trained returns the content of the model file that an experiment gives.
func trained(t testing.TB, b *experiment.Built) []byte {
	t.Helper()
	_, content := fileOf(t, b, fit(t, b))
	return content
}

// The same rows give the same bytes, whatever the format of the file and the number of workers.
func TestSameBytes(t *testing.T) {
	rows := parcelRows(150)
	folder := folderOf(t, parcels, rows)
	want := trained(t, build(t, folder))
	for i, name := range []string{"rows.tsv", "rows.jsonl", "rows.parquet", "rows.csv.gz"} {
		writeRows(t, filepath.Join(folder, name), parcelColumns, rows)
		b := build(t, folder, "data="+name)
		b.Plan.Workers = []int{1, 2, 5, 3}[i]
		if !bytes.Equal(trained(t, b), want) {
			t.Errorf("%s with %d workers gives other bytes", name, b.Plan.Workers)
		}
	}
	if bytes.Equal(trained(t, build(t, folder, "train.seed=2")), want) {
		t.Error("another seed gives the same bytes")
	}
}

// A training that is stopped and resumed, with another built model, gives the same bytes.
func TestResume(t *testing.T) {
	folder := folderOf(t, parcels, parcelRows(150))
	want := trained(t, build(t, folder))
	pulled := errors.New("pulled")
	run, dir := train.Fit, filepath.Join(t.TempDir(), "checkpoints")
	for _, last := range []int{2, 3, 0} {
		b, steps := build(t, folder), 0
		b.Plan.Checkpoint = &train.Checkpoint{Dir: dir}
		b.Plan.Callbacks = append(b.Plan.Callbacks, train.Callback{Step: func(train.Step) error {
			if steps++; steps == last {
				return pulled
			}
			return nil
		}})
		h, err := run(context.Background(), b.Model, b.Tables[experiment.TrainPart], b.Plan)
		run = train.Resume
		if last > 0 {
			if !errors.Is(err, pulled) {
				t.Fatalf("got error %v", err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, content := fileOf(t, b, h); !bytes.Equal(content, want) {
			t.Error("the resumed training gives other bytes")
		}
	}
}

// The time ends training after the first epoch, which is kept.
func TestMinutes(t *testing.T) {
	b := build(t, folderOf(t, parcels, parcelRows(100)), "train.minutes=1e-9")
	h := fit(t, b)
	if len(h.Epochs) != 1 {
		t.Errorf("%d epochs, want 1", len(h.Epochs))
	}
	fileOf(t, b, h)
}

// Encoders and decoders learn from the training part alone.
func TestLearnFromTrainingPart(t *testing.T) {
	rows := parcelRows(90)
	const divided = "data: {train: train.csv, validation: validation.csv, test: test.csv}"
	folder := folderOf(t, strings.Replace(parcels, "data: rows.csv", divided, 1), rows)
	write := func(other func(row []string)) *experiment.Built {
		for i, part := range []string{"train", "validation", "test"} {
			var list [][]string
			for _, row := range rows[30*i : 30*i+30] {
				if row = slices.Clone(row); i > 0 {
					other(row)
				}
				list = append(list, row)
			}
			writeRows(t, filepath.Join(folder, part+".csv"), parcelColumns, list)
		}
		return build(t, folder)
	}
	want := write(func([]string) {})
	none := unlabelled(rows[60:])
	if n := len(want.Rows[experiment.TestPart]); n != 30-none || want.Unlabeled != unlabelled(rows) {
		t.Errorf("%d test rows and %d without a label, want %d and %d", n, want.Unlabeled, 30-none,
			unlabelled(rows))
	}
	got := write(func(row []string) {
		row[1], row[2], row[3], row[4], row[5] = "7000", "black", "other words", "1999-01-01", "crate"
		row[7] = "99999"
	})
	if !reflect.DeepEqual(got.Features, want.Features) {
		t.Error("encoders learn from validation or test rows")
	}
	if !reflect.DeepEqual(got.Targets, want.Targets) {
		t.Error("decoders learn from validation or test rows")
	}
	h := fit(t, got)
	f, _ := fileOf(t, got, h)
	m, err := experiment.Measure(context.Background(), f, got.Frame, got.Rows[experiment.TestPart], 1)
	if err != nil {
		t.Fatal(err)
	}
	if s := m.Scores[0]; s.Unknown != 30 || s.Known != 30 || s.Figure("accuracy").Value != 0 {
		t.Errorf("a class that training does not have: %+v", s)
	}
}

// Rows of a group are in one part.
func TestGroupsStayTogether(t *testing.T) {
	b := build(t, folderOf(t, parcels, parcelRows(200)), "split.group=owner")
	owners, err := b.Frame.Cells("owner")
	if err != nil {
		t.Fatal(err)
	}
	parts, rows := map[string]int{}, 0
	for part, list := range b.Rows {
		for _, row := range list {
			owner := owners.At(int(row))
			if other, ok := parts[owner]; ok && other != part {
				t.Errorf("rows of %s are in the parts %d and %d", owner, other, part)
			}
			parts[owner] = part
			rows++
		}
	}
	if want := unlabelled(parcelRows(200)); rows != 200-want || b.Unlabeled != want {
		t.Errorf("%d rows and %d without a label, want %d and %d", rows, b.Unlabeled, 200-want, want)
	}
}

// Measure gives the figures that training has for the epoch that is kept.
func TestMeasureAsTraining(t *testing.T) {
	b := build(t, folderOf(t, parcels, parcelRows(300)))
	h := fit(t, b)
	for i, target := range b.Targets { // as in training, where no threshold is chosen yet
		if target.Column == "big" {
			b.Targets = slices.Delete(slices.Clone(b.Targets), i, i+1)
			break
		}
	}
	f := &modelfile.File{Model: b.Model, Features: b.Features, Targets: b.Targets}
	rows := slices.Repeat(b.Rows[experiment.ValidationPart], 40) // several blocks
	m, err := experiment.Measure(t.Context(), f, b.Frame, rows, 2)
	if err != nil {
		t.Fatal(err)
	}
	kept, err := b.Keep.Best(h)
	if err != nil {
		t.Fatal(err)
	}
	for i, figure := range []string{"log_loss", "accuracy", "macro_f1", "mae"} {
		target := min(i/3, 1)
		name := "val_" + b.Targets[target].Column + "_" + figure
		want := h.Epochs[kept-1].Values[slices.Index(h.Names, name)]
		got := m.Scores[target].Figure(figure).Value
		if !(math.Abs(got-want) <= 1e-5*math.Abs(want)) {
			t.Errorf("%s: Measure gives %v, training %v", name, got, want)
		}
	}
	if m.Notes["colour"].Missing == 0 || m.Notes["colour"].Rows != m.Rows {
		t.Errorf("notes of colour: %+v", m.Notes["colour"])
	}
}

// Equal mixing draws as many rows of each file.
func TestMix(t *testing.T) {
	rows := parcelRows(200)
	folder := folderOf(t, parcels, nil)
	writeRows(t, filepath.Join(folder, "a.csv"), parcelColumns, rows[:150])
	writeRows(t, filepath.Join(folder, "b.csv"), parcelColumns[1:], without(rows[150:], 0))
	b := build(t, folder, "data=[a.csv, rows.csv, b.csv]", "train.mix=equal")
	places := map[string]int{}
	for _, row := range b.Rows[experiment.TrainPart] {
		file, _, _ := strings.Cut(filepath.Base(b.Frame.Place(int(row))), ":")
		places[file]++
	}
	if places["a.csv"] < 80 || places["b.csv"] < 20 {
		t.Fatalf("training rows: %v", places)
	}
	table := b.Tables[experiment.TrainPart]
	if table.Rows() != 2*places["a.csv"] {
		t.Errorf("the training table has %d rows, want twice %d", table.Rows(), places["a.csv"])
	}
	if n := b.Notes[experiment.TrainPart]["size"].Rows; n != len(b.Rows[experiment.TrainPart]) {
		t.Errorf("notes have %d rows, want each row once", n)
	}
	trained(t, b)
}

// without returns rows without a column.
func without(rows [][]string, column int) [][]string {
	var list [][]string
	for _, row := range rows {
		list = append(list, slices.Delete(slices.Clone(row), column, column+1))
	}
	return list
}

// The gradient of a head is that of the batch without the rows that lack its label.
func TestMask(t *testing.T) {
	const content = `data: {train: rows.csv, validation: same.csv}
inputs: {size: number, colour: category}
heads: {kind: category, big: binary, price: number}
trunk: {units: [9], dropout: 0}
`
	folder := folderOf(t, content, parcelRows(60))
	writeRows(t, filepath.Join(folder, "same.csv"), parcelColumns, parcelRows(60))
	// step returns the weights after a step of the training rows with, or without, those that lack a
	// head's label.
	step := func(head string, masked bool) map[string][]float32 {
		b := build(t, folder)
		labels, err := b.Frame.Cells(head)
		if err != nil {
			t.Fatal(err)
		}
		var known []int32
		for i, row := range b.Rows[experiment.TrainPart] {
			if masked || labels.At(int(row)) != "" {
				known = append(known, int32(i))
			}
		}
		table := b.Tables[experiment.TrainPart].Take(known)
		p := train.Plan{Optimizer: optim.SGD{Rate: 1}, NoShuffle: true, Batch: 100,
			Heads: train.Heads{}}
		for name, h := range b.Plan.Heads {
			p.Heads[name] = train.Head{Loss: h.Loss, MeasureOnly: name != head}
		}
		if _, err := train.Fit(context.Background(), b.Model, table, p); err != nil {
			t.Fatal(err)
		}
		weights := map[string][]float32{}
		for _, w := range b.Model.Weights() {
			weights[w.Name()] = w.Values()
		}
		return weights
	}
	for _, head := range []string{"kind", "big", "price"} {
		masked, left := step(head, true), step(head, false)
		for name, want := range left {
			for i, got := range masked[name] {
				if math.Abs(float64(got-want[i])) > 1e-6 { // sums of float32 in another order
					t.Fatalf("%s: %s[%d] is %v with the rows masked, %v without them", head, name, i, got,
						want[i])
				}
			}
		}
	}
}
