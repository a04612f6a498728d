// Command digitqa is the book's notebook in Go: a network with an image of a digit and a question
// as inputs.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"braid"
	"braid/data"
	"braid/data/mnist"
	"braid/digitqa"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

func main() {
	// Load training and test images, standardize them, and add a question to each.
	digits, err := mnist.Finder{}.Find(context.Background())
	check(err)
	standard, err := data.Measure(digits.Train.Pixels.Uint8s())
	check(err)
	trainSet, err := digitqa.Table(digits.Train, standard) // columns image, question, digit, answer
	check(err)
	testSet, err := digitqa.Table(digits.Test, standard)
	check(err)

	// Declare and connect layers.
	g := braid.NewGraph("digitqa")
	image := g.Input("image", tensor.Float32, 28, 28)
	question := g.Input("question", tensor.Int32, 2)
	words := g.Add("words", layer.Embedding{Vocabulary: 8, Width: 4}, question)
	asked := g.Add("asked", layer.LSTM{Units: 8}, words)
	pixels := g.Add("pixels", layer.Flatten{}, image)
	both := g.Add("both", layer.Concatenate{}, asked, pixels)
	trunk := g.Add("trunk", layer.Dense{Units: 25, Activation: layer.ReLU}, both)
	g.Head("digit", layer.Dense{Units: 10, Activation: layer.Softmax}, trunk)
	g.Head("answer", layer.Dense{Units: 1, Activation: layer.Sigmoid}, trunk)
	model, err := g.Build(1)
	check(err)
	fmt.Println(model.Summary())

	// Train.
	accuracy := metric.List{metric.Accuracy{}}
	_, err = train.Fit(context.Background(), model, trainSet, train.Plan{
		Epochs: 20, Batch: 64, Validate: testSet, Optimizer: optim.Adam{Rate: 1e-3},
		Heads: train.Heads{
			"digit":  {Loss: loss.SparseCategoricalCrossentropy{}, Weight: 0.5, Metrics: accuracy},
			"answer": {Loss: loss.BinaryCrossentropy{}, Weight: 0.6, Metrics: accuracy},
		},
		Callbacks: []train.Callback{train.KerasLog(os.Stdout)},
	})
	check(err)
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
