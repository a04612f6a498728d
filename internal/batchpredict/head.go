package batchpredict

import (
	"slices"
	"strconv"

	"braid/feature"
	"braid/internal/value"
	"braid/predictor"
	"braid/target"
	"braid/tensor"
)

// Answers returns the labels of a head's answers in the order of their indices. It is nil for a
// head that gives numbers.
func Answers(h *predictor.Head) []string {
	var list []string
	for _, c := range h.Answer(make([]float32, h.Shape.Size())).Answers {
		list = append(list, c.Label)
	}
	return list
}

// head is a head of the model and what its labels mean.
type head struct {
	*predictor.Head
	decoder target.Decoder // nil: the head gives numbers of no column
	answers []string       // the labels of its answers, nil if it gives numbers
	numeric bool           // one of them is a number
	cell    int            // its first one in a row of answers, without the kept columns
}

// heads returns the heads of a model.
func heads(m *predictor.Model) []head {
	list := make([]head, len(m.Heads))
	for i := range list {
		h := head{
			Head: &m.Heads[i], decoder: m.Heads[i].Decoder(), answers: Answers(&m.Heads[i]),
		}
		for _, label := range h.answers {
			if _, err := strconv.ParseFloat(label, 64); err == nil {
				h.numeric = true
			}
		}
		list[i] = h
	}
	return list
}

// slot returns memory for a label.
func (h *head) slot() feature.Slot {
	dtype, shape := h.decoder.Label()
	if dtype == tensor.Int32 {
		return feature.Slot{Ints: make([]int32, shape.Size())}
	}
	return feature.Slot{Floats: make([]float32, shape.Size())}
}

// isClass reports whether the head answers with one of several classes.
func (h *head) isClass() bool {
	if h.decoder == nil || h.answers == nil {
		return false
	}
	_, shape := h.decoder.Label()
	return shape.Size() == 1
}

// class returns the class in a slot that the decoder of a head with classes filled.
func (h *head) class(label feature.Slot) string {
	if label.Ints != nil {
		return h.answers[label.Ints[0]]
	}
	return h.answers[int(label.Floats[0])]
}

// label returns the cell of a label in JSON. A number that is no label is the index of one, unless
// labels are numbers; true and false are the indices 1 and 0 where they are no labels of two.
func (h *head) label(raw []byte) (string, error) {
	cell, err := value.Cell(raw)
	if err != nil || cell == "" || !h.isClass() || slices.Contains(h.answers, cell) {
		return cell, err
	}
	index := -1
	switch raw[0] {
	case '"', '[':
		return cell, nil
	case 't', 'f':
		if note, err := h.decoder.Encode(cell, h.slot()); len(h.answers) != 2 || err == nil && note == 0 {
			return cell, nil
		}
		if index = 0; cell == "true" {
			index = 1
		}
	default:
		v, err := strconv.ParseFloat(cell, 64)
		if err == nil && !h.numeric && v >= 0 && v < float64(len(h.answers)) && v == float64(int(v)) {
			index = int(v)
		}
	}
	if index < 0 {
		return cell, nil
	}
	return h.answers[index], nil
}
