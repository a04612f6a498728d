// Package digitqa is the default experiment: a network with an image of a handwritten digit and a
// two-word question as inputs. One head classifies the digit, the other answers the question. It is
// the programming example "Multiclass classification and question answering with a single network"
// of chapter 17 of Magnus Ekman's book "Learning Deep Learning".
package digitqa

import (
	"braid"
	"braid/data"
	"braid/data/mnist"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/optim"
	"braid/tensor"
	"braid/text"
	"braid/train"
)

// The network's sizes, as in the book.
const (
	maxWords       = 8 // ids from 0 to 7
	questionWords  = 2
	embeddingWidth = 4
	classes        = 10
)

// Question is a statement about a digit.
type Question struct {
	Text string
	True func(digit int32) bool
}

// Questions are assigned in turn: example i has question i mod 4.
var Questions = []Question{
	{"lower half", func(digit int32) bool { return digit < 5 }},
	{"upper half", func(digit int32) bool { return digit >= 5 }},
	{"even number", func(digit int32) bool { return digit%2 == 0 }},
	{"odd number", func(digit int32) bool { return digit%2 == 1 }},
}

// Tokenizer returns a tokenizer of the six words of the questions, with ids 1 to 6.
func Tokenizer() (*text.Tokenizer, error) {
	options := text.Defaults()
	options.NumWords = maxWords
	tokenizer, err := text.NewTokenizer(options)
	if err == nil {
		tokenizer.FitOnTexts([]string{"lower", "upper", "half", "even", "odd", "number"})
	}
	return tokenizer, err
}

// Table returns a table of examples: columns image, question, digit and answer. Pixels are
// standardized with s, which is measured on the training images.
func Table(images mnist.Images, s data.Standard) (*data.Table, error) {
	ids, err := questionIDs()
	if err != nil {
		return nil, err
	}
	labels := images.Labels.Uint8s()
	questions := make([]int32, 0, questionWords*len(labels))
	digits := make([]int32, len(labels))
	answers := make([]float32, len(labels))
	for i, label := range labels {
		kind := i % len(Questions)
		questions = append(questions, ids[kind]...)
		digits[i] = int32(label)
		if Questions[kind].True(digits[i]) {
			answers[i] = 1
		}
	}
	return data.NewTable(
		data.Bytes("image", images.Pixels.Uint8s(), s, images.Pixels.Shape()[1:]...),
		data.Ints("question", questions, questionWords),
		data.Ints("digit", digits),
		data.Floats("answer", answers),
	)
}

// questionIDs returns each question's token ids.
func questionIDs() ([][]int32, error) {
	tokenizer, err := Tokenizer()
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, q := range Questions {
		texts = append(texts, q.Text)
	}
	return text.PadSequences(tokenizer.TextsToSequences(texts), text.Padding{Length: questionWords})
}

// Network returns the book's network for images of the given size, in pixels.
func Network(height, width int) *braid.Graph {
	g := braid.NewGraph("digitqa")
	image := g.Input("image", tensor.Float32, height, width)
	question := g.Input("question", tensor.Int32, questionWords)

	words := g.Add("words", layer.Embedding{Vocabulary: maxWords, Width: embeddingWidth}, question)
	asked := g.Add("asked", layer.LSTM{Units: 8}, words)
	pixels := g.Add("pixels", layer.Flatten{}, image)
	both := g.Add("both", layer.Concatenate{}, asked, pixels)
	trunk := g.Add("trunk", layer.Dense{Units: 25, Activation: layer.ReLU}, both)
	g.Head("digit", layer.Dense{Units: classes, Activation: layer.Softmax}, trunk)
	g.Head("answer", layer.Dense{Units: 1, Activation: layer.Sigmoid}, trunk)
	return g
}

// Heads returns the configuration of both heads, with the weights of the book's code: 0.5 and 0.6.
func Heads() train.Heads {
	accuracy := metric.List{metric.Accuracy{}}
	return train.Heads{
		"digit":  {Loss: loss.SparseCategoricalCrossentropy{}, Weight: 0.5, Metrics: accuracy},
		"answer": {Loss: loss.BinaryCrossentropy{}, Weight: 0.6, Metrics: accuracy},
	}
}

// Plan returns the book's training: 20 epochs in batches of 64 with Adam.
func Plan() train.Plan {
	return train.Plan{Epochs: 20, Batch: 64, Optimizer: optim.Adam{Rate: 1e-3}, Heads: Heads()}
}
