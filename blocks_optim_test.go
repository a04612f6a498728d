package braid_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"braid"
	"braid/data"
	"braid/op"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// settings reads a configuration in Keras' terms and fails on what no call has read.
type settings struct {
	t      *testing.T
	config configuration
	read   map[string]bool
}

func (b *block) settings(t *testing.T) settings {
	return settings{t, b.Config, map[string]bool{"name": true}}
}

func (s settings) number(key string) float64 {
	s.read[key] = true
	return s.config.number(key)
}

// pointer returns nil if the configuration does not have the number.
func (s settings) pointer(key string) *float64 {
	s.read[key] = true
	return s.config.pointer(key)
}

func (s settings) is(key string) bool {
	s.read[key] = true
	return s.config.is(key)
}

func (s settings) finish() {
	for key := range s.config {
		if !s.read[key] {
			s.t.Errorf("the test does not know the setting %s = %v", key, s.config[key])
		}
	}
}

// schedule returns the schedule of a configuration.
func (s settings) schedule() optim.Schedule {
	steps := func(key string) int { return int(s.number(key)) }
	initial := s.number("initial_learning_rate")
	defer s.finish()
	switch s.config["name"] {
	case "exponential_decay":
		return optim.ExponentialDecay{InitialRate: initial, DecaySteps: steps("decay_steps"),
			DecayRate: s.number("decay_rate"), Staircase: s.is("staircase")}
	case "inverse_time_decay":
		return optim.InverseTimeDecay{InitialRate: initial, DecaySteps: steps("decay_steps"),
			DecayRate: s.number("decay_rate"), Staircase: s.is("staircase")}
	case "cosine_decay":
		return optim.CosineDecay{InitialRate: initial, DecaySteps: steps("decay_steps"),
			Alpha: s.number("alpha"), WarmupTarget: s.number("warmup_target"),
			WarmupSteps: steps("warmup_steps")}
	case "cosine_decay_restarts":
		return optim.CosineDecayRestarts{InitialRate: initial,
			FirstDecaySteps: steps("first_decay_steps"), TMul: s.number("t_mul"),
			MMul: s.number("m_mul"), Alpha: s.number("alpha")}
	case "polynomial_decay":
		return optim.PolynomialDecay{InitialRate: initial, DecaySteps: steps("decay_steps"),
			EndRate: s.pointer("end_learning_rate"), Power: s.number("power"), Cycle: s.is("cycle")}
	case "one_cycle":
		s.read["anneal_strategy"] = true
		return optim.OneCycle{MaxRate: s.number("max_learning_rate"), TotalSteps: steps("total_steps"),
			PctStart: s.number("pct_start"), DivFactor: s.number("div_factor"),
			FinalDivFactor: s.number("final_div_factor"),
			Linear:         s.config["anneal_strategy"] == "linear"}
	case "piecewise_constant":
		s.read["boundaries"], s.read["values"] = true, true
		var p optim.PiecewiseConstant
		for _, v := range s.config["boundaries"].([]any) {
			p.Boundaries = append(p.Boundaries, int(v.(float64)))
		}
		for _, v := range s.config["values"].([]any) {
			p.Values = append(p.Values, v.(float64))
		}
		return p
	}
	s.t.Fatalf("no schedule %v", s.config["name"])
	return nil
}

// checkSchedule compares the rates of a schedule, also after it was written and read.
func (b *block) checkSchedule(t *testing.T) {
	s := b.settings(t)
	var rate func(step int) float64
	if b.Config["name"] == "constant" {
		o := optim.Adam{Rate: s.number("learning_rate")}
		rate = func(step int) float64 { return o.LearningRate(step + 1) }
	} else {
		schedule := s.schedule()
		if err := schedule.Check(); err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(schedule)
		if err != nil {
			t.Fatal(err)
		}
		again, err := optim.DecodeSchedule(text)
		if err != nil || !reflect.DeepEqual(again, schedule) {
			t.Errorf("%s is read as %+v (%v)", text, again, err)
		}
		rate = again.Rate
	}
	var got []float32
	for step := range b.Batch {
		got = append(got, float32(rate(step)))
	}
	b.compare(t, "out", got, blockLimit)
}

// optimizer returns the optimizer of the configuration, which decays all weights, as Keras does.
func (b *block) optimizer(t *testing.T, s settings) optim.Optimizer {
	var schedule optim.Schedule
	if config, ok := b.Config["learning_rate"].(map[string]any); ok {
		schedule = settings{t, config, map[string]bool{"name": true}}.schedule()
	}
	rate := s.number("learning_rate")
	decay := optim.Decay{Rate: s.number("weight_decay"), All: true}
	s.read["exclude_from_weight_decay"] = true
	words, _ := b.Config["exclude_from_weight_decay"].([]any)
	for _, word := range words {
		decay.Except = append(decay.Except, word.(string))
	}
	beta1, beta2 := s.pointer("beta_1"), s.pointer("beta_2")
	epsilon, rho, momentum := s.number("epsilon"), s.pointer("rho"), s.number("momentum")
	switch b.Config["name"] {
	case "SGD":
		return optim.SGD{Rate: rate, Schedule: schedule, Momentum: momentum,
			Nesterov: s.is("nesterov"), WeightDecay: decay}
	case "RMSprop":
		return optim.RMSprop{Rate: rate, Schedule: schedule, Rho: rho, Momentum: momentum,
			Epsilon: epsilon, Centered: s.is("centered"), WeightDecay: decay}
	case "Adam":
		return optim.Adam{Rate: rate, Schedule: schedule, Beta1: beta1, Beta2: beta2, Epsilon: epsilon,
			AMSGrad: s.is("amsgrad"), WeightDecay: decay}
	case "AdamW":
		if d := s.pointer("weight_decay"); d != nil && *d == 0 { // AdamW's 0 is its default
			return optim.Adam{Rate: rate, Schedule: schedule, Beta1: beta1, Beta2: beta2,
				Epsilon: epsilon, AMSGrad: s.is("amsgrad")}
		}
		return optim.AdamW{Rate: rate, Schedule: schedule, Beta1: beta1, Beta2: beta2,
			Epsilon: epsilon, AMSGrad: s.is("amsgrad"), WeightDecay: decay}
	case "Adamax":
		return optim.Adamax{Rate: rate, Schedule: schedule, Beta1: beta1, Beta2: beta2,
			Epsilon: epsilon, WeightDecay: decay}
	case "Nadam":
		return optim.Nadam{Rate: rate, Schedule: schedule, Beta1: beta1, Beta2: beta2,
			Epsilon: epsilon, WeightDecay: decay}
	case "Adagrad":
		return optim.Adagrad{Rate: rate, Schedule: schedule,
			Initial: s.pointer("initial_accumulator_value"), Epsilon: epsilon, WeightDecay: decay}
	case "Adadelta":
		return optim.Adadelta{Rate: rate, Schedule: schedule, Rho: rho, Epsilon: epsilon,
			WeightDecay: decay}
	case "Lion":
		return optim.Lion{Rate: rate, Schedule: schedule, Beta1: beta1, Beta2: beta2,
			WeightDecay: decay}
	}
	t.Fatalf("no optimizer %v", b.Config["name"])
	return nil
}

// driven is a layer whose weights have given gradients in each step.
type driven struct {
	names  []string
	shapes map[string]tensor.Shape
	starts map[string][]float32
	grads  map[string][]float32 // of each step
	step   *atomic.Int64
}

func (driven) Kind() string { return "Driven" }

func (l driven) Build(b *braid.Builder) (op.Op, error) {
	b.Output(1)
	for _, name := range l.names {
		b.Weight(name, func(values []float32, _ tensor.Shape, _ braid.Draw) {
			copy(values, l.starts[name])
		}, l.shapes[name]...)
	}
	return l, nil
}

func (driven) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		t.Out.Row(r)[0] = 0
	}
}

func (driven) Backward(*op.Task) {}

func (l driven) Gradient(_ *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	name := l.names[weight]
	n, width := l.shapes[name].Size(), l.shapes[name][len(l.shapes[name])-1]
	values := l.grads[name][int(l.step.Load())*n:]
	for r := block.RowLo; r < block.RowHi; r++ {
		copy(grad.Row(r-block.RowLo), values[r*width+block.ColumnLo:r*width+block.ColumnHi])
	}
}

// checkOptimizer trains a model whose weights have the case's gradients, one step an epoch, and
// compares the weights after each. At an epoch's end the model holds the averages.
func (b *block) checkOptimizer(t *testing.T) {
	s := b.settings(t)
	plan := train.Plan{
		Epochs: b.Batch, Workers: 2, Optimizer: b.optimizer(t, s),
		Heads: train.Heads{"y": {Loss: Squared{}}},
		Clip: train.Clip{Value: s.number("clipvalue"), Norm: s.number("clipnorm"),
			GlobalNorm: s.number("global_clipnorm")},
	}
	averaged := s.is("use_ema")
	if momentum, every := s.number("ema_momentum"), s.number("ema_overwrite_frequency"); averaged {
		plan.EMA = &train.EMA{Momentum: momentum, Overwrite: int(every)}
	}
	s.finish()
	l := driven{shapes: map[string]tensor.Shape{}, starts: map[string][]float32{},
		grads: map[string][]float32{}, step: &atomic.Int64{}}
	for _, e := range b.tensors.Entries {
		if name, ours := strings.CutPrefix(e.Name, b.Name+"/weight/"); ours {
			l.shapes[name], l.starts[name] = e.Shape, b.floats(t, "weight/"+name)
			l.grads[name] = b.floats(t, "grad/"+name)
		}
	}
	l.names = slices.Sorted(maps.Keys(l.shapes))
	g := braid.NewGraph("driven")
	g.Head("y", l, g.Input("x", tensor.Float32, 1))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	row, err := data.NewTable(data.Floats("x", []float32{0}, 1), data.Floats("y", []float32{0}, 1))
	if err != nil {
		t.Fatal(err)
	}
	after, averages := map[string][]float32{}, map[string][]float32{}
	keep := func(to map[string][]float32) {
		for _, w := range m.Weights() {
			name := strings.TrimPrefix(w.Name(), "y.")
			to[name] = append(to[name], w.Values()...)
		}
	}
	plan.Callbacks = []train.Callback{{
		Step:  func(train.Step) error { l.step.Add(1); keep(after); return nil },
		Epoch: func(train.Epoch) error { keep(averages); return nil },
	}}
	if _, err := train.Fit(context.Background(), m, row, plan); err != nil {
		t.Fatal(err)
	}
	for _, name := range l.names {
		b.compare(t, fmt.Sprintf("weight_after/%s", name), after[name], blockLimit)
		if averaged {
			b.compare(t, fmt.Sprintf("ema_after/%s", name), averages[name], blockLimit)
		}
	}
}
