package train_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"braid"
	"braid/internal/atomicfile"
	"braid/optim"
	"braid/train"
)

// end is the result of a run: the bytes of the model's file, and the history without its times.
func end(t testing.TB, m *braid.Model, h *train.History) string {
	t.Helper()
	var b bytes.Buffer
	for _, e := range h.Epochs {
		fmt.Fprintln(&b, e.Number, e.Values, e.Conflicts)
	}
	return b.String() + string(bytesOf(t, m))
}

var errPulled = errors.New("the plug is pulled")

// pull returns a callback that stops a run after the given number of steps.
func pull(steps int) train.Callback {
	return train.Callback{Step: func(train.Step) error {
		if steps--; steps <= 0 {
			return errPulled
		}
		return nil
	}}
}

// unhurried waits until each epoch's checkpoint is written: the next snapshot may replace one that
// is still in the queue.
func unhurried(p train.Plan) train.Callback { return unhurriedUnless(p, new(atomic.Bool)) }

// unhurriedUnless is unhurried as long as no checkpoint has failed.
func unhurriedUnless(p train.Plan, failed *atomic.Bool) train.Callback {
	return train.Callback{Epoch: func(e train.Epoch) error {
		name := fmt.Sprintf("epoch%05d-step00000000.safetensors", e.Number)
		for end := time.Now().Add(20 * time.Second); time.Now().Before(end); {
			if _, err := os.Stat(filepath.Join(p.Checkpoint.Dir, name)); err == nil || failed.Load() {
				return nil
			}
			time.Sleep(time.Millisecond)
		}
		return fmt.Errorf("%s is not written", name)
	}}
}

// checkpointed returns a plan with checkpoints in a new folder.
func checkpointed(t testing.TB) train.Plan {
	p := plan()
	p.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints")}
	return p
}

func files(t testing.TB, p train.Plan) []string {
	t.Helper()
	entries, err := os.ReadDir(p.Checkpoint.Dir)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, e := range entries {
		if e.Name() != atomicfile.LockName {
			list = append(list, e.Name())
		}
	}
	return list
}

// The newest checkpoints, the best, and the last one of an epoch's end are kept. Callbacks receive
// each.
func TestKeep(t *testing.T) {
	p := checkpointed(t)
	p.Epochs, p.Validate, p.Optimizer = 6, table(t), optim.Adam{Rate: 0.3}
	p.Checkpoint.Keep, p.Checkpoint.Every = 1, time.Nanosecond
	var saved []train.Saved
	p.Callbacks = []train.Callback{unhurried(p), {Saved: func(s train.Saved) error {
		saved = append(saved, s)
		return nil
	}}}
	h, err := train.Fit(context.Background(), model(t), table(t), p)
	if err != nil {
		t.Fatal(err)
	}
	if best := h.Best("val_loss"); best == 6 ||
		h.Series("val_loss")[best-1] >= h.Series("val_loss")[5] {
		t.Fatalf("the last epoch, or none, is the best: %v", h.Series("val_loss"))
	}
	best := fmt.Sprintf("epoch%05d-step00000000.safetensors", h.Best("val_loss"))
	want := []string{best, "epoch00006-step00000000.safetensors"}
	if got := files(t, p); !slices.Equal(got, slices.Compact(want)) {
		t.Errorf("%v is there, want %v", got, want)
	}
	last := saved[len(saved)-1]
	if last.Epochs != 6 || last.Steps != 0 || last.Err != nil || last.Bytes < 1000 || last.Took <= 0 {
		t.Errorf("the last that was told is %+v", last)
	}

	p = checkpointed(t)
	p.Optimizer = optim.Adam{Rate: 3}
	q := p
	q.Epochs, q.Checkpoint = 2, nil
	if h, err = train.Fit(context.Background(), model(t), table(t), q); err != nil {
		t.Fatal(err)
	}
	p.Checkpoint.Keep, p.Checkpoint.Every = 1, time.Nanosecond
	for _, name := range h.Names {
		if h.Best(name) == 1 {
			p.Checkpoint.Best = name
		}
	}
	if p.Checkpoint.Best == "" {
		t.Fatal("no figure of the second epoch is worse than of the first")
	}
	p.Callbacks = []train.Callback{pull(13 + 13 + 5)}
	if _, err := train.Fit(context.Background(), model(t), table(t), p); !errors.Is(err, errPulled) {
		t.Fatal(err)
	}
	if got := files(t, p); !slices.Contains(got, "epoch00002-step00000005.safetensors") ||
		!slices.Contains(got, "epoch00002-step00000000.safetensors") {
		t.Errorf("%v is there, want the last step's and the last whole epoch's", got)
	}
}

// A callback that panics leaves neither a lock nor a goroutine.
func TestPanicUnlocks(t *testing.T) {
	p := checkpointed(t)
	p.Callbacks = []train.Callback{{Epoch: func(train.Epoch) error { panic("planted") }}}
	func() {
		defer func() { recover() }()
		train.Fit(context.Background(), model(t), table(t), p)
	}()
	p.Callbacks = nil
	if _, err := train.Resume(context.Background(), model(t), table(t), p); err != nil {
		t.Error(err)
	}
}

// Mode selects the best value of a figure.
func TestMode(t *testing.T) {
	for mode, want := range map[string]int{"min": 4, "max": 1} {
		p := checkpointed(t)
		p.Epochs, p.Checkpoint.Keep, p.Checkpoint.Best, p.Checkpoint.Mode = 4, 1, "loss", mode
		p.Callbacks = []train.Callback{unhurried(p)}
		if _, err := train.Fit(context.Background(), model(t), table(t), p); err != nil {
			t.Fatal(err)
		}
		if got := files(t, p)[0]; got != fmt.Sprintf("epoch%05d-step00000000.safetensors", want) {
			t.Errorf("%s: %v is there", mode, files(t, p))
		}
	}
}

// Only one run at a time may write to a folder.
func TestLockedCheckpoints(t *testing.T) {
	p := checkpointed(t)
	p.Callbacks = []train.Callback{{Start: func(train.Start) error {
		q := p
		q.Callbacks = nil
		if _, err := train.Resume(context.Background(), model(t), table(t), q); !errors.Is(err,
			atomicfile.ErrLocked) {
			t.Errorf("error is %v", err)
		}
		return train.ErrStop
	}}}
	if _, err := train.Fit(context.Background(), model(t), table(t), p); err != nil {
		t.Fatal(err)
	}
}

// If any operation on the disk fails, training ends with the same bytes as without checkpoints, the
// failure is reported, and the folder has a state from which the run resumes to the same end.
func TestEveryDiskFailure(t *testing.T) {
	defer atomicfile.Inject(nil)
	p := plan()
	m := model(t)
	h, err := train.Fit(context.Background(), m, table(t), p)
	if err != nil {
		t.Fatal(err)
	}
	want := end(t, m, h)
	full := fmt.Errorf("planted: no space left on device")
	for failing := 0; ; failing++ {
		p := checkpointed(t)
		p.Checkpoint.Keep = 1
		count, told := 0, 0
		var hasFailed atomic.Bool
		p.Callbacks = []train.Callback{unhurriedUnless(p, &hasFailed), {Saved: func(s train.Saved) error {
			if s.Err != nil || s.Left != nil {
				told++
			}
			return nil
		}}}
		var failed atomicfile.Op
		atomicfile.Inject(func(op atomicfile.Op, _ string, bytes int) (int, error) {
			count++
			if count-1 != failing {
				return 0, nil
			}
			failed = op
			hasFailed.Store(true)
			return bytes / 3, full
		})
		m := model(t)
		h, err := train.Fit(context.Background(), m, table(t), p)
		atomicfile.Inject(nil)
		switch {
		case h == nil && errors.Is(err, full): // failed before the first step
			told++
		case end(t, m, h) != want:
			t.Fatalf("%s failed: training ends with other bytes", failed)
		}
		if failed == "" {
			if err != nil || told != 0 || count < 15 {
				t.Errorf("undisturbed, %d operations: %v", count, err)
			}
			return
		}
		var lost *train.NotSaved
		switch {
		// could not delete an old checkpoint
		case err == nil && (failed == atomicfile.Remove || failed == atomicfile.Folder):
			if told != 1 {
				t.Errorf("%s failed: %v, told %d times", failed, err, told)
			}
		case told == 0 || !errors.Is(err, full):
			t.Errorf("%s failed: %v, told %d times", failed, err, told)
		case errors.As(err, &lost) && lost.Failed != 1:
			t.Errorf("%s failed: %+v", failed, lost)
		}
		again, plan := model(t), p
		plan.Callbacks = nil
		if h, err = train.Resume(context.Background(), again, table(t), plan); err != nil {
			t.Errorf("%s failed, then: %v", failed, err)
		} else if end(t, again, h) != want {
			t.Errorf("%s failed: the resumed run ends with other bytes", failed)
		}
	}
}

// A slow disk does not delay training, and the last state is saved in the end.
func TestSlowDisk(t *testing.T) {
	defer atomicfile.Inject(nil)
	atomicfile.Inject(atomicfile.Delay(30 * time.Millisecond))
	p := checkpointed(t)
	p.Epochs, p.Checkpoint.Every = 40, time.Nanosecond
	written := 0
	p.Callbacks = []train.Callback{{Saved: func(train.Saved) error { written++; return nil }}}
	if _, err := train.Fit(context.Background(), model(t), table(t), p); err != nil {
		t.Fatal(err)
	}
	if written >= 40 || !slices.Contains(files(t, p), "epoch00040-step00000000.safetensors") {
		t.Errorf("%d checkpoints were written, of 40 epochs, and %v is there", written, files(t, p))
	}
}
