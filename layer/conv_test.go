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

// convolutions are layers on an input [7, 9, 6]. All sizes differ in height and width.
var convolutions = map[string]braid.Layer{
	"3 x 2": layer.Conv2D{Filters: 5, Size: layer.Pair{3, 2}},
	"same, strides": layer.Conv2D{Filters: 4, Size: layer.Pair{2, 3}, Strides: layer.Pair{3, 2},
		Padding: layer.Same, Activation: layer.Tanh},
	"dilation": layer.Conv2D{Filters: 3, Size: layer.Pair{3, 2}, Dilation: layer.Pair{2, 4},
		Padding: layer.Same, NoBias: true},
	"dilation of lines": layer.Conv2D{Filters: 3, Size: layer.Pair{2, 3}, Dilation: layer.Pair{5, 1}},
	"groups": layer.Conv2D{Filters: 9, Size: layer.Pair{2, 3}, Groups: 3,
		Padding: layer.Same},
	"1 x 1": layer.Conv2D{Filters: 8, Size: layer.Pair{1, 1}},
	"1 x 1, groups": layer.Conv2D{Filters: 4, Size: layer.Pair{1, 1}, Groups: 2,
		Padding: layer.Same},
	"1 x 1, strides": layer.Conv2D{Filters: 4, Size: layer.Pair{1, 1},
		Strides: layer.Pair{2, 1}},
	"a window of the whole input": layer.Conv2D{Filters: 16, Size: layer.Pair{7, 9}},
	"a window larger than the input": layer.Conv2D{Filters: 2, Size: layer.Pair{9, 12},
		Strides: layer.Pair{2, 3}, Padding: layer.Same},
	"depthwise": layer.DepthwiseConv2D{Size: layer.Pair{3, 2}},
	"depthwise, multiplier": layer.DepthwiseConv2D{Size: layer.Pair{2, 3}, DepthMultiplier: 3,
		Strides: layer.Pair{2, 3}, Padding: layer.Same, Activation: layer.Sigmoid},
	"depthwise, dilation": layer.DepthwiseConv2D{Size: layer.Pair{3, 2}, Dilation: layer.Pair{2, 7},
		NoBias: true},
	"depthwise, padded rows of the kernel": layer.DepthwiseConv2D{Size: layer.Pair{1, 2},
		DepthMultiplier: 33},
}

// TestConvolutionGradients checks the layers on an input with a gradient, to which another layer
// adds too, and Conv1D on steps.
func TestConvolutionGradients(t *testing.T) {
	graphs := map[string]func(g *braid.Graph){
		"conv1d": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 11, 2)
			under := g.Add("under", layer.Dense{Units: 4, Activation: layer.Tanh}, x)
			same := g.Add("same", layer.Conv1D{Filters: 6, Size: 4, Padding: layer.Same,
				Activation: layer.SiLU}, under)
			causal := g.Add("causal", layer.Conv1D{Filters: 2, Size: 3, Dilation: 2, Groups: 2,
				Padding: layer.Causal, Strides: 2}, same)
			g.Head("head", layer.Conv1D{Filters: 3, Size: 2, NoBias: true}, causal)
			g.Head("beside", layer.Conv1D{Filters: 2, Size: 1}, under)
		},
		"several blocks of columns": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3, 4, 2)
			under := g.Add("under", layer.Dense{Units: 6, Activation: layer.Tanh}, x)
			g.Head("head", layer.Conv2D{Filters: 85, Size: layer.Pair{2, 3}, NoBias: true}, under)
		},
		"several blocks of rows": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3, 2, 9)
			under := g.Add("under", layer.Conv2D{Filters: 47, Size: layer.Pair{2, 1}}, x)
			g.Head("head", layer.Conv2D{Filters: 70, Size: layer.Pair{2, 2}, Padding: layer.Same}, under)
		},
		"several blocks of a depthwise kernel": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 2, 1, 4)
			under := g.Add("under", layer.Dense{Units: 61}, x)
			g.Head("head", layer.DepthwiseConv2D{Size: layer.Pair{2, 1}, DepthMultiplier: 83,
				Padding: layer.Same}, under)
		},
		"weights used again": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 4, 5, 2)
			first := g.Add("first", layer.Conv2D{Filters: 2, Size: layer.Pair{3, 2},
				Padding: layer.Same, Activation: layer.Tanh}, x)
			g.Head("head", layer.Flatten{}, g.Again("second", first, first))
		},
		"frozen": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 4, 5, 2)
			under := g.Add("under", layer.Dense{Units: 3}, x)
			c := g.Add("c", layer.Conv2D{Filters: 2, Size: layer.Pair{3, 2}, Frozen: true}, under)
			g.Head("head", layer.DepthwiseConv2D{Size: layer.Pair{2, 1}, Frozen: true}, c)
		},
	}
	for name, l := range convolutions {
		graphs[name] = func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 7, 9, 2)
			under := g.Add("under", layer.Dense{Units: 6, Activation: layer.Tanh}, x)
			g.Head("head", l, under)
			g.Head("beside", layer.Dense{Units: 2}, under)
		}
	}
	checkGradients(t, graphs)
}

// TestConvolutionValues compares outputs with sums in float64. The patches of the larger images do
// not fit the scratch memory at once.
func TestConvolutionValues(t *testing.T) {
	for name, l := range convolutions {
		t.Run(name, func(t *testing.T) { checkConvolution(t, l, 7, 9) })
	}
	large := layer.Conv2D{Filters: 3, Size: layer.Pair{5, 4}, Strides: layer.Pair{1, 2}}
	t.Run("large", func(t *testing.T) { checkConvolution(t, large, 37, 52) })
	large.Padding, large.Dilation = layer.Same, layer.Pair{3, 2}
	t.Run("large, dilation", func(t *testing.T) { checkConvolution(t, large, 37, 52) })
}

func checkConvolution(t *testing.T, l braid.Layer, height, width int) {
	const rows, channels = 3, 6
	c, _ := l.(layer.Conv2D)
	d, depthwise := l.(layer.DepthwiseConv2D)
	if depthwise {
		c = layer.Conv2D{Filters: channels * max(d.DepthMultiplier, 1), Size: d.Size, Strides: d.Strides,
			Dilation: d.Dilation, Groups: channels, Padding: d.Padding, NoBias: d.NoBias,
			Activation: d.Activation}
	}
	g := braid.NewGraph("values")
	g.Head("head", l, g.Input("x", tensor.Float32, height, width, channels))
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	braidtest.Spread(t, m)
	x := make([]float32, rows*height*width*channels)
	for i, draw := 0, random.New(1, "x"); i < len(x); i++ {
		x[i] = draw.Normal(uint64(i))
	}
	answer, err := m.Predict(braid.Tensors{"x": tensor.Floats(x, rows, height, width, channels)})
	if err != nil {
		t.Fatal(err)
	}
	got, shape := answer["head"].Float32s(), answer["head"].Shape()
	weights := map[string][]float32{}
	for _, w := range m.Weights() {
		weights[w.Name()] = w.Values()
	}
	at := func(axis, length, outputs, position, tap int) int {
		stride, dilation := max(c.Strides[axis], 1), max(c.Dilation[axis], 1)
		before := 0
		if c.Padding == layer.Same {
			before = max((outputs-1)*stride+(c.Size[axis]-1)*dilation+1-length, 0) / 2
		}
		return position*stride + tap*dilation - before
	}
	group := channels / max(c.Groups, 1)
	each := c.Filters / max(c.Groups, 1)
	n := 0
	for r := range rows {
		for i := range shape[1] {
			for j := range shape[2] {
				for f := range shape[3] {
					var sum float64
					for a := range c.Size[0] {
						for b := range c.Size[1] {
							y, z := at(0, height, shape[1], i, a), at(1, width, shape[2], j, b)
							if y < 0 || y >= height || z < 0 || z >= width {
								continue
							}
							for k := range group {
								tap := ((a*c.Size[1]+b)*group+k)*c.Filters + f
								if depthwise { // [taps, channels, multiplier]
									tap = (a*c.Size[1]+b)*c.Filters + f
								}
								pixel := x[((r*height+y)*width+z)*channels+f/each*group+k]
								sum += float64(pixel) * float64(weights["head.kernel"][tap])
							}
						}
					}
					if !c.NoBias {
						sum += float64(weights["head.bias"][f])
					}
					switch c.Activation {
					case layer.Tanh:
						sum = math.Tanh(sum)
					case layer.Sigmoid:
						sum = 1 / (1 + math.Exp(-sum))
					}
					if math.Abs(sum-float64(got[n])) > 1e-5*max(1, math.Abs(sum)) {
						t.Fatalf("row %d, position %d, %d, filter %d: %v, want %v", r, i, j, f, got[n], sum)
					}
					n++
				}
			}
		}
	}
}
