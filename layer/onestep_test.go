package layer_test

import (
	"math"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/internal/random"
	"braid/layer"
	"braid/tensor"
)

// A SimpleRNN that reads one step has the gradients of a Dense, also where rows of 35 numbers are
// padded in memory. The other recurrent layers compute their gradients in the same place.
func TestOneStep(t *testing.T) {
	want := oneStepGradients(t, func(g *braid.Graph, x *braid.Node) {
		d := layer.Dense{Units: 35, Activation: layer.Tanh}
		g.Head("y", d, g.Add("flat", layer.Flatten{}, x))
	})
	got := oneStepGradients(t, func(g *braid.Graph, x *braid.Node) {
		g.Head("y", layer.SimpleRNN{Units: 35}, x)
	})
	const rounding = 1e-5 // of sums in another order
	for name, numbers := range want {
		for i, v := range numbers {
			if math.Abs(float64(got[name][i]-v)) > rounding {
				t.Fatalf("%s, element %d: gradient %v, want %v", name, i, got[name][i], v)
			}
		}
	}
}

// oneStepGradients returns the gradients of a network with a head of 35 numbers on a Dense x.
func oneStepGradients(
	t *testing.T, head func(g *braid.Graph, x *braid.Node),
) map[string][]float32 {
	t.Helper()
	const rows = 11
	g := braid.NewGraph("one_step")
	head(g, g.Add("x", layer.Dense{Units: 3}, g.Input("in", tensor.Float32, 1, 2)))
	m, err := g.Build(3) // weights of one name are equal
	if err != nil {
		t.Fatal(err)
	}
	b := braidtest.NewBatch(m, rows, 1)
	draw := random.New(4, "one step")
	for r := range rows {
		for i, in := 0, b.Team.Workers[0].Input(0).Row(r); i < len(in); i++ {
			in[i] = draw.Normal(uint64(2*r + i))
		}
	}
	b.Forward()
	for r := range rows {
		for i, d := 0, b.Space.HeadGrad(0, false).Row(r); i < len(d); i++ {
			d[i] = draw.Normal(uint64(1000 + 35*r + i))
		}
	}
	b.Backward()
	gradients := map[string][]float32{}
	for _, w := range m.Weights() {
		gradients[w.Name()] = b.Gradient(w)
	}
	return gradients
}
