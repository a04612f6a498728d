package train_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"braid"
	"braid/balance"
	"braid/internal/braidtest"
	"braid/internal/kernel"
	"braid/optim"
	"braid/train"
)

// A run that is interrupted anywhere, twice, and resumed with other workers and another kernel set,
// ends with the same bytes, with any optimizer and any of the plan's settings.
func TestResumeAnywhere(t *testing.T) {
	defer kernel.Use(kernel.Default())
	tried, most := 0, braidtest.Cases(15, 30)
	rapid.Check(t, func(r *rapid.T) {
		if tried++; tried > most {
			return
		}
		p := plan()
		p.Epochs, p.Batch = rapid.IntRange(1, 4).Draw(r, "epochs"), rapid.IntRange(3, 70).Draw(r, "batch")
		p.Seed, p.NoShuffle = rapid.Uint64Min(1).Draw(r, "seed"), rapid.Bool().Draw(r, "no shuffle")
		p.Restore, p.DropLast = rapid.Bool().Draw(r, "restore"), rapid.Bool().Draw(r, "drop last")
		if rapid.Bool().Draw(r, "validate") {
			p.Validate = table(t)
		}
		build := func() *braid.Model { return model(t) }
		if rapid.Bool().Draw(r, "penalized") {
			build = func() *braid.Model { return penalized(t) }
		}
		p.Optimizer = rapid.SampledFrom(optimizers).Draw(r, "optimizer")
		p.Accumulate = rapid.IntRange(1, 4).Draw(r, "accumulate")
		switch rapid.IntRange(0, 3).Draw(r, "clip") {
		case 1:
			p.Clip.Value = 0.01
		case 2:
			p.Clip.Norm = 0.1
		case 3:
			p.Clip.GlobalNorm = 0.3
		}
		if rapid.Bool().Draw(r, "average") {
			p.EMA = &train.EMA{
				Momentum: 0.8, Overwrite: rapid.IntRange(0, 5).Draw(r, "overwrite"),
				Warmup: rapid.Bool().Draw(r, "warm-up"), State: rapid.Bool().Draw(r, "state"),
			}
		}
		if rapid.Bool().Draw(r, "plateau") {
			p.Plateau = &train.Plateau{Figure: "class_accuracy", Factor: 0.4, MinDelta: new(10.0),
				Patience: rapid.IntRange(1, 2).Draw(r, "patience"),
				Cooldown: rapid.IntRange(0, 1).Draw(r, "cooldown"), MinRate: 1e-4}
		}
		p.Conflicts = rapid.Bool().Draw(r, "conflicts")
		p.Balance = rapid.SampledFrom(append(methods, nil)).Draw(r, "balance")
		if _, combines := p.Balance.(balance.Combining); combines && isLazy(p) {
			p.Accumulate = 1
		}
		machine := func(name string) {
			kernel.Use(rapid.SampledFrom(kernel.Sets()).Draw(r, name+" set"))
			p.Workers = rapid.IntRange(1, 5).Draw(r, name+" workers")
		}
		machine("whole")
		m := build()
		h, err := train.Fit(context.Background(), m, table(t), p)
		if err != nil {
			r.Fatal(err)
		}
		want := end(t, m, h)

		steps := p.Epochs * ((rows + p.Batch - 1) / p.Batch)
		if p.DropLast {
			steps = p.Epochs * (rows / p.Batch)
		}
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
			if _, err := run(context.Background(), build(), table(t), p); err != nil &&
				!errors.Is(err, errPulled) {
				r.Fatal(err)
			}
			run = train.Resume
		}
		machine("last")
		p.Callbacks = []train.Callback{where}
		m = build()
		if h, err = train.Resume(context.Background(), m, table(t), p); err != nil {
			r.Fatal(err)
		}
		if end(t, m, h) != want {
			r.Fatal("the run that was interrupted ends with other bytes")
		}
	})
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
		"drop last: it has none, this run has true": func(p *train.Plan, _ **braid.Model) bool {
			p.DropLast = true
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
		"clip: it has none, this run has {\"norm\":2}": func(p *train.Plan, _ **braid.Model) bool {
			p.Clip.Norm = 2
			return false
		},
		"accumulate: it has none, this run has 2": func(p *train.Plan, _ **braid.Model) bool {
			p.Accumulate = 2
			return false
		},
		"average: it has none, this run has {\"momentum\":0.99}": func(p *train.Plan,
			_ **braid.Model) bool {
			p.EMA = &train.EMA{}
			return false
		},
		"plateau: it has none, this run has {\"figure\":\"val_loss\"": func(p *train.Plan,
			_ **braid.Model) bool {
			p.Plateau = &train.Plateau{}
			return false
		},
		"this run has sgd {\"schedule\":{\"kind\":\"exponential_decay\"": func(p *train.Plan,
			_ **braid.Model) bool {
			p.Optimizer = optim.SGD{Schedule: optim.ExponentialDecay{InitialRate: 1, DecaySteps: 2,
				DecayRate: 0.5}}
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
	p.Callbacks = []train.Callback{unhurried(p)}
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
func TestDamagedRestorePoint(t *testing.T) {
	p := checkpointed(t)
	p.Restore, p.Checkpoint.Every = true, time.Nanosecond
	m := model(t)
	h, err := train.Fit(context.Background(), m, table(t), plan())
	if err != nil {
		t.Fatal(err)
	}
	want := end(t, m, h)
	p.Callbacks = []train.Callback{unhurried(p), pull(13 + 4)}
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
