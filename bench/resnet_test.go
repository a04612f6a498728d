package main

import (
	"bytes"
	"context"
	"testing"

	"braid/internal/braidtest"
	"braid/internal/kernel"
	"braid/modelfile"
	"braid/train"
)

// Every kernel set and number of workers takes the same step of a ResNet. Its rows are two chunks
// of batch statistics. The Go reference is slow: it takes one step, or more if BRAID_TEST_WHOLE is
// set.
func TestResNetSameBytes(t *testing.T) {
	table, err := resnetTable(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	rows := braidtest.Cases(9, 70)
	if table, err = table.Slice(0, rows); err != nil {
		t.Fatal(err)
	}
	plan := resnetPlan()
	plan.Epochs = 1
	defer kernel.Use(kernel.Default())
	var want []byte
	for _, set := range kernel.Sets() {
		for _, workers := range []int{1, 2, 5} {
			if set.Name == "go" && workers < 5 && !braidtest.Whole() {
				continue
			}
			kernel.Use(set)
			model, err := resnetGraph().Build(1)
			if err != nil {
				t.Fatal(err)
			}
			plan.Workers = workers
			if _, err := train.Fit(context.Background(), model, table, plan); err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := (&modelfile.File{Model: model}).Write(&got); err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got.Bytes()
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("kernel set %s with %d workers gives another model file", set.Name, workers)
			}
		}
	}
}

// A training step of the ResNet after the first allocates nothing. There are more steps than a few
// allocations of the runtime, so that these do not count.
func TestResNetAllocations(t *testing.T) {
	model, err := resnetGraph().Build(1)
	if err != nil {
		t.Fatal(err)
	}
	batch := braidtest.NewBatch(model, 3, 1)
	batch.Fill(model)
	if n := testing.AllocsPerRun(10, batch.Step); n > 0 {
		t.Errorf("a step allocates %v times", n)
	}
}
