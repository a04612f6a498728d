package train_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/internal/random"
	"braid/layer"
	"braid/loss"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// lossKinds has each loss of package loss with an activation of its head, and a target.
var lossKinds = []struct {
	loss       loss.Loss
	activation braid.Activation
	target     func(u float32) float32 // from a number from 0 to 1
}{
	{loss.MeanSquaredError{}, layer.Linear, wide},
	{loss.MeanAbsoluteError{}, layer.Linear, wide},
	{loss.Huber{}, layer.Linear, wide},
	{loss.LogCosh{}, layer.Tanh, wide},
	{loss.MeanAbsolutePercentageError{}, layer.Linear, wide},
	{loss.MeanSquaredLogarithmicError{}, layer.Softplus, counts},
	{loss.Poisson{}, layer.Exponential, counts},
	{loss.KLDivergence{}, layer.Softmax, plain},
	{loss.KLDivergence{Probabilities: true}, layer.Sigmoid, plain},
	{loss.CosineSimilarity{}, layer.Linear, wide},
	{loss.Hinge{}, layer.Linear, yes},
	{loss.SquaredHinge{}, layer.Tanh, signs},
	{loss.BinaryCrossentropy{PositiveWeight: []float64{2, 1, 1}}, layer.Sigmoid, yes},
	{loss.BinaryCrossentropy{Probabilities: true}, layer.Softmax, yes},
	{loss.BinaryFocalCrossentropy{}, layer.Sigmoid, yes},
	{loss.CategoricalCrossentropy{}, layer.Softmax, plain},
	{loss.CategoricalCrossentropy{Probabilities: true}, layer.Softplus, plain},
	{loss.CategoricalFocalCrossentropy{}, layer.Softmax, plain},
	{loss.SparseCategoricalCrossentropy{ClassWeights: []float64{1, 2, 3}}, layer.Softmax, nil},
	{loss.SparseCategoricalCrossentropy{Probabilities: true}, layer.Sigmoid, nil},
}

func plain(u float32) float32  { return u }
func wide(u float32) float32   { return 4*u - 1 }
func counts(u float32) float32 { return float32(int(4 * u)) }
func yes(u float32) float32    { return float32(int(2 * u)) }
func signs(u float32) float32  { return 2*yes(u) - 1 }

// Each loss falls in training a head of steps, and trains to the same bytes with any number of
// workers.
func TestLosses(t *testing.T) {
	const examples, steps, outputs = 24, 2, 3
	for _, c := range lossKinds {
		t.Run(fmt.Sprintf("%s of %s", c.loss.Kind(), c.activation), func(t *testing.T) {
			g := braid.NewGraph("steps")
			x := g.Input("x", tensor.Float32, steps, 4)
			g.Head("y", layer.Dense{Units: outputs, Activation: c.activation}, x)
			draw := random.New(1, "losses")
			xs, target := make([]float32, examples*steps*4), data.Column{}
			for i := range xs {
				xs[i] = draw.Normal(uint64(i))
			}
			if c.target == nil {
				labels := make([]int32, examples*steps)
				for i := range labels {
					labels[i] = int32(3 * draw.Unit(uint64(1000+i)))
				}
				target = data.Ints("y", labels, steps)
			} else {
				ys := make([]float32, examples*steps*outputs)
				for i := range ys {
					ys[i] = c.target(draw.Unit(uint64(1000 + i)))
				}
				target = data.Floats("y", ys, steps, outputs)
			}
			table, err := data.NewTable(data.Floats("x", xs, steps, 4), target)
			if err != nil {
				t.Fatal(err)
			}
			var first []float32
			for _, workers := range []int{1, 3} {
				m, err := g.Build(1)
				if err != nil {
					t.Fatal(err)
				}
				history, err := train.Fit(context.Background(), m, table, train.Plan{Epochs: 4, Batch: 8,
					Workers: workers, Optimizer: optim.Adam{Rate: 0.03},
					Heads: train.Heads{"y": {Loss: c.loss}}})
				if err != nil {
					t.Fatal(err)
				}
				losses := history.Series("loss")
				if !(losses[3] < losses[0]) {
					t.Errorf("the loss goes from %v to %v in four epochs", losses[0], losses[3])
				}
				var weights []float32
				for _, w := range m.Weights() {
					weights = append(weights, w.Values()...)
				}
				if first == nil {
					first = weights
				}
				if !slices.Equal(weights, first) {
					t.Errorf("%d workers train to other weights than one", workers)
				}
			}
		})
	}
}

// Targets outside a loss's range are an error that names the row.
func TestTargetRange(t *testing.T) {
	g := braid.NewGraph("one")
	g.Head("y", layer.Dense{Units: 1}, g.Input("x", tensor.Float32, 1))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		loss   loss.Loss
		target []float32
		want   string
	}{
		{loss.Poisson{}, []float32{0, 7, 0.5}, ""},
		{loss.Poisson{}, []float32{1, 0, -0.5}, `column "y", row 2: got -0.5, want 0 or more`},
		{loss.Hinge{}, []float32{1, -1, 1}, ""},
		{loss.Hinge{}, []float32{1, 0, 0}, ""},
		{loss.Hinge{}, []float32{1, 0, -1},
			`column "y", row 2: got -1, want 1 and -1, or 1 and 0 throughout`},
		{loss.SquaredHinge{}, []float32{1, 0.5, -1}, `column "y", row 1: got 0.5, want 1 and -1`},
		{loss.MeanSquaredError{}, []float32{1, -1e6, 0.5}, ""},
	} {
		table, err := data.NewTable(data.Floats("x", make([]float32, 3), 1), data.Floats("y", c.target))
		if err != nil {
			t.Fatal(err)
		}
		_, err = train.Fit(context.Background(), m, table,
			train.Plan{Heads: train.Heads{"y": {Loss: c.loss}}})
		if c.want == "" && err != nil ||
			c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s of %v: error %v, want %q", c.loss.Kind(), c.target, err, c.want)
		}
	}
}
