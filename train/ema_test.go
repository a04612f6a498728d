package train_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/internal/safetensors"
	"braid/layer"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// averages computes the averages of a plain run's weights after each step, and the last weights.
func averages(t *testing.T, p train.Plan, momentum float64) (average, last []float32) {
	t.Helper()
	m, all := line(t, layer.Weight{}, layer.Weight{})
	p.EMA, p.Checkpoint, p.Validate = nil, nil, nil
	p.Callbacks = []train.Callback{{Step: func(train.Step) error {
		last = values(t, m, "y.kernel")
		if average == nil {
			average = slices.Clone(last)
			return nil
		}
		for i, v := range last {
			average[i] = float32(momentum)*average[i] + float32(1-momentum)*v
		}
		return nil
	}}}
	if _, err := train.Fit(context.Background(), m, all, p); err != nil {
		t.Fatal(err)
	}
	return average, last
}

// The averages are validated, are what callbacks see after an epoch and what the model holds at the
// end, also of a run that ErrStop ended. Steps see the weights. A checkpoint has the average under
// the weight's name and the weight beside it.
func TestEMA(t *testing.T) {
	const momentum = 0.75
	p := linePlan()
	p.Epochs, p.Batch = 3, 2
	want, last := averages(t, p, momentum)
	m, all := line(t, layer.Weight{}, layer.Weight{})
	p.EMA, p.Validate = &train.EMA{Momentum: momentum}, all
	p.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints")}
	var step, epoch []float32
	p.Callbacks = []train.Callback{{
		Step:  func(train.Step) error { step = values(t, m, "y.kernel"); return nil },
		Epoch: func(train.Epoch) error { epoch = values(t, m, "y.kernel"); return nil },
	}}
	h, err := train.Fit(context.Background(), m, all, p)
	if err != nil {
		t.Fatal(err)
	}
	end := values(t, m, "y.kernel")
	for i, v := range want {
		if !near(float64(end[i]), float64(v)) || end[i] != epoch[i] || step[i] != last[i] {
			t.Errorf("number %d: got %v at the end, %v after the epoch, %v after the step, want %v, %v",
				i, end[i], epoch[i], step[i], v, last[i])
		}
	}
	scores, err := train.Evaluate(context.Background(), m, all, p.Heads, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := h.Value(3, "val_loss"); got != scores.Values[0] {
		t.Errorf("validated %v, the averages have %v", got, scores.Values[0])
	}
	content, err := os.ReadFile(filepath.Join(p.Checkpoint.Dir, "epoch00003-step00000000.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	c, err := safetensors.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string][]float32{"y.kernel": end, "y.kernel/trained": last} {
		e, ok := c.Entry(name)
		if got, err := e.Float32s(); !ok || err != nil || !slices.Equal(got, want) {
			t.Errorf("checkpoint: %s is %v, want %v", name, got, want)
		}
	}

	q := linePlan()
	q.Epochs, q.Batch, q.EMA = 5, 2, p.EMA
	q.Callbacks = []train.Callback{{Epoch: func(e train.Epoch) error {
		if e.Number == 3 {
			return train.ErrStop
		}
		return nil
	}}}
	stopped, _ := line(t, layer.Weight{}, layer.Weight{})
	if _, err := train.Fit(context.Background(), stopped, all, q); err != nil {
		t.Fatal(err)
	}
	if got := values(t, stopped, "y.kernel"); !slices.Equal(got, end) {
		t.Errorf("a run that was stopped ends with %v, want %v", got, end)
	}
}

// A run that never updates, because its first callback stops it, leaves the model as it was.
func TestEMABeforeFirstUpdate(t *testing.T) {
	m, all := line(t, layer.Weight{}, layer.Weight{})
	before := values(t, m, "y.kernel")
	p := linePlan()
	p.EMA = &train.EMA{}
	stop := errors.New("not today")
	p.Callbacks = []train.Callback{{Start: func(train.Start) error { return stop }}}
	if _, err := train.Fit(context.Background(), m, all, p); !errors.Is(err, stop) {
		t.Fatal(err)
	}
	if got := values(t, m, "y.kernel"); !slices.Equal(got, before) {
		t.Errorf("the kernel is %v, want %v", got, before)
	}
}

// EarlyStopping restores the averages of the best epoch, also in a resumed run, which reads them
// from its checkpoint.
func TestEMAWithEarlyStopping(t *testing.T) {
	run := func(fit func(context.Context, *braid.Model, *data.Table, train.Plan) (*train.History,
		error), p train.Plan, more ...train.Callback) ([]float32, error) {
		m, all := line(t, layer.Weight{}, layer.Weight{})
		p.Optimizer, p.Epochs, p.Batch, p.EMA = optim.SGD{Rate: 0.5}, 6, 2, &train.EMA{Momentum: 0.5}
		var best []float32
		stopping := train.EarlyStopping{Figure: "loss", Mode: train.Max, Patience: 9, RestoreBest: true}
		p.Callbacks = append([]train.Callback{{Epoch: func(e train.Epoch) error {
			if e.Number == 1 {
				best = values(t, m, "y.kernel")
			}
			return nil
		}}, stopping.Callback()}, more...)
		_, err := fit(context.Background(), m, all, p)
		got := values(t, m, "y.kernel")
		if best != nil && err == nil && !slices.Equal(got, best) {
			t.Errorf("the kernel is %v, want the best epoch's %v", got, best)
		}
		return got, err
	}
	want, err := run(train.Fit, linePlan())
	if err != nil {
		t.Fatal(err)
	}
	for _, killed := range []bool{false, true} {
		p := linePlan()
		p.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints")}
		if _, err := run(train.Fit, p, pull(7)); !errors.Is(err, errPulled) {
			t.Fatal(err)
		}
		if killed { // the checkpoint of the best epoch is the last
			newer, err := filepath.Glob(filepath.Join(p.Checkpoint.Dir, "epoch00003-*"))
			if err != nil || len(newer) != 2 {
				t.Fatalf("newer checkpoints are %v (%v), want two", newer, err)
			}
			for _, path := range newer {
				if err := os.Remove(path); err != nil {
					t.Fatal(err)
				}
			}
		}
		got, err := run(train.Resume, p)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("resumed, the kernel is %v, want %v (%v)", got, want, err)
		}
	}
}

// normalized returns a model with moving statistics, and some that are frozen.
func normalized(t *testing.T) *braid.Model {
	t.Helper()
	g := braid.NewGraph("normalized")
	x := g.Input("x", tensor.Float32, 3)
	fixed := g.Add("fixed", layer.BatchNormalization{Frozen: true}, x)
	wide := g.Add("wide", layer.Dense{Units: 4}, fixed)
	moving := g.Add("moving", layer.BatchNormalization{Momentum: new(0.5)}, wide)
	g.Head("y", layer.Dense{Units: 1, Activation: layer.Sigmoid}, moving)
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	set(t, m, "fixed.moving_mean", []float32{0.1, 0.7, -0.3})
	set(t, m, "fixed.moving_variance", []float32{1.3, 0.77, 2.9})
	return m
}

// everything returns a model's weights and state by name.
func everything(m *braid.Model) map[string][]float32 {
	all := map[string][]float32{}
	for _, w := range m.Weights() {
		all[w.Name()] = w.Values()
	}
	return all
}

// The averages of weights and state are those of the plain run after each update, with a momentum
// that begins at 3/12 in the second. State is averaged only with State, and never if it is frozen.
func TestEMAOfState(t *testing.T) {
	for _, accumulate := range []int{1, 2} {
		for _, state := range []bool{false, true} {
			_, all := line(t, layer.Weight{}, layer.Weight{})
			p := linePlan()
			p.Epochs, p.Batch, p.Accumulate = 20, 1, accumulate // 3 steps, 3 or 2 updates
			m := normalized(t)
			update, want, last := 0, everything(m), everything(m)
			p.Callbacks = []train.Callback{{Step: func(s train.Step) error {
				last = everything(m)
				if s.Step%accumulate != 0 && s.Step != s.Steps {
					return nil
				}
				update++
				momentum := 0.0
				if update > 1 {
					momentum = min(0.75, float64(1+update)/float64(10+update))
				}
				for name, list := range want {
					for i, v := range last[name] {
						list[i] = float32(momentum)*list[i] + float32(1-momentum)*v
					}
				}
				return nil
			}}}
			if _, err := train.Fit(context.Background(), m, all, p); err != nil {
				t.Fatal(err)
			}
			if slices.Equal(last["moving.moving_mean"], want["moving.moving_mean"]) {
				t.Fatal("the average of the moving means is their last value")
			}
			p.Callbacks, p.EMA = nil, &train.EMA{Momentum: 0.75, Warmup: true, State: state}
			averaged := normalized(t)
			if _, err := train.Fit(context.Background(), averaged, all, p); err != nil {
				t.Fatal(err)
			}
			for _, w := range averaged.Weights() {
				like := want[w.Name()]
				exact := w.IsState() && !state || strings.HasPrefix(w.Name(), "fixed.")
				if exact {
					like = last[w.Name()]
				}
				for i, got := range w.Values() {
					if !near(float64(got), float64(like[i])) || exact && got != like[i] {
						t.Errorf("Accumulate %d, State %t: %s is %v, want %v", accumulate, state, w.Name(),
							w.Values(), like)
						break
					}
				}
			}
		}
	}
}
