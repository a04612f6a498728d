package main

import (
	"context"
	"fmt"

	"braid"
	"braid/data"
	"braid/data/mnist"
	"braid/digitqa"
	"braid/internal/suggest"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// network is a network whose training is measured.
type network struct {
	name  string
	graph func() *braid.Graph
	plan  func() train.Plan
	table func(context.Context) (*data.Table, error)
}

// networks lists a small network, a wide one and a recurrent one, each with another bottleneck.
var networks = []network{
	{"seed", func() *braid.Graph { return digitqa.Network(28, 28) }, digitqa.Plan, seedTable},
	{"wide", wideGraph, widePlan, wideTable},
	{"text", textGraph, textPlan, textTable},
}

// networkNamed returns the network of a name.
func networkNamed(name string) (network, error) {
	var have []string
	for _, n := range networks {
		if n.name == name {
			return n, nil
		}
		have = append(have, n.name)
	}
	return network{}, suggest.Unknown("network", name, have)
}

// seedTable returns MNIST's training images with questions.
func seedTable(ctx context.Context) (*data.Table, error) {
	digits, err := mnist.Finder{}.Find(ctx)
	if err != nil {
		return nil, err
	}
	standard, err := data.Measure(digits.Train.Pixels.Uint8s())
	if err != nil {
		return nil, fmt.Errorf("MNIST's pixels: %w", err)
	}
	return digitqa.Table(digits.Train, standard)
}

const wideClasses = 10

// wideGraph returns the network 784-512-512-10, which spends most of its time in large products.
func wideGraph() *braid.Graph {
	g := braid.NewGraph("wide")
	image := g.Input("image", tensor.Float32, 784)
	first := g.Add("first", layer.Dense{Units: 512, Activation: layer.ReLU}, image)
	second := g.Add("second", layer.Dense{Units: 512, Activation: layer.ReLU}, first)
	g.Head("digit", layer.Dense{Units: wideClasses, Activation: layer.Softmax}, second)
	return g
}

func widePlan() train.Plan {
	return train.Plan{Epochs: 20, Batch: 128, Optimizer: optim.Adam{Rate: 1e-3}, Heads: train.Heads{
		"digit": {Loss: loss.SparseCategoricalCrossentropy{}, Metrics: metric.List{metric.Accuracy{}}},
	}}
}

const (
	textWords  = 10_000
	textSteps  = 32
	textTopics = 5
)

// textGraph returns a network that reads 32 of 10,000 words. It has a large table of which a step
// reads few rows, and a sequence of small products.
func textGraph() *braid.Graph {
	g := braid.NewGraph("text")
	ids := g.Input("ids", tensor.Int32, textSteps)
	words := g.Add("words", layer.Embedding{Vocabulary: textWords, Width: 64}, ids)
	read := g.Add("read", layer.LSTM{Units: 64}, words)
	g.Head("topic", layer.Dense{Units: textTopics, Activation: layer.Softmax}, read)
	g.Head("good", layer.Dense{Units: 1, Activation: layer.Sigmoid}, read)
	return g
}

func textPlan() train.Plan {
	accuracy := metric.List{metric.Accuracy{}}
	return train.Plan{Epochs: 20, Batch: 64, Optimizer: optim.Adam{Rate: 1e-3}, Heads: train.Heads{
		"topic": {Loss: loss.SparseCategoricalCrossentropy{}, Metrics: accuracy},
		"good":  {Loss: loss.BinaryCrossentropy{}, Metrics: accuracy},
	}}
}
