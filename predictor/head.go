package predictor

import (
	"strconv"

	"braid"
	"braid/internal/kernel"
	"braid/modelfile"
	"braid/target"
)

// Head is a head of the network with the meaning of its outputs.
type Head struct {
	braid.Spec
	Column string   // that it predicts; without a target in the file it is the head's name
	Labels []string // one for each class, or no and yes; nil if the file has none

	decoder target.Decoder // nil if the file has none
}

// Answer is a head's answer to one row.
type Answer struct {
	Head string `json:"name"`

	// The most probable answer. For a head of numbers, Label is the numbers as text.
	Label       string  `json:"label"`
	Probability float64 `json:"probability"`
	Unsure      bool    `json:"unsure"`

	Number  *float64 `json:"number,omitempty"`  // of a head that gives one number
	Answers []Choice `json:"answers,omitempty"` // all, in the labels' order

	// Applies has the labels of Label, if any number of them may apply. It is not nil if none does.
	Applies []Choice `json:"-"`
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

// setDecoder sets what the head's target has learnt.
func (h *Head) setDecoder(c modelfile.Target) {
	h.Column, h.decoder = c.Column, c.Decoder
	for _, choice := range c.Decoder.Answer(c.Decoder.Guess()).Choices {
		h.Labels = append(h.Labels, choice.Label)
	}
}

// Decoder returns what the head's target has learnt, nil if the file has none.
func (h *Head) Decoder() target.Decoder { return h.decoder }

// Answer interprets the head's outputs for one row, after its activation.
func (h *Head) Answer(outputs []float32) Answer {
	from := h.decode(outputs)
	a := Answer{Head: h.Column, Label: from.Text, Probability: from.Probability}
	for _, c := range from.Choices {
		a.Answers = append(a.Answers, Choice(c))
	}
	if from.Applies != nil {
		a.Applies = []Choice{}
	}
	for _, c := range from.Applies {
		a.Applies = append(a.Applies, Choice(c))
	}
	a.Unsure = a.Answers != nil && a.Probability < Sure
	if a.Answers == nil && len(outputs) == 1 {
		a.Number = &from.Number
	}
	return a
}

// decode interprets outputs. Without a target classes are called by their indices.
func (h *Head) decode(outputs []float32) (a target.Answer) {
	if h.decoder != nil {
		return h.decoder.Answer(outputs)
	}
	switch {
	case h.IsBinary():
		yes := float64(outputs[0])
		a.Choices = []target.Choice{{Label: "0", Probability: 1 - yes}, {Label: "1", Probability: yes}}
	case h.IsClassifier():
		for i, p := range outputs {
			a.Choices = append(a.Choices,
				target.Choice{Label: strconv.Itoa(i), Probability: float64(p)})
		}
	default:
		for i, v := range outputs {
			if i > 0 {
				a.Text += " "
			}
			a.Text += strconv.FormatFloat(float64(v), 'g', 6, 32)
		}
		a.Probability, a.Number = 1, float64(outputs[0])
		return a
	}
	best := a.Choices[h.Best(outputs)]
	a.Text, a.Probability = best.Label, best.Probability
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
