package train_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"braid"
	"braid/internal/disk"
	"braid/internal/kernel"
	"braid/optim"
	"braid/train"
)

// end is the result of a run: the bytes of the model's file, and the history without its times.
func end(t testing.TB, m *braid.Model, h *train.History) string {
	t.Helper()
	var b bytes.Buffer
	for _, e := range h.Epochs {
		fmt.Fprintln(&b, e.Number, e.Values)
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

// A run that is interrupted anywhere, twice, and resumed with other workers and another kernel set,
// ends with the same bytes.
func TestResumeAnywhere(t *testing.T) {
	defer kernel.Use(kernel.Default())
	tried := 0
	rapid.Check(t, func(r *rapid.T) {
		if tried++; tried > 24 {
			return
		}
		p := plan()
		p.Epochs, p.Batch = rapid.IntRange(1, 4).Draw(r, "epochs"), rapid.IntRange(3, 70).Draw(r, "batch")
		p.Seed, p.NoShuffle = rapid.Uint64Min(1).Draw(r, "seed"), rapid.Bool().Draw(r, "no shuffle")
		p.Restore = rapid.Bool().Draw(r, "restore")
		if rapid.Bool().Draw(r, "validate") {
			p.Validate = table(t)
		}
		machine := func(name string) {
			kernel.Use(rapid.SampledFrom(kernel.Sets()).Draw(r, name+" set"))
			p.Workers = rapid.IntRange(1, 5).Draw(r, name+" workers")
		}
		machine("whole")
		m := model(t)
		h, err := train.Fit(context.Background(), m, table(t), p)
		if err != nil {
			r.Fatal(err)
		}
		want := end(t, m, h)

		steps := p.Epochs * ((rows + p.Batch - 1) / p.Batch)
		p.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints")}
		if rapid.Bool().Draw(r, "within epochs") {
			p.Checkpoint.Every = time.Nanosecond
		}
		run, epochs, step := train.Fit, 0, 0
		where := train.Callback{
			Start: func(s train.Start) error {
				if s.From != epochs || s.Step != step {
					r.Errorf("going on after %d epochs and %d steps, want %d and %d", s.From, s.Step, epochs, step)
				}
				return nil
			},
			Step:  func(s train.Step) error { epochs, step = s.Epoch-1, s.Step; return nil },
			Epoch: func(e train.Epoch) error { epochs, step = e.Number, 0; return nil },
		}
		for _, name := range []string{"first", "second"} {
			machine(name)
			p.Callbacks = []train.Callback{where, pull(rapid.IntRange(1, steps).Draw(r, name+" stop"))}
			if _, err := run(context.Background(), model(t), table(t), p); err != nil &&
				!errors.Is(err, errPulled) {
				r.Fatal(err)
			}
			run = train.Resume
		}
		machine("last")
		p.Callbacks = []train.Callback{where}
		m = model(t)
		if h, err = train.Resume(context.Background(), m, table(t), p); err != nil {
			r.Fatal(err)
		}
		if end(t, m, h) != want {
			r.Fatal("the run that was interrupted ends with other bytes")
		}
	})
}

// unhurried waits until each epoch's checkpoint is written.
var unhurried = train.Callback{Epoch: func(train.Epoch) error {
	time.Sleep(20 * time.Millisecond)
	return nil
}}

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
		if e.Name() != disk.LockName {
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
	p.Callbacks = []train.Callback{unhurried, {Saved: func(s train.Saved) error {
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

// A resumed run may have more epochs. It ends like a run that had them from the start.
func TestMoreEpochs(t *testing.T) {
	p := checkpointed(t)
	p.Epochs = 2
	if _, err := train.Fit(context.Background(), model(t), table(t), p); err != nil {
		t.Fatal(err)
	}
	p.Epochs = 5
	m := model(t)
	h, err := train.Resume(context.Background(), m, table(t), p)
	if err != nil {
		t.Fatal(err)
	}
	whole, q := model(t), plan()
	q.Epochs = 5
	want, err := train.Fit(context.Background(), whole, table(t), q)
	if err != nil {
		t.Fatal(err)
	}
	if end(t, m, h) != end(t, whole, want) {
		t.Error("two and then three epochs are not five")
	}
	p.Epochs = 4
	if _, err = train.Resume(context.Background(), model(t), table(t), p); err == nil ||
		!strings.Contains(err.Error(), "has 5 epochs and 0 steps already, Epochs = 4") {
		t.Errorf("error is %v", err)
	}
}

// A resumed run must have the same fingerprint. The error names what differs.
func TestOtherRun(t *testing.T) {
	p := checkpointed(t)
	p.Epochs, p.Validate = 1, table(t)
	if _, err := train.Fit(context.Background(), model(t), table(t), p); err != nil {
		t.Fatal(err)
	}
	if _, err := train.Fit(context.Background(), model(t), table(t), p); err == nil ||
		!strings.Contains(err.Error(), "holds checkpoints: Resume") {
		t.Errorf("error is %v", err)
	}
	part, err := table(t).Slice(1, rows)
	if err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(p *train.Plan, m **braid.Model) (parted bool){
		"batch: it has 16, this run has 17": func(p *train.Plan, _ **braid.Model) bool {
			p.Batch = 17
			return false
		},
		"seed: it has ": func(p *train.Plan, _ **braid.Model) bool {
			p.Seed = 99
			return false
		},
		"shuffle: it has true": func(p *train.Plan, _ **braid.Model) bool {
			p.NoShuffle = true
			return false
		},
		"restore: it has false": func(p *train.Plan, _ **braid.Model) bool {
			p.Restore = true
			return false
		},
		"optimizer: it has adam": func(p *train.Plan, _ **braid.Model) bool {
			p.Optimizer = optim.Adam{Rate: 0.5}
			return false
		},
		"validation column x: it has CRC": func(p *train.Plan, _ **braid.Model) bool {
			p.Validate = nil
			return false
		},
		"training column image: it has CRC": func(*train.Plan, **braid.Model) bool { return true },
		"training rows: it has 203, this run has": func(*train.Plan, **braid.Model) bool {
			return true
		},
		"head yes: it has": func(p *train.Plan, _ **braid.Model) bool {
			h := p.Heads["yes"]
			h.Weight = 0.25
			p.Heads["yes"] = h
			return false
		},
		"layer narrow: it has none": func(_ *train.Plan, m **braid.Model) bool {
			*m = large(t)
			return false
		},
	} {
		q, m, data := p, model(t), table(t)
		q.Heads = plan().Heads
		if change(&q, &m) {
			data = part
		}
		before := bytesOf(t, m)
		_, err := train.Resume(context.Background(), m, data, q)
		if err == nil || !strings.Contains(err.Error(), want) ||
			!strings.Contains(err.Error(), "cannot be resumed: it belongs to another run") {
			t.Errorf("error is %v, want %q", err, want)
		}
		if !bytes.Equal(before, bytesOf(t, m)) {
			t.Errorf("%s: the model was changed", want)
		}
	}
	for want, c := range map[string]*train.Checkpoint{
		"Checkpoint.Dir is empty":                 {},
		"Checkpoint.Every = -1ns":                 {Dir: "x", Every: -1},
		"Checkpoint.Keep = -1":                    {Dir: "x", Keep: -1},
		`Checkpoint.Best: unknown figure "loose"`: {Dir: "x", Best: "loose"},
	} {
		p := plan()
		p.Checkpoint = c
		if _, err := train.Fit(context.Background(), model(t), table(t), p); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	if _, err := train.Resume(context.Background(), model(t), table(t), plan()); err == nil ||
		!strings.Contains(err.Error(), "needs a plan with a Checkpoint") {
		t.Errorf("error is %v", err)
	}
}

// A damaged checkpoint is reported and renamed, and the one before it is used.
func TestDamagedCheckpoint(t *testing.T) {
	p := checkpointed(t)
	p.Epochs = 3
	p.Callbacks = []train.Callback{unhurried}
	m := model(t)
	h, err := train.Fit(context.Background(), m, table(t), p)
	if err != nil {
		t.Fatal(err)
	}
	want := end(t, m, h)
	newest := filepath.Join(p.Checkpoint.Dir, "epoch00003-step00000000.safetensors")
	content, err := os.ReadFile(newest)
	if err != nil {
		t.Fatal(err)
	}
	content[len(content)/2] ^= 4
	if err := os.WriteFile(newest, content, 0o600); err != nil {
		t.Fatal(err)
	}
	var told []train.Saved
	var from int
	p.Callbacks = []train.Callback{{
		Saved: func(s train.Saved) error { told = append(told, s); return nil },
		Start: func(s train.Start) error { from = s.From; return nil },
	}}
	m = model(t)
	if h, err = train.Resume(context.Background(), m, table(t), p); err != nil {
		t.Fatal(err)
	}
	if end(t, m, h) != want || from != 2 {
		t.Errorf("after %d epochs of the run, it ends with other bytes", from)
	}
	if len(told) < 2 || told[0].Path != newest || !errors.Is(told[0].Err, train.ErrDamaged) ||
		!strings.Contains(told[0].Err.Error(), "CRC-32C") {
		t.Errorf("told %+v", told)
	}
	if got := files(t, p); !slices.Contains(got, "epoch00003-step00000000.safetensors.damaged") {
		t.Errorf("%v is there, want the damaged one, too", got)
	}

	// If all are damaged, no new run starts.
	for _, name := range files(t, p) {
		if err := os.WriteFile(filepath.Join(p.Checkpoint.Dir, name), content[:50], 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 { // also not on the second call
		if _, err := train.Resume(context.Background(), model(t), table(t), p); err == nil ||
			!strings.Contains(err.Error(), "can be used: the newest is damaged") {
			t.Errorf("error is %v", err)
		}
	}
}

// If the checkpoint that a restore would go back to is damaged, it is reported, and the run
// continues.
func TestDamagedWhole(t *testing.T) {
	p := checkpointed(t)
	p.Restore, p.Checkpoint.Every = true, time.Nanosecond
	m := model(t)
	h, err := train.Fit(context.Background(), m, table(t), plan())
	if err != nil {
		t.Fatal(err)
	}
	want := end(t, m, h)
	p.Callbacks = []train.Callback{unhurried, pull(13 + 4)}
	if _, err := train.Fit(context.Background(), model(t), table(t), p); !errors.Is(err, errPulled) {
		t.Fatal(err)
	}
	whole := filepath.Join(p.Checkpoint.Dir, "epoch00001-step00000000.safetensors")
	if err := os.WriteFile(whole, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var told []train.Saved
	p.Callbacks = []train.Callback{{Saved: func(s train.Saved) error {
		told = append(told, s)
		return nil
	}}}
	m = model(t)
	if h, err = train.Resume(context.Background(), m, table(t), p); err != nil ||
		end(t, m, h) != want {
		t.Errorf("the run ends otherwise (%v)", err)
	}
	if len(told) == 0 || told[0].Path != whole || !errors.Is(told[0].Err, train.ErrDamaged) {
		t.Errorf("told %+v", told)
	}
}

// A checkpoint within an epoch beyond the plan's last is an error.
func TestFewerEpochs(t *testing.T) {
	p := checkpointed(t)
	p.Callbacks = []train.Callback{pull(13 + 13 + 5)}
	if _, err := train.Fit(context.Background(), model(t), table(t), p); !errors.Is(err, errPulled) {
		t.Fatal(err)
	}
	p.Callbacks, p.Epochs = nil, 2
	if _, err := train.Resume(context.Background(), model(t), table(t), p); err == nil ||
		!strings.Contains(err.Error(), "has 2 epochs and 5 steps already, Epochs = 2") {
		t.Errorf("error is %v", err)
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
		p.Callbacks = []train.Callback{unhurried}
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
			disk.ErrLocked) {
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
	defer disk.Inject(nil)
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
		p.Callbacks = []train.Callback{unhurried, {Saved: func(s train.Saved) error {
			if s.Err != nil || s.Left != nil {
				told++
			}
			return nil
		}}}
		var failed disk.Op
		disk.Inject(func(op disk.Op, _ string, bytes int) (int, error) {
			count++
			if count-1 != failing {
				return 0, nil
			}
			failed = op
			return bytes / 3, full
		})
		m := model(t)
		h, err := train.Fit(context.Background(), m, table(t), p)
		disk.Inject(nil)
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
		case err == nil && (failed == disk.Remove || failed == disk.Folder):
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
	defer disk.Inject(nil)
	disk.Inject(disk.Delay(30 * time.Millisecond))
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
