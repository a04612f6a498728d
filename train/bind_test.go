package train_test

import (
	"bytes"
	"context"
	"math"
	"reflect"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

func TestFitMistakes(t *testing.T) {
	nan := math.NaN()
	with := func(name string, change func(h *train.Head)) func(*train.Plan) {
		return func(p *train.Plan) {
			h := p.Heads[name]
			change(&h)
			p.Heads[name] = h
		}
	}
	for want, change := range map[string]func(p *train.Plan){
		"Epochs = -1":                    func(p *train.Plan) { p.Epochs = -1 },
		"Batch = -2":                     func(p *train.Plan) { p.Batch = -2 },
		"Workers = 1025, want 1 to 1024": func(p *train.Plan) { p.Workers = 1025 },
		"Workers = -3":                   func(p *train.Plan) { p.Workers = -3 },
		`"yes": Weight = -1`:             with("yes", func(h *train.Head) { h.Weight = -1 }),
		`"yes": Weight = NaN`:            with("yes", func(h *train.Head) { h.Weight = nan }),
		`head "class": Loss is nil, want one such as`: with("class", func(h *train.Head) {
			h.Loss = nil
		}),
		`head "class": Loss is a nil *loss.Huber, want one`: with("class", func(h *train.Head) {
			h.Loss = (*loss.Huber)(nil)
		}),
		`Nothing: head "class": Bind returned nil, want a Func`: with("class", func(h *train.Head) {
			h.Loss = nothing{}
		}),
		`head "yes": metric 1 of its list is nil, want one`: with("yes", func(h *train.Head) {
			h.Metrics = metric.List{metric.Accuracy{}, nil}
		}),
		`head "yes": metric 0 of its list is a nil *metric.AUROC`: with("yes", func(h *train.Head) {
			h.Metrics = metric.List{(*metric.AUROC)(nil)}
		}),
		`Nothing: head "yes": Bind returned nil, want a Func`: with("yes", func(h *train.Head) {
			h.Metrics = metric.List{nothingToMeasure{}}
		}),
		"Optimizer is a nil *optim.SGD, want an optimizer, or nil for": func(p *train.Plan) {
			p.Optimizer = (*optim.SGD)(nil)
		},
		`lion: WeightDecay.Except: unknown word of a weight's name "kernal", want one of "e", ` +
			`"embeddings", "s", "kernel", "recurrent_kernel", "bias", "h", "class", "yes"; ` +
			`did you mean "kernel"?`: func(p *train.Plan) {
			p.Optimizer = optim.Lion{WeightDecay: optim.Decay{Except: []string{"bia", "kernal"}}}
		},
		`"class.kernel", "class.bias", "yes.kernel", "yes.bias"; did you mean "yes.kernel"?`: func(
			p *train.Plan,
		) {
			p.Optimizer = optim.AdamW{WeightDecay: optim.Decay{Except: []string{"yes.kernal"}}}
		},
		"KerasLog: the writer is nil, want one such as": func(p *train.Plan) {
			p.Callbacks = []train.Callback{train.KerasLog(nil)}
		},
		"JSONLog: the writer is a nil *bytes.Buffer, want": func(p *train.Plan) {
			p.Callbacks = []train.Callback{train.JSONLog((*bytes.Buffer)(nil))}
		},
		`head "yes" is missing`: func(p *train.Plan) { delete(p.Heads, "yes") },
		`unknown head "clas", want one of "class", "yes"; did you mean "class"?`: func(p *train.Plan) {
			p.Heads["clas"] = p.Heads["class"]
		},
		"Rate = -1":                       func(p *train.Plan) { p.Optimizer = optim.Adam{Rate: -1} },
		"Accumulate = -1, want 1 or more": func(p *train.Plan) { p.Accumulate = -1 },
		"Clip.Norm = -2, want a finite":   func(p *train.Plan) { p.Clip.Norm = -2 },
		"Clip.GlobalNorm = NaN":           func(p *train.Plan) { p.Clip.GlobalNorm = nan },
		"Clip has 2 limits: {Value:1": func(p *train.Plan) {
			p.Clip = train.Clip{Value: 1, Norm: 2}
		},
		"EMA.Momentum = 1, want above 0": func(p *train.Plan) { p.EMA = &train.EMA{Momentum: 1} },
		"EMA.Momentum = NaN":             func(p *train.Plan) { p.EMA = &train.EMA{Momentum: nan} },
		"EMA.Overwrite = -1":             func(p *train.Plan) { p.EMA = &train.EMA{Overwrite: -1} },
		`Plateau.Figure: unknown figure "yes_los"`: func(p *train.Plan) {
			p.Plateau = &train.Plateau{Figure: "yes_los"}
		},
		"Plateau.Mode = Mode(7)": func(p *train.Plan) { p.Plateau = &train.Plateau{Mode: 7} },
		"Plateau.Factor = 1":     func(p *train.Plan) { p.Plateau = &train.Plateau{Factor: 1} },
		"Plateau.Patience = -1":  func(p *train.Plan) { p.Plateau = &train.Plateau{Patience: -1} },
		"Plateau.MinDelta = -1":  func(p *train.Plan) { p.Plateau = &train.Plateau{MinDelta: new(-1.0)} },
		"Plateau.Cooldown = -1":  func(p *train.Plan) { p.Plateau = &train.Plateau{Cooldown: -1} },
		"Plateau.MinRate = NaN":  func(p *train.Plan) { p.Plateau = &train.Plateau{MinRate: nan} },
		"the optimizer counted has no method Scaled": func(p *train.Plan) {
			p.Optimizer, p.Plateau = counted{}, &train.Plateau{}
		},
		"SGD: CosineDecay: DecaySteps = 0": func(p *train.Plan) {
			p.Optimizer = optim.SGD{Schedule: optim.CosineDecay{InitialRate: 1}}
		},
		`head "class" has activation softmax, want sigmoid`: with("class", func(h *train.Head) {
			h.Loss = loss.BinaryCrossentropy{}
		}),
		`"yes_a\tb" holds '\t', want printable`: with("yes",
			func(h *train.Head) { h.Metrics = metric.List{tabbed{}} }),
		`two figures are named "yes_accuracy"`: with("yes", func(h *train.Head) {
			h.Metrics = append(h.Metrics, metric.Accuracy{})
		}),
	} {
		p := plan()
		change(&p)
		if _, err := train.Fit(context.Background(), model(t), table(t), p); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// TestDecayExceptionOfState checks that the weight decay has no exceptions of state, which never
// decays.
func TestDecayExceptionOfState(t *testing.T) {
	g := braid.NewGraph("state")
	x := g.Input("x", tensor.Float32, 3)
	g.Head("y", layer.BatchNormalization{}, x)
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	values := []float32{1, 2, 3, 5, 8, 13}
	data, err := data.NewTable(data.Floats("x", values, 3), data.Floats("y", values, 3))
	if err != nil {
		t.Fatal(err)
	}
	for word, want := range map[string]string{
		"moving": `"moving", want one of "y", "gamma"`, "gam": "",
	} {
		_, err := train.Fit(context.Background(), m, data, train.Plan{
			Optimizer: optim.SGD{WeightDecay: optim.Decay{Except: []string{word}}},
			Heads:     train.Heads{"y": {Loss: loss.MeanSquaredError{}}},
		})
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error is %v, want %q", word, err, want)
		}
	}
}

// nothing is a loss, and nothingToMeasure a metric, whose Bind returns nil.
type nothing struct{}

func (nothing) Kind() string                       { return "Nothing" }
func (nothing) Bind(braid.Spec) (loss.Func, error) { return nil, nil }

type nothingToMeasure struct{ nothing }

func (nothingToMeasure) Bind(braid.Spec, metric.Target) (metric.Func, error) { return nil, nil }

// TestAllMetricsOfMistakes checks that heads with a nil loss or metric stay as they are.
func TestAllMetricsOfMistakes(t *testing.T) {
	heads := train.Heads{
		"class": {Loss: (*loss.Huber)(nil)},
		"yes":   {Loss: loss.BinaryCrossentropy{}, Metrics: metric.List{(*metric.F1)(nil)}},
	}
	if got := heads.WithAllMetrics(model(t)); !reflect.DeepEqual(got, heads) {
		t.Errorf("got %v, want %v", got, heads)
	}
	heads["class"] = train.Head{Loss: nothing{}}
	if got := heads.WithAllMetrics(model(t)); !reflect.DeepEqual(got, heads) {
		t.Errorf("got %v, want %v", got, heads)
	}
}

func TestDataMistakes(t *testing.T) {
	full := table(t)
	column := func(name string) data.Column {
		c, err := full.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	replaced := func(c data.Column) []data.Column {
		var list []data.Column
		for _, name := range full.Names() {
			if name == c.Name {
				list = append(list, c)
			} else {
				list = append(list, column(name))
			}
		}
		return list
	}
	bad := func(values []float32, at int, v float64) []float32 {
		values[at] = float32(v)
		return values
	}
	ids := make([]int32, 2*rows)
	ids[9] = 5
	labels := make([]int32, rows)
	labels[17] = 4
	pixel := make([]uint8, rows)
	pixel[5] = 3
	for want, columns := range map[string][]data.Column{
		`column "x" is missing`: {column("image"), column("ids"),
			column("class"), column("yes")},
		`unknown column "extra"`: append(replaced(column("x")),
			data.Ints("extra", labels)),
		`column "x" has shape [2] a row, the input wants [3]`: replaced(data.Floats("x",
			make([]float32, 2*rows), 2)),
		`column "ids" is float32, the input wants int32`: replaced(data.Floats("ids",
			make([]float32, 2*rows), 2)),
		`column "ids", row 4, element 1: got 5, want 0 to 4`: replaced(data.Ints("ids", ids, 2)),
		`column "class", row 17: got 4, want 0 to 3`:         replaced(data.Ints("class", labels)),
		`column "class" is float32, the loss wants labels`: replaced(data.Floats("class",
			make([]float32, rows))),
		`column "x", row 3, element 2: got NaN`: replaced(data.Floats("x",
			bad(make([]float32, 3*rows), 11, math.NaN()), 3)),
		`column "x", row 0, element 0: got +Inf`: replaced(data.Floats("x",
			bad(make([]float32, 3*rows), 0, math.Inf(1)), 3)),
		`column "yes", row 8: got 1.5, want 0 to 1`: replaced(data.Floats("yes",
			bad(make([]float32, rows), 8, 1.5))),
		`column "yes" has shape [2] a row`: replaced(data.Floats("yes",
			make([]float32, 2*rows), 2)),
		`column "yes", row 5: got 1.5 (byte 3), want 0 to 1`: replaced(data.Bytes("yes", pixel,
			data.Standard{Std: 2})),
	} {
		d, err := data.NewTable(columns...)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := train.Fit(context.Background(), model(t), d, plan()); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// tabbed is a metric whose name cannot be shown.
type tabbed struct{ metric.Matthews }

func (tabbed) Kind() string { return "a\tb" }

// A target with the same number of elements but another shape is an error; [] and [1] are
// equivalent.
func TestTargetShape(t *testing.T) {
	g := braid.NewGraph("grid")
	x := g.Input("x", tensor.Float32, 4, 1)
	g.Head("y", layer.Concatenate{Axis: -1}, g.Add("a",
		layer.Dense{Units: 2, Activation: layer.Sigmoid}, x),
		g.Add("b", layer.Dense{Units: 1, Activation: layer.Sigmoid}, x))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	const examples = 5
	for _, c := range []struct {
		shape []int
		want  string
	}{
		{[]int{4, 3}, ""},
		{[]int{3, 4}, `column "y" has shape [3 4] a row, the loss wants [4 3]`},
		{[]int{12}, `column "y" has shape [12] a row, the loss wants [4 3]`},
	} {
		table, err := data.NewTable(
			data.Floats("x", make([]float32, 4*examples), 4, 1),
			data.Floats("y", make([]float32, 12*examples), c.shape...),
		)
		if err != nil {
			t.Fatal(err)
		}
		_, err = train.Fit(context.Background(), m, table,
			train.Plan{Heads: train.Heads{"y": {Loss: squares{}}}})
		if c.want == "" && err != nil ||
			c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("shape %v: error %v, want %q", c.shape, err, c.want)
		}
	}
}

// squares is the mean square of the output. It ignores its target, which has the head's shape.
type squares struct{}

func (squares) Kind() string { return "squares" }

func (squares) Bind(head braid.Spec) (loss.Func, error) { return squaresOf{head.Shape}, nil }

type squaresOf struct{ shape tensor.Shape }

func (f squaresOf) Target() loss.Target {
	return loss.Target{DType: tensor.Float32, Shape: f.shape}
}

func (squaresOf) FromLogits() bool { return false }

func (f squaresOf) Rows(b loss.Batch, losses []float32, scale float32, lo, hi int) {
	for r := lo; r < hi; r++ {
		losses[r] = 0
		for i, v := range b.Output.Row(r) {
			losses[r] += v * v
			if !b.Grad.IsNil() {
				b.Grad.Row(r)[i] = 2 * v * scale
			}
		}
	}
}
