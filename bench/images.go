package main

import (
	"fmt"

	"braid"
	"braid/digitqa"
	"braid/layer"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

const (
	imageClasses = 10
	digitSide    = 28 // width and height of an image, for seed and record
	digitWords   = 7  // ids of a question's words
	resnetSide   = 32
)

// window returns a convolution with a 3x3 window, padding and no bias.
func window(filters, stride int) layer.Conv2D {
	return layer.Conv2D{Filters: filters, Size: layer.Pair{3, 3}, Strides: layer.Pair{stride, stride},
		Padding: layer.Same, NoBias: true}
}

// batchNorm has PyTorch's defaults.
var batchNorm = layer.BatchNormalization{Momentum: new(0.9), Epsilon: 1e-5}

var relu = layer.Activation{Function: layer.ReLU}

// recordPlan is the plan of the record network without augmentation and averages.
func recordPlan() train.Plan {
	p := digitqa.RecordPlan(recordRows)
	p.Augment, p.EMA = nil, nil
	return p
}

// resnetGraph returns a small residual network: He and others, 2016. It has three stages of two
// basic blocks. The second and third stage halve the image.
func resnetGraph() *braid.Graph {
	g := braid.NewGraph("resnet")
	x := g.Input("image", tensor.Float32, resnetSide, resnetSide, 3)
	x = g.Add("first", window(16, 1), x)
	x = g.Add("first_relu", relu, g.Add("first_norm", batchNorm, x))
	channels := 16
	for stage, filters := range []int{16, 32, 64} {
		for i := range 2 {
			x = basicBlock(g, fmt.Sprintf("block%d_%d", stage+1, i+1), x, channels, filters)
			channels = filters
		}
	}
	mean := g.Add("mean", layer.GlobalAveragePooling2D{}, x)
	g.Head("class", layer.Dense{Units: imageClasses, Activation: layer.Softmax}, mean)
	return g
}

// basicBlock adds two convolutions and a shortcut around them. A change of the channels halves the
// image.
func basicBlock(g *braid.Graph, name string, in *braid.Node, channels, filters int) *braid.Node {
	stride, shortcut := 1, in
	if filters != channels {
		stride = 2
		pixel := layer.Conv2D{
			Filters: filters, Size: layer.Pair{1, 1}, Strides: layer.Pair{2, 2}, NoBias: true,
		}
		shortcut = g.Add(name+"_shortcut_norm", batchNorm, g.Add(name+"_shortcut", pixel, in))
	}
	x := g.Add(name+"_conv1", window(filters, stride), in)
	x = g.Add(name+"_relu1", relu, g.Add(name+"_norm1", batchNorm, x))
	x = g.Add(name+"_norm2", batchNorm, g.Add(name+"_conv2", window(filters, 1), x))
	return g.Add(name+"_relu2", relu, g.Add(name+"_sum", layer.Add{}, x, shortcut))
}

func resnetPlan() train.Plan {
	return train.Plan{Epochs: 20, Batch: 128, Optimizer: optim.Adam{Rate: 1e-3},
		Heads: train.Heads{"class": classHead}}
}
