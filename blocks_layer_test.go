package braid_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/op"
	"braid/tensor"
)

// layer returns the layer of the configuration.
func (b *block) layer() (l braid.Layer, missing string) {
	c := b.Config
	switch b.Kind {
	case "Activation":
		f, err := activation(c)
		if err != nil {
			return nil, err.Error()
		}
		return layer.Activation{Function: f, Slope: c.number("negative_slope")}, ""
	case "Add":
		return layer.Add{}, ""
	case "Average", "Maximum", "Minimum", "MultiHeadAttention", "Multiply", "Permute", "Reshape",
		"Subtract":
		return b.mergeOrAttention(), ""
	case "BatchNormalization":
		return layer.BatchNormalization{
			Momentum: c.pointer("momentum"), Epsilon: c.number("epsilon"), NoCenter: c.isNot("center"),
			NoScale: c.isNot("scale"), Frozen: !b.Train,
		}, ""
	case "Concatenate":
		return layer.Concatenate{Axis: c.integer("axis")}, ""
	case "Conv1D", "Conv2D", "DepthwiseConv2D", "MaxPooling1D", "MaxPooling2D", "AveragePooling1D",
		"AveragePooling2D", "GlobalMaxPooling1D", "GlobalMaxPooling2D", "GlobalAveragePooling1D",
		"GlobalAveragePooling2D", "ZeroPadding2D", "UpSampling2D":
		return b.windowed()
	case "Dense":
		f, err := activation(c)
		if err != nil {
			return nil, err.Error()
		}
		return layer.Dense{Units: c.integer("units"), NoBias: c.isNot("use_bias"), Activation: f}, ""
	case "Embedding":
		return layer.Embedding{Vocabulary: c.integer("input_dim"), Width: c.integer("output_dim")}, ""
	case "Flatten":
		return layer.Flatten{}, ""
	case "LayerNormalization":
		return layer.LayerNormalization{Axes: c.integers("axis"), Epsilon: c.number("epsilon"),
			NoCenter: c.isNot("center"), NoScale: c.isNot("scale")}, ""
	case "Bidirectional", "GRU", "LSTM", "SimpleRNN":
		return b.recurrentLayer()
	}
	return nil, b.Kind
}

// activation parses Keras' name of an activation.
func activation(config configuration) (braid.Activation, error) {
	name, _ := config["activation"].(string)
	var a braid.Activation
	switch {
	case name == "":
		return layer.Linear, nil
	case name == "gelu" && config["approximate"] == true:
		return layer.GELUTanh, nil
	}
	err := a.UnmarshalText([]byte(name))
	return a, err
}

// leaf is the identity. Its Backward keeps the gradient, and it has a weight so that the engine
// computes it.
type leaf struct {
	grad *atomic.Pointer[tensor.Rows[float32]]
}

type leafOp leaf

func (leaf) Kind() string { return "Leaf" }

func (l leaf) Build(b *braid.Builder) (op.Op, error) {
	b.Output(b.Shape(0)...)
	b.Weight("unused", func([]float32, tensor.Shape, braid.Draw) {}, 1)
	return leafOp(l), nil
}

func (leafOp) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		copy(t.Out.Row(r), t.In[0].Row(r))
	}
}

// Backward runs in every worker; the window is the same.
func (l leafOp) Backward(t *op.Task) {
	grad := t.OutGrad
	l.grad.Store(&grad)
}

func (leafOp) Gradient(_ *op.Task, _ int, _ op.Block, grad tensor.Rows[float32]) {
	clear(grad.Row(0))
}

// checkLayer compares output, state and gradients of a layer.
func (b *block) checkLayer(t *testing.T, l braid.Layer) {
	g := braid.NewGraph("block")
	grads := map[string]*atomic.Pointer[tensor.Rows[float32]]{}
	var inputs []*braid.Node
	for _, in := range b.Inputs {
		if in.DType == "I32" {
			inputs = append(inputs, g.Input(in.Name, tensor.Int32, in.Shape...))
			continue
		}
		grads[in.Name] = &atomic.Pointer[tensor.Rows[float32]]{}
		inputs = append(inputs, g.Add("leaf_"+in.Name, leaf{grads[in.Name]},
			g.Input(in.Name, tensor.Float32, in.Shape...)))
	}
	mask, masked := b.tensors.Entry(b.Name + "/mask")
	if masked && b.Kind != "Embedding" {
		inputs = append(inputs, g.Input("mask", tensor.Float32, mask.Shape[1:]...))
	}
	g.Head("out", l, inputs...)
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range m.Weights() {
		if name, ours := strings.CutPrefix(w.Name(), "out."); ours {
			from := "weight/"
			if w.IsState() {
				from = "state/"
			}
			if err := w.Set(b.floats(t, from+name)); err != nil {
				t.Fatal(err)
			}
			w.Memory().Frozen = false // a frozen normalization's gradients are compared too
		}
	}
	run := braidtest.NewBatch(m, b.Batch, 2)
	for i, spec := range m.Inputs() {
		for _, worker := range run.Team.Workers {
			switch {
			case spec.Name == "mask" && masked:
				fill(worker.Input(i), b.floats(t, "mask"))
			case spec.DType == tensor.Int32:
				ids := worker.IDs(i)
				for j, v := range b.floats(t, "in/"+spec.Name) {
					ids.Data[j] = int32(v)
				}
			default:
				fill(worker.Input(i), b.floats(t, "in/"+spec.Name))
			}
		}
	}
	run.Forward()
	b.compare(t, "out", numbers(run.Space.Output(0), b.Batch), blockLimit)
	fill(run.Space.HeadGrad(0, false), b.floats(t, "upstream"))
	run.Backward()
	for name, grad := range grads {
		b.compare(t, "grad_in/"+name, numbers(*grad.Load(), b.Batch), gradientLimit)
	}
	if b.Train {
		run.Team.UpdateState()
	}
	for _, w := range m.Weights() {
		name, ours := strings.CutPrefix(w.Name(), "out.")
		switch {
		case ours && w.IsState():
			b.compare(t, "state_after/"+name, w.Values(), blockLimit)
		case ours:
			b.compare(t, "grad_weight/"+name, run.Gradient(w), gradientLimit)
		}
	}
}
