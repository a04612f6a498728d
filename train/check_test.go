package train_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"braid"
	"braid/data"
	"braid/train"
)

// A nil model or table, or a model that was not built, is an error that names it.
func TestNil(t *testing.T) {
	ctx, checked := context.Background(), plan()
	checked.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints")}
	for _, c := range []struct {
		model *braid.Model
		table *data.Table
		want  string
	}{
		{nil, table(t), "train: the model is nil, want one that Graph.Build returned without an error"},
		{model(t), nil,
			"train: the table is nil, want one that data.NewTable returned without an error"},
		{&braid.Model{}, table(t), "train: the model is empty, want one that Graph.Build returned"},
		{nil, nil, "train: the model is nil, want one that Graph.Build returned without an error"},
	} {
		_, fit := train.Fit(ctx, c.model, c.table, plan())
		_, resume := train.Resume(ctx, c.model, c.table, checked)
		heads := plan().Heads.WithAllMetrics(c.model)
		_, evaluate := train.Evaluate(ctx, c.model, c.table, heads, 1)
		for i, err := range []error{fit, resume, evaluate} {
			if err == nil || err.Error() != c.want {
				t.Errorf("function %d: error is %v, want %s", i, err, c.want)
			}
		}
	}
}

// Check sees the figures of the run before any other function of a callback is called, and before
// the folder of checkpoints is made. After its error none is called.
func TestCheck(t *testing.T) {
	refused := errors.New("refused")
	p := plan()
	p.Epochs, p.Validate = 1, table(t)
	p.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints")}
	var calls []string
	callback := train.Callback{
		Check: func(h *train.History) error {
			calls = append(calls, "check "+h.Names[len(h.Names)-1])
			return refused
		},
		Start: func(train.Start) error { calls = append(calls, "start"); return nil },
		End:   func(*train.History) error { calls = append(calls, "end"); return nil },
	}
	p.Callbacks = []train.Callback{callback}
	_, err := train.Fit(context.Background(), model(t), table(t), p)
	if _, missing := os.Stat(p.Checkpoint.Dir); !errors.Is(err, refused) || missing == nil ||
		err.Error() != "train: refused" || !slices.Equal(calls, []string{"check val_yes_accuracy"}) {
		t.Errorf("error is %v after the calls %q, folder: %v", err, calls, missing)
	}
	calls, refused = nil, nil
	if _, err := train.Fit(context.Background(), model(t), table(t), p); err != nil ||
		!slices.Equal(calls, []string{"check val_yes_accuracy", "start", "end"}) {
		t.Errorf("error is %v after the calls %q", err, calls)
	}
}
