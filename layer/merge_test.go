package layer_test

import (
	"math"
	"slices"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

func TestMergeGradients(t *testing.T) {
	checkNetworks(t, map[string]func(g *braid.Graph){
		"merges": func(g *braid.Graph) {
			x, y := g.Input("x", tensor.Float32, 4, 3), g.Input("y", tensor.Float32, 1, 3)
			a, b := g.Add("a", layer.Dense{Units: 2}, x), g.Add("b", layer.Dense{Units: 2}, y)
			c := g.Add("c", layer.Dense{Units: 1, Activation: layer.Tanh}, x)
			g.Head("subtract", layer.Subtract{}, b, a)
			g.Head("average", layer.Average{}, a, b, c)
			g.Head("multiply", layer.Multiply{}, a, b, c)
			g.Head("square", layer.Dense{Units: 3}, g.Add("aa", layer.Multiply{}, a, a))
		},
		"moves": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 4, 3)
			a := g.Add("a", layer.Dense{Units: 6, Activation: layer.Tanh}, x)
			flat := g.Add("flat", layer.Reshape{Shape: []int{-1}}, a)
			g.Head("head", layer.Dense{Units: 2}, flat)
			cube := g.Add("cube", layer.Reshape{Shape: []int{2, 3, 4}},
				g.Add("swapped", layer.Permute{Dims: []int{2, 1}}, a))
			first := g.Add("first", layer.Permute{Dims: []int{3, 1, 2}}, cube)
			g.Head("rotated", layer.Dense{Units: 2}, first)
			other := g.Add("other", layer.Permute{Dims: []int{1, 3, 2}}, cube)
			g.Head("exchanged", layer.Dense{Units: 2}, other)
		},
		"sums along axes": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 4, 3)
			a := g.Add("a", layer.Dense{Units: 5, Activation: layer.Tanh}, x)
			g.Head("steps", layer.Sum{Axis: 1}, a)
			g.Head("last", layer.Dense{Units: 2}, g.Add("s", layer.Sum{}, a))
			g.Head("kept", layer.Multiply{}, g.Add("k", layer.Sum{Axis: -2, KeepDims: true}, a), a)
		},
		"softmax along axes": func(g *braid.Graph) {
			x, m := g.Input("x", tensor.Float32, 5, 3), g.Input("m", tensor.Float32, 5)
			a := g.Add("a", layer.Dense{Units: 6}, x)
			mask := g.Add("mask", layer.Activation{Function: layer.ReLU}, m) // half of it is 0
			g.Head("steps", layer.AxisSoftmax{Axis: 1}, a)
			g.Head("masked", layer.AxisSoftmax{Axis: -2}, a, mask)
			cube := g.Add("cube", layer.Reshape{Shape: []int{-1, 5, 3}}, a)
			g.Head("outer", layer.AxisSoftmax{Axis: 2}, cube)
			g.Head("last", layer.Dense{Units: 2}, g.Add("s", layer.AxisSoftmax{}, a))
		},
	})
}

// Inputs stay apart, because a difference across a kink is no derivative: each is the largest, the
// middle and the smallest somewhere.
func TestExtremeGradients(t *testing.T) {
	g := braid.NewGraph("extremes")
	x := g.Input("x", tensor.Float32, 2, 4)
	a, b, c := g.Add("a", layer.Dense{Units: 3}, x), g.Add("b", layer.Dense{Units: 3}, x),
		g.Add("c", layer.Dense{Units: 3}, g.Input("y", tensor.Float32, 1, 4))
	g.Head("high", layer.Maximum{}, a, b, c)
	g.Head("low", layer.Minimum{}, c, a, b)
	g.Head("same", layer.Maximum{}, a, a)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	for name, bias := range map[string][]float32{"a": {3, 0, -3}, "b": {0, -3, 3}, "c": {-3, 3, 0}} {
		kernel, err := m.Weight(name + ".kernel")
		if err != nil {
			t.Fatal(err)
		}
		values := kernel.Values()
		for i := range values {
			values[i] *= 0.1
		}
		if err := kernel.Set(values); err != nil {
			t.Fatal(err)
		}
		w, err := m.Weight(name + ".bias")
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Set(bias); err != nil {
			t.Fatal(err)
		}
	}
	braidtest.Gradients(t, m)
}

func TestMoves(t *testing.T) {
	x := tensor.Floats([]float32{1, 2, 3, 4, 5, 6}, 1, 2, 3)
	for _, c := range []struct {
		layer braid.Layer
		want  []float32
	}{
		{layer.Permute{Dims: []int{2, 1}}, []float32{1, 4, 2, 5, 3, 6}},
		{layer.Permute{Dims: []int{1, 2}}, []float32{1, 2, 3, 4, 5, 6}},
		{layer.Reshape{Shape: []int{3, -1}}, []float32{1, 2, 3, 4, 5, 6}},
		{layer.Sum{}, []float32{6, 15}},
		{layer.Sum{Axis: 1}, []float32{5, 7, 9}},
		{layer.Activation{Function: layer.LeakyReLU, Slope: 0.5}, []float32{1, 2, 3, 4, 5, 6}},
	} {
		if got := predict(t, c.layer, x); !slices.Equal(got, c.want) {
			t.Errorf("%+v: got %v, want %v", c.layer, got, c.want)
		}
	}
	minus := tensor.Floats([]float32{-2, 3}, 1, 2)
	got := predict(t, layer.Activation{Function: layer.LeakyReLU, Slope: 0.25}, minus)
	if !slices.Equal(got, []float32{-0.5, 3}) {
		t.Errorf("LeakyReLU with slope 0.25 of -2 and 3: got %v", got)
	}
}

func TestMerges(t *testing.T) {
	a := tensor.Floats([]float32{1, 2, 3, 4, 5, 6}, 1, 2, 3)
	b := tensor.Floats([]float32{6, 0, -3}, 1, 1, 3)
	for _, c := range []struct {
		layer braid.Layer
		want  []float32
	}{
		{layer.Add{}, []float32{7, 2, 0, 10, 5, 3}},
		{layer.Subtract{}, []float32{-5, 2, 6, -2, 5, 9}},
		{layer.Multiply{}, []float32{6, 0, -9, 24, 0, -18}},
		{layer.Average{}, []float32{3.5, 1, 0, 5, 2.5, 1.5}},
		{layer.Maximum{}, []float32{6, 2, 3, 6, 5, 6}},
		{layer.Minimum{}, []float32{1, 0, -3, 4, 0, -3}},
	} {
		if got := predict(t, c.layer, a, b); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", c.layer.Kind(), got, c.want)
		}
	}
}

// A masked number has no part in a softmax, and a row of masked numbers is 0.
func TestMaskedSoftmax(t *testing.T) {
	x := tensor.Floats([]float32{1, 70, 2, 5, 9, 9, 9, 9}, 2, 4)
	mask := tensor.Floats([]float32{1, 0, 1, 0, 0, 0, 0, 0}, 2, 4)
	got := predict(t, layer.AxisSoftmax{}, x, mask)
	e := 1 / (1 + math.Exp(1))
	for i, want := range []float64{e, 0, 1 - e, 0, 0, 0, 0, 0} {
		if math.Abs(float64(got[i])-want) > 1e-6 {
			t.Fatalf("got %v, want %v, 0, %v and zeros", got, e, 1-e)
		}
	}
}

// The mask has the axes up to the softmax's axis. It hides the same steps of all columns.
func TestMaskedSoftmaxInside(t *testing.T) {
	const outer, length, inner = 2, 3, 4
	x := numbers(1, outer*length*inner)
	mask := []float32{1, 0, 1, 0, 1, 1}
	got := predict(t, layer.AxisSoftmax{Axis: 2}, tensor.Floats(x, 1, outer, length, inner),
		tensor.Floats(mask, 1, outer, length))
	for at := range x {
		o, i := at/(length*inner), at%inner
		var sum, want float64
		for j := range length {
			from := (o*length+j)*inner + i
			if e := math.Exp(float64(x[from])); mask[o*length+j] != 0 {
				sum += e
				if from == at {
					want = e
				}
			}
		}
		if math.Abs(float64(got[at])-want/sum) > 1e-6 {
			t.Fatalf("number %d is %v, want %v", at, got[at], want/sum)
		}
	}
}

func TestMergeJSON(t *testing.T) {
	checkConfigs(t, map[string]braid.Layer{
		`{}`:                                    layer.Subtract{},
		`{"shape":[2,-1]}`:                      layer.Reshape{Shape: []int{2, -1}},
		`{"dims":[2,1]}`:                        layer.Permute{Dims: []int{2, 1}},
		`{"axis":1,"keep_dims":true}`:           layer.Sum{Axis: 1, KeepDims: true},
		`{"axis":-2}`:                           layer.AxisSoftmax{Axis: -2},
		`{"function":"leaky_relu","slope":0.3}`: layer.Activation{Function: layer.LeakyReLU, Slope: 0.3},
	})
	for _, l := range []braid.Layer{
		layer.Multiply{}, layer.Average{}, layer.Maximum{}, layer.Minimum{},
	} {
		checkConfigs(t, map[string]braid.Layer{`{}`: l})
	}
}

func TestMergeMistakes(t *testing.T) {
	for want, draw := range map[string]func(g *braid.Graph, x, steps *braid.Node){
		"Subtract: got 3 inputs, want 2": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.Subtract{}, x, x, x)
		},
		"Multiply: got 1 inputs, want 2 or more": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.Multiply{}, x)
		},
		"Maximum: input 1 has 2 axes, the first has 1": func(g *braid.Graph, x, steps *braid.Node) {
			g.Head("h", layer.Maximum{}, x, steps)
		},
		"Shape = [3 5] does not fit the 12 numbers of a row": func(g *braid.Graph, _, steps *braid.Node) {
			g.Head("h", layer.Reshape{Shape: []int{3, 5}}, steps)
		},
		"Shape = [5 -1] does not fit": func(g *braid.Graph, _, steps *braid.Node) {
			g.Head("h", layer.Reshape{Shape: []int{5, -1}}, steps)
		},
		"want -1 for one axis at most": func(g *braid.Graph, _, steps *braid.Node) {
			g.Head("h", layer.Reshape{Shape: []int{-1, -1}}, steps)
		},
		"Shape = [0], want axes of 1 or more": func(g *braid.Graph, _, steps *braid.Node) {
			g.Head("h", layer.Reshape{Shape: []int{0}}, steps)
		},
		"has more than": func(g *braid.Graph, _, steps *braid.Node) {
			g.Head("h", layer.Reshape{Shape: []int{1 << 40, 1 << 40}}, steps)
		},
		"Dims = [1], want each of the input's 2 axes once": func(g *braid.Graph, _, steps *braid.Node) {
			g.Head("h", layer.Permute{Dims: []int{1}}, steps)
		},
		"Dims = [1 1], want each axis from 1 to 2 once": func(g *braid.Graph, _, steps *braid.Node) {
			g.Head("h", layer.Permute{Dims: []int{1, 1}}, steps)
		},
		"Dims = [0 1], want each axis": func(g *braid.Graph, _, steps *braid.Node) {
			g.Head("h", layer.Permute{Dims: []int{0, 1}}, steps)
		},
		"Sum: Axis = 3, want -2 to 2": func(g *braid.Graph, _, steps *braid.Node) {
			g.Head("h", layer.Sum{Axis: 3}, steps)
		},
		"AxisSoftmax: Axis = -3, want -2 to 2": func(g *braid.Graph, _, steps *braid.Node) {
			g.Head("h", layer.AxisSoftmax{Axis: -3}, steps)
		},
		"the mask has shape [4], want [3] or [3 4]": func(g *braid.Graph, x, steps *braid.Node) {
			g.Head("h", layer.AxisSoftmax{Axis: 1}, steps, x)
		},
		"AxisSoftmax: got 3 inputs": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.AxisSoftmax{}, x, x, x)
		},
		"Slope = 0.3, but relu has none": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.Activation{Function: layer.ReLU, Slope: 0.3}, x)
		},
		"Slope = -1, want a finite number": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.Activation{Function: layer.LeakyReLU, Slope: -1}, x)
		},
		"Slope = NaN": func(g *braid.Graph, x, _ *braid.Node) {
			g.Head("h", layer.Activation{Function: layer.LeakyReLU, Slope: math.NaN()}, x)
		},
	} {
		g := braid.NewGraph("mistakes")
		draw(g, g.Input("x", tensor.Float32, 4), g.Input("steps", tensor.Float32, 3, 4))
		braidtest.GraphMistake(t, g, want)
	}
}
