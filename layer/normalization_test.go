package layer_test

import (
	"math"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

// normalization checks BatchNormalization and LayerNormalization.
var normalization = family{
	networks: map[string]network{
		"batch normalization": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3)
			under := g.Add("under", layer.Dense{Units: 5}, x)
			bn := g.Add("bn", layer.BatchNormalization{}, under)
			g.Head("head", layer.Dense{Units: 2, Activation: layer.Tanh}, bn)
			g.Head("beside", layer.Dense{Units: 3}, under)
		}},
		"batch normalization of steps, with a mask": {draw: func(g *braid.Graph) {
			x, mask := g.Input("x", tensor.Float32, 4, 3), g.Input("mask", tensor.Float32, 4)
			under := g.Add("under", layer.Dense{Units: 2, Activation: layer.Sigmoid}, x)
			first := g.Add("first", layer.BatchNormalization{NoScale: true}, under, mask)
			between := g.Add("between", layer.Dense{Units: 3, Activation: layer.Tanh}, first)
			g.Head("head", layer.BatchNormalization{NoCenter: true, Epsilon: 0.1}, between)
		}},
		"batch normalization of images so large that a worker computes few rows at a time": {
			draw: func(g *braid.Graph) {
				under := g.Add("under", layer.Dense{Units: 2, Activation: layer.Tanh},
					g.Input("x", tensor.Float32, 2, 3, 2))
				large := g.Add("large", layer.UpSampling2D{Size: layer.Pair{18, 19}}, under)
				bn := g.Add("bn", layer.BatchNormalization{}, large)
				bent := g.Add("bent", layer.Activation{Function: layer.SiLU}, bn)
				small := g.Add("small", layer.AveragePooling2D{Size: layer.Pair{9, 8}}, bent)
				g.Head("head", layer.Conv2D{Filters: 2, Size: layer.Pair{2, 3}}, small)
				g.Head("beside", layer.Dense{Units: 2}, g.Add("mean", layer.GlobalAveragePooling2D{}, bent))
			}},
		"frozen batch normalization": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3)
			under := g.Add("under", layer.Dense{Units: 4}, x)
			g.Head("head", layer.Dense{Units: 2}, g.Add("bn", layer.BatchNormalization{Frozen: true}, under))
		}},
		"layer normalization": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 4, 3)
			under := g.Add("under", layer.Dense{Units: 5}, x)
			last := g.Add("last", layer.LayerNormalization{}, under)
			bent := g.Add("bent", layer.Activation{Function: layer.Tanh}, last)
			first := g.Add("first", layer.LayerNormalization{Axes: []int{1}, Epsilon: 0.2}, bent)
			g.Head("both", layer.LayerNormalization{Axes: []int{2, 1}}, first)
			g.Head("head", layer.Dense{Units: 2}, first)
		}},
		"layer normalization, padded rows of the weights": {draw: func(g *braid.Graph) {
			under := g.Add("under", layer.Dense{Units: 37}, g.Input("x", tensor.Float32, 2, 3))
			frozen := g.Add("frozen", layer.LayerNormalization{Axes: []int{1, 2}, Frozen: true}, under)
			g.Head("head", layer.LayerNormalization{Axes: []int{1, 2}}, frozen)
		}},
	},
	configs: []config{
		{layer.BatchNormalization{Momentum: new(0.0), Epsilon: 0.5, NoScale: true},
			`{"momentum":0,"epsilon":0.5,"no_scale":true}`},
		{layer.LayerNormalization{Axes: []int{1, -1}, NoCenter: true},
			`{"axes":[1,-1],"no_center":true}`},
	},
	mistakes: []mistake{
		{layer.BatchNormalization{Momentum: new(1.5)}, "4", "Momentum = 1.5"},
		{layer.BatchNormalization{}, "scalar", "the input is a single number per row"},
		{layer.BatchNormalization{Epsilon: -1}, "4", "Epsilon = -1"},
		{layer.BatchNormalization{}, "3x4 4", "the mask has sh"},
		{layer.BatchNormalization{}, "4 4 4", "got 3 inputs"},
		{layer.LayerNormalization{Axes: []int{0}}, "4", "Axes has 0"},
		{layer.LayerNormalization{}, "4 4", "got 2 inputs, want 1"},
		{layer.LayerNormalization{Epsilon: -1}, "4", "Epsilon = -1"},
		{layer.LayerNormalization{Axes: []int{2}}, "4", "Axes has 2, want 1 to 1"},
		{layer.LayerNormalization{Axes: []int{1, -1}}, "4", "Axes has axis -1 twice"},
		{layer.LayerNormalization{Axes: []int{}}, "4", "Axes is empty"},
	},
}

// TestBatchNormalization compares outputs and gradients with sums in float64: three chunks of
// gradients, groups of positions with some left over, and a mean that is large beside the
// deviations.
func TestBatchNormalization(t *testing.T) {
	const rows, channels, epsilon = 150, 3, 0.01
	for name, shape := range map[string]tensor.Shape{
		"no positions": {channels}, "few positions": {2, channels}, "many positions": {7, 13, channels},
	} {
		t.Run(name, func(t *testing.T) {
			g := braid.NewGraph("statistics")
			x := g.Input("x", tensor.Float32, shape...)
			g.Head("head", layer.BatchNormalization{Epsilon: epsilon}, x)
			m, err := g.Build(1)
			if err != nil {
				t.Fatal(err)
			}
			braidtest.Spread(t, m)
			b := braidtest.NewBatch(m, rows, 2)
			b.Fill(m)
			in, out, d := b.Team.Workers[0].Input(0), b.Space.Output(0), b.Space.HeadGrad(0, false)
			for r := range rows {
				copy(d.Row(r), in.Row(rows-1-r)) // any numbers
			}
			for _, w := range b.Team.Workers {
				for r := range rows {
					for i, v := range w.Input(0).Row(r) {
						w.Input(0).Row(r)[i] = []float32{100, -7, 0}[i%channels] + v*float32(1+i%channels)
					}
				}
			}
			b.Forward()
			b.Backward()
			gamma, beta := m.Weights()[0], m.Weights()[1]
			for c := range channels {
				n, sum, squares := 0.0, 0.0, 0.0
				each := func(work func(r, i int)) {
					for r := range rows {
						for i := c; i < shape.Size(); i += channels {
							work(r, i)
						}
					}
				}
				each(func(r, i int) { n++; sum += float64(in.Row(r)[i]) })
				deviation := func(r, i int) float64 { return float64(in.Row(r)[i]) - sum/n }
				each(func(r, i int) { squares += deviation(r, i) * deviation(r, i) })
				factor := 1 / math.Sqrt(squares/n+epsilon)
				var slopes, products float64
				each(func(r, i int) {
					slopes += float64(d.Row(r)[i])
					products += float64(d.Row(r)[i]) * deviation(r, i) * factor
					want := float64(gamma.Values()[c])*deviation(r, i)*factor + float64(beta.Values()[c])
					near(t, "output", out.Row(r)[i], want, 1)
				})
				near(t, "gradient of gamma", b.Gradient(gamma)[c], products, math.Sqrt(n))
				near(t, "gradient of beta", b.Gradient(beta)[c], slopes, math.Sqrt(n))
			}
		})
	}
}

// TestBatchNormalizationMaskOfOnes checks that a mask of ones changes no byte.
func TestBatchNormalizationMaskOfOnes(t *testing.T) {
	var first []result
	for _, masked := range []bool{false, true} {
		m := network{draw: func(g *braid.Graph) {
			in := []*braid.Node{
				g.Add("under", layer.Dense{Units: 3}, g.Input("x", tensor.Float32, 91, 2)),
			}
			if masked {
				in = append(in, g.Input("ones", tensor.Float32, 91))
			}
			g.Head("head", layer.BatchNormalization{}, in...)
		}}.build(t)
		b := braidtest.NewBatch(m, rows, 1)
		b.Fill(m)
		for r := 0; masked && r < rows; r++ {
			ones := b.Team.Workers[0].Input(1).Row(r)
			for i := range ones {
				ones[i] = 1
			}
		}
		got := train(m, b)
		if first == nil {
			first = got
		}
		compare(t, "with a mask", got, first)
	}
}

// near fails the test if got is not want. A mean of 100 in float32 has an error of 4e-6, and sums
// of numbers of size 1 are accurate to a few units in the last place of their size.
func near(t *testing.T, what string, got float32, want, size float64) {
	t.Helper()
	if math.Abs(float64(got)-want) > 2e-5*size {
		t.Fatalf("%s is %v, want %v", what, got, want)
	}
}
