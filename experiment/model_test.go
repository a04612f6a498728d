package experiment_test

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/experiment"
	"braid/target"
)

// withNetwork returns an experiment file with the default network listed, for the rows in a folder.
func withNetwork(t *testing.T, folder string) string {
	t.Helper()
	b := build(t, folder)
	e := *b.Experiment
	var err error
	if e.Network, err = b.DefaultNetwork(); err != nil {
		t.Fatal(err)
	}
	var content bytes.Buffer
	if err := experiment.Write(&content, &e, nil); err != nil {
		t.Fatal(err)
	}
	return content.String()
}

// The default network, written to a file and read back, gives the same bytes, also where the name
// of a column is not that of its node.
func TestDefaultNetwork(t *testing.T) {
	columns := strings.NewReplacer("rows.csv", "rows.parquet", "  size:", `  "si::ze":`,
		"  kind:", `  "kind ":`)
	folder := folderOf(t, columns.Replace(parcels), nil)
	names := slices.Clone(parcelColumns)
	names[1], names[5] = "si::ze", "kind "
	writeRows(t, filepath.Join(folder, "rows.parquet"), names, parcelRows(150))
	want := trained(t, build(t, folder))
	listed := withNetwork(t, folder)
	if !strings.Contains(listed, "  price: {type: Dense, inputs: trunk::2::dropout, kernel:") {
		t.Errorf("the head has units or an activation:\n%s", listed)
	}
	if err := os.WriteFile(filepath.Join(folder, "e.yaml"), []byte(listed), 0o644); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(trained(t, build(t, folder)), want) {
		t.Errorf("this file gives other bytes than the default network:\n%s", listed)
	}
}

// A head of the file has the target's units and activation, and starts by guessing, unless the file
// has its units or says otherwise.
func TestListedHeads(t *testing.T) {
	const inputs = "data: rows.csv\ninputs: {size: number}\nheads: {kind: category, price: number}\n"
	folder := folderOf(t, strings.Replace(inputs, "price: number", "big: binary", 1)+`network:
  kind: {type: Dense, inputs: size}
  deep: {type: Dense, inputs: size, units: 3, activation: relu}
  big: {type: Dense, inputs: deep, bias: {init: constant, value: 2}}
`, parcelRows(100))
	b := build(t, folder)
	w, err := b.Model.Weight("kind.bias")
	if err != nil {
		t.Fatal(err)
	}
	if want := b.Targets[0].Decoder.Biases(); !slices.Equal(w.Values(), want) || want[0] == 0 {
		t.Errorf("the bias of kind starts at %v, want %v", w.Values(), want)
	}
	if w, err = b.Model.Weight("big.bias"); err != nil || w.Values()[0] != 2 {
		t.Errorf("the bias of big starts at %v, want 2 (error %v)", w.Values(), err)
	}
	trained(t, b)
	b = build(t, folder, "network.kind.units=3")
	if w, err = b.Model.Weight("kind.bias"); err != nil || w.Values()[0] != 0 {
		t.Errorf("the bias of kind with its units starts at %v, want 0 (error %v)", w.Values(), err)
	}

	for _, c := range []struct{ network, want string }{
		{`
  kind: {type: Dense, inputs: size, units: 5}
  price: {type: Dense, inputs: size, units: 2}
`, `e.yaml:5:3: head "kind" gives [5] numbers, want [3] for its category
e.yaml:6:3: head "price" gives [2] numbers, want [1] for its number`},
		{`
  kind: {type: Dense, inputs: size, activation: sigmoid}
  price: {type: Dense, inputs: size}
`, `e.yaml:5:3: head "kind" has activation sigmoid, want softmax for its category`},
		{`
  kind: {type: Dense, inputs: [size, size]}
  price: {type: Dense, inputs: size}
`, `e.yaml:5:3: layer "kind": Dense: got 2 inputs, want 1 (inputs: size [2] float32, ` +
			"size [2] float32)"},
		{`
  kind: {type: Dense, inputs: size::log}
  price: {type: Dense, inputs: size}
`, `e.yaml:5:3: layer "kind": unknown input "size::log", want one of "size"`},
	} {
		content := inputs + "network:" + c.network
		if err := os.WriteFile(filepath.Join(folder, "e.yaml"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		checkBuildError(t, folder, c.want)
	}
}

// A network whose vocabulary is smaller than that of the data is an error before training.
func TestListedVocabulary(t *testing.T) {
	folder := folderOf(t, `data: rows.csv
inputs: {note: text, size: number}
heads: {kind: category}
network:
  mask: {type: NotZero, inputs: note}
  words: {type: BagEmbedding, inputs: [note, mask], vocabulary: 4, width: 3}
  both: {type: Concatenate, inputs: [words, size]}
  kind: {type: Dense, inputs: both}
`, parcelRows(100))
	const want = `e.yaml:2:10: input "note" has ids up to 9, but a layer that reads it has a ` +
		"vocabulary of 4, want 10"
	checkBuildError(t, folder, want)
}

// checkBuildError checks that the experiment in a folder cannot be built, and the error without the
// folder.
func checkBuildError(t *testing.T, folder, want string, set ...string) {
	t.Helper()
	_, err := tryBuild(folder, set...)
	if err == nil {
		t.Fatalf("built, want the error\n%s", want)
	}
	if got := strings.ReplaceAll(err.Error(), folder+"/", ""); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A threshold that is auto is chosen on the validation part when the training is over.
func TestThreshold(t *testing.T) {
	b := build(t, folderOf(t, parcels, parcelRows(600)))
	f, _ := fileOf(t, b, fit(t, b))
	before := b.Targets[1].Decoder.(target.BinaryDecoder)
	after := f.Targets[1].Decoder.(target.BinaryDecoder)
	if before.Threshold != 0.5 || after.Threshold == 0.5 {
		t.Errorf("thresholds %v before and %v after training", before.Threshold, after.Threshold)
	}
	score := func(d target.Decoder) float64 {
		m := *f
		m.Targets = slices.Clone(f.Targets)
		m.Targets[1].Decoder = d
		got, err := experiment.Measure(t.Context(), &m, b.Frame, b.Rows[experiment.ValidationPart], 0)
		if err != nil {
			t.Fatal(err)
		}
		return got.Scores[1].Figure("balanced_accuracy").Value
	}
	if got, want := score(after), score(before); got <= want {
		t.Errorf("balanced accuracy %v with the threshold %v, %v with 0.5", got, after.Threshold, want)
	}
}
