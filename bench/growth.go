package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"

	"braid"
	"braid/internal/suggest"
	"braid/layer"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// growth is a network of several sizes, whose work grows over three decades.
type growth struct {
	name  string
	sizes []int
	size  func(n int) sized
}

// sized is a network of one size.
type sized struct {
	graph *braid.Graph
	image tensor.Shape
	batch int
	work  float64 // operations of a step
}

// growths lists what grows: the rows of a batch, the width of layers, the channels of convolutions.
var growths = []growth{
	{"rows", []int{64, 256, 1024, 4096, 16_384, 65_536}, func(rows int) sized {
		return denseOf(256, rows)
	}},
	{"width", []int{128, 256, 512, 1024, 2048, 4096}, func(width int) sized {
		return denseOf(width, 128)
	}},
	{"channels", []int{16, 32, 64, 128, 256, 512}, convolutionsOf},
}

// denseOf returns a network of two layers of the given width, for batches of some rows.
func denseOf(width, rows int) sized {
	g := braid.NewGraph("growth")
	x := g.Input("image", tensor.Float32, width)
	x = g.Add("first", layer.Dense{Units: width, Activation: layer.ReLU}, x)
	x = g.Add("second", layer.Dense{Units: width, Activation: layer.ReLU}, x)
	g.Head("class", layer.Dense{Units: imageClasses, Activation: layer.Softmax}, x)
	// The first layer has no input gradient.
	return sized{g, tensor.Shape{width}, rows, 2 * 5 * float64(rows) * float64(width*width)}
}

// convolutionsOf returns a network of two convolutions on images of 8x8 pixels.
func convolutionsOf(channels int) sized {
	const rows, side = 16, 8
	g := braid.NewGraph("growth")
	x := g.Input("image", tensor.Float32, side, side, channels)
	x = g.Add("first_relu", relu, g.Add("first", window(channels, 1), x))
	x = g.Add("second_relu", relu, g.Add("second", window(channels, 1), x))
	x = g.Add("mean", layer.GlobalAveragePooling2D{}, x)
	g.Head("class", layer.Dense{Units: imageClasses, Activation: layer.Softmax}, x)
	return sized{g, tensor.Shape{side, side, channels}, rows,
		2 * 5 * 9 * rows * side * side * float64(channels*channels)}
}

// growthNamed returns the growth of a name.
func growthNamed(name string) (growth, error) {
	var have []string
	for _, g := range growths {
		if g.name == name {
			return g, nil
		}
		have = append(have, g.name)
	}
	return growth{}, suggest.Unknown("growth", name, have)
}

// growth prints the time of a step of each size, and then the exponent of time as a power of work.
func (j job) growth(ctx context.Context, out io.Writer) error {
	g, err := growthNamed(j.of)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(out)
	var work, times []float64
	for _, n := range g.sizes {
		s := g.size(n)
		took, err := s.step(ctx, j.workers)
		if err != nil {
			return err
		}
		work, times = append(work, s.work), append(times, took)
		err = encoder.Encode(readings{"size": float64(n), "work": s.work, "step_s": took})
		if err != nil {
			return err
		}
	}
	return encoder.Encode(readings{"exponent": slope(work, times)})
}

// step returns the time of a training step in the fastest of some epochs: the exponent is to be
// precise to a hundredth.
func (s sized) step(ctx context.Context, workers int) (float64, error) {
	const epochs, epochWork = 7, 4e9 // an epoch has one step or more
	steps := max(1, int(epochWork/s.work))
	table, err := imageTable("growth", s.batch*steps, "class", nil, s.image...)
	if err != nil {
		return 0, err
	}
	model, err := s.graph.Build(1)
	if err != nil {
		return 0, err
	}
	history, err := train.Fit(ctx, model, table, train.Plan{
		Epochs: epochs, Batch: s.batch, Workers: workers, Optimizer: optim.Adam{},
		Heads: train.Heads{"class": classHead},
	})
	if err != nil {
		return 0, fmt.Errorf("batches of %d: %w", s.batch, err)
	}
	best := history.Epochs[0].Train
	for _, e := range history.Epochs {
		best = min(best, e.Train)
	}
	return best.Seconds() / float64(steps), nil
}

// slope returns the slope of the line that fits log y against log x best: b of y = a x^b.
func slope(x, y []float64) float64 {
	var meanX, meanY float64
	for i := range x {
		meanX += math.Log(x[i]) / float64(len(x))
		meanY += math.Log(y[i]) / float64(len(x))
	}
	var covariance, variance float64
	for i := range x {
		dx := math.Log(x[i]) - meanX
		covariance += dx * (math.Log(y[i]) - meanY)
		variance += dx * dx
	}
	return covariance / variance
}
