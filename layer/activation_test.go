package layer_test

import (
	"slices"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/op"
	"braid/tensor"
)

// copying is Activation as a layer of another package may write it: its op is no Identity.
type copying struct{ braid.Activation }

func (copying) Kind() string { return "Copying" }

func (l copying) Build(b *braid.Builder) (op.Op, error) {
	b.Output(b.Shape(0)...)
	b.Activate(l.Activation)
	return copyingOp{}, nil
}

type copyingOp struct{}

func (copyingOp) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		copy(t.Out.Row(r), t.In[0].Row(r))
	}
}

func (copyingOp) Backward(t *op.Task) {
	for r := t.Lo; r < t.Hi && !t.InGrad[0].IsNil(); r++ {
		for i, d := range t.OutGrad.Row(r) {
			t.InGrad[0].Row(r)[i] += d
		}
	}
}

// An activation has the same bytes where the engine moves it to the layer before, and the same as
// one that is not moved where another node reads that layer.
func TestActivationMoves(t *testing.T) {
	dense := layer.Dense{Units: 4}
	for name, draw := range map[string]func(g *braid.Graph, a braid.Layer, x *braid.Node){
		"after a layer": func(g *braid.Graph, a braid.Layer, x *braid.Node) {
			bent := g.Add("bent", a, g.Add("under", dense, x))
			g.Head("y", layer.Dense{Units: 2}, bent)
			g.Head("z", layer.Dense{Units: 3}, bent)
		},
		"after sums over the batch": func(g *braid.Graph, a braid.Layer, x *braid.Node) {
			under := g.Add("n", layer.BatchNormalization{}, g.Add("under", dense, x))
			g.Head("y", layer.Dense{Units: 2}, g.Add("bent", a, under))
		},
		"in a view": func(g *braid.Graph, a braid.Layer, x *braid.Node) {
			under := g.Add("under", dense, x)
			bent := g.Add("bent", a, g.Add("beside", dense, x))
			g.Head("y", layer.Dense{Units: 2}, g.Add("both", layer.Concatenate{}, under, bent, bent))
		},
		"after a layer that is read twice": func(g *braid.Graph, a braid.Layer, x *braid.Node) {
			under := g.Add("under", dense, x)
			g.Head("y", layer.Dense{Units: 2}, g.Add("sum", layer.Add{}, under, g.Add("bent", a, under)))
		},
		"after a head": func(g *braid.Graph, a braid.Layer, x *braid.Node) {
			g.Head("y", layer.Dense{Units: 2}, g.Add("bent", a, g.Head("z", dense, x)))
		},
		"of a head": func(g *braid.Graph, a braid.Layer, x *braid.Node) {
			g.Head("y", a, g.Add("under", dense, x))
		},
		"after an activation": func(g *braid.Graph, a braid.Layer, x *braid.Node) {
			under := g.Add("under", layer.Dense{Units: 4, Activation: layer.Softsign}, x)
			g.Head("y", layer.Dense{Units: 2}, g.Add("bent", a, under))
		},
		"after a view": func(g *braid.Graph, a braid.Layer, x *braid.Node) {
			under := g.Add("flat", layer.Flatten{}, g.Add("under", dense, x))
			g.Head("y", layer.Dense{Units: 2}, g.Add("bent", a, under))
		},
		"after an input": func(g *braid.Graph, a braid.Layer, x *braid.Node) {
			bent := g.Add("bent", a, g.Input("raw", tensor.Float32, 4))
			g.Head("y", layer.Dense{Units: 2}, g.Add("sum", layer.Add{}, bent, g.Add("under", dense, x)))
		},
	} {
		for _, f := range []braid.Activation{layer.Linear, layer.Tanh, layer.GELU, layer.Softmax} {
			var first []result
			for _, l := range []braid.Layer{copying{f}, layer.Activation{Function: f}} {
				m := network{draw: func(g *braid.Graph) {
					draw(g, l, g.Input("x", tensor.Float32, 3))
				}}.build(t)
				for _, workers := range []int{1, 3} {
					b := braidtest.NewBatch(m, rows, workers)
					b.Fill(m)
					got := train(m, b)
					for i := range m.Heads() {
						got = append(got, result{"logits", slices.Clone(b.Space.Logits(i).Data)})
					}
					if first == nil {
						first = got
					}
					compare(t, name+", "+f.String(), got, first)
				}
			}
		}
	}
}
