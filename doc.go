// Package braid trains and serves networks that take several kinds of input at once and answer
// several tasks at once: many strands in, one trunk, many heads out.
//
// A network is written down as a [Graph]: inputs, layers on them, heads. Everything meets by name.
// Build makes a [Model] of it, package train fits the model to a table of named columns, and
// Predict answers.
//
//	g := braid.NewGraph("digitqa")
//	image := g.Input("image", tensor.Float32, 28, 28)
//	question := g.Input("question", tensor.Int32, 2)
//	words := g.Add("words", layer.Embedding{Vocabulary: 8, Width: 4}, question)
//	asked := g.Add("asked", layer.LSTM{Units: 8}, words)
//	pixels := g.Add("pixels", layer.Flatten{}, image)
//	both := g.Add("both", layer.Concatenate{}, asked, pixels)
//	trunk := g.Add("trunk", layer.Dense{Units: 25, Activation: layer.ReLU}, both)
//	g.Head("digit", layer.Dense{Units: 10, Activation: layer.Softmax}, trunk)
//	g.Head("answer", layer.Dense{Units: 1, Activation: layer.Sigmoid}, trunk)
//	model, err := g.Build(1)
//
// The same seed gives the same weights, bit for bit, with any number of workers: weights start as a
// function of seed and name, shuffles of seed and epoch, and no sum depends on how work was cut.
//
// The tour goes on in the Examples: a first network, prediction, a custom layer, loss, metric and
// callback.
package braid
