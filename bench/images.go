package main

import (
	"fmt"

	"braid"
	"braid/layer"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

const (
	imageClasses = 10
	recordSide   = 24 // width and height of the image
	recordWords  = 8
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

// recordGraph returns a network that recognizes MNIST's digits and answers questions about them
// with a high accuracy. The probability of each digit weighs whether the answer for this digit is
// yes.
func recordGraph() *braid.Graph {
	g := braid.NewGraph("record")
	x := g.Input("image", tensor.Float32, recordSide, recordSide, 1)
	for i, block := range []struct {
		filters int
		pool    bool
	}{{24, true}, {48, true}, {64, false}, {64, true}, {128, false}} {
		name := func(part string) string { return fmt.Sprintf("%s%d", part, i+1) }
		x = g.Add(name("conv"), window(block.filters, 1), x)
		if block.pool {
			x = g.Add(name("pool"), layer.MaxPooling2D{}, x)
		}
		x = g.Add(name("relu"), relu, g.Add(name("norm"), batchNorm, x))
	}
	trunk := g.Add("trunk", layer.GlobalAveragePooling2D{}, x)
	digit := g.Head("digit", layer.Dense{Units: imageClasses, Activation: layer.Softmax}, trunk)

	question := g.Input("question", tensor.Int32, 2)
	words := g.Add("words", layer.Embedding{Vocabulary: recordWords, Width: 4}, question)
	asked := g.Add("asked", layer.LSTM{Units: 8}, words)
	truth := g.Add("truth", layer.Dense{Units: imageClasses}, asked)
	weighed := g.Add("weighed", layer.Multiply{}, digit, truth)
	logit := g.Add("logit", layer.Sum{KeepDims: true}, weighed)
	g.Head("answer", layer.Activation{Function: layer.Sigmoid}, logit)
	return g
}

func recordPlan() train.Plan {
	digit, answer := classHead, answerHead
	digit.Weight, answer.Weight = 0.5, 0.6
	decay := optim.Decay{Rate: 0.1, Except: []string{"words", "asked", "truth"}}
	return train.Plan{Epochs: 20, Batch: 128,
		Optimizer: optim.AdamW{Rate: 1e-3, WeightDecay: decay},
		Heads:     train.Heads{"digit": digit, "answer": answer}}
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
