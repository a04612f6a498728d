package layer_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/internal/kernel"
	"braid/internal/random"
	"braid/layer"
	"braid/tensor"
)

// windowed draws a graph with each layer of images and of steps.
func windowed(g *braid.Graph) {
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
}

// TestWindowedBytes compares outputs and gradients of all layers between kernel sets and numbers of
// workers, and with predictions, whose buffers are used again.
func TestWindowedBytes(t *testing.T) {
	defer kernel.Use(kernel.Default())
	g := braid.NewGraph("bytes")
	windowed(g)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	braidtest.Spread(t, m)
	const rows = 13
	want := map[string][]float32{}
	for _, set := range kernel.Sets() {
		kernel.Use(set)
		for workers := 1; workers <= 3; workers++ {
			run := windowedBatch(m, rows, workers)
			run.Forward()
			run.Backward()
			got := map[string][]float32{}
			answer, err := m.Predict(windowedInputs(m, run, rows))
			if err != nil {
				t.Fatal(err)
			}
			for i, h := range m.Heads() {
				name := "output " + h.Name
				for r := range rows {
					got[name] = append(got[name], run.Space.Output(i).Row(r)...)
				}
				if want[name] == nil {
					want[name] = answer[h.Name].Float32s()
				}
			}
			for _, w := range m.Weights() {
				got["gradient of "+w.Name()] = run.Gradient(w)
			}
			for name, values := range got {
				if want[name] == nil {
					want[name] = values
				}
				for i, v := range values {
					if math.Float32bits(v) != math.Float32bits(want[name][i]) {
						t.Errorf("%s with set %s and %d workers: number %d is %v, want %v", name, set.Name,
							workers, i, v, want[name][i])
						break
					}
				}
			}
		}
	}
}

// windowedInputs returns the inputs of a batch.
func windowedInputs(m *braid.Model, run *braidtest.Batch, rows int) braid.Tensors {
	inputs := braid.Tensors{}
	for i, spec := range m.Inputs() {
		var values []float32
		for r := range rows {
			values = append(values, run.Team.Workers[0].Input(i).Row(r)...)
		}
		inputs[spec.Name] = tensor.Floats(values, append([]int{rows}, spec.Shape...)...)
	}
	return inputs
}

// windowedBatch fills the inputs and the gradients of the heads.
func windowedBatch(m *braid.Model, rows, workers int) *braidtest.Batch {
	run := braidtest.NewBatch(m, rows, workers)
	for i, spec := range m.Inputs() {
		for _, w := range run.Team.Workers {
			for r := range rows {
				for j := range w.Input(i).Row(r) {
					v := random.New(2, spec.Name, uint64(r)).Normal(uint64(j))
					if spec.Name == "mask" && v > 0 {
						v = 1
					} else if spec.Name == "mask" {
						v = 0
					}
					w.Input(i).Row(r)[j] = v
				}
			}
		}
	}
	for i, spec := range m.Heads() {
		for r := range rows {
			row := run.Space.HeadGrad(i, false).Row(r)
			for j := range row {
				row[j] = random.New(3, spec.Name, uint64(r)).Normal(uint64(j))
			}
		}
	}
	return run
}

// TestWindowedAllocations checks that no pass allocates after the first.
func TestWindowedAllocations(t *testing.T) {
	g := braid.NewGraph("allocations")
	windowed(g)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	const rows = 5
	run := windowedBatch(m, rows, 1)
	blocks, _ := run.Team.Assign(false)
	grad := tensor.NewRows[float32](1<<10, 80)
	if n := testing.AllocsPerRun(3, func() {
		run.Team.Forward(0, rows)
		run.Team.Backward(0, rows)
		for _, b := range blocks[0] {
			run.Team.Gradient(0, b, rows, grad)
		}
	}); n > 0 {
		t.Errorf("%v allocations, want none", n)
	}
}

func TestWindowedJSON(t *testing.T) {
	for _, l := range []braid.Layer{
		layer.Conv2D{Filters: 3, Size: layer.Pair{3, 2}, Strides: layer.Pair{1, 2},
			Dilation: layer.Pair{2, 1}, Groups: 3, Padding: layer.Same, Activation: layer.ReLU,
			NoBias: true, Frozen: true, Kernel: layer.Weight{Init: layer.HeNormal}},
		layer.Conv1D{Filters: 3, Size: 2, Strides: 3, Dilation: 4, Groups: 5, Padding: layer.Causal,
			Activation: layer.Tanh, Bias: layer.Weight{Init: layer.Constant, Value: 1}},
		layer.DepthwiseConv2D{Size: layer.Pair{3, 2}, DepthMultiplier: 2, Strides: layer.Pair{1, 2},
			Dilation: layer.Pair{2, 1}, Padding: layer.Same, NoBias: true, Frozen: true},
		layer.MaxPooling1D{Size: 3, Strides: 2, Padding: layer.Same}, layer.MaxPooling2D{},
		layer.MaxPooling2D{Size: layer.Pair{3, 2}, Strides: layer.Pair{1, 2}, Padding: layer.Same},
		layer.AveragePooling1D{Size: 3, Strides: 2, Padding: layer.Same}, layer.AveragePooling1D{},
		layer.AveragePooling2D{Size: layer.Pair{3, 2}, Strides: layer.Pair{1, 2}, Padding: layer.Same},
		layer.GlobalMaxPooling1D{KeepDims: true}, layer.GlobalMaxPooling2D{KeepDims: true},
		layer.GlobalAveragePooling1D{KeepDims: true}, layer.GlobalAveragePooling2D{KeepDims: true},
		layer.ZeroPadding2D{Padding: layer.Sides{{1, 2}, {3, 4}}}, layer.ZeroPadding2D{},
		layer.UpSampling2D{Size: layer.Pair{3, 2}},
	} {
		config, err := json.Marshal(l)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := layer.Decode(l.Kind(), config); err != nil || !reflect.DeepEqual(back, l) {
			t.Errorf("%s reads back as %+v (%v), want %+v", config, back, err, l)
		}
	}
	for text, want := range map[string]string{
		`{"filters":1,"size":[3]}`:                      "got 1 elements in [3], want 2",
		`{"filters":1,"size":[3,3,3]}`:                  "got 3 elements in [3,3,3], want 2",
		`{"filters":1,"size":[3,3],"padding":"sam"}`:    `"same"`,
		`{"filters":1,"size":[3,3],"pading":"same"}`:    "padding",
		`{"filters":1,"size":[3,3],"strides":[1.5,1]}`:  "1.5",
		`{"filters":1,"size":[3,3],"dilation":"[1,1]"}`: "string",
	} {
		if _, err := layer.Decode("Conv2D", []byte(text)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one with %q", text, err, want)
		}
	}
	sides := []byte(`{"padding":[[1,1],[1,1],[1,1]]}`)
	if _, err := layer.Decode("ZeroPadding2D", sides); err == nil {
		t.Errorf("%s: no error", sides)
	}
	if config, err := json.Marshal(layer.Conv1D{Padding: 7}); err == nil {
		t.Errorf("Padding 7 is written as %s", config)
	}
}

func TestWindowedMistakes(t *testing.T) {
	two := layer.Pair{2, 2}
	const large = 1 << 40
	image, steps, number, ids, mask := "image", "steps", "number", "ids", "mask"
	for _, c := range []struct {
		layer  braid.Layer
		inputs []string
		want   string
	}{
		{layer.Conv2D{Size: two}, []string{image}, "Filters = 0, want 1 to"},
		{layer.Conv2D{Filters: -1, Size: two}, []string{image}, "Filters = -1, want 1 to"},
		{layer.Conv2D{Filters: large, Size: two}, []string{image}, "Filters = 1099511627776"},
		{layer.Conv2D{Filters: 1 << 30, Size: two}, []string{image},
			"kernel: shape [2 2 6 1073741824] has"},
		{layer.Conv2D{Filters: 2}, []string{image}, "height: Size = 0, want 1 to"},
		{layer.Conv2D{Filters: 2, Size: layer.Pair{2, -2}}, []string{image},
			"width: Size = -2, want 1"},
		{layer.Conv2D{Filters: 2, Size: layer.Pair{5, 2}}, []string{image},
			"height: the window covers 5 of 4 positions"},
		{layer.Conv2D{Filters: 2, Size: two, Dilation: layer.Pair{1, 5}}, []string{image},
			"width: the window covers 6 of 5 positions"},
		{layer.Conv2D{Filters: 2, Size: two, Strides: layer.Pair{1, -1}}, []string{image},
			"width: Strides = -1, want 1"},
		{layer.Conv2D{Filters: 2, Size: two, Dilation: layer.Pair{-3, 1}}, []string{image},
			"height: Dilation = -3, want 1"},
		{layer.Conv2D{Filters: 2, Size: layer.Pair{large, 2}, Padding: layer.Same}, []string{image},
			"height: Size = 1099511627776"},
		{layer.Conv2D{Filters: 2, Size: layer.Pair{1 << 30, 1 << 30}, Padding: layer.Same},
			[]string{image}, "has more than 2147483647 elements"},
		{layer.Conv2D{Filters: 2, Size: two, Groups: 4}, []string{image},
			"Groups = 4, want a divisor of 6 channels and of 2 filters"},
		{layer.Conv2D{Filters: 2, Size: two, Groups: -2}, []string{image}, "Groups = -2, want"},
		{layer.Conv2D{Filters: 2, Size: two, Groups: 3}, []string{image}, "Groups = 3, want"},
		{layer.Conv2D{Filters: 2, Size: two, Padding: layer.Causal}, []string{image},
			"Padding = causal, want"},
		{layer.Conv2D{Filters: 2, Size: two, Padding: 9}, []string{image},
			"Padding = Padding(9), want"},
		{layer.Conv2D{Filters: 2, Size: two, Activation: 99}, []string{image}, "Activation"},
		{layer.Conv2D{Filters: 2, Size: two, Kernel: layer.Weight{Init: 99}}, []string{image},
			"Kernel: "},
		{layer.Conv2D{Filters: 2, Size: two, Bias: layer.Weight{Value: 1}}, []string{image}, "Bias: "},
		{layer.Conv2D{Filters: 2, Size: two}, []string{steps},
			"the input has 2 axes, want 3: [height, width, channels]"},
		{layer.Conv2D{Filters: 2, Size: two}, []string{image, image}, "got 2 inputs, want 1"},
		{layer.Conv2D{Filters: 2, Size: two}, []string{ids}, "is int32, want float32"},
		{layer.Conv1D{Filters: 2}, []string{steps}, "Size = 0, want 1"},
		{layer.Conv1D{Size: 2}, []string{steps}, "Filters = 0, want 1"},
		{layer.Conv1D{Filters: 2, Size: 2, Padding: 3}, []string{steps},
			`Padding = Padding(3), want "valid", "same", "causal"`},
		{layer.Conv1D{Filters: 2, Size: 9}, []string{steps}, "the window covers 9 of 5 positions"},
		{layer.Conv1D{Filters: 2, Size: 2}, []string{image}, "the input has 3 axes, want 2"},
		{layer.DepthwiseConv2D{}, []string{image}, "height: Size = 0, want 1"},
		{layer.DepthwiseConv2D{Size: two, DepthMultiplier: -1}, []string{image},
			"DepthMultiplier = -1, want 1 to"},
		{layer.DepthwiseConv2D{Size: two, DepthMultiplier: large}, []string{image},
			"DepthMultiplier = 1099"},
		{layer.DepthwiseConv2D{Size: two, DepthMultiplier: 1 << 28}, []string{image}, "kernel: shape"},
		{layer.DepthwiseConv2D{Size: two, Kernel: layer.Weight{Init: 99}}, []string{image}, "Kernel: "},
		{layer.DepthwiseConv2D{Size: two, Bias: layer.Weight{Value: 1}}, []string{image}, "Bias: "},
		{layer.DepthwiseConv2D{Size: two}, []string{number}, "the input has 0 axes, want 3"},
		{layer.MaxPooling2D{Size: layer.Pair{-1, 2}}, []string{image}, "height: Size = -1, want 1"},
		{layer.MaxPooling2D{Strides: layer.Pair{1, -2}}, []string{image},
			"width: Strides = -2, want 1"},
		{layer.MaxPooling2D{Size: layer.Pair{2, 6}}, []string{image}, "the window covers 6 of 5"},
		{layer.MaxPooling2D{Padding: layer.Causal}, []string{image},
			`Padding = causal, want "valid", "same"`},
		{layer.MaxPooling2D{}, []string{steps}, "the input has 2 axes, want 3"},
		{layer.MaxPooling1D{Size: -1}, []string{steps}, "Size = -1, want 1"},
		{layer.MaxPooling1D{Padding: layer.Causal}, []string{steps}, "Padding = causal, want"},
		{layer.AveragePooling1D{Size: 6}, []string{steps}, "the window covers 6 of 5"},
		{layer.AveragePooling1D{}, []string{steps, mask}, "got 2 inputs, want 1"},
		{layer.AveragePooling2D{Padding: 7}, []string{image}, "Padding = Padding(7), want"},
		{layer.AveragePooling2D{}, []string{ids}, "is int32, want float32"},
		{layer.GlobalMaxPooling1D{}, []string{image}, "the input has 3 axes, want 2"},
		{layer.GlobalMaxPooling2D{}, []string{steps}, "the input has 2 axes, want 3"},
		{layer.GlobalAveragePooling2D{}, []string{image, mask}, "got 2 inputs, want 1"},
		{layer.GlobalAveragePooling1D{}, []string{steps, mask, mask}, "got 3 inputs, want 1"},
		{layer.GlobalAveragePooling1D{}, []string{steps, steps}, "the mask has shape [5 3], want [5]"},
		{layer.GlobalAveragePooling1D{}, []string{steps, ids}, "is int32, want float32"},
		{layer.GlobalAveragePooling1D{}, []string{image, mask}, "the input has 3 axes, want 2"},
		{layer.ZeroPadding2D{Padding: layer.Sides{{1, -1}, {0, 0}}}, []string{image},
			"Padding = [[1 -1] [0 0]], want 0 to"},
		{layer.ZeroPadding2D{Padding: layer.Sides{{1, large}, {0, 0}}}, []string{image}, "want 0 to"},
		{layer.ZeroPadding2D{Padding: layer.Sides{{1 << 30, 0}, {0, 0}}}, []string{image},
			"output: shape"},
		{layer.ZeroPadding2D{}, []string{steps}, "the input has 2 axes, want 3"},
		{layer.UpSampling2D{Size: layer.Pair{1, -1}}, []string{image}, "Size = [1 -1], want 1 or more"},
		{layer.UpSampling2D{Size: layer.Pair{large, 1}}, []string{image}, "Size = [1099511627776 1]"},
		{layer.UpSampling2D{}, []string{steps}, "the input has 2 axes, want 3"},
	} {
		t.Run(fmt.Sprintf("%s %s", c.layer.Kind(), c.want), func(t *testing.T) {
			g := braid.NewGraph("mistakes")
			nodes := map[string]*braid.Node{
				image: g.Input(image, tensor.Float32, 4, 5, 6), steps: g.Input(steps, tensor.Float32, 5, 3),
				number: g.Input(number, tensor.Float32), ids: g.Input(ids, tensor.Int32, 5),
				mask: g.Input(mask, tensor.Float32, 5),
			}
			var inputs []*braid.Node
			for _, name := range c.inputs {
				inputs = append(inputs, nodes[name])
			}
			g.Head("h", c.layer, inputs...)
			braidtest.GraphMistake(t, g, c.want)
		})
	}
}
