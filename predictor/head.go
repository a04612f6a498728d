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

	decoder target.Decoder // nil if the head gives numbers of no column
}

// Answer is a head's answer to one row.
type Answer struct {
	Head string `json:"name"`

	// The most probable answer. For a head of numbers, Label is the numbers as text.
	Label       string  `json:"label"`
	Probability float64 `json:"probability"`
	Unsure      bool    `json:"unsure"`

	Number  *float64 `json:"number,omitempty"`  // of a head that gives one number
	Short   string   `json:"short,omitempty"`   // of a column's number: Label with fewer digits
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

// nameClasses calls the classes of a classifier without a target by their indices.
func (h *Head) nameClasses() {
	switch {
	case h.IsBinary():
		h.decoder = target.BinaryDecoder{False: "0", True: "1", Declared: true, Threshold: 0.5}
	case h.IsClassifier():
		var classes []string
		for i := range h.Classes() {
			classes = append(classes, strconv.Itoa(i))
		}
		h.decoder = target.CategoryDecoder{Classes: classes}
	}
}

// Decoder returns what the head's target has learnt, or one whose classes are indices for a
// classifier without a target. It is nil for other heads without a target.
func (h *Head) Decoder() target.Decoder { return h.decoder }

// Answer interprets the head's outputs for one row, after its activation.
func (h *Head) Answer(outputs []float32) Answer {
	from := h.decode(outputs)
	a := Answer{Head: h.Column, Label: from.Text, Short: from.Short, Probability: from.Probability}
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

// decode interprets outputs.
func (h *Head) decode(outputs []float32) target.Answer {
	if h.decoder != nil {
		return h.decoder.Answer(outputs)
	}
	a := target.Answer{Probability: 1, Number: float64(outputs[0])}
	for i, v := range outputs {
		if i > 0 {
			a.Text += " "
		}
		a.Text += strconv.FormatFloat(float64(v), 'g', 6, 32)
	}
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
