package engine_test

import (
	"fmt"
	"math"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

// passGraphs have heads that share nodes, through views and in memory that gradients share.
var passGraphs = map[string]func(g *braid.Graph){
	"skips": func(g *braid.Graph) {
		x, ids := g.Input("x", tensor.Float32, 5), g.Input("ids", tensor.Int32, 5)
		a := g.Add("a", layer.Dense{Units: 5, Activation: layer.Tanh}, x)
		b := g.Add("b", layer.Dense{Units: 5, Activation: layer.SiLU}, a)
		c := g.Add("c", layer.Dense{Units: 5}, b)
		s := g.Add("s", layer.Add{}, b, c)
		e := g.Add("e", layer.Flatten{}, g.Add("words", layer.Embedding{Vocabulary: 4, Width: 3}, ids))
		cat := g.Add("cat", layer.Concatenate{}, s, e, a)
		g.Head("y", layer.Dense{Units: 2}, g.Add("d", layer.Dense{Units: 9}, cat))
		g.Head("z", layer.Dense{Units: 3}, e)
		g.Head("s2", layer.Dense{Units: 1, Activation: layer.Sigmoid}, s)
	},
	"heads in the middle": func(g *braid.Graph) {
		x := g.Input("x", tensor.Float32, 5)
		first := g.Head("first", layer.Dense{Units: 5, Activation: layer.Softmax}, x)
		n := g.Add("n", layer.Dense{Units: 4, Activation: layer.Mish}, first)
		g.Head("view", layer.Flatten{}, n)
		other := g.Add("other", layer.Dense{Units: 3}, x)
		cat := g.Add("cat", layer.Concatenate{}, n, other)
		g.Head("last", layer.Dense{Units: 2}, g.Add("drop", layer.Dropout{Rate: 0.5}, cat))
		g.Head("aside", layer.Dense{Units: 2}, other)
	},
	"batch statistics": func(g *braid.Graph) {
		x := g.Input("x", tensor.Float32, 6)
		a := g.Add("a", layer.BatchNormalization{}, g.Add("pre", layer.Dense{Units: 6}, x))
		b := g.Add("b", layer.BatchNormalization{}, g.Add("r", layer.Dense{Units: 6}, a))
		sum := g.Add("sum", layer.Add{}, a, b)
		g.Head("y", layer.Dense{Units: 2}, sum)
		g.Head("norm", layer.BatchNormalization{}, g.Add("p", layer.Dense{Units: 3}, a))
	},
	"weights used again": func(g *braid.Graph) {
		x, y := g.Input("x", tensor.Float32, 4), g.Input("y", tensor.Float32, 4)
		a := g.Add("a", layer.Dense{Units: 4, Activation: layer.ReLU}, x)
		b := g.Again("b", a, y)
		g.Head("of a", layer.Dense{Units: 2}, a)
		g.Head("of b", layer.Dense{Units: 2}, b)
		g.Head("both", layer.Dense{Units: 1}, g.Add("m", layer.Multiply{}, a, b))
	},
	"a large layer": func(g *braid.Graph) { // with two workers it uses split-K
		x := g.Input("x", tensor.Float32, 1024)
		a := g.Add("a", layer.Dense{Units: 16, Activation: layer.ReLU}, x)
		g.Head("y", layer.Dense{Units: 2}, a)
		g.Head("z", layer.Dense{Units: 3}, g.Add("b", layer.Dense{Units: 4}, a))
	},
}

// The gradients of a pass from one head are those of a pass from all heads if the losses of the
// others have no gradient. They are the same after passes from other heads.
func TestPass(t *testing.T) {
	for name, draw := range passGraphs {
		for workers := 1; workers <= 2; workers++ {
			t.Run(fmt.Sprintf("%s/%d", name, workers), func(t *testing.T) {
				m := build(t, draw)
				b := braidtest.NewBatch(m, 13, workers)
				b.Fill(m)
				b.Forward()
				var written [][]float32
				for _, grads := range b.HeadGrads() {
					written = append(written, append([]float32(nil), grads.Data...))
				}
				for round := range 2 {
					for i, head := range m.Heads() {
						b.BackwardPass(b.Space.Pass(i))
						got := gradientsOf(m, b)
						for j, grads := range b.HeadGrads() {
							if j != i {
								clear(grads.Data)
							}
						}
						b.Backward()
						for j, grads := range b.HeadGrads() {
							copy(grads.Data, written[j])
						}
						want := gradientsOf(m, b)
						for weight, values := range want {
							for k, v := range values {
								// Sums with zeros have other roundings.
								if d := math.Abs(float64(v - got[weight][k])); !(d <= 1e-5) {
									t.Errorf("round %d, head %s: number %d of %s is %v, want %v", round, head.Name, k,
										weight, got[weight][k], v)
									break
								}
							}
						}
					}
				}
			})
		}
	}
}

func gradientsOf(m *braid.Model, b *braidtest.Batch) map[string][]float32 {
	list := map[string][]float32{}
	for _, w := range m.Weights() {
		if !w.IsState() {
			list[w.Name()] = b.Gradient(w)
		}
	}
	return list
}
