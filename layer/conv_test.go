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
	"dilation far beyond the input": layer.Conv2D{Filters: 4, Size: layer.Pair{3, 3}, Groups: 2,
		Dilation: layer.Pair{100000, 90000}, Padding: layer.Same},
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
		DepthMultiplier: 33, Strides: layer.Pair{3, 4}},
}

func convolutionNetworks() map[string]network {
	networks := map[string]network{
		"conv1d": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 11, 2)
			under := g.Add("under", layer.Dense{Units: 4, Activation: layer.Tanh}, x)
			same := g.Add("same", layer.Conv1D{Filters: 6, Size: 4, Padding: layer.Same,
				Activation: layer.SiLU}, under)
			causal := g.Add("causal", layer.Conv1D{Filters: 2, Size: 3, Dilation: 2, Groups: 2,
				Padding: layer.Causal, Strides: 2}, same)
			g.Head("head", layer.Conv1D{Filters: 3, Size: 2, NoBias: true}, causal)
			g.Head("beside", layer.Conv1D{Filters: 2, Size: 1}, under)
		}},
		"several blocks of columns": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3, 4, 2)
			under := g.Add("under", layer.Dense{Units: 6, Activation: layer.Tanh}, x)
			g.Head("head", layer.Conv2D{Filters: 85, Size: layer.Pair{2, 3}, NoBias: true}, under)
		}},
		"several blocks of rows": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3, 2, 9)
			under := g.Add("under", layer.Conv2D{Filters: 47, Size: layer.Pair{2, 1}}, x)
			g.Head("head", layer.Conv2D{Filters: 70, Size: layer.Pair{2, 2}, Padding: layer.Same}, under)
		}},
		"several blocks of a depthwise kernel": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 5, 8, 2)
			under := g.Add("under", layer.Dense{Units: 3}, x)
			g.Head("head", layer.DepthwiseConv2D{Size: layer.Pair{5, 7}, DepthMultiplier: 83}, under)
		}},
		"weights used again": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 4, 5, 2)
			first := g.Add("first", layer.Conv2D{Filters: 2, Size: layer.Pair{3, 2},
				Padding: layer.Same, Activation: layer.Tanh}, x)
			g.Head("head", layer.Flatten{}, g.Again("second", first, first))
		}},
		"frozen": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 4, 5, 2)
			under := g.Add("under", layer.Dense{Units: 3}, x)
			c := g.Add("c", layer.Conv2D{Filters: 2, Size: layer.Pair{3, 2}, Frozen: true}, under)
			g.Head("head", layer.DepthwiseConv2D{Size: layer.Pair{2, 1}, Frozen: true}, c)
		}},
		// Each layer of images and of steps, one after another.
		"chain": {kinks: true, draw: func(g *braid.Graph) {
			image := g.Input("image", tensor.Float32, 9, 10, 3)
			a := g.Add("a", layer.Conv2D{Filters: 12, Size: layer.Pair{3, 2}, Padding: layer.Same,
				Activation: layer.ReLU}, image)
			b := g.Add("b", layer.MaxPooling2D{Size: layer.Pair{3, 2}, Strides: layer.Pair{2, 2},
				Padding: layer.Same}, a)
			c := g.Add("c", layer.DepthwiseConv2D{Size: layer.Pair{2, 3}, DepthMultiplier: 2}, b)
			d := g.Add("d", layer.Conv2D{Filters: 16, Size: layer.Pair{1, 1}, Groups: 2}, c)
			e := g.Add("e", layer.UpSampling2D{Size: layer.Pair{1, 2}}, d)
			f := g.Add("f", layer.ZeroPadding2D{Padding: layer.Sides{{1, 0}, {2, 1}}}, e)
			h := g.Add("h", layer.AveragePooling2D{Size: layer.Pair{2, 3}}, f)
			g.Head("mean", layer.GlobalAveragePooling2D{}, h)
			g.Head("most", layer.GlobalMaxPooling2D{KeepDims: true}, h)
			steps, mask := g.Input("steps", tensor.Float32, 13, 4), g.Input("mask", tensor.Float32, 13)
			i := g.Add("i", layer.Conv1D{Filters: 6, Size: 3, Padding: layer.Causal, Dilation: 2}, steps)
			g.Head("masked", layer.GlobalAveragePooling1D{KeepDims: true}, i, mask)
			j := g.Add("j", layer.MaxPooling1D{}, g.Add("k", layer.AveragePooling1D{Size: 3, Strides: 1}, i))
			g.Head("last", layer.GlobalMaxPooling1D{}, j)
		}},
	}
	for name, l := range convolutions {
		networks[name] = network{draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 7, 9, 2)
			under := g.Add("under", layer.Dense{Units: 6, Activation: layer.Tanh}, x)
			g.Head("head", l, under)
			g.Head("beside", layer.Dense{Units: 2}, under)
		}}
	}
	return networks
}

// two is the size of a window.
var two = layer.Pair{2, 2}

// convolution checks Conv1D, Conv2D and DepthwiseConv2D.
var convolution = family{
	networks: convolutionNetworks(),
	configs: []config{
		{layer.Conv2D{Filters: 3, Size: layer.Pair{3, 2}, Strides: layer.Pair{1, 2},
			Dilation: layer.Pair{2, 1}, Groups: 3, Padding: layer.Same, Activation: layer.ReLU,
			NoBias: true, Frozen: true, Kernel: layer.Weight{Init: layer.HeNormal}},
			`{"filters":3,"size":[3,2],"strides":[1,2],"dilation":[2,1],"groups":3,"padding":"same",` +
				`"activation":"relu","no_bias":true,"frozen":true,"kernel":{"init":"he_normal"}}`},
		{layer.Conv1D{Filters: 3, Size: 2, Strides: 3, Dilation: 4, Groups: 5, Padding: layer.Causal,
			Activation: layer.Tanh, Bias: layer.Weight{Init: layer.Constant, Value: 1}},
			`{"filters":3,"size":2,"strides":3,"dilation":4,"groups":5,"padding":"causal",` +
				`"activation":"tanh","bias":{"init":"constant","value":1}}`},
		{layer.DepthwiseConv2D{Size: layer.Pair{3, 2}, DepthMultiplier: 2, Strides: layer.Pair{1, 2},
			Dilation: layer.Pair{2, 1}, Padding: layer.Same, NoBias: true, Frozen: true},
			`{"size":[3,2],"depth_multiplier":2,"strides":[1,2],"dilation":[2,1],"padding":"same",` +
				`"no_bias":true,"frozen":true}`},
	},
	badJSON: []badJSON{
		{"Conv2D", `{"filters":1,"size":[3]}`, "got 1 elements in [3], want 2"},
		{"Conv2D", `{"filters":1,"size":[3,3,3]}`, "got 3 elements in [3,3,3], want 2"},
		{"Conv2D", `{"filters":1,"size":[3,3],"padding":"sam"}`, `"same"`},
		{"Conv2D", `{"filters":1,"size":[3,3],"pading":"same"}`, "padding"},
		{"Conv2D", `{"filters":1,"size":[3,3],"strides":[1.5,1]}`, "1.5"},
		{"Conv2D", `{"filters":1,"size":[3,3],"dilation":"[1,1]"}`, "string"},
	},
	mistakes: []mistake{
		{layer.Conv2D{Size: two}, "4x5x6", "Filters = 0, want 1 to"},
		{layer.Conv2D{Filters: -1, Size: two}, "4x5x6", "Filters = -1, want 1 to"},
		{layer.Conv2D{Filters: 1 << 40, Size: two}, "4x5x6", "Filters = 1099511627776"},
		{layer.Conv2D{Filters: 1 << 30, Size: two}, "4x5x6", "kernel: shape [2 2 6 1073741824] has"},
		{layer.Conv2D{Filters: 2}, "4x5x6", "height: Size = 0, want 1 to"},
		{layer.Conv2D{Filters: 2, Size: layer.Pair{2, -2}}, "4x5x6", "width: Size = -2, want 1"},
		{layer.Conv2D{Filters: 2, Size: layer.Pair{5, 2}}, "4x5x6",
			"height: the window covers 5 of 4 positions"},
		{layer.Conv2D{Filters: 2, Size: two, Dilation: layer.Pair{1, 5}}, "4x5x6",
			"width: the window covers 6 of 5 positions"},
		{layer.Conv2D{Filters: 2, Size: two, Strides: layer.Pair{1, -1}}, "4x5x6",
			"width: Strides = -1, want 1"},
		{layer.Conv2D{Filters: 2, Size: two, Dilation: layer.Pair{-3, 1}}, "4x5x6",
			"height: Dilation = -3, want 1"},
		{layer.Conv2D{Filters: 2, Size: layer.Pair{1 << 40, 2}, Padding: layer.Same}, "4x5x6",
			"height: Size = 1099511627776"},
		{layer.Conv2D{Filters: 2, Size: layer.Pair{1 << 30, 1 << 30}, Padding: layer.Same}, "4x5x6",
			"has more than 2147483647 elements"},
		{layer.Conv2D{Filters: 2, Size: two, Groups: 4}, "4x5x6",
			"Groups = 4, want a divisor of 6 channels and of 2 filters"},
		{layer.Conv2D{Filters: 2, Size: two, Groups: -2}, "4x5x6", "Groups = -2, want"},
		{layer.Conv2D{Filters: 2, Size: two, Groups: 3}, "4x5x6", "Groups = 3, want"},
		{layer.Conv2D{Filters: 2, Size: two, Padding: layer.Causal}, "4x5x6", "Padding = causal, want"},
		{layer.Conv2D{Filters: 2, Size: two, Padding: 9}, "4x5x6", "Padding = Padding(9), want"},
		{layer.Conv2D{Filters: 2, Size: two, Activation: 99}, "4x5x6", "Activation"},
		{layer.Conv2D{Filters: 2, Size: two, Kernel: layer.Weight{Init: 99}}, "4x5x6", "Kernel: "},
		{layer.Conv2D{Filters: 2, Size: two, Bias: layer.Weight{Value: 1}}, "4x5x6", "Bias: "},
		{layer.Conv2D{Filters: 2, Size: two}, "5x3",
			"the input has 2 axes, want 3: [height, width, channels]"},
		{layer.Conv2D{Filters: 2, Size: two}, "4x5x6 4x5x6", "got 2 inputs, want 1"},
		{layer.Conv2D{Filters: 2, Size: two}, "i5", "is int32, want float32"},
		{layer.Conv1D{Filters: 2}, "5x3", "Size = 0, want 1"},
		{layer.Conv1D{Size: 2}, "5x3", "Filters = 0, want 1"},
		{layer.Conv1D{Filters: 2, Size: 2, Padding: 3}, "5x3",
			`Padding = Padding(3), want "valid", "same", "causal"`},
		{layer.Conv1D{Filters: 2, Size: 9}, "5x3", "the window covers 9 of 5 positions"},
		{layer.Conv1D{Filters: 2, Size: 2}, "4x5x6", "the input has 3 axes, want 2"},
		{layer.DepthwiseConv2D{}, "4x5x6", "height: Size = 0, want 1"},
		{layer.DepthwiseConv2D{Size: two, DepthMultiplier: -1}, "4x5x6",
			"DepthMultiplier = -1, want 1 to"},
		{layer.DepthwiseConv2D{Size: two, DepthMultiplier: 1 << 40}, "4x5x6", "DepthMultiplier = 1099"},
		{layer.DepthwiseConv2D{Size: two, DepthMultiplier: 1 << 28}, "4x5x6", "kernel: shape"},
		{layer.DepthwiseConv2D{Size: two, Kernel: layer.Weight{Init: 99}}, "4x5x6", "Kernel: "},
		{layer.DepthwiseConv2D{Size: two, Bias: layer.Weight{Value: 1}}, "4x5x6", "Bias: "},
		{layer.DepthwiseConv2D{Size: two}, "scalar", "the input has 0 axes, want 3"},
	},
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
