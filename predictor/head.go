package predictor

import (
	"strconv"

	"braid"
)

// Head is one head with what its answers are called.
type Head struct {
	braid.Spec
	Labels []string // one for each class, or no and yes; nil where that is not said
}

// Answer is what a head says of one row.
type Answer struct {
	Head        string   `json:"name"`
	Label       string   `json:"label"`       // of the most probable answer; the numbers where the head has no answers
	Probability float64  `json:"probability"` // of that answer
	Unsure      bool     `json:"unsure"`
	Answers     []Choice `json:"answers,omitempty"` // all, in the labels' order
}

// Choice is one of a head's answers.
type Choice struct {
	Label       string  `json:"label"`
	Probability float64 `json:"probability"`
}

// Sure is the probability from which an answer counts as sure. Of the seed network's answers to MNIST's test
// images, 98 (digit) and 95 (answer) of 100 that are above it are right, and 58 and 61 of 100 below it.
const Sure = 0.75

// Answer reads the head's numbers for one row, after its activation.
func (h *Head) Answer(numbers []float32) Answer {
	a := Answer{Head: h.Name}
	switch {
	case h.Activation == braid.Softmax && len(h.Shape) == 1:
		for i, p := range numbers {
			a.Answers = append(a.Answers, Choice{h.label(i), float64(p)})
		}
	case h.saysYes(numbers):
		yes := float64(numbers[0])
		a.Answers = []Choice{{h.label(0), 1 - yes}, {h.label(1), yes}}
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

// saysYes tells that the head's one number is the probability of yes. That of a softmax over one class is not.
func (h *Head) saysYes(numbers []float32) bool {
	return h.Activation == braid.Sigmoid && len(numbers) == 1
}

// Classes is how many answers the head's numbers stand for: one for each number, or no and yes.
func (h *Head) Classes() int {
	numbers := h.Shape.Size()
	if h.Activation == braid.Sigmoid && numbers == 1 {
		return 2
	}
	return numbers
}

// Best is the index of the most probable answer; of two that are equal, the first. The threshold of yes is
// above one half, as Keras' metrics have it.
func (h *Head) Best(numbers []float32) int {
	if h.saysYes(numbers) {
		if numbers[0] > 0.5 {
			return 1
		}
		return 0
	}
	best := 0
	for i, p := range numbers {
		if p > numbers[best] {
			best = i
		}
	}
	return best
}

// Probability is that of an answer: where one number stands for no and yes, it is that of yes.
func (h *Head) Probability(numbers []float32, answer int) float32 {
	if !h.saysYes(numbers) {
		return numbers[answer]
	}
	if answer == 0 {
		return 1 - numbers[0]
	}
	return numbers[0]
}

// label is what an answer is called: its index where that is not said.
func (h *Head) label(i int) string {
	if i < len(h.Labels) {
		return h.Labels[i]
	}
	return strconv.Itoa(i)
}
