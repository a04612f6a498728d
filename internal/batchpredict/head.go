package batchpredict

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"braid/internal/suggest"
	"braid/internal/value"
	"braid/predictor"
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

// head is a model's head and its labels.
type head struct {
	*predictor.Head
	labels []string // of its answers, in the order of their indices; nil if it gives numbers
}

func heads(m *predictor.Model) []head {
	var list []head
	for i := range m.Heads {
		list = append(list, head{&m.Heads[i], Answers(&m.Heads[i])})
	}
	return list
}

// truth reads a true answer in JSON, and returns its index. A string is a label, a number is an
// index, true and false are the indices 1 and 0 of two labels. null is unknown: -1.
func (h *head) truth(raw []byte) (int, error) {
	if string(raw) == "null" {
		return -1, nil
	}
	if h.labels == nil {
		const text = "the head gives numbers, not one of some answers: no true answer is compared"
		return -1, errors.New(text)
	}
	var truth any
	if err := json.Unmarshal(raw, &truth); err != nil {
		return -1, err
	}
	switch v := truth.(type) {
	case string:
		if at := slices.Index(h.labels, v); at >= 0 {
			return at, nil
		}
		return -1, suggest.Unknown("answer", value.Shorten([]byte(v)), h.labels)
	case float64:
		if v == float64(int(v)) && v >= 0 && int(v) < len(h.labels) {
			return int(v), nil
		}
	case bool:
		if len(h.labels) == 2 && v {
			return 1, nil
		} else if len(h.labels) == 2 {
			return 0, nil
		}
	}
	const text = "true answer is %s, want a label as a string, or its index from 0 to %d"
	return -1, fmt.Errorf(text, value.Shorten(raw), len(h.labels)-1)
}
