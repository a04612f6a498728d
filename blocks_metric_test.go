package braid_test

import (
	"context"
	"encoding/json"
	"math"
	"slices"
	"testing"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/op"
	"braid/tensor"
	"braid/train"
)

// given is a layer whose logits are its input. It has a weight so that it can be trained.
type given struct{ activation braid.Activation }

type givenOp struct{}

func (given) Kind() string { return "Given" }

func (l given) Build(b *braid.Builder) (op.Op, error) {
	b.Output(b.Shape(0)...)
	b.Activate(l.activation)
	b.Weight("unused", func([]float32, tensor.Shape, braid.Draw) {}, 1)
	return givenOp{}, nil
}

func (givenOp) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		copy(t.Out.Row(r), t.In[0].Row(r))
	}
}

func (givenOp) Backward(*op.Task) {}

func (givenOp) Gradient(_ *op.Task, _ int, _ op.Block, grad tensor.Rows[float32]) {
	clear(grad.Row(0))
}

// free is a loss of 0 with any target.
type free struct{ target loss.Target }

func (free) Kind() string                         { return "free" }
func (l free) Bind(braid.Spec) (loss.Func, error) { return l, nil }
func (l free) Target() loss.Target                { return l.target }
func (free) FromLogits() bool                     { return true }

func (free) Rows(b loss.Batch, losses []float32, _ float32, lo, hi int) {
	clear(losses[lo:hi])
	for r := lo; r < hi; r++ {
		if !b.Grad.IsNil() {
			clear(b.Grad.Row(r))
		}
	}
}

// metric returns the metric of the configuration.
func (b *block) metric(t *testing.T) (m metric.Metric, missing string) {
	config := map[string]any{}
	for key, value := range b.Config {
		if key != "name" && key != "batch_sizes" {
			config[key] = value
		}
	}
	name, _ := b.Config["name"].(string)
	if name == "binary_accuracy" {
		name = "accuracy"
	}
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if m, err = metric.Decode(name, text); err != nil {
		return nil, "metric " + name + ": " + err.Error()
	}
	return m, ""
}

// metricModel returns a model that answers its input, and the logits of the case's outputs.
func (b *block) metricModel(t *testing.T) (*braid.Model, []float32) {
	logits, shape := b.floats(t, "in/y_pred"), b.Inputs[1].Shape
	l := given{layer.Linear}
	switch {
	case b.Inputs[0].DType == "F32":
	case shape.Size() == 1:
		l.activation = layer.Sigmoid
		for i, p := range logits {
			logits[i] = float32(max(min(math.Log(float64(p)/(1-float64(p))), 50), -50))
		}
	default:
		l.activation = layer.Softmax
		for i, p := range logits {
			logits[i] = float32(max(math.Log(float64(p)), -50))
		}
	}
	g := braid.NewGraph("metric")
	g.Head("y", l, g.Input("x", tensor.Float32, shape...))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	return m, logits
}

// checkMetric compares an evaluation with the case, and the figure of a training with the
// evaluation: the training's batches are smaller, but the figure is the same.
func (b *block) checkMetric(t *testing.T) (missing string) {
	what, missing := b.metric(t)
	if missing != "" {
		return missing
	}
	m, logits := b.metricModel(t)
	width := m.Heads()[0].Shape.Size()
	truth := b.floats(t, "in/y_true")
	mask := slices.Repeat([]float32{1}, b.Batch)
	if _, ok := b.tensors.Entry(b.Name + "/mask"); ok {
		mask = b.floats(t, "mask")
	}
	columns := []data.Column{data.Floats("x", logits, width)}
	target := loss.Target{DType: tensor.Float32, Shape: m.Heads()[0].Shape}
	if width > 1 {
		target = loss.Target{DType: tensor.Int32, Classes: width}
		classes := make([]int32, b.Batch)
		for i, v := range truth {
			if classes[i] = int32(v); mask[i] == 0 {
				classes[i] = data.NoLabel
			}
		}
		columns = append(columns, data.Ints("y", classes))
	} else {
		for i := range truth {
			if mask[i] == 0 {
				truth[i] = float32(math.NaN())
			}
		}
		columns = append(columns, data.Floats("y", truth, 1))
	}
	head := train.Head{Loss: free{target}, Metrics: metric.List{what}}
	if len(b.Inputs) == 3 {
		head.RowWeight = "weight"
		columns = append(columns, data.Floats("weight", b.floats(t, "in/sample_weight")))
	}
	table, err := data.NewTable(columns...)
	if err != nil {
		t.Fatal(err)
	}
	heads := train.Heads{"y": head}
	scores, err := train.Evaluate(context.Background(), m, table, heads, 2)
	if err != nil {
		t.Fatal(err)
	}
	name := "y_" + metric.Name(what)
	if confusion, ok := scores.Tables[name]; ok {
		var all []float32
		for _, row := range confusion.Values {
			for _, v := range row {
				all = append(all, float32(v))
			}
		}
		b.compare(t, "out", all, blockLimit)
		return ""
	}
	value := scores.Values[slices.Index(scores.Names, name)]
	b.compare(t, "out", []float32{float32(value)}, blockLimit)
	sizes := b.Config["batch_sizes"].([]any)
	history, err := train.Fit(context.Background(), m, table, train.Plan{Heads: heads,
		NoShuffle: true, Workers: 2, Batch: int(sizes[0].(float64))})
	if err != nil {
		t.Fatal(err)
	}
	if again, err := history.Value(1, name); again != value {
		t.Errorf("in batches it is %v, want %v (%v)", again, value, err)
	}
	return ""
}
