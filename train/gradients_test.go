package train_test

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/loss"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// watchedRows are the rows of the tests of gradients.
const watchedRows = 12

// watched returns a network whose weights lie in memory in different ways, with a penalty and a
// frozen weight, and its data.
func watched(t *testing.T) (*braid.Model, *data.Table) {
	t.Helper()
	g := braid.NewGraph("watched")
	ids := g.Input("ids", tensor.Int32, 3)
	e := g.Add("e", layer.Embedding{Vocabulary: 9, Width: 2}, ids)
	seen := g.Add("seen", layer.LSTM{Units: 3}, e)
	x := g.Add("x", layer.Dense{Units: 4, Activation: layer.Tanh, Kernel: layer.Weight{L2: 0.3}},
		g.Input("in", tensor.Float32, 5))
	still := g.Add("still", layer.Dense{Units: 4, Frozen: true}, x)
	g.Head("y", layer.Dense{Units: 2}, g.Add("both", layer.Concatenate{}, seen, still))
	m, err := g.Build(5)
	if err != nil {
		t.Fatal(err)
	}
	in, y := make([]float32, 5*watchedRows), make([]float32, 2*watchedRows)
	names := make([]int32, 3*watchedRows)
	for i := range in {
		in[i] = float32(math.Sin(float64(i * i)))
	}
	for i := range y {
		y[i] = float32(2 + i%5*i%3)
	}
	for i := range names {
		names[i] = int32(1 + i*i%7) // of 9: 0 and 8 are not in the data
	}
	table, err := data.NewTable(data.Floats("in", in, 5), data.Ints("ids", names, 3),
		data.Floats("y", y, 2))
	if err != nil {
		t.Fatal(err)
	}
	return m, table
}

// watching are the plans whose gradients the tests observe.
var watching = map[string]train.Plan{
	"fused":       {},
	"gathered":    {Gather: true},
	"accumulated": {Accumulate: 2},
	"lazy":        {Optimizer: optim.SGD{Rate: watchedRate, Lazy: true}},
	"lazy accumulated": {
		Optimizer: optim.SGD{Rate: watchedRate, Lazy: true}, Accumulate: 2},
	"clipped":      {Clip: train.Clip{Value: 1e-3}},
	"clipped norm": {Clip: train.Clip{GlobalNorm: 1e-3}},
	"lazy clipped": {
		Optimizer: optim.SGD{Rate: watchedRate, Lazy: true}, Clip: train.Clip{GlobalNorm: 1e-3}},
}

const watchedRate = 0.25

func watchedPlan(p train.Plan, batch, workers int) train.Plan {
	p.Batch, p.Workers = batch, workers
	p.Heads = train.Heads{"y": {Loss: loss.MeanSquaredError{}}}
	if p.Optimizer == nil {
		p.Optimizer = optim.SGD{Rate: watchedRate}
	}
	return p
}

// allValues returns the numbers of all weights by name.
func allValues(m *braid.Model) map[string][]float32 {
	all := map[string][]float32{}
	for _, w := range m.Weights() {
		all[w.Name()] = w.Values()
	}
	return all
}

// The gradients that a callback reads are what moved the weights in the last update of each epoch,
// whichever way they are computed, by any number of workers, and reading them changes no byte.
func TestGradientsMoveWeights(t *testing.T) {
	for name, plan := range watching {
		clipped := plan.Clip != train.Clip{}
		for _, workers := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s/workers=%d", name, workers), func(t *testing.T) {
				m, table := watched(t)
				plan := watchedPlan(plan, 5, workers) // 3 steps an epoch, the last of 2 rows
				plan.Epochs = 2
				untouched, _ := watched(t)
				if _, err := train.Fit(t.Context(), untouched, table, plan); err != nil {
					t.Fatal(err)
				}
				var before map[string][]float32
				var epochs []int
				plan.Callbacks = []train.Callback{{
					Step: func(s train.Step) error {
						if s.Step == s.Steps-1 {
							before = allValues(m)
						}
						return nil
					},
					Gradients: func(epoch int, list []train.Gradient) error {
						epochs = append(epochs, epoch)
						var names []string
						moved := false
						for _, g := range list {
							names = append(names, g.Weight.Name())
							for i, after := range g.Weight.Values() {
								got := float64(g.Values[i])
								want := float64(before[g.Weight.Name()][i]-after) / watchedRate
								moved = moved || want != 0
								if clipped {
									if math.Abs(want) > math.Abs(got)+rounding {
										t.Errorf("%s %d: %v moved it by %v", g.Weight.Name(), i, got, want)
									}
								} else if math.Abs(got-want) > rounding {
									t.Errorf("%s %d: %v, but it moved by %v", g.Weight.Name(), i, got, want)
								}
							}
						}
						const want = "e.embeddings seen.kernel seen.recurrent_kernel seen.bias x.kernel " +
							"x.bias y.kernel y.bias"
						if got := strings.Join(names, " "); got != want || !moved {
							t.Errorf("the gradients are those of %s, any not 0: %v", got, moved)
						}
						return nil
					},
				}}
				if _, err := train.Fit(t.Context(), m, table, plan); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(epochs, []int{1, 2}) {
					t.Errorf("gradients of the epochs %v", epochs)
				}
				if !maps.EqualFunc(allValues(m), allValues(untouched), slices.Equal) {
					t.Error("reading gradients changes weights")
				}
			})
		}
	}
}

// rounding bounds the difference of a gradient to that of weights of about 1, divided by the rate.
const rounding = 1e-6

// By central differences, the gradients are those of the loss with the penalty, before clipping.
func TestGradientsOfLoss(t *testing.T) {
	const step = 1e-2
	const tolerance = 1e-3 // the third derivative times step²/6, and rounding of the loss over step
	for name, plan := range watching {
		t.Run(name, func(t *testing.T) {
			m, table := watched(t)
			plan := watchedPlan(plan, watchedRows/max(plan.Accumulate, 1), 2) // one update
			got := map[string][]float32{}
			plan.Callbacks = []train.Callback{{Gradients: func(_ int, list []train.Gradient) error {
				for _, g := range list {
					got[g.Weight.Name()] = slices.Clone(g.Values)
				}
				return nil
			}}}
			if _, err := train.Fit(t.Context(), m, table, plan); err != nil {
				t.Fatal(err)
			}
			m, _ = watched(t)
			at := func(w *braid.Weight, values []float32, i int, v float32) float64 {
				values[i] = v
				if err := w.Set(values); err != nil {
					t.Fatal(err)
				}
				scores, err := train.Evaluate(t.Context(), m, table, plan.Heads, 1)
				if err != nil {
					t.Fatal(err)
				}
				return scores.Values[0]
			}
			for _, w := range m.Weights() {
				values := w.Values()
				for i := range got[w.Name()] {
					old := values[i]
					want := (at(w, values, i, old+step) - at(w, values, i, old-step)) / (2 * step)
					at(w, values, i, old)
					if d := math.Abs(float64(got[w.Name()][i]) - want); !(d <= tolerance) {
						t.Errorf("%s %d: %v, want %v", w.Name(), i, got[w.Name()][i], want)
					}
				}
			}
		})
	}
}
