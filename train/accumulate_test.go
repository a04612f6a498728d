package train_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/loss"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// counted is a custom optimizer without any optional interface. It subtracts the gradient, and the
// number of the update divided by 8.
type counted struct{}

func (counted) Kind() string           { return "counted" }
func (counted) Check() error           { return nil }
func (counted) Slots() int             { return 0 }
func (counted) At(step int) optim.Step { return optim.Step{float32(step) / 8} }
func (counted) Update(s optim.Step, p optim.Block) {
	for r := range p.Rows {
		for i, g := range p.Gradient.Row(r) {
			p.Weights.Row(r)[i] -= g + s[0]
		}
	}
}

// A group's update takes the mean of its batches' gradients at the weights before it, also in the
// last group of an epoch, which has fewer batches. Updates are counted over epochs.
func TestAccumulate(t *testing.T) {
	_, all := line(t, layer.Weight{}, layer.Weight{})
	all, err := all.Slice(0, 3)
	if err != nil {
		t.Fatal(err)
	}
	// gradient returns what one step on one row subtracts from a model's kernel.
	gradient := func(row int, kernel, bias []float32) (change []float32) {
		m, _ := line(t, layer.Weight{}, layer.Weight{})
		set(t, m, "y.kernel", kernel)
		set(t, m, "y.bias", bias)
		one, err := all.Slice(row, row+1)
		if err != nil {
			t.Fatal(err)
		}
		p := linePlan()
		p.Optimizer = optim.SGD{Rate: 1}
		if _, err := train.Fit(context.Background(), m, one, p); err != nil {
			t.Fatal(err)
		}
		after := append(values(t, m, "y.kernel"), values(t, m, "y.bias")...)
		for i, v := range append(slices.Clone(kernel), bias...) {
			change = append(change, v-after[i])
		}
		return change
	}
	m, _ := line(t, layer.Weight{}, layer.Weight{})
	want := append(values(t, m, "y.kernel"), values(t, m, "y.bias")...)
	for update, rows := range [][]int{{0, 1}, {2}, {0, 1}, {2}} {
		mean := make([]float32, len(want))
		for _, row := range rows {
			for i, g := range gradient(row, want[:3], want[3:]) {
				mean[i] += g / float32(len(rows))
			}
		}
		for i, g := range mean {
			want[i] -= g + float32(update+1)/8
		}
	}
	p := linePlan()
	p.Optimizer, p.Epochs, p.Batch, p.Accumulate, p.NoShuffle = counted{}, 2, 1, 2, true
	moved := 0
	before := append(values(t, m, "y.kernel"), values(t, m, "y.bias")...)
	p.Callbacks = []train.Callback{{Step: func(s train.Step) error {
		now := append(values(t, m, "y.kernel"), values(t, m, "y.bias")...)
		if !slices.Equal(now, before) {
			moved++
		} else if s.Step != 1 {
			t.Errorf("step %d of epoch %d updates nothing", s.Step, s.Epoch)
		}
		before = now
		return nil
	}}}
	if _, err := train.Fit(context.Background(), m, all, p); err != nil {
		t.Fatal(err)
	}
	if moved != 4 {
		t.Errorf("%d updates, want 4", moved)
	}
	for i, v := range append(values(t, m, "y.kernel"), values(t, m, "y.bias")...) {
		if !near(float64(v), float64(want[i])) {
			t.Errorf("weight %d is %v, want %v", i, v, want[i])
		}
	}
}

// A gradient that is not finite in the second batch of a group changes no weight, and no checkpoint
// has the sum that it spoilt.
func TestAccumulateNotFinite(t *testing.T) {
	build := func() *braid.Model {
		g := braid.NewGraph("steep")
		x := g.Input("x", tensor.Float32, 1)
		g.Head("y", layer.Dense{Units: 1, Activation: layer.Sigmoid},
			g.Add("h", layer.Dense{Units: 1}, g.Add("under", layer.Dense{Units: 1}, x)))
		m, err := g.Build(1)
		if err != nil {
			t.Fatal(err)
		}
		// The output is finite; the gradient of h.kernel is 3e38 times y.kernel.
		set(t, m, "under.kernel", []float32{1})
		set(t, m, "h.kernel", []float32{1e-38})
		set(t, m, "y.kernel", []float32{1000})
		return m
	}
	all, err := data.NewTable(data.Floats("x", []float32{0.5, 1, 0.25, 3e38, 1}, 1),
		data.Floats("y", []float32{0, 1, 0, 0, 0}, 1))
	if err != nil {
		t.Fatal(err)
	}
	p := linePlan()
	p.Optimizer, p.Batch, p.Accumulate, p.NoShuffle = optim.SGD{Rate: 1e-37}, 1, 2, true
	p.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints")}
	for range 2 { // the second time from a checkpoint, if there is one
		m := build()
		var after []byte
		p.Callbacks = []train.Callback{{Step: func(s train.Step) error {
			after = bytesOf(t, m)
			return nil
		}}}
		_, err = train.Resume(context.Background(), m, all, p)
		var bad *train.NotFinite
		if !errors.As(err, &bad) || bad.Weight != "h.kernel" || bad.Step != 4 {
			t.Fatalf("error is %v, want one of the gradient of h.kernel in step 4", err)
		}
		if after == nil || !bytes.Equal(bytesOf(t, m), after) {
			t.Error("the weights have changed since the last update")
		}
		if len(files(t, p)) > 0 {
			t.Errorf("checkpoints %v hold a sum that is not finite", files(t, p))
		}
	}
}

// Optimizers for which a gradient of 0 changes nothing give the same bytes lazily, with accumulated
// and clipped gradients, and with averages: the rows that a group does not name keep their values.
func TestLazySameBytes(t *testing.T) {
	for name, pair := range map[string][2]optim.Optimizer{
		"sgd":     {optim.SGD{Rate: 0.1}, optim.SGD{Rate: 0.1, Lazy: true}},
		"adagrad": {optim.Adagrad{Rate: 0.1}, optim.Adagrad{Rate: 0.1, Lazy: true}},
	} {
		for _, accumulate := range []int{1, 3} {
			var want []byte
			for i, o := range pair {
				m, all := words(t, 200)
				p := train.Plan{Epochs: 3, Batch: 6, Workers: 2, Optimizer: o, Accumulate: accumulate,
					Heads: train.Heads{"y": {Loss: loss.BinaryCrossentropy{}}}}
				p.Clip.GlobalNorm, p.EMA = 0.05, &train.EMA{Momentum: 0.5, Overwrite: 3}
				if _, err := train.Fit(context.Background(), m, all, p); err != nil {
					t.Fatal(err)
				}
				if got := bytesOf(t, m); i == 0 {
					want = got
				} else if !bytes.Equal(got, want) {
					t.Errorf("%s over %d batches: lazily another model", name, accumulate)
				}
			}
		}
	}
}
