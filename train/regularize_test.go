package train_test

import (
	"context"
	"math"
	"testing"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/loss"
	"braid/op"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// line is a model with one Dense layer of some kernel and bias, and a table for it.
func line(t *testing.T, kernel, bias layer.Weight) (*braid.Model, *data.Table) {
	t.Helper()
	g := braid.NewGraph("line")
	g.Head("y", layer.Dense{Units: 1, Activation: layer.Sigmoid, Kernel: kernel, Bias: bias},
		g.Input("x", tensor.Float32, 3))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	set(t, m, "y.kernel", []float32{0.5, -0.25, 2})
	set(t, m, "y.bias", []float32{-0.75})
	table, err := data.NewTable(data.Floats("x", []float32{1, 2, 3, -1, 0.5, 2, 0, 1, -2}, 3),
		data.Floats("y", []float32{1, 0, 1}))
	if err != nil {
		t.Fatal(err)
	}
	return m, table
}

func set(t *testing.T, m *braid.Model, name string, values []float32) {
	t.Helper()
	w, err := m.Weight(name)
	if err == nil {
		err = w.Set(values)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func values(t *testing.T, m *braid.Model, name string) []float32 {
	t.Helper()
	w, err := m.Weight(name)
	if err != nil {
		t.Fatal(err)
	}
	return w.Values()
}

// linePlan is one step of gradient descent on all three rows.
func linePlan() train.Plan {
	return train.Plan{Batch: 3, Workers: 1, Optimizer: optim.SGD{Rate: 0.5},
		Heads: train.Heads{"y": {Loss: loss.BinaryCrossentropy{}}}}
}

func near(a, b float64) bool { return math.Abs(a-b) <= 1e-6*max(math.Abs(b), 1) }

// L1 and L2 add their gradient to a step, and their penalty at the weights before it to the total
// loss of training, and at those after it to the loss of validation, as in Keras.
func TestPenalty(t *testing.T) {
	const l1, l2, biasL2 = 0.125, 0.25, 0.5
	plain, all := line(t, layer.Weight{}, layer.Weight{})
	m, _ := line(t, layer.Weight{L1: l1, L2: l2}, layer.Weight{L2: biasL2})
	before := append(values(t, m, "y.kernel"), values(t, m, "y.bias")...)
	penalty := func(w []float32) (sum float64) {
		for _, v := range w[:3] {
			sum += l1*math.Abs(float64(v)) + l2*float64(v)*float64(v)
		}
		return sum + biasL2*float64(w[3])*float64(w[3])
	}
	p := linePlan()
	p.Validate = all
	h, err := train.Fit(context.Background(), m, all, p)
	if err != nil {
		t.Fatal(err)
	}
	want, err := train.Fit(context.Background(), plain, all, linePlan())
	if err != nil {
		t.Fatal(err)
	}
	after := append(values(t, m, "y.kernel"), values(t, m, "y.bias")...)
	unpenalized := append(values(t, plain, "y.kernel"), values(t, plain, "y.bias")...)
	for i, w := range before {
		gradient := 2 * biasL2 * float64(w)
		if i < 3 {
			gradient = l1*math.Copysign(1, float64(w)) + 2*l2*float64(w)
		}
		if wanted := float64(unpenalized[i]) - 0.5*gradient; !near(float64(after[i]), wanted) {
			t.Errorf("weight %d is %v after the step, want %v", i, after[i], wanted)
		}
	}
	for _, c := range []struct {
		name      string
		got, want float64
	}{
		{"loss", h.Epochs[0].Values[0], want.Epochs[0].Values[0] + penalty(before)},
		{"y_loss", h.Epochs[0].Values[1], want.Epochs[0].Values[1]},
		{"val_loss without val_y_loss", h.Epochs[0].Values[2] - h.Epochs[0].Values[3], penalty(after)},
	} {
		if !near(c.got, c.want) {
			t.Errorf("%s is %v, want %v", c.name, c.got, c.want)
		}
	}
	scores, err := train.Evaluate(context.Background(), m, all, p.Heads, 2)
	if err != nil {
		t.Fatal(err)
	}
	if scores.Values[0] != h.Epochs[0].Values[2] {
		t.Errorf("evaluated loss is %v, in training %v", scores.Values[0], h.Epochs[0].Values[2])
	}
}

// The penalty in an epoch's loss is the mean over the rows of its steps.
func TestPenaltyOfEpoch(t *testing.T) {
	m, all := line(t, layer.Weight{L1: 1}, layer.Weight{})
	p := linePlan()
	p.Batch = 2 // and a batch of one
	var penalties []float64
	sum := func() (sum float64) {
		for _, v := range values(t, m, "y.kernel") {
			sum += math.Abs(float64(v))
		}
		return sum
	}
	first := sum()
	p.Callbacks = []train.Callback{{Step: func(train.Step) error {
		penalties = append(penalties, sum())
		return nil
	}}}
	h, err := train.Fit(context.Background(), m, all, p)
	if err != nil {
		t.Fatal(err)
	}
	got, want := h.Epochs[0].Values[0]-h.Epochs[0].Values[1], (2*first+penalties[0])/3
	if !near(got, want) {
		t.Errorf("the penalty in the loss is %v, want %v", got, want)
	}
}

// Gradients are clipped with the penalty's: no weight moves by more than the rate times the limit.
func TestPenaltyIsClipped(t *testing.T) {
	m, all := line(t, layer.Weight{L2: 100}, layer.Weight{})
	before, p := values(t, m, "y.kernel"), linePlan()
	p.Clip.Value = 0.25
	if _, err := train.Fit(context.Background(), m, all, p); err != nil {
		t.Fatal(err)
	}
	for i, v := range values(t, m, "y.kernel") {
		want := float64(before[i]) - 0.5*0.25*math.Copysign(1, float64(before[i]))
		if !near(float64(v), want) {
			t.Errorf("weight %d is %v, want %v", i, v, want)
		}
	}
}

// A frozen weight has no penalty and no limit.
func TestFrozenPenalty(t *testing.T) {
	g := braid.NewGraph("frozen")
	under := g.Add("under", layer.Dense{Units: 2, Frozen: true,
		Kernel: layer.Weight{L2: 1, MaxNorm: 0.01}}, g.Input("x", tensor.Float32, 3))
	g.Head("y", layer.Dense{Units: 1, Activation: layer.Sigmoid}, under)
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	before := values(t, m, "under.kernel")
	_, all := line(t, layer.Weight{}, layer.Weight{})
	h, err := train.Fit(context.Background(), m, all, linePlan())
	if err != nil {
		t.Fatal(err)
	}
	if h.Epochs[0].Values[0] != h.Epochs[0].Values[1] {
		t.Errorf("the loss is %v with and %v without penalty", h.Epochs[0].Values[0],
			h.Epochs[0].Values[1])
	}
	for i, v := range values(t, m, "under.kernel") {
		if v != before[i] {
			t.Errorf("number %d was %v and is %v", i, before[i], v)
		}
	}
}

// cube is a layer with a weight of three axes, [2, 3, 2], whose gradient is 0.
type cube struct{ Kernel braid.Regularization }

func (cube) Kind() string { return "Cube" }

func (l cube) Build(b *braid.Builder) (op.Op, error) {
	b.Output(1)
	b.Weight("kernel", func(values []float32, _ tensor.Shape, draw braid.Draw) {
		draw.(braid.Regularizer).Regularize(l.Kernel)
		for i := range values {
			values[i] = float32(i+1) / 4
		}
	}, 2, 3, 2)
	return l, nil
}

func (cube) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		t.Out.Row(r)[0] = 0
	}
}
func (cube) Backward(*op.Task) {}
func (cube) Gradient(_ *op.Task, _ int, b op.Block, grad tensor.Rows[float32]) {
	for r := range b.RowHi - b.RowLo {
		clear(grad.Row(r))
	}
}

// MaxNorm limits each vector along the first axis, whatever the layout of the weight's storage.
func TestMaxNorm(t *testing.T) {
	g := braid.NewGraph("limits")
	x := g.Input("x", tensor.Float32, 3)
	limit := func(l float64) layer.Weight { return layer.Weight{MaxNorm: l} }
	long := g.Add("long", layer.Dense{Units: 600, Kernel: limit(0.04), Bias: limit(0.01)}, x)
	split := g.Add("split", layer.Dense{Units: 7, Kernel: limit(1.3)}, long) // in two matrices
	wide := g.Add("wide", layer.Dense{Units: 121, Kernel: limit(0.3)}, split)
	all := g.Add("all", layer.Concatenate{}, wide,
		g.Add("cube", cube{braid.Regularization{MaxNorm: 2}}, x))
	g.Head("y", layer.Dense{Units: 1, Kernel: limit(0.5), Activation: layer.Sigmoid}, all)
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	wanted := map[string][]float64{}
	transposed := map[bool]int{}
	for _, w := range m.Weights() {
		r, from, shape := w.Regularization(), w.Values(), w.Shape()
		if r.MaxNorm == 0 {
			continue
		}
		if len(shape) == 1 { // a bias starts at 0
			for i := range from {
				from[i] = float32(i%5) - 2
			}
			set(t, m, w.Name(), from)
		}
		transposed[w.Transposed()]++
		vectors := len(from) / shape[0]
		list, limited := make([]float64, len(from)), 0
		for v := range vectors {
			var sum float64
			for i := v; i < len(from); i += vectors {
				sum += float64(from[i]) * float64(from[i])
			}
			norm := math.Sqrt(sum)
			if norm > r.MaxNorm {
				limited++
			}
			for i := v; i < len(from); i += vectors {
				list[i] = float64(from[i]) * min(norm, r.MaxNorm) / (1e-7 + norm)
			}
		}
		if limited == 0 || limited == vectors && vectors > 1 && len(shape) > 2 {
			t.Fatalf("%s: %d of %d vectors are limited, which tests little", w.Name(), limited, vectors)
		}
		wanted[w.Name()] = list
	}
	if transposed[true] == 0 || transposed[false] == 0 {
		t.Fatalf("all weights have one layout: %v", transposed)
	}
	_, data := line(t, layer.Weight{}, layer.Weight{})
	p := linePlan()
	p.Optimizer, p.Workers = optim.SGD{Rate: 1e-12}, 3
	if _, err := train.Fit(context.Background(), m, data, p); err != nil {
		t.Fatal(err)
	}
	for name, want := range wanted {
		for i, v := range values(t, m, name) {
			if !near(float64(v), want[i]) {
				t.Errorf("%s: number %d is %v, want %v", name, i, v, want[i])
				break
			}
		}
	}
}
