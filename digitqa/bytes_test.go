package digitqa

import (
	"bytes"
	"context"
	"testing"

	"braid"
	"braid/data"
	"braid/internal/braidtest"
	"braid/internal/kernel"
	"braid/modelfile"
	"braid/train"
)

// TestSameBytes trains two epochs with every kernel set and several numbers of workers: the model
// files must have the same bytes. The Go reference takes a minute for all examples, so the test
// uses a thirtieth of them, fewer under the race detector, and all if BRAID_TEST_WHOLE is set.
func TestSameBytes(t *testing.T) {
	rows := braidtest.Cases(2_011, 60_000)
	if raceDetector {
		rows = 307
	}
	table := bookTable(t, rows)
	plan := Plan()
	plan.Epochs = 2
	checkSameBytes(t, Network(28, 28), table, plan)
}

// TestRecordSameBytes does the same for two steps of the convolutional network: of 70 small images,
// which are two chunks of gradients, and of 8 of MNIST's, or 70 if BRAID_TEST_WHOLE is set. Under
// the race detector 3 small ones must do.
func TestRecordSameBytes(t *testing.T) {
	check := func(height, width int, table *data.Table) {
		t.Helper()
		plan := RecordPlan(table.Rows())
		plan.Epochs, plan.Batch = 1, table.Rows()/2
		checkSameBytes(t, RecordNetwork(height, width), table, plan)
	}
	if raceDetector {
		check(13, 12, smallTable(t, 6))
		return
	}
	check(13, 12, smallTable(t, 140))
	table, err := Table(testMNIST(t).Train, RecordStandard)
	if err != nil {
		t.Fatal(err)
	}
	if table, err = table.Slice(0, braidtest.Cases(16, 140)); err != nil {
		t.Fatal(err)
	}
	check(28, 28, table)
}

// TestARM64 trains both networks on this machine and under emulation: the book's for an epoch, the
// convolutional one for two steps.
func TestARM64(t *testing.T) { braidtest.SameOnARM64(t, func() []byte { return trainBoth(t) }) }

// trainBoth returns a line for the model file of each network.
func trainBoth(t *testing.T) (result []byte) {
	fit := func(what string, g *braid.Graph, table *data.Table, plan train.Plan) {
		model := build(t, g)
		plan.Epochs = 1
		if _, err := train.Fit(context.Background(), model, table, plan); err != nil {
			t.Fatal(err)
		}
		result = append(result, braidtest.Digest(what, file(t, model))...)
	}
	fit("book", Network(28, 28), bookTable(t, braidtest.Cases(2_011, 60_000)), Plan())
	table := smallTable(t, 140)
	plan := RecordPlan(table.Rows())
	plan.Batch = table.Rows() / 2
	fit("record", RecordNetwork(13, 12), table, plan)
	return result
}

// bookTable returns the first of MNIST's training images, with questions.
func bookTable(t *testing.T, rows int) *data.Table {
	t.Helper()
	digits := testMNIST(t)
	standard, err := data.Measure(digits.Train.Pixels.Uint8s())
	if err != nil {
		t.Fatal(err)
	}
	table, err := Table(digits.Train, standard)
	if err != nil {
		t.Fatal(err)
	}
	if table, err = table.Slice(0, min(rows, table.Rows())); err != nil {
		t.Fatal(err)
	}
	return table
}

// checkSameBytes trains a network with every kernel set and several numbers of workers.
func checkSameBytes(t *testing.T, g *braid.Graph, table *data.Table, plan train.Plan) {
	t.Helper()
	defer kernel.Use(kernel.Default())
	var want []byte
	for _, set := range kernel.Sets() {
		for _, workers := range []int{1, 2, 5} {
			kernel.Use(set)
			model, err := g.Build(1)
			if err != nil {
				t.Fatal(err)
			}
			plan.Workers = workers
			if _, err := train.Fit(context.Background(), model, table, plan); err != nil {
				t.Fatal(err)
			}
			got := file(t, model)
			if want == nil {
				want = got
			}
			if !bytes.Equal(got, want) {
				t.Errorf("kernel set %s with %d workers gives another model file", set.Name, workers)
			}
		}
	}
	t.Logf("%d examples, kernel sets to %s", table.Rows(), kernel.Sets()[len(kernel.Sets())-1].Name)
}

// file returns the bytes of a model's file.
func file(t *testing.T, m *braid.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&modelfile.File{Model: m}).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
