package main

import (
	"braid"
	"braid/layer"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

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
	return train.Plan{Epochs: 20, Batch: 64, Optimizer: optim.Adam{Rate: 1e-3},
		Heads: train.Heads{"topic": classHead, "good": answerHead}}
}

const (
	sequenceWidth    = 64 // numbers in a step
	gruSteps         = 32
	transformerSteps = 64
)

// gruGraph returns a network that reads a sequence of vectors.
func gruGraph() *braid.Graph {
	g := braid.NewGraph("gru")
	steps := g.Input("steps", tensor.Float32, gruSteps, sequenceWidth)
	read := g.Add("read", layer.GRU{Units: 64}, steps)
	g.Head("topic", layer.Dense{Units: textTopics, Activation: layer.Softmax}, read)
	return g
}

// transformerGraph returns two encoders with four heads, and the mean over the steps.
func transformerGraph() *braid.Graph {
	g := braid.NewGraph("transformer")
	steps := g.Input("steps", tensor.Float32, transformerSteps, sequenceWidth)
	positions := g.Add("positions", layer.PositionEmbedding{}, steps)
	x := g.Add("placed", layer.Add{}, steps, positions)
	for _, name := range []string{"first", "second"} {
		x = g.Add(name, layer.TransformerEncoder{Heads: 4, Units: 256}, x)
	}
	mean := g.Add("mean", layer.GlobalAveragePooling1D{}, x)
	g.Head("topic", layer.Dense{Units: textTopics, Activation: layer.Softmax}, mean)
	return g
}

// sequencePlan is the plan of gru and transformer.
func sequencePlan() train.Plan {
	return train.Plan{Epochs: 20, Batch: 64, Optimizer: optim.Adam{Rate: 1e-3},
		Heads: train.Heads{"topic": classHead}}
}
