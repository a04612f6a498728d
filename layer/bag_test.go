package layer_test

import (
	"math"
	"slices"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/internal/engine"
	"braid/layer"
	"braid/tensor"
)

// Bags, positions, whole channels dropped, and noise.
func TestBagGradients(t *testing.T) {
	checkNetworks(t, map[string]func(g *braid.Graph){
		"bags": func(g *braid.Graph) {
			ids, m := g.Input("ids", tensor.Int32, 3), g.Input("m", tensor.Float32, 3)
			mask := g.Add("mask", layer.Activation{Function: layer.ReLU}, m) // half of it is 0
			e := g.Add("e", layer.BagEmbedding{Vocabulary: 7, Width: 5}, ids, mask)
			g.Head("head", layer.Dense{Units: 2, Activation: layer.Tanh}, e)
			g.Head("plain", layer.BagEmbedding{Vocabulary: 130, Width: 90}, ids)
		},
		"positions": func(g *braid.Graph) {
			words := g.Add("words", layer.Dense{Units: 2}, g.Input("x", tensor.Float32, 4, 3))
			positions := g.Add("positions", layer.PositionEmbedding{}, words)
			placed := g.Add("placed", layer.Add{}, words, positions)
			g.Head("head", layer.Dense{Units: 3, Activation: layer.Tanh}, placed)
		},
		"channels and noise": func(g *braid.Graph) {
			x, image := g.Input("x", tensor.Float32, 4, 3), g.Input("image", tensor.Float32, 2, 3, 2)
			a := g.Add("a", layer.Dense{Units: 5, Activation: layer.Tanh}, x)
			g.Head("steps", layer.SpatialDropout1D{Rate: 0.4}, a)
			noisy := g.Add("noisy", layer.GaussianNoise{Stddev: 0.5}, a)
			g.Head("noise", layer.Dense{Units: 2, Activation: layer.Tanh}, noisy)
			b := g.Add("b", layer.Dense{Units: 3}, image)
			g.Head("pixels", layer.SpatialDropout2D{Rate: 0.3}, b)
		},
	})
}

// The numbers of a column stay apart, because a difference across a kink is no derivative.
func TestBagMaxGradients(t *testing.T) {
	g := braid.NewGraph("max")
	ids, m := g.Input("ids", tensor.Int32, 4), g.Input("m", tensor.Float32, 4)
	mask := g.Add("mask", layer.Activation{Function: layer.ReLU}, m)
	g.Head("masked", layer.BagEmbedding{Vocabulary: 5, Width: 3, Mode: layer.BagMax}, ids, mask)
	g.Head("plain", layer.BagEmbedding{Vocabulary: 5, Width: 3, Mode: layer.BagMax}, ids)
	model, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range model.Weights() {
		if err := w.Set([]float32{1, -2, 5, 2, -1, 4, 3, -5, 3, 4, -4, 2, 5, -3, 1}); err != nil {
			t.Fatal(err)
		}
	}
	braidtest.Gradients(t, model)
}

func TestBags(t *testing.T) {
	ids := tensor.Ints([]int32{2, 0, 1, 1, 1, 1}, 2, 3)
	mask := tensor.Floats([]float32{1, 0, 1, 0, 0, 0}, 2, 3)
	constant := layer.Weight{Init: layer.Constant, Value: -3}
	mean := layer.BagEmbedding{Vocabulary: 3, Width: 2, Embeddings: constant}
	if got := predict(t, mean, ids, mask); !slices.Equal(got, []float32{-3, -3, 0, 0}) {
		t.Errorf("means of vectors of -3: %v, want -3 -3, and 0 0 for a row without a step", got)
	}
	mean.Mode = layer.BagMax
	if got := predict(t, mean, ids, mask); !slices.Equal(got, []float32{-3, -3, 0, 0}) {
		t.Errorf("largest of vectors of -3: %v, want -3 -3, and 0 0 for a row without a step", got)
	}
}

// TestBagSparse compares the gradient of the rows that a batch names with that of all rows.
func TestBagSparse(t *testing.T) {
	for _, mode := range []layer.BagMode{layer.BagMean, layer.BagMax} {
		g := braid.NewGraph("sparse")
		ids, m := g.Input("ids", tensor.Int32, 3), g.Input("m", tensor.Float32, 3)
		g.Head("h", layer.BagEmbedding{Vocabulary: 40, Width: 3, Mode: mode}, ids, m)
		model, err := g.Build(3)
		if err != nil {
			t.Fatal(err)
		}
		const rows = 9
		b := braidtest.NewBatch(model, rows, 1)
		w := b.Team.Workers[0]
		grad := b.Space.HeadGrad(0, false)
		for r := range rows {
			copy(w.IDs(0).Row(r), []int32{int32(r), int32(2*r + 1), int32(r)})
			copy(w.Input(1).Row(r), []float32{1, float32(r % 2), 1})
			copy(grad.Row(r), []float32{1, float32(r), -float32(r)})
		}
		b.Forward()
		b.Backward()
		all := b.Gradient(model.Weights()[0])
		_, sparse := b.Team.Assign(true)
		var block *engine.SparseBlock = sparse[0][0]
		some := b.Team.SparseGradient(0, block, rows)
		if len(block.IDs) != 14 { // 0 to 8, and the odd ones from 9 to 17
			t.Errorf("%v: the ids are %v", mode, block.IDs)
		}
		for i, id := range block.IDs {
			if got, want := some.Row(i), all[3*id:3*id+3]; !slices.Equal(got, want) {
				t.Errorf("%v, id %d: gradient %v, want %v", mode, id, got, want)
			}
		}
	}
}

// Vectors that no step uses have no gradient, and the output is the table's beginning.
func TestPositions(t *testing.T) {
	g := braid.NewGraph("positions")
	x := g.Input("x", tensor.Float32, 2, 3)
	g.Head("h", layer.PositionEmbedding{Steps: 4}, x)
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	w := m.Weights()[0]
	if err := w.Set([]float32{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}); err != nil {
		t.Fatal(err)
	}
	b := braidtest.NewBatch(m, 2, 1)
	b.Forward()
	grad := b.Space.HeadGrad(0, false)
	for r := range 2 {
		if got := b.Space.Output(0).Row(r); !slices.Equal(got, []float32{1, 2, 3, 4, 5, 6}) {
			t.Errorf("row %d is %v", r, got)
		}
		copy(grad.Row(r), []float32{1, 2, 3, 4, 5, 6})
	}
	b.Backward()
	want := []float32{2, 4, 6, 8, 10, 12, 0, 0, 0, 0, 0, 0}
	if got := b.Gradient(w); !slices.Equal(got, want) {
		t.Errorf("gradient %v, want %v", got, want)
	}
}

// A channel of a row is dropped as a whole, and as often as Rate says. In prediction nothing is.
func TestSpatialDropout(t *testing.T) {
	const rows, steps, channels, rate = 500, 4, 6, 0.3
	for _, c := range []struct {
		layer braid.Layer
		shape []int
	}{
		{layer.SpatialDropout1D{Rate: rate}, []int{steps, channels}},
		{layer.SpatialDropout2D{Rate: rate}, []int{2, steps / 2, channels}},
	} {
		g := braid.NewGraph("drop")
		g.Head("h", c.layer, g.Input("x", tensor.Float32, c.shape...))
		m, err := g.Build(1)
		if err != nil {
			t.Fatal(err)
		}
		b := braidtest.NewBatch(m, rows, 1)
		for r := range rows {
			for i := range steps * channels {
				b.Team.Workers[0].Input(0).Row(r)[i] = 1
			}
		}
		b.Forward()
		dropped := 0
		for r := range rows {
			out := b.Space.Output(0).Row(r)
			for i, v := range out {
				if v != out[i%channels] {
					t.Fatalf("%s: channel %d is %v and %v", c.layer.Kind(), i%channels, out[i%channels], v)
				}
				if i < channels && v == 0 {
					dropped++
				} else if v != 0 && v != float32(1/(1-rate)) {
					t.Fatalf("%s: 1 becomes %v", c.layer.Kind(), v)
				}
			}
		}
		share := float64(dropped) / (rows * channels)
		if math.Abs(share-rate) > 5*math.Sqrt(rate*(1-rate)/(rows*channels)) {
			t.Errorf("%s drops %.3f of the channels, want %v", c.layer.Kind(), share, rate)
		}
		ones := make([]float32, steps*channels)
		for i := range ones {
			ones[i] = 1
		}
		x := tensor.Floats(ones, append([]int{1}, c.shape...)...)
		if got := predict(t, c.layer, x); !slices.Equal(got, ones) {
			t.Errorf("%s changes a prediction: %v", c.layer.Kind(), got)
		}
	}
}

// The moments are those of the normal distribution, and neighbours are independent.
func TestGaussianNoise(t *testing.T) {
	const rows, width, deviation = 40, 701, 2.5 // more pairs than are computed at a time, and one half
	g := braid.NewGraph("noise")
	g.Head("h", layer.GaussianNoise{Stddev: deviation}, g.Input("x", tensor.Float32, width))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	b := braidtest.NewBatch(m, rows, 1)
	b.Forward()
	var mean, square, fourth, neighbours float64
	for r := range rows {
		before := 0.0
		for _, v := range b.Space.Output(0).Row(r) {
			z := float64(v) / deviation
			mean, square, fourth = mean+z, square+z*z, fourth+z*z*z*z
			neighbours, before = neighbours+z*before, z
		}
	}
	const n = rows * width
	for _, c := range []struct {
		name            string
		got, want, wide float64 // wide: the variance of one number
	}{
		{"mean", mean, 0, 1}, {"mean square", square, 1, 2}, {"mean fourth power", fourth, 3, 96},
		{"mean product of neighbours", neighbours, 0, 1},
	} {
		if math.Abs(c.got/n-c.want) > 5*math.Sqrt(c.wide/n) {
			t.Errorf("%s: %.4f, want %v", c.name, c.got/n, c.want)
		}
	}
	x := tensor.Floats([]float32{1, -2}, 1, 2)
	if got := predict(t, layer.GaussianNoise{Stddev: 1}, x); !slices.Equal(got, []float32{1, -2}) {
		t.Errorf("it changes a prediction of 1, -2: %v", got)
	}
}

func TestBagJSON(t *testing.T) {
	checkConfigs(t, map[string]braid.Layer{
		`{"vocabulary":5,"width":2,"mode":"max"}`: layer.BagEmbedding{
			Vocabulary: 5, Width: 2, Mode: layer.BagMax},
		`{"steps":9}`:    layer.PositionEmbedding{Steps: 9},
		`{"stddev":0.5}`: layer.GaussianNoise{Stddev: 0.5},
		`{"rate":0.5}`:   layer.SpatialDropout1D{Rate: 0.5},
	})
	checkConfigs(t, map[string]braid.Layer{`{"rate":0.5}`: layer.SpatialDropout2D{Rate: 0.5}})
	bad := []byte(`{"vocabulary":5,"width":2,"mode":"maxx"}`)
	if _, err := layer.Decode("BagEmbedding", bad); err == nil {
		t.Error("no error for the mode maxx")
	}
}

func TestBagMistakes(t *testing.T) {
	type nodes struct{ x, steps, ids *braid.Node }
	for want, draw := range map[string]func(g *braid.Graph, n nodes){
		"Vocabulary = 0": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.BagEmbedding{Width: 2}, n.ids)
		},
		"Width = 0": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.BagEmbedding{Vocabulary: 2}, n.ids)
		},
		"Mode = BagMode(7), want one of": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.BagEmbedding{Vocabulary: 2, Width: 2, Mode: 7}, n.ids)
		},
		"the ids are float32, want int32": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.BagEmbedding{Vocabulary: 2, Width: 2}, n.x)
		},
		"the mask has shape [4], want [3]": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.BagEmbedding{Vocabulary: 2, Width: 2}, n.ids, n.x)
		},
		"the mask is int32": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.BagEmbedding{Vocabulary: 2, Width: 2}, n.ids, n.ids)
		},
		"got 3 inputs, want ids": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.BagEmbedding{Vocabulary: 2, Width: 2}, n.ids, n.ids, n.ids)
		},
		"Embeddings: Value = NaN": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.BagEmbedding{Vocabulary: 2, Width: 2,
				Embeddings: layer.Weight{Init: layer.Normal, Value: math.NaN()}}, n.ids)
		},
		"Steps = 2, want 0, or the input's 3": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.PositionEmbedding{Steps: 2}, n.steps)
		},
		"PositionEmbedding: input has shape [4] a row": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.PositionEmbedding{}, n.x)
		},
		"SpatialDropout1D: Rate = 1, want": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.SpatialDropout1D{Rate: 1}, n.steps)
		},
		"SpatialDropout1D: input has shape [4] a row": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.SpatialDropout1D{Rate: 0.1}, n.x)
		},
		"SpatialDropout2D: input has shape [3 4] a row, want [height": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.SpatialDropout2D{Rate: 0.1}, n.steps)
		},
		"Stddev = -1": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.GaussianNoise{Stddev: -1}, n.x)
		},
		"GaussianNoise: got 2 inputs, want 1": func(g *braid.Graph, n nodes) {
			g.Head("h", layer.GaussianNoise{Stddev: 1}, n.x, n.x)
		},
	} {
		g := braid.NewGraph("mistakes")
		draw(g, nodes{g.Input("x", tensor.Float32, 4), g.Input("steps", tensor.Float32, 3, 4),
			g.Input("ids", tensor.Int32, 3)})
		braidtest.GraphMistake(t, g, want)
	}
}
