package layer_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

// poolingNetworks draws pooling, padding, cropping and upsampling. The inputs of max pooling are
// rows of a small embedding: a difference must not change which number is the largest.
func poolingNetworks() map[string]network {
	smooth := map[string]braid.Layer{
		"average": layer.AveragePooling2D{Size: layer.Pair{2, 3}},
		"average, same": layer.AveragePooling2D{Size: layer.Pair{3, 4}, Strides: layer.Pair{1, 2},
			Padding: layer.Same},
		"global average":  layer.GlobalAveragePooling2D{KeepDims: true},
		"zeros":           layer.ZeroPadding2D{Padding: layer.Sides{{1, 0}, {3, 2}}},
		"zeros, default":  layer.ZeroPadding2D{},
		"crop":            layer.Cropping2D{Cropping: layer.Sides{{0, 1}, {2, 3}}},
		"crop, one pixel": layer.Cropping2D{Cropping: layer.Sides{{2, 1}, {6, 0}}},
		"copies":          layer.UpSampling2D{Size: layer.Pair{3, 2}},
		"copies, default": layer.UpSampling2D{},
	}
	largest := map[string]braid.Layer{
		"max":          layer.MaxPooling2D{Size: layer.Pair{2, 3}},
		"max, overlap": layer.MaxPooling2D{Size: layer.Pair{3, 2}, Strides: layer.Pair{2, 1}},
		"max, same":    layer.MaxPooling2D{Strides: layer.Pair{1, 3}, Padding: layer.Same},
		"max, always partly outside": layer.MaxPooling2D{Size: layer.Pair{2, 9},
			Strides: layer.Pair{1, 1}, Padding: layer.Same},
		"global max": layer.GlobalMaxPooling2D{},
	}
	embedding := layer.Embedding{Vocabulary: 5, Width: 3}
	networks := map[string]network{
		"steps": {draw: func(g *braid.Graph) {
			x, mask := g.Input("x", tensor.Float32, 7, 2), g.Input("mask", tensor.Float32, 7)
			under := g.Add("under", layer.Dense{Units: 3, Activation: layer.Tanh}, x)
			g.Head("average", layer.AveragePooling1D{}, under)
			g.Head("masked", layer.GlobalAveragePooling1D{}, under, mask)
			g.Head("mean", layer.GlobalAveragePooling1D{KeepDims: true}, under)
		}},
		"max of some steps": {draw: func(g *braid.Graph) {
			under := g.Add("under", embedding, g.Input("x", tensor.Int32, 7))
			mask := g.Input("mask", tensor.Float32, 7)
			g.Head("most", layer.GlobalMaxPooling1D{}, under, mask)
			g.Head("kept", layer.GlobalMaxPooling1D{KeepDims: true}, under, mask)
		}},
		"max of steps": {draw: func(g *braid.Graph) {
			under := g.Add("under", embedding, g.Input("x", tensor.Int32, 7))
			g.Head("max", layer.MaxPooling1D{Size: 3, Strides: 2, Padding: layer.Same}, under)
			g.Head("most", layer.GlobalMaxPooling1D{KeepDims: true}, under)
		}},
	}
	for name, l := range smooth {
		networks[name] = network{draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 4, 7, 2)
			under := g.Add("under", layer.Dense{Units: 3, Activation: layer.Tanh}, x)
			g.Head("head", l, under)
			g.Head("beside", layer.Dense{Units: 2}, under)
		}}
	}
	for name, l := range largest {
		networks[name] = network{draw: func(g *braid.Graph) {
			under := g.Add("under", embedding, g.Input("x", tensor.Int32, 4, 7))
			g.Head("head", l, under)
			g.Head("beside", layer.Dense{Units: 2}, under)
		}}
	}
	return networks
}

// pooling checks pooling, ZeroPadding2D, Cropping2D and UpSampling2D.
var pooling = family{
	networks: poolingNetworks(),
	configs: []config{
		{layer.MaxPooling1D{Size: 3, Strides: 2, Padding: layer.Same},
			`{"size":3,"strides":2,"padding":"same"}`},
		{layer.MaxPooling2D{}, `{}`},
		{layer.MaxPooling2D{Size: layer.Pair{3, 2}, Strides: layer.Pair{1, 2}, Padding: layer.Same},
			`{"size":[3,2],"strides":[1,2],"padding":"same"}`},
		{layer.AveragePooling1D{Size: 3, Strides: 2, Padding: layer.Same},
			`{"size":3,"strides":2,"padding":"same"}`},
		{layer.AveragePooling1D{}, `{}`},
		{layer.AveragePooling2D{Size: layer.Pair{3, 2}, Strides: layer.Pair{1, 2}, Padding: layer.Same},
			`{"size":[3,2],"strides":[1,2],"padding":"same"}`},
		{layer.GlobalMaxPooling1D{KeepDims: true}, `{"keep_dims":true}`},
		{layer.GlobalMaxPooling2D{KeepDims: true}, `{"keep_dims":true}`},
		{layer.GlobalAveragePooling1D{KeepDims: true}, `{"keep_dims":true}`},
		{layer.GlobalAveragePooling2D{KeepDims: true}, `{"keep_dims":true}`},
		{layer.ZeroPadding2D{Padding: layer.Sides{{1, 2}, {3, 4}}}, `{"padding":[[1,2],[3,4]]}`},
		{layer.ZeroPadding2D{}, `{}`},
		{layer.Cropping2D{Cropping: layer.Sides{{1, 2}, {3, 4}}}, `{"cropping":[[1,2],[3,4]]}`},
		{layer.Cropping2D{}, `{}`},
		{layer.UpSampling2D{Size: layer.Pair{3, 2}}, `{"size":[3,2]}`},
	},
	badJSON: []badJSON{
		{"ZeroPadding2D", `{"padding":[[1,1],[1,1],[1,1]]}`, "want 2"},
		{"Cropping2D", `{"cropping":[1,1]}`, "cannot unmarshal"},
	},
	mistakes: []mistake{
		{layer.MaxPooling2D{Size: layer.Pair{-1, 2}}, "4x5x6", "height: Size = -1, want 1"},
		{layer.MaxPooling2D{Strides: layer.Pair{1, -2}}, "4x5x6", "width: Strides = -2, want 1"},
		{layer.MaxPooling2D{Size: layer.Pair{2, 6}}, "4x5x6", "the window covers 6 of 5"},
		{layer.MaxPooling2D{Padding: layer.Causal}, "4x5x6",
			`Padding = causal, want "valid", "same"`},
		{layer.MaxPooling2D{}, "5x3", "the input has 2 axes, want 3"},
		{layer.MaxPooling1D{Size: -1}, "5x3", "Size = -1, want 1"},
		{layer.MaxPooling1D{Padding: layer.Causal}, "5x3", "Padding = causal, want"},
		{layer.AveragePooling1D{Size: 6}, "5x3", "the window covers 6 of 5"},
		{layer.AveragePooling1D{}, "5x3 5", "got 2 inputs, want 1"},
		{layer.AveragePooling2D{Padding: 7}, "4x5x6", "Padding = Padding(7), want"},
		{layer.AveragePooling2D{}, "i5", "is int32, want float32"},
		{layer.GlobalMaxPooling1D{}, "4x5x6", "the input has 3 axes, want 2"},
		{layer.GlobalMaxPooling1D{}, "5x3 5 5", "got 3 inputs, want 1"},
		{layer.GlobalMaxPooling1D{}, "5x3 3", "the mask has shape [3], want [5]"},
		{layer.GlobalMaxPooling1D{}, "5x3 i5", "is int32, want float32"},
		{layer.GlobalMaxPooling2D{}, "5x3", "the input has 2 axes, want 3"},
		{layer.GlobalAveragePooling2D{}, "4x5x6 5", "got 2 inputs, want 1"},
		{layer.GlobalAveragePooling1D{}, "5x3 5 5", "got 3 inputs, want 1"},
		{layer.GlobalAveragePooling1D{}, "5x3 5x3", "the mask has shape [5 3], want [5]"},
		{layer.GlobalAveragePooling1D{}, "5x3 i5", "is int32, want float32"},
		{layer.GlobalAveragePooling1D{}, "4x5x6 5", "the input has 3 axes, want 2"},
		{layer.ZeroPadding2D{Padding: layer.Sides{{1, -1}, {0, 0}}}, "4x5x6",
			"Padding = [[1 -1] [0 0]], want 0 to"},
		{layer.ZeroPadding2D{Padding: layer.Sides{{1, 1 << 40}, {0, 0}}}, "4x5x6", "want 0 to"},
		{layer.ZeroPadding2D{Padding: layer.Sides{{1 << 30, 0}, {0, 0}}}, "4x5x6", "output: shape"},
		{layer.ZeroPadding2D{}, "5x3", "the input has 2 axes, want 3"},
		{layer.Cropping2D{Cropping: layer.Sides{{1, 2}, {-1, 0}}}, "4x5x6",
			"Cropping = [[1 2] [-1 0]], want 0 or more"},
		{layer.Cropping2D{Cropping: layer.Sides{{1, 2}, {3, 2}}}, "4x5x6",
			"Cropping = [[1 2] [3 2]] leaves nothing of an image 4 high and 5 wide"},
		{layer.Cropping2D{Cropping: layer.Sides{{math.MaxInt, math.MaxInt}}}, "4x5x6",
			"leaves nothing"},
		{layer.Cropping2D{}, "5x3", "the input has 2 axes, want 3"},
		{layer.UpSampling2D{Size: layer.Pair{1, -1}}, "4x5x6", "Size = [1 -1], want 1 or more"},
		{layer.UpSampling2D{Size: layer.Pair{1 << 40, 1}}, "4x5x6", "Size = [1099511627776 1]"},
		{layer.UpSampling2D{}, "5x3", "the input has 2 axes, want 3"},
	},
}

// TestMaskedMean checks a row without a valid step, and one with a single valid step.
func TestMaskedMean(t *testing.T) {
	g := braid.NewGraph("masked")
	x, mask := g.Input("x", tensor.Float32, 2, 1), g.Input("mask", tensor.Float32, 2)
	g.Head("head", layer.GlobalAveragePooling1D{}, x, mask)
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.Predict(braid.Tensors{
		"x":    tensor.Floats([]float32{1, 2, 4, 8}, 2, 2, 1),
		"mask": tensor.Floats([]float32{0, 0, 1, 0}, 2, 2),
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := out["head"].Float32s(); got[0] != 0 || got[1] != 4 {
		t.Errorf("means of rows with no and one valid step are %v, want [0 4]", got)
	}
}

// TestMaxPoolingTies checks that the gradient goes to the first of equal numbers alone: with a
// kernel of zeros all outputs are equal to the bias.
func TestMaxPoolingTies(t *testing.T) {
	g := braid.NewGraph("ties")
	x := g.Input("x", tensor.Float32, 2, 2, 1)
	zeros := layer.Weight{Init: layer.Constant}
	g.Head("head", layer.MaxPooling2D{}, g.Add("d", layer.Dense{Units: 1, Kernel: zeros}, x))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	run := braidtest.NewBatch(m, 1, 1)
	copy(run.Team.Workers[0].Input(0).Row(0), []float32{3, 5, 7, 11})
	run.Space.HeadGrad(0, false).Row(0)[0] = 2
	run.Forward()
	run.Backward()
	for name, want := range map[string]float32{"d.kernel": 2 * 3, "d.bias": 2} {
		w, err := m.Weight(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := run.Gradient(w)[0]; got != want {
			t.Errorf("gradient of %s is %v, want %v", name, got, want)
		}
	}
}

// TestMaskedMax checks rows with one step that counts, with two, with two equal ones and with none.
// The kernel is 1 and the bias 0, so that the output is the largest x that counts.
func TestMaskedMax(t *testing.T) {
	g := braid.NewGraph("masked")
	x, mask := g.Input("x", tensor.Float32, 3, 1), g.Input("mask", tensor.Float32, 3)
	one := layer.Weight{Init: layer.Constant, Value: 1}
	under := g.Add("d", layer.Dense{Units: 1, Kernel: one}, x)
	g.Head("head", layer.GlobalMaxPooling1D{}, under, mask)
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	rows := []struct {
		x, mask              []float32
		want                 float32
		wantKernel, wantBias float32 // the gradient, for an output's gradient of 1
	}{
		{[]float32{5, -3, 7}, []float32{0, 1, 0}, -3, -3, 1},
		{[]float32{9, -4, -2}, []float32{0, 1, 1}, -2, -2, 1},
		{[]float32{8, 6, 6}, []float32{0, 1, 1}, 6, 6, 1},
		{[]float32{-8, -6, -5}, []float32{0, 0, 0}, 0, 0, 0},
	}
	run := braidtest.NewBatch(m, len(rows), 1)
	grads := run.Space.HeadGrad(0, false)
	var kernel, bias float32
	for i, r := range rows {
		copy(run.Team.Workers[0].Input(0).Row(i), r.x)
		copy(run.Team.Workers[0].Input(1).Row(i), r.mask)
		factor := float32(int(1) << i) // rows differ in their gradient
		grads.Row(i)[0] = factor
		kernel, bias = kernel+factor*r.wantKernel, bias+factor*r.wantBias
	}
	run.Forward()
	for i, r := range rows {
		if got := run.Space.Output(0).Row(i)[0]; got != r.want {
			t.Errorf("row %d: the largest of %v with mask %v is %v, want %v", i, r.x, r.mask, got, r.want)
		}
	}
	run.Backward()
	for name, want := range map[string]float32{"d.kernel": kernel, "d.bias": bias} {
		w, err := m.Weight(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := run.Gradient(w)[0]; got != want {
			t.Errorf("gradient of %s is %v, want %v", name, got, want)
		}
	}
}

// TestCropping cuts a different number of pixels off each side.
func TestCropping(t *testing.T) {
	var pixels []float32 // row, column, channel
	for row := range 4 {
		for column := range 7 {
			pixels = append(pixels, float32(100*row+10*column), float32(100*row+10*column+1))
		}
	}
	x := tensor.Floats(pixels, 1, 4, 7, 2)
	got := predict(t, layer.Cropping2D{Cropping: layer.Sides{{1, 0}, {3, 2}}}, x)
	want := []float32{130, 131, 140, 141, 230, 231, 240, 241, 330, 331, 340, 341}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestPoolingValues compares both poolings with their definitions: windows inside the input, partly
// outside, overlapping, and with gaps.
func TestPoolingValues(t *testing.T) {
	const height, width, channels = 5, 7, 3
	x := make([]float32, height*width*channels)
	for i := range x {
		x[i] = float32(i*i%47) - 20
	}
	for _, padding := range []layer.Padding{layer.Valid, layer.Same} {
		for _, size := range []layer.Pair{{1, 1}, {2, 2}, {3, 2}, {2, 5}, {5, 7}} {
			for _, strides := range []layer.Pair{{1, 1}, {2, 3}, {4, 2}} {
				var highest, means []float32
				down, across := starts(height, size[0], strides[0], padding),
					starts(width, size[1], strides[1], padding)
				for _, top := range down {
					for _, left := range across {
						for c := range channels {
							high, sum, count := float32(-100), float32(0), float32(0)
							for i := max(top, 0); i < min(top+size[0], height); i++ {
								for j := max(left, 0); j < min(left+size[1], width); j++ {
									v := x[(i*width+j)*channels+c]
									high, sum, count = max(high, v), sum+v, count+1
								}
							}
							highest, means = append(highest, high), append(means, sum/count)
						}
					}
				}
				in := tensor.Floats(x, 1, height, width, channels)
				what := fmt.Sprintf("size %v, strides %v, %v", size, strides, padding)
				got := predict(t, layer.MaxPooling2D{Size: size, Strides: strides, Padding: padding}, in)
				if !slices.Equal(got, highest) {
					t.Errorf("max, %s: got %v, want %v", what, got, highest)
				}
				got = predict(t, layer.AveragePooling2D{Size: size, Strides: strides, Padding: padding}, in)
				for i, v := range got {
					if len(got) != len(means) || math.Abs(float64(v-means[i])) > 1e-5 {
						t.Fatalf("mean, %s: got %v, want %v", what, got, means)
					}
				}
			}
		}
	}
}

// starts returns the first index of each window along an axis, by Keras' rules.
func starts(in, size, stride int, padding layer.Padding) (list []int) {
	out, before := (in-size)/stride+1, 0
	if padding == layer.Same {
		out = (in + stride - 1) / stride
		before = max((out-1)*stride+size-in, 0) / 2
	}
	for i := range out {
		list = append(list, i*stride-before)
	}
	return list
}
