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

// networks lists networks with different bottlenecks: a small one and a wide one, recurrent ones,
// attention, and convolutions.
var networks = []network{
	{"seed", func() *braid.Graph { return digitqa.Network(digitSide, digitSide) }, digitqa.Plan,
		seedTable},
	{"wide", wideGraph, widePlan, wideTable},
	{"text", textGraph, textPlan, textTable},
	{"gru", gruGraph, sequencePlan, gruTable},
	{"transformer", transformerGraph, sequencePlan, transformerTable},
	{"record", func() *braid.Graph { return digitqa.RecordNetwork(digitSide, digitSide) }, recordPlan,
		recordTable},
	{"resnet", resnetGraph, resnetPlan, resnetTable},
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

// classHead and answerHead configure heads of several classes and of yes or no.
var (
	accuracy   = metric.List{metric.Accuracy{}}
	classHead  = train.Head{Loss: loss.SparseCategoricalCrossentropy{}, Metrics: accuracy}
	answerHead = train.Head{Loss: loss.BinaryCrossentropy{}, Metrics: accuracy}
)

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

// wideGraph returns the network 784-512-512-10, which spends most of its time in large products.
func wideGraph() *braid.Graph {
	g := braid.NewGraph("wide")
	image := g.Input("image", tensor.Float32, 784)
	first := g.Add("first", layer.Dense{Units: 512, Activation: layer.ReLU}, image)
	second := g.Add("second", layer.Dense{Units: 512, Activation: layer.ReLU}, first)
	g.Head("digit", layer.Dense{Units: imageClasses, Activation: layer.Softmax}, second)
	return g
}

func widePlan() train.Plan {
	return train.Plan{Epochs: 20, Batch: 128, Optimizer: optim.Adam{Rate: 1e-3},
		Heads: train.Heads{"digit": classHead}}
}
