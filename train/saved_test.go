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
	"braid/layer"
	"braid/tensor"
	"braid/train"
)

// The checkpoints of a run that was stopped have its history, and the weights that the model had at
// the end of the best epoch: with averages, these. A damaged checkpoint is passed over.
func TestSaved(t *testing.T) {
	p, e := stopEarly(t)
	e.Patience = 9
	dir := filepath.Join(t.TempDir(), "checkpoints")
	if h, err := train.SavedHistory(dir); h != nil || err != nil {
		t.Fatalf("without a folder: %v, %v", h, err)
	}
	m := model(t)
	p.EMA = &train.EMA{Momentum: 0.9}
	p.Checkpoint = &train.Checkpoint{Dir: dir, Keep: 1}
	var after [][]byte
	p.Callbacks = []train.Callback{e.Callback(), {Epoch: func(n train.Epoch) error {
		after = append(after, bytesOf(t, m))
		return nil
	}, Step: func(s train.Step) error {
		if s.Epoch == 6 && s.Step == 4 {
			return errPulled
		}
		return nil
	}}}
	h, err := train.Fit(context.Background(), m, table(t), p)
	if !errors.Is(err, errPulled) {
		t.Fatal(err)
	}
	saved, err := train.SavedHistory(dir)
	if err != nil || fmt.Sprint(saved.Names, saved.Epochs) != fmt.Sprint(h.Names, h.Epochs) {
		t.Fatalf("the history is %v, %v\nwant %v", saved, err, h)
	}
	best, err := e.Best(saved)
	if err != nil || best == len(h.Epochs) || len(h.Epochs) != 5 {
		t.Fatalf("the best of %d epochs is %d, %v", len(h.Epochs), best, err)
	}
	for _, epoch := range []int{best, len(h.Epochs)} {
		other := model(t)
		if err := train.LoadEpoch(dir, epoch, other); err != nil ||
			!bytes.Equal(bytesOf(t, other), after[epoch-1]) {
			t.Errorf("epoch %d has other weights: %v", epoch, err)
		}
	}
	other := model(t)
	was := bytesOf(t, other)
	if err := train.LoadEpoch(dir, 99, other); !errors.Is(err, os.ErrNotExist) ||
		!bytes.Equal(bytesOf(t, other), was) {
		t.Errorf("an epoch that is not there: %v", err)
	}
	g := braid.NewGraph("other")
	g.Head("y", layer.Dense{Units: 1}, g.Input("x", tensor.Float32, 3))
	small, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	if err := train.LoadEpoch(dir, 5, small); err == nil ||
		!strings.Contains(err.Error(), "is of another model: tensor") {
		t.Errorf("another model: %v", err)
	}

	newest := filepath.Join(dir, "epoch00005-step00000004.safetensors")
	content, err := os.ReadFile(newest)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)-1] ^= 1
	if err := os.WriteFile(newest, content, 0o600); err != nil {
		t.Fatal(err)
	}
	if saved, err := train.SavedHistory(dir); err != nil || len(saved.Epochs) != 5 {
		t.Errorf("of the checkpoint before a damaged one: %v, %v", saved, err)
	}
	for _, name := range files(t, p) {
		if err := os.Truncate(filepath.Join(dir, name), 100); err != nil {
			t.Fatal(err)
		}
	}
	if saved, err := train.SavedHistory(dir); saved != nil || err == nil ||
		!strings.Contains(err.Error(), newest) {
		t.Errorf("all are damaged: %v, %v", saved, err)
	}
}
