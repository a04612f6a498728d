package optim_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"braid/optim"
	"braid/tensor"
)

// every has each optimizer with every field set.
var every = []optim.Optimizer{
	optim.Adadelta{Rate: 0.5, Rho: new(0.5), Epsilon: 1, WeightDecay: decay, Lazy: true},
	optim.Adagrad{Rate: 0.5, Initial: new(0.0), Epsilon: 1, WeightDecay: decay, Lazy: true},
	optim.Adam{Rate: 0.5, Beta1: new(0.0), Beta2: new(0.5), Epsilon: 1, AMSGrad: true,
		WeightDecay: decay, Lazy: true},
	optim.AdamW{Rate: 0.5, Beta1: new(0.25), Beta2: new(0.5), Epsilon: 1, WeightDecay: decay},
	optim.Adamax{Rate: 0.5, Beta1: new(0.25), Beta2: new(0.5), Epsilon: 1, WeightDecay: decay},
	optim.Lion{Rate: 0.5, Beta1: new(0.25), Beta2: new(0.5), WeightDecay: decay},
	optim.Nadam{Rate: 0.5, Beta1: new(0.25), Beta2: new(0.5), Epsilon: 1, WeightDecay: decay},
	optim.RMSprop{Rate: 0.5, Rho: new(0.5), Momentum: 0.5, Epsilon: 1, Centered: true,
		WeightDecay: decay},
	optim.SGD{Rate: 0.5, Momentum: 0.5, Nesterov: true, WeightDecay: decay, Lazy: true},
}

var decay = optim.Decay{Rate: 0.25, All: true, Except: []string{"bias", "e."}}

// schedules has each schedule with every field set.
var schedules = []optim.Schedule{
	optim.CosineDecay{InitialRate: 0.1, DecaySteps: 5, Alpha: 0.1, WarmupTarget: 0.5, WarmupSteps: 3},
	optim.CosineDecayRestarts{InitialRate: 0.1, FirstDecaySteps: 4, TMul: 1.5, MMul: 0.5, Alpha: 0.1},
	optim.ExponentialDecay{InitialRate: 0.1, DecaySteps: 5, DecayRate: 0.5, Staircase: true},
	optim.InverseTimeDecay{InitialRate: 0.1, DecaySteps: 5, DecayRate: 0.5, Staircase: true},
	optim.OneCycle{MaxRate: 0.1, TotalSteps: 9, PctStart: 0.5, DivFactor: 10, FinalDivFactor: 100,
		Linear: true},
	optim.PiecewiseConstant{Boundaries: []int{2, 7}, Values: []float64{0.1, 0.05, 0.01}},
	optim.PiecewiseLinear{Steps: []int{2, 7, 8}, Rates: []float64{0.01, 0.05, 0.02}},
	optim.PolynomialDecay{InitialRate: 0.1, DecaySteps: 5, EndRate: new(0.0), Power: 2, Cycle: true},
}

// Every optimizer is written and read back as it was, without and with every schedule.
func TestJSON(t *testing.T) {
	for _, o := range every {
		for _, s := range append([]optim.Schedule{nil}, schedules...) {
			want := o
			if s != nil {
				want = o.(optim.Scheduled).WithSchedule(s)
			}
			text, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := optim.Decode(o.Kind(), text)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s %s is read as %+v (%v)", o.Kind(), text, got, err)
			}
		}
	}
}

func TestDecodeMistakes(t *testing.T) {
	for config, want := range map[string]string{
		`{"schedule":{"kind":"cosine"}}`:                       `did you mean "cosine_decay"?`,
		`{"schedule":{"initial_rate":1}}`:                      `"kind" is missing`,
		`{"schedule":{"kind":7}}`:                              `"kind" is missing or no string`,
		`{"schedule":{"kind":"one_cycle","kind":"one_cycle"}}`: `"kind" is given twice`,
		`{"schedule":{"kind":"one_cycle","max":1}}`:            `unknown field "max", want one of`,
		`{"schedule":{"kind":"one_cycle","max_rate":"x"}}`:     `one_cycle: `,
		`{"schedule":"cosine_decay"}`:                          `want a JSON object`,
		`{"schedule":{"kind":"one_cycle"},"Schedule":null}`:    `"Schedule" is given twice`,
		`{"nesterof":true}`:                                    `unknown field "nesterof"`,
		`{"rate":1} x`:                                         `follows the JSON object`,
		`{"weight_decay":{"rat":1}}`:                           `unknown field "rat", want one of`,
		`{"weight_decay":0.1}`:                                 `weight_decay: got "0.1", want a`,
		`{`:                                                    `sgd: the text ends within`,
		``:                                                     `sgd: got no text, want a JSON object`,
	} {
		if o, err := optim.Decode("sgd", []byte(config)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v and %v, want %q", config, o, err, want)
		}
	}
	if s, err := optim.DecodeSchedule(nil); err == nil ||
		err.Error() != "schedule: got no text, want a JSON object" {
		t.Errorf("no schedule gives %v and %v", s, err)
	}
	if o, err := optim.Decode("sgd", []byte(`{"schedule":null}`)); err != nil ||
		!reflect.DeepEqual(o, optim.SGD{}) {
		t.Errorf("a null schedule gives %+v (%v)", o, err)
	}
}

func TestMistakes(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	type checked interface{ Check() error }
	for want, c := range map[string]checked{
		"SGD: Rate = -1, want a finite number above 0":   optim.SGD{Rate: -1},
		"SGD: Momentum = 1, want 0 or more, and below 1": optim.SGD{Momentum: 1},
		"SGD: Nesterov needs a Momentum":                 optim.SGD{Nesterov: true},
		"SGD: WeightDecay.Rate = -1": optim.SGD{
			WeightDecay: optim.Decay{Rate: -1},
		},
		"AdamW: WeightDecay.Rate = +Inf": optim.AdamW{
			WeightDecay: optim.Decay{Rate: inf},
		},
		"Lion: WeightDecay.Except has an empty word": optim.Lion{
			WeightDecay: optim.Decay{Except: []string{""}},
		},
		"Adam: Rate = 0.1 beside a Schedule": optim.Adam{
			Rate: 0.1, Schedule: schedules[0],
		},
		"SGD: Schedule is a nil *optim.OneCycle, want a schedule, or nil": optim.SGD{
			Rate: 0.1, Schedule: (*optim.OneCycle)(nil),
		},
		"Nadam: OneCycle: MaxRate = 0": optim.Nadam{
			Schedule: optim.OneCycle{TotalSteps: 9},
		},
		"AdamW: Beta2 = 1":                               optim.AdamW{Beta2: new(1.0)},
		"Adamax: Beta1 = NaN":                            optim.Adamax{Beta1: &nan},
		"Adamax: Epsilon = -1":                           optim.Adamax{Epsilon: -1},
		"Nadam: Beta2 = -1":                              optim.Nadam{Beta2: new(-1.0)},
		"RMSprop: Rho = 1":                               optim.RMSprop{Rho: new(1.0)},
		"RMSprop: Momentum = -1":                         optim.RMSprop{Momentum: -1},
		"Adagrad: Initial = -1, want a finite number, 0": optim.Adagrad{Initial: new(-1.0)},
		"Adadelta: Epsilon = NaN":                        optim.Adadelta{Epsilon: nan},
		"Lion: Beta1 = 2":                                optim.Lion{Beta1: new(2.0)},
		"Adam: Epsilon = 1e-300, which is 0 as float32: want 1.4e-45 or more": optim.Adam{
			Epsilon: 1e-300,
		},
		"AdamW: Epsilon = 7e-46, which is 0": optim.AdamW{Epsilon: 7e-46},
		"SGD: Rate = 4e+38, which is infinite as float32: want 3.4e+38 or less": optim.SGD{
			Rate: 4e38,
		},
		"Lion: Rate = 1e-50, which is 0":              optim.Lion{Rate: 1e-50},
		"Adagrad: Initial = 1e+39, which is infinite": optim.Adagrad{Initial: new(1e39)},
		"Nadam: WeightDecay.Rate = 1e+40, which is infinite": optim.Nadam{
			WeightDecay: optim.Decay{Rate: 1e40},
		},
		"Adamax: Beta2 = 0.99999999, which is 1 as float32": optim.Adamax{Beta2: new(0.99999999)},
		"RMSprop: OneCycle: MaxRate = 1e-60, which is 0": optim.RMSprop{
			Schedule: optim.OneCycle{MaxRate: 1e-60, TotalSteps: 9},
		},
		"CosineDecay: InitialRate = 1e+60, which is infinite": optim.CosineDecay{
			InitialRate: 1e60, DecaySteps: 1, WarmupTarget: 1, WarmupSteps: 1,
		},
		"PolynomialDecay: EndRate = 1e+60, which is infinite": optim.PolynomialDecay{
			InitialRate: 1, DecaySteps: 1, EndRate: new(1e60),
		},
		"ExponentialDecay: InitialRate = 0": optim.ExponentialDecay{
			DecaySteps: 1, DecayRate: 1,
		},
		"ExponentialDecay: DecaySteps = 0, want 1": optim.ExponentialDecay{
			InitialRate: 1, DecayRate: 1,
		},
		"InverseTimeDecay: DecayRate = NaN": optim.InverseTimeDecay{
			InitialRate: 1, DecaySteps: 1, DecayRate: nan,
		},
		"CosineDecay: Alpha = 2, want 0 to 1": optim.CosineDecay{
			InitialRate: 1, DecaySteps: 1, Alpha: 2,
		},
		"CosineDecay: InitialRate = 0": optim.CosineDecay{DecaySteps: 1},
		"CosineDecay: WarmupSteps = 0": optim.CosineDecay{
			DecaySteps: 1, WarmupTarget: 1,
		},
		"CosineDecay: WarmupTarget = 0": optim.CosineDecay{
			DecaySteps: 1, WarmupSteps: 1,
		},
		"CosineDecayRestarts: TMul = 0.5": optim.CosineDecayRestarts{
			InitialRate: 1, FirstDecaySteps: 1, TMul: 0.5,
		},
		"CosineDecayRestarts: MMul = -1": optim.CosineDecayRestarts{
			InitialRate: 1, FirstDecaySteps: 1, MMul: -1,
		},
		"PiecewiseConstant: got 1 Boundaries and 1 Values": optim.PiecewiseConstant{
			Boundaries: []int{1}, Values: []float64{1},
		},
		"PiecewiseConstant: Boundaries = [2 2]": optim.PiecewiseConstant{
			Boundaries: []int{2, 2}, Values: []float64{1, 1, 1}},
		"PiecewiseConstant: Values[1] = -1": optim.PiecewiseConstant{
			Boundaries: []int{2}, Values: []float64{1, -1}},
		"PiecewiseLinear: got 1 Steps and 1 Rates, want 2 or more": optim.PiecewiseLinear{
			Steps: []int{1}, Rates: []float64{1},
		},
		"PiecewiseLinear: got 2 Steps and 3 Rates": optim.PiecewiseLinear{
			Steps: []int{1, 2}, Rates: []float64{1, 2, 3},
		},
		"PiecewiseLinear: Steps = [2 2]": optim.PiecewiseLinear{
			Steps: []int{2, 2}, Rates: []float64{1, 1},
		},
		"PiecewiseLinear: Steps = [-1 2]": optim.PiecewiseLinear{
			Steps: []int{-1, 2}, Rates: []float64{1, 1},
		},
		"PiecewiseLinear: Rates[1] = -1": optim.PiecewiseLinear{
			Steps: []int{0, 2}, Rates: []float64{1, -1},
		},
		"PiecewiseLinear: Rates[0] = NaN": optim.PiecewiseLinear{
			Steps: []int{0, 2}, Rates: []float64{nan, 1},
		},
		"PiecewiseLinear: the largest of Rates = 0, want a finite number above 0": optim.PiecewiseLinear{
			Steps: []int{0, 2}, Rates: []float64{0, 0},
		},
		"PolynomialDecay: EndRate = -1": optim.PolynomialDecay{InitialRate: 1, DecaySteps: 1,
			EndRate: new(-1.0)},
		"PolynomialDecay: Power = -1": optim.PolynomialDecay{
			InitialRate: 1, DecaySteps: 1, Power: -1,
		},
		"OneCycle: PctStart = 0.3 of TotalSteps = 2": optim.OneCycle{MaxRate: 1, TotalSteps: 2},
		"OneCycle: PctStart = 1 of TotalSteps = 9": optim.OneCycle{
			MaxRate: 1, TotalSteps: 9, PctStart: 1,
		},
		"OneCycle: DivFactor = -1": optim.OneCycle{
			MaxRate: 1, TotalSteps: 9, DivFactor: -1,
		},
	} {
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error is %v, want %q", c, err, want)
		}
	}
	for _, o := range every {
		if err := o.Check(); err != nil {
			t.Error(err)
		}
		zero := reflect.Zero(reflect.TypeOf(o)).Interface().(optim.Optimizer)
		if err := zero.Check(); err != nil {
			t.Error(err)
		}
	}
	for _, s := range schedules {
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	}
}

// Restarts agree with Keras' formula, which finds the period by a logarithm.
func TestRestarts(t *testing.T) {
	s := optim.CosineDecayRestarts{InitialRate: 0.1, FirstDecaySteps: 7, TMul: 1.5, MMul: 0.5,
		Alpha: 0.1}
	for step := range 200 {
		at := float64(step) / 7
		period := math.Floor(math.Log(1-at*(1-1.5))/math.Log(1.5) + 1e-12)
		at = (at - (1-math.Pow(1.5, period))/(1-1.5)) / math.Pow(1.5, period)
		want := 0.1 * (0.9*0.5*math.Pow(0.5, period)*(1+math.Cos(math.Pi*at)) + 0.1)
		if got := s.Rate(step); math.Abs(got-want) > 1e-12 {
			t.Errorf("rate %v in step %d, want %v", got, step, want)
		}
	}
}

// The rates of PiecewiseLinear's points are exact, and those between lie on straight lines.
func TestPiecewiseLinear(t *testing.T) {
	s := optim.PiecewiseLinear{Steps: []int{2, 6, 8}, Rates: []float64{0.25, 2.25, 0}}
	want := []float64{0.25, 0.25, 0.25, 0.75, 1.25, 1.75, 2.25, 1.125, 0, 0, 0}
	for step, want := range want {
		if got := s.Rate(step); got != want {
			t.Errorf("rate %v in step %d, want %v", got, step, want)
		}
	}
}

// Half the rate is half the rate in every step, also of a schedule, and an optimizer that is scaled
// twice has both factors.
func TestScaled(t *testing.T) {
	for _, o := range every {
		for _, s := range append([]optim.Schedule{nil}, schedules...) {
			if s != nil {
				o = o.(optim.Scheduled).WithSchedule(s)
			}
			quarter := o.(optim.Scaled).Scaled(0.5).(optim.Scaled).Scaled(0.5)
			for step := 1; step < 12; step++ {
				got := quarter.(optim.Rated).LearningRate(step)
				if want := o.(optim.Rated).LearningRate(step) / 4; math.Abs(got-want) > 1e-15 {
					t.Errorf("%s: rate %v in step %d, want %v", o.Kind(), got, step, want)
				}
			}
		}
	}
}

// Weights with one axis, biases of two axes and a normalization's weights do not decay by default.
func TestDecay(t *testing.T) {
	for _, c := range []struct {
		decay optim.Decay
		name  string
		shape tensor.Shape
		want  bool
	}{
		{optim.Decay{Rate: 1}, "trunk.kernel", tensor.Shape{2, 3}, true},
		{optim.Decay{Rate: 1}, "e.embeddings", tensor.Shape{2, 3}, false},
		{optim.Decay{Rate: 1, All: true}, "e.embeddings", tensor.Shape{2, 3}, true},
		{optim.Decay{Rate: 1}, "trunk.bias", tensor.Shape{3}, false},
		{optim.Decay{Rate: 1}, "gru.bias", tensor.Shape{2, 9}, false},
		{optim.Decay{Rate: 1}, "attention.query_bias", tensor.Shape{2, 9}, false},
		{optim.Decay{Rate: 1}, "bias.kernel", tensor.Shape{2, 9}, true},
		{optim.Decay{Rate: 1}, "norm.gamma", tensor.Shape{2, 9}, false},
		{optim.Decay{Rate: 1}, "norm.beta", tensor.Shape{2, 9}, false},
		{optim.Decay{Rate: 1}, "scale.scale", tensor.Shape{3}, false},
		{optim.Decay{Rate: 1, All: true}, "norm.beta", tensor.Shape{3}, true},
		{optim.Decay{Rate: 1, All: true, Except: []string{"x", "beta"}}, "norm.beta", tensor.Shape{3},
			false},
		{optim.Decay{Rate: 1, Except: []string{"trunk"}}, "trunk.kernel", tensor.Shape{2, 3}, false},
		{optim.Decay{All: true}, "trunk.kernel", tensor.Shape{2, 3}, false},
	} {
		if got := (optim.SGD{WeightDecay: c.decay}).Decays(c.name, c.shape); got != c.want {
			t.Errorf("%+v of %s %v: %t, want %t", c.decay, c.name, c.shape, got, c.want)
		}
	}
	for _, o := range every {
		e, ok := o.(optim.Excepting)
		if !ok || !slices.Equal(e.DecayExceptions(), decay.Except) {
			t.Errorf("%s does not return its exceptions", o.Kind())
		}
	}
	if !(optim.AdamW{}).Decays("trunk.kernel", tensor.Shape{2, 3}) {
		t.Error("AdamW decays no kernel by default")
	}
	if got, want := (optim.AdamW{Rate: 0.5}).At(1)[9], float32(0.004*0.5); got != want {
		t.Errorf("AdamW decays by %v, want %v", got, want)
	}
}

// A block that is a window into wider rows is updated as one of its own, without a change beside
// it, and slots of weights without a gradient become 0 and not denormal.
func TestBlocks(t *testing.T) {
	const rows, width, stride = 3, 5, 8
	for _, o := range every {
		block := func(stride int) (p optim.Block, arrays [][]float32) {
			window := func() tensor.Rows[float32] {
				x := tensor.Rows[float32]{Data: make([]float32, rows*stride), Width: width, Stride: stride}
				for i := range x.Data {
					x.Data[i] = 99
				}
				arrays = append(arrays, x.Data)
				for r := range rows {
					for i := range x.Row(r) {
						x.Row(r)[i] = float32(math.Sin(float64(len(arrays) + 7*r + i)))
					}
				}
				return x
			}
			p = optim.Block{Rows: rows, Weights: window(), Gradient: window(), Decay: true}
			for range o.Slots() {
				slot := window()
				for r := range rows {
					clear(slot.Row(r))
				}
				p.Slots = append(p.Slots, slot)
			}
			return p, arrays
		}
		wide, arrays := block(stride)
		narrow, _ := block(width)
		for step := 1; step < 4; step++ {
			o.Update(o.At(step), wide)
			o.Update(o.At(step), narrow)
		}
		for r := range rows {
			for i, v := range wide.Weights.Row(r) {
				if v != narrow.Weights.Row(r)[i] {
					t.Errorf("%s: row %d is %v in a window, want %v", o.Kind(), r, wide.Weights.Row(r),
						narrow.Weights.Row(r))
					break
				}
			}
		}
		for _, data := range arrays {
			for i, v := range data {
				if i%stride >= width && v != 99 {
					t.Errorf("%s: changes number %d beside the window", o.Kind(), i)
				}
			}
		}
		for r := range rows {
			clear(narrow.Gradient.Row(r))
		}
		for step := range 200 {
			o.Update(o.At(step+4), narrow)
			for i, slot := range narrow.Slots {
				for _, v := range slot.Data {
					if v != 0 && math.Abs(float64(v)) < 0x1p-126 {
						t.Fatalf("%s: slot %d is denormal: %v", o.Kind(), i, v)
					}
				}
			}
		}
	}
}
