package engine_test

import (
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/op"
	"braid/tensor"
)

// Gradients that are overwritten, or that share memory, are those that are cleared and added to.
func TestGradientWriters(t *testing.T) {
	draw := func(wrap func(braid.Layer) braid.Layer) func(g *braid.Graph) {
		return func(g *braid.Graph) { drawResidual(g, wrap) }
	}
	m := build(t, draw(func(l braid.Layer) braid.Layer { return l }))
	plain := build(t, draw(func(l braid.Layer) braid.Layer { return adding{l} }))
	const rows = 11
	gradients := func(m *braid.Model, workers int) map[string][]float32 {
		b := braidtest.NewBatch(m, rows, workers)
		b.Fill(m)
		list := map[string][]float32{}
		for range 2 { // Backward may be repeated
			b.Forward()
			b.Backward()
			b.Backward()
		}
		for _, w := range m.Weights() {
			if !w.IsState() {
				list[w.Name()] = b.Gradient(w)
			}
		}
		return list
	}
	want := gradients(plain, 1)
	for workers := 1; workers <= 2; workers++ {
		for name, got := range gradients(m, workers) {
			for i, v := range want[name] {
				if got[i] != v {
					t.Errorf("%d workers: gradient %d of %s is %v, want %v", workers, i, name, got[i], v)
					break
				}
			}
		}
	}
}

// drawResidual draws a graph in which gradients have one reader or several, of whole buffers or of
// some columns, and pass through views and heads.
func drawResidual(g *braid.Graph, wrap func(braid.Layer) braid.Layer) {
	add := func(name string, l braid.Layer, in ...*braid.Node) *braid.Node {
		return g.Add(name, wrap(l), in...)
	}
	conv := func(name string, in *braid.Node) *braid.Node {
		return add(name, layer.Conv2D{Filters: 4, Size: layer.Pair{3, 2}, Padding: layer.Same}, in)
	}
	relu, norm := layer.Activation{Function: layer.ReLU}, layer.BatchNormalization{}
	x := g.Input("x", tensor.Float32, 5, 4, 3)
	b := g.Add("relu1", relu, add("norm1", norm, conv("conv1", x)))
	d := add("norm2", norm, conv("conv2", b))
	s := g.Add("relu2", relu, add("sum", layer.Add{}, b, d))
	e := add("norm3", norm, s)
	twice := add("twice", layer.Add{}, e, e)
	pair := g.Add("pair", layer.Concatenate{}, g.Add("flat", layer.Flatten{}, twice),
		g.Add("flat_sum", layer.Flatten{}, s))
	f := conv("conv3", g.Add("image", layer.Reshape{Shape: []int{5, 8, 4}}, pair))
	g.Head("image_head", wrap(norm), f)
	thin := add("thin", layer.Conv2D{Filters: 2, Size: layer.Pair{1, 1}, Strides: layer.Pair{2, 2}}, s)
	left := add("left", norm, thin)
	difference := add("difference", layer.Subtract{}, add("right", norm, conv("conv4", thin)),
		conv("conv5", left))
	mean := func(name string) *braid.Node { return add(name, layer.GlobalAveragePooling2D{}, thin) }
	p, q := mean("p"), mean("q")
	g.Head("parts", layer.Concatenate{}, p, mean("p2"))
	g.Head("normed_parts", layer.Concatenate{}, add("norm_p", norm, p), mean("p3"))
	g.Head("untrained_part", layer.Concatenate{}, q, g.Add("flat_x", layer.Flatten{}, x))
	g.Head("norm_q", wrap(norm), q)
	g.Head("y", layer.Dense{Units: 2}, g.Add("flat_difference", layer.Flatten{}, difference))
}

// adding is a layer whose op is no GradientWriter.
type adding struct{ braid.Layer }

func (l adding) Build(b *braid.Builder) (op.Op, error) {
	o, err := l.Layer.Build(b)
	switch o := o.(type) {
	case op.RowCoupled:
		return coupledAdding{o, o.(op.Weighted)}, err
	case op.Weighted:
		return struct{ op.Weighted }{o}, err
	}
	return struct{ op.Op }{o}, err
}

type coupledAdding struct {
	op.RowCoupled
	weighted op.Weighted
}

func (o coupledAdding) Gradient(t *op.Task, weight int, b op.Block, grad tensor.Rows[float32]) {
	o.weighted.Gradient(t, weight, b, grad)
}
