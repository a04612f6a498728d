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

// noise checks the layers that draw random numbers in training.
var noise = family{
	networks: map[string]network{
		"dropout": {draw: func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 3)
			under := g.Add("under", layer.Dense{Units: 7, Activation: layer.Tanh}, x)
			g.Head("head", layer.Dense{Units: 2}, g.Add("some", layer.Dropout{Rate: 0.4}, under))
			g.Head("other", layer.Dropout{Rate: 0.2}, under)
			g.Head("all", layer.Dense{Units: 3}, g.Add("part", layer.ModalityDropout{Rate: 0.3}, under))
		}},
		"channels and noise": {draw: func(g *braid.Graph) {
			x, image := g.Input("x", tensor.Float32, 4, 3), g.Input("image", tensor.Float32, 2, 3, 2)
			a := g.Add("a", layer.Dense{Units: 5, Activation: layer.Tanh}, x)
			g.Head("steps", layer.SpatialDropout1D{Rate: 0.4}, a)
			noisy := g.Add("noisy", layer.GaussianNoise{Stddev: 0.5}, a)
			g.Head("noise", layer.Dense{Units: 2, Activation: layer.Tanh}, noisy)
			b := g.Add("b", layer.Dense{Units: 3}, image)
			g.Head("pixels", layer.SpatialDropout2D{Rate: 0.3}, b)
		}},
	},
	configs: []config{
		{layer.Dropout{Rate: 0.25}, `{"rate":0.25}`},
		{layer.SpatialDropout1D{Rate: 0.5}, `{"rate":0.5}`},
		{layer.ModalityDropout{Rate: 0.5}, `{"rate":0.5}`},
		{layer.SpatialDropout2D{Rate: 0.5}, `{"rate":0.5}`},
		{layer.GaussianNoise{Stddev: 0.5}, `{"stddev":0.5}`},
	},
	mistakes: []mistake{
		{layer.Dropout{Rate: 1}, "4", "Rate = 1, want"},
		{layer.Dropout{}, "4 4", "got 2 inputs, want 1"},
		{layer.Dropout{Rate: -0.1}, "4", "Rate = -0.1"},
		{layer.ModalityDropout{Rate: 1}, "3x4", "ModalityDropout: Rate = 1, want"},
		{layer.ModalityDropout{}, "4 4", "got 2 inputs, want 1"},
		{layer.SpatialDropout1D{Rate: 1}, "3x4", "SpatialDropout1D: Rate = 1, want"},
		{layer.SpatialDropout1D{}, "3x4 3x4", "got 2 inputs, want 1"},
		{layer.SpatialDropout1D{Rate: 0.1}, "4", "SpatialDropout1D: input has shape [4] a row"},
		{layer.SpatialDropout2D{Rate: 0.1}, "3x4",
			"SpatialDropout2D: input has shape [3 4] a row, want [height"},
		{layer.GaussianNoise{Stddev: -1}, "4", "Stddev = -1"},
		{layer.GaussianNoise{Stddev: 1}, "4 4", "GaussianNoise: got 2 inputs, want 1"},
	},
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

// A row is dropped as a whole, as often as Rate says, and the others are not scaled. In prediction
// nothing changes.
func TestModalityDropout(t *testing.T) {
	const rows, width, rate = 2000, 5, 0.3
	g := braid.NewGraph("drop")
	l := layer.ModalityDropout{Rate: rate}
	g.Head("h", l, g.Input("x", tensor.Float32, width))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	b := braidtest.NewBatch(m, rows, 1)
	in := []float32{1, -2, 3, 0.5, 7}
	for r := range rows {
		copy(b.Team.Workers[0].Input(0).Row(r), in)
	}
	b.Forward()
	dropped := 0
	for r := range rows {
		switch out := b.Space.Output(0).Row(r); {
		case slices.Equal(out, make([]float32, width)):
			dropped++
		case !slices.Equal(out, in):
			t.Fatalf("row %d is %v, want all of %v or zeros", r, out, in)
		}
	}
	share := float64(dropped) / rows
	if math.Abs(share-rate) > 5*math.Sqrt(rate*(1-rate)/rows) {
		t.Errorf("it drops %.3f of the rows, want %v", share, rate)
	}
	if got := predict(t, l, tensor.Floats(in, 1, width)); !slices.Equal(got, in) {
		t.Errorf("it changes a prediction: %v", got)
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
