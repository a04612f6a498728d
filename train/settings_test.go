package train_test

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"braid"
	"braid/internal/kernel"
	"braid/layer"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// penalized has weights of every layout with penalties and limits, among them an embedding of which
// batches name few rows.
func penalized(t testing.TB) *braid.Model {
	t.Helper()
	g := braid.NewGraph("penalized")
	image, x := g.Input("image", tensor.Float32, 3, 4), g.Input("x", tensor.Float32, 3)
	ids := g.Input("ids", tensor.Int32, 2)
	e := g.Add("e", layer.Embedding{Vocabulary: 41, Width: 3,
		Embeddings: layer.Weight{L2: 0.03, MaxNorm: 0.15}}, ids)
	s := g.Add("s", layer.LSTM{Units: 5, Kernel: layer.Weight{L1: 0.01},
		Recurrent: layer.Weight{MaxNorm: 0.8}}, e)
	flat := g.Add("flat", layer.Flatten{}, image)
	both := g.Add("both", layer.Concatenate{}, s, flat, x)
	h := g.Add("h", layer.Dense{Units: 133, Activation: layer.ReLU,
		Kernel: layer.Weight{L1: 0.001, L2: 0.002, MaxNorm: 0.5}, Bias: layer.Weight{MaxNorm: 0.02}},
		both)
	g.Head("class", layer.Dense{Units: 4, Activation: layer.Softmax,
		Kernel: layer.Weight{MaxNorm: 1}}, h)
	g.Head("yes", layer.Dense{Units: 1, Activation: layer.Sigmoid,
		Kernel: layer.Weight{L2: 0.01}}, h)
	m, err := g.Build(2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// optimizers has each optimizer, most of them lazy, with decay, or with a schedule.
var optimizers = []optim.Optimizer{
	optim.Adam{Rate: 0.01, AMSGrad: true},
	optim.Adam{Lazy: true, Schedule: optim.CosineDecay{DecaySteps: 7, WarmupSteps: 3,
		WarmupTarget: 0.02}},
	optim.AdamW{Rate: 0.01, Lazy: true, WeightDecay: optim.Decay{Rate: 0.1}},
	optim.SGD{Rate: 0.1, Lazy: true},
	optim.SGD{Momentum: 0.9, Nesterov: true, WeightDecay: optim.Decay{Rate: 0.01, All: true},
		Schedule: optim.ExponentialDecay{InitialRate: 0.1, DecaySteps: 5, DecayRate: 0.7}},
	optim.RMSprop{Momentum: 0.5, Centered: true},
	optim.Adamax{Schedule: optim.OneCycle{MaxRate: 0.05, TotalSteps: 30}},
	optim.Nadam{Lazy: true, Schedule: optim.PiecewiseConstant{Boundaries: []int{3, 9},
		Values: []float64{0.01, 0.004, 0.001}}},
	optim.Adagrad{Lazy: true, Schedule: optim.PiecewiseLinear{Steps: []int{2, 12},
		Rates: []float64{0.02, 0.05}}},
	optim.Adadelta{Rate: 1, Schedule: nil},
	optim.Lion{Rate: 0.002, WeightDecay: optim.Decay{Rate: 0.1, Except: []string{"h."}}},
}

// settings lists plans that differ from plan in how gradients become updates.
func settings() map[string]func(p *train.Plan) {
	list := map[string]func(p *train.Plan){
		"clip by value":          func(p *train.Plan) { p.Clip.Value = 0.003 },
		"clip by norm":           func(p *train.Plan) { p.Clip.Norm = 0.02 },
		"clip by global norm":    func(p *train.Plan) { p.Clip.GlobalNorm = 0.1 },
		"accumulate":             func(p *train.Plan) { p.Accumulate = 3 },
		"average":                func(p *train.Plan) { p.EMA = &train.EMA{Momentum: 0.7, Overwrite: 4} },
		"average from a warm-up": func(p *train.Plan) { p.EMA = &train.EMA{Warmup: true} },
		"average with state":     func(p *train.Plan) { p.EMA = &train.EMA{State: true} },
		"accumulate, average with state": func(p *train.Plan) {
			p.Accumulate, p.EMA = 3, &train.EMA{Momentum: 0.7, State: true, Overwrite: 2}
		},
		"plateau": func(p *train.Plan) {
			p.Plateau = &train.Plateau{Figure: "yes_loss", Patience: 1, MinDelta: new(10.0)}
		},
		"clip, accumulate and average": func(p *train.Plan) {
			p.Clip.GlobalNorm, p.Accumulate, p.EMA = 0.1, 4, &train.EMA{}
		},
		"clip, accumulate and average, lazily": func(p *train.Plan) {
			p.Optimizer = optim.Adam{Lazy: true}
			p.Clip.Norm, p.Accumulate, p.EMA = 0.02, 2, &train.EMA{Overwrite: 3}
		},
		"clip, lazily": func(p *train.Plan) {
			p.Optimizer, p.Clip.GlobalNorm = optim.Adam{Lazy: true}, 0.1
		},
	}
	for i, o := range optimizers {
		list[fmt.Sprintf("optimizer %d, %s", i, o.Kind())] = func(p *train.Plan) { p.Optimizer = o }
	}
	return list
}

// Every setting gives the same bytes with any number of workers and any kernel set, with gathered
// gradients and without, and other bytes than the plain plan.
func TestSettingsSameBytes(t *testing.T) {
	defer kernel.Use(kernel.Default())
	run := func(change func(p *train.Plan)) ([]byte, string) {
		m, p := penalized(t), plan()
		p.Epochs, p.Batch, p.Workers = 3, 40, 1
		change(&p)
		h, err := train.Fit(context.Background(), m, table(t), p)
		if err != nil {
			t.Fatal(err)
		}
		return bytesOf(t, m), fmt.Sprint(h.Epochs[0].Values, h.Epochs[2].Values)
	}
	plain, _ := run(func(*train.Plan) {})
	for name, change := range settings() {
		var want []byte
		var figures string
		for i, workers := range []int{1, 2, 5, 1} {
			kernel.Use(kernel.Sets()[i%len(kernel.Sets())])
			got, values := run(func(p *train.Plan) {
				change(p)
				p.Workers, p.Gather, p.Validate = workers, i == 3, table(t)
			})
			if want == nil {
				want, figures = got, values
			}
			if !bytes.Equal(got, want) || values != figures {
				t.Errorf("%s: %d workers with %s give another model or history", name, workers,
					kernel.Default().Name)
			}
		}
		if bytes.Equal(want, plain) {
			t.Errorf("%s: changes nothing", name)
		}
	}
}
