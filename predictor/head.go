package predictor

import (
	"strconv"

	"braid"
	"braid/internal/kernel"
	"braid/modelfile"
	"braid/target"
)

// Head is a head of the network with the labels of its answers.
type Head struct {
	braid.Spec
	Labels []string // one for each class, or no and yes; nil if the file has none

	column  string         // that the head predicts
	decoder target.Decoder // nil if the head predicts no column
}

// Answer is a head's answer to one row.
type Answer struct {
	Head string `json:"name"`

	// The most probable answer. For a regression head, Label is the numbers as text.
	Label       string  `json:"label"`
	Probability float64 `json:"probability"`
	Unsure      bool    `json:"unsure"`

	Answers []Choice `json:"answers,omitempty"` // all, in the labels' order
}

// Choice is one of a head's possible answers.
type Choice struct {
	Label       string  `json:"label"`
	Probability float64 `json:"probability"`
}

// Sure is the least probability of a sure answer. Of the seed network's answers to MNIST's test
// images, 98 % (digit) and 95 % (answer) of the sure ones are right, and 58 % and 61 % of the
// others.
const Sure = 0.75

// Answer interprets the head's outputs for one row, after its activation.
func (h *Head) Answer(numbers []float32) Answer {
	if h.decoder != nil {
		return h.decoded(numbers)
	}
	a := Answer{Head: h.Name}
	switch {
	case h.IsBinary():
		yes := float64(numbers[0])
		a.Answers = []Choice{{h.label(0), 1 - yes}, {h.label(1), yes}}
	case h.IsClassifier():
		for i, p := range numbers {
			a.Answers = append(a.Answers, Choice{h.label(i), float64(p)})
		}
	default:
		for i, v := range numbers {
			if i > 0 {
				a.Label += " "
			}
			a.Label += strconv.FormatFloat(float64(v), 'g', 6, 32)
		}
		a.Probability = 1
		return a
	}
	best := h.Best(numbers)
	a.Label, a.Probability = a.Answers[best].Label, a.Answers[best].Probability
	a.Unsure = a.Probability < Sure
	return a
}

// setDecoder takes the answers of a head, and their labels, from what a target has learnt.
func (h *Head) setDecoder(c modelfile.Target) {
	h.column, h.decoder = c.Column, c.Decoder
	for _, choice := range c.Decoder.Answer(c.Decoder.Guess()).Choices {
		h.Labels = append(h.Labels, choice.Label)
	}
}

// decoded interprets the outputs as the decoder of the head's column does.
func (h *Head) decoded(numbers []float32) Answer {
	from := h.decoder.Answer(numbers)
	a := Answer{Head: h.column, Label: from.Text, Probability: from.Probability}
	for _, c := range from.Choices {
		a.Answers = append(a.Answers, Choice(c))
	}
	a.Unsure = a.Answers != nil && a.Probability < Sure
	return a
}

// Classes returns the number of the head's answers: one for each output, or no and yes.
func (h *Head) Classes() int {
	if h.IsBinary() {
		return 2
	}
	return h.Shape.Size()
}

// Best returns the index of the most probable answer, the first of equals. A binary head answers
// yes above one half, as Keras' metrics do.
func (h *Head) Best(numbers []float32) int {
	if h.IsBinary() {
		if numbers[0] > 0.5 {
			return 1
		}
		return 0
	}
	var best [1]int32
	kernel.Default().ArgMax(kernel.ArgMax{
		Rows: 1, Width: len(numbers), X: numbers, XRow: len(numbers), Index: best[:],
	})
	return int(best[0])
}

// Probability returns the probability of an answer.
func (h *Head) Probability(numbers []float32, answer int) float32 {
	if !h.IsBinary() {
		return numbers[answer]
	}
	if answer == 0 {
		return 1 - numbers[0]
	}
	return numbers[0]
}

// label returns the label of an answer, or its index if the file has no labels.
func (h *Head) label(i int) string {
	if i < len(h.Labels) {
		return h.Labels[i]
	}
	return strconv.Itoa(i)
}
