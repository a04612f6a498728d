package train_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"testing"
	"time"

	"braid"
	"braid/layer"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// badNumbers returns a network whose numbers overflow at a given learning rate.
func badNumbers(t *testing.T) *braid.Model {
	t.Helper()
	g := braid.NewGraph("bad")
	x, image, ids := g.Input("x", tensor.Float32, 3), g.Input("image", tensor.Float32, 3,
		4), g.Input("ids", tensor.Int32, 2)
	e := g.Add("e", layer.Flatten{}, g.Add("words", layer.Embedding{Vocabulary: 5, Width: 2}, ids))
	flat := g.Add("flat", layer.Flatten{}, image)
	h := g.Add("h", layer.Dense{Units: 6, Activation: layer.ReLU},
		g.Add("all", layer.Concatenate{}, x, flat, e))
	g.Head("class", layer.Dense{Units: 4, Activation: layer.Softmax}, h)
	g.Head("yes", layer.Dense{Units: 1, Activation: layer.Sigmoid}, h)
	m, err := g.Build(8)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Numbers that are not finite end training with an error that has the position and the magnitudes,
// or restore it with half the rate.
func TestRestore(t *testing.T) {
	for _, workers := range []int{1, 2} {
		p := plan()
		p.Workers, p.Optimizer = workers, optim.Adam{Rate: 3e38}
		_, err := train.Fit(context.Background(), badNumbers(t), table(t), p)
		var bad *train.NotFinite
		if !errors.As(err, &bad) || bad.Epoch != 1 || bad.Step < 1 ||
			(bad.Head == "") == (bad.Weight == "") || len(bad.Largest) != 7 {
			t.Fatalf("error is %v", err)
		}
		if bad.Largest[1].Weight != "h.kernel" || !(bad.Largest[1].Value > 1) {
			t.Errorf("largest are %+v", bad.Largest)
		}
		p.Restore = true
		var restored []train.Restored
		p.Callbacks = []train.Callback{{Restored: func(r train.Restored) error {
			restored = append(restored, r)
			return nil
		}}}
		_, err = train.Fit(context.Background(), badNumbers(t), table(t), p)
		if !errors.As(err, &bad) || len(restored) != 3 || restored[2].Factor != 0.125 ||
			restored[2].Restores != 3 || restored[0].Epochs != 0 {
			t.Errorf("error is %v, restored %+v", err, restored)
		}
	}
}

// A run whose weights became NaN saves no checkpoint of them: the last good one is kept.
func TestNoBadCheckpoint(t *testing.T) {
	p := checkpointed(t)
	p.Optimizer, p.Checkpoint.Every = spike{optim.Adam{Rate: 0.01}, 13 + 4}, time.Nanosecond
	p.Callbacks = []train.Callback{unhurried(p)}
	if _, err := train.Fit(context.Background(), model(t), table(t), p); !errors.Is(err,
		train.ErrNotFinite) {
		t.Fatal(err)
	}
	var from int
	p.Callbacks = []train.Callback{{Start: func(s train.Start) error {
		from = 13*s.From +
			s.Step
		return train.ErrStop
	}}}
	m := model(t)
	if _, err := train.Resume(context.Background(), m, table(t), p); err != nil {
		t.Fatal(err)
	}
	if from < 13 || from > 13+3 {
		t.Errorf("it goes on after step %d, want one of the second epoch before the 4th", from)
	}
}

// spike is an optimizer that writes NaN to a weight once, in a run whose rate was not halved.
type spike struct {
	optim.Adam
	step int
}

func (spike) Kind() string { return "spike" }

func (o spike) At(step int) optim.Step {
	s := o.Adam.At(step)
	if step == o.step {
		s[4] = float32(math.NaN())
	}
	return s
}

func (o spike) Scaled(factor float64) optim.Optimizer { return o.Adam.Scaled(factor) }

// Numbers that are not finite are found with any number of workers and in any step of an epoch,
// also in its last step, after which no loss shows them.
func TestRestoreOnAnyNumberOfWorkers(t *testing.T) {
	build := func() *braid.Model {
		g := braid.NewGraph("widths")
		x, image, ids := g.Input("x", tensor.Float32, 3), g.Input("image", tensor.Float32, 3,
			4), g.Input("ids", tensor.Int32, 2)
		e := g.Add("e", layer.Flatten{}, g.Add("words", layer.Embedding{Vocabulary: 5, Width: 2}, ids))
		flat := g.Add("flat", layer.Flatten{}, image)
		wide := g.Add("wide", layer.Dense{Units: 33, Activation: layer.Tanh},
			g.Add("all", layer.Concatenate{}, x, flat, e))
		h := g.Add("h", layer.Dense{Units: 80, Activation: layer.ReLU}, wide)
		g.Head("class", layer.Dense{Units: 4, Activation: layer.Softmax}, h)
		g.Head("yes", layer.Dense{Units: 1, Activation: layer.Sigmoid}, h)
		m, err := g.Build(8)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	for _, step := range []int{13 + 4, 13 + 13} {
		var want string
		for _, workers := range []int{1, 2, 3} {
			p, restores := plan(), 0
			p.Workers, p.Restore, p.Optimizer = workers, true, spike{optim.Adam{Rate: 0.01}, step}
			p.Callbacks = []train.Callback{{Restored: func(r train.Restored) error {
				restores++
				return nil
			}}}
			m := build()
			h, err := train.Fit(context.Background(), m, table(t), p)
			if err != nil || restores != 1 {
				t.Fatalf("spoilt in step %d, %d workers: %d restores (%v)", step, workers, restores, err)
			}
			if got := end(t, m, h); want == "" {
				want = got
			} else if got != want {
				t.Errorf("spoilt in step %d, %d workers give other bytes", step, workers)
			}
		}
	}
}

// A run that was restored, then interrupted anywhere, resumes with the halved rate and ends with
// the same bytes.
func TestRestoreAndResume(t *testing.T) {
	p := plan()
	p.Restore, p.Epochs, p.Optimizer = true, 4, spike{optim.Adam{Rate: 0.01}, 13 + 13 + 4}
	restoreAndResume(t, p, 4)
	p.Optimizer = spike{optim.Adam{Rate: 0.01}, 5 + 2} // updates
	p.Accumulate, p.EMA, p.Clip.GlobalNorm = 3, &train.EMA{Momentum: 0.8}, 0.5
	p.Plateau = &train.Plateau{Patience: 1, MinDelta: new(10.0)}
	restoreAndResume(t, p, 5)
}

// restoreAndResume interrupts a run after every so many steps.
func restoreAndResume(t *testing.T, p train.Plan, every int) {
	t.Helper()
	restores := 0
	p.Callbacks = []train.Callback{{Restored: func(train.Restored) error { restores++; return nil }}}
	m := model(t)
	h, err := train.Fit(context.Background(), m, table(t), p)
	if err != nil || len(h.Epochs) != 4 || restores != 1 {
		t.Fatal(restores, err)
	}
	want := end(t, m, h)
	for stop := 1; stop < 13*4+4; stop += every {
		q := p
		q.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints"),
			Every: time.Nanosecond, Keep: 1}
		q.Callbacks = []train.Callback{pull(stop)}
		if _, err := train.Fit(context.Background(), model(t), table(t), q); !errors.Is(err, errPulled) {
			t.Fatal(err)
		}
		q.Callbacks = nil
		m := model(t)
		h, err := train.Resume(context.Background(), m, table(t), q)
		if err != nil {
			t.Fatal(err)
		}
		if end(t, m, h) != want {
			t.Errorf("stopped after %d steps, the run ends with other bytes", stop)
		}
	}
}
