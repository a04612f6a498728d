package train_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid"
	"braid/internal/safetensors"
	"braid/layer"
	"braid/tensor"
	"braid/train"
)

// regularized has ops that couple rows, draw random numbers and have state, weights that two nodes
// share, and frozen weights.
func regularized(t *testing.T) *braid.Model {
	t.Helper()
	g := braid.NewGraph("regularized")
	image, x, ids := g.Input("image", tensor.Float32, 3, 4), g.Input("x", tensor.Float32,
		3), g.Input("ids", tensor.Int32, 2)
	lines := g.Add("lines", layer.BatchNormalization{Momentum: new(0.9)},
		g.Add("line", layer.Dense{Units: 5}, image))
	some := g.Add("some", layer.Dropout{Rate: 0.3}, g.Add("flat", layer.Flatten{}, lines))
	e := g.Add("e", layer.Embedding{Vocabulary: 5, Width: 3, Frozen: true}, ids)
	s := g.Add("s", layer.LSTM{Units: 6}, e)
	y := g.Add("y", layer.Dense{Units: 6, Activation: layer.GELU}, x)
	first := g.Add("first", layer.LayerNormalization{}, g.Add("sum", layer.Add{}, s, y))
	deep := g.Add("deep", layer.Dense{Units: 6, Activation: layer.Mish}, first)
	deeper := g.Again("deeper", deep, deep)
	all := g.Add("all", layer.Concatenate{}, some, deeper)
	h := g.Add("h", layer.BatchNormalization{NoScale: true},
		g.Add("wide", layer.Dense{Units: 40, Activation: layer.ELU}, all))
	g.Head("class", layer.Dense{Units: 4, Activation: layer.Softmax}, h)
	g.Head("yes", layer.Dense{Units: 1, Activation: layer.Sigmoid},
		g.Add("drop", layer.Dropout{Rate: 0.5}, h))
	m, err := g.Build(2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Gradients of batches of 150 and 203 rows have several chunks.
func TestRegularizedSameBytes(t *testing.T) {
	sameOnWorkers(t, regularized, table(t), []int{1, 19, 150, 203}, []int{1, 2, 5, 1, 3, 2})
	sameOnWorkers(t, func(t *testing.T) *braid.Model { return model(t) }, table(t), []int{150, 203},
		[]int{1, 2, 5})
}

// Frozen weights do not change; all others and the state do.
func TestFrozenAndState(t *testing.T) {
	m, before := regularized(t), regularized(t)
	p := plan()
	p.Epochs = 1
	if _, err := train.Fit(context.Background(), m, table(t), p); err != nil {
		t.Fatal(err)
	}
	for i, w := range m.Weights() {
		moved := false
		was := before.Weights()[i].Values()
		for j, v := range w.Values() {
			moved = moved || v != was[j]
		}
		if frozen := w.Name() == "e.embeddings"; moved == frozen {
			t.Errorf("%s: moved %t, want %t", w.Name(), moved, !frozen)
		}
	}
}

// A run that stops within an epoch and resumes ends with the same bytes, state and random numbers
// included.
func TestResumeRegularized(t *testing.T) {
	want, p := regularized(t), plan()
	h, err := train.Fit(context.Background(), want, table(t), p)
	if err != nil {
		t.Fatal(err)
	}
	q := checkpointed(t)
	q.Callbacks = []train.Callback{pull(20)}
	if _, err := train.Fit(context.Background(), regularized(t), table(t), q); !errors.Is(err,
		errPulled) {
		t.Fatal(err)
	}
	q.Callbacks, q.Workers = nil, 2
	m := regularized(t)
	got, err := train.Resume(context.Background(), m, table(t), q)
	if err != nil {
		t.Fatal(err)
	}
	if end(t, m, got) != end(t, want, h) {
		t.Error("the run that went on ends otherwise")
	}
}

// A checkpoint of another numerics version is an error, because the bytes would differ, and is
// kept.
func TestResumeOtherNumerics(t *testing.T) {
	p := checkpointed(t)
	p.Epochs = 1
	if _, err := train.Fit(context.Background(), model(t), table(t), p); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(p.Checkpoint.Dir, files(t, p)[0])
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	c, err := safetensors.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	delete(c.Metadata, "numerics") // as in files older than numerics versions
	var old bytes.Buffer
	if err := c.Write(&old); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, old.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	p.Epochs = 2
	_, err = train.Resume(context.Background(), model(t), table(t), p)
	if err == nil || !strings.Contains(err.Error(),
		fmt.Sprint("numerics version: it has 1, this program has ", braid.Numerics)) {
		t.Errorf("error is %v", err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the checkpoint is gone: %v", err)
	}
}
