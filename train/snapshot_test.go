package train

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"

	"braid"
	"braid/data"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/loss"
	"braid/tensor"
)

// small returns a run of a small network after one epoch and a step, and its checkpoint.
func small(t testing.TB) (*fit, []byte) {
	t.Helper()
	g := braid.NewGraph("small")
	g.Head("y", layer.Dense{Units: 1, Activation: layer.Sigmoid}, g.Input("x", tensor.Float32, 2))
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	table, err := data.NewTable(data.Floats("x", []float32{1, 2, -3, 4, 5, 0.5}, 2),
		data.Floats("y", []float32{1, 1, 0}))
	if err != nil {
		t.Fatal(err)
	}
	plan := Plan{Epochs: 2, Batch: 2, Workers: 1, Heads: Heads{"y": {Loss: loss.BinaryCrossentropy{}}}}
	f, err := newFit(context.Background(), m, table, plan)
	if err != nil {
		t.Fatal(err)
	}
	if f.fingerprint, err = f.describeRun(table); err != nil {
		t.Fatal(err)
	}
	f.plan.Callbacks = []Callback{{Step: func(s Step) error {
		if s.Epoch == 2 {
			return ErrStop
		}
		return nil
	}}}
	if err := f.run(); err != nil {
		t.Fatal(err)
	}
	var snap snapshot
	f.take(&snap)
	var b bytes.Buffer
	if err := snap.write(&b, m, f.runner.arrays, f.fingerprint, f.history.Names); err != nil {
		t.Fatal(err)
	}
	return f, b.Bytes()
}

// Every changed byte and every truncation of a checkpoint is an error.
func TestDamage(t *testing.T) {
	f, content := small(t)
	if _, err := f.read(content); err != nil {
		t.Fatal(err)
	}
	braidtest.EachDamage(content, func(what string, damaged []byte) {
		if _, err := f.read(damaged); err == nil {
			t.Errorf("%s: no error", what)
		}
	})
}

// Reading any file ends in an error or in a state of the run, without a panic.
func FuzzCheckpoint(f *testing.F) {
	run, content := small(f)
	f.Add(content)
	f.Add(content[:len(content)/2])
	f.Fuzz(func(t *testing.T, content []byte) {
		snap, err := run.read(content)
		if err == nil {
			run.put(snap)
		}
	})
}

func TestPositions(t *testing.T) {
	for name, want := range map[string]position{
		"epoch00003-step00000120.safetensors":  {3, 120},
		"epoch123456-step00000000.safetensors": {123456, 0},
	} {
		if got, ok := parsePosition(name); !ok || got != want || got.file() != name {
			t.Errorf("%s is %+v, %t", name, got, ok)
		}
	}
	for _, name := range []string{
		"", "epoch3-step120.safetensors", "epoch00003-step00000120",
		"epoch-0003-step00000120.safetensors",
		"epoch00003-step00000120.safetensors.damaged",
		".epoch00003-step00000120.safetensors.0123456789abcdef.tmp",
	} {
		if got, ok := parsePosition(name); ok {
			t.Errorf("%q is %+v", name, got)
		}
	}
	if path := (Checkpoint{Dir: "d"}).path(position{1, 2}); path != filepath.Join("d",
		"epoch00001-step00000002.safetensors") {
		t.Error(path)
	}
}
