package cli

import (
	"encoding/json"

	"braid"
	"braid/train"
)

// trainingMetadata describes how a model was trained. The model's file and the run's config.json
// contain it.
type trainingMetadata struct {
	Task      string            `json:"task"`
	Seed      uint64            `json:"seed"`
	Epochs    int               `json:"epochs"`
	Batch     int               `json:"batch"`
	DropLast  bool              `json:"drop_last,omitzero"`
	Optimizer optimizerMetadata `json:"optimizer"`
	Average   json.RawMessage   `json:"average,omitempty"` // of the weights, a train.EMA
	Augment   json.RawMessage   `json:"augment,omitempty"` // lists by input
	Heads     []headMetadata    `json:"heads"`
	Rows      int               `json:"rows"`
	Final     []finalFigure     `json:"final,omitempty"` // of the last complete epoch
}

type optimizerMetadata struct {
	Kind   string          `json:"kind"`
	Config json.RawMessage `json:"config"`
}

type headMetadata struct {
	Name    string   `json:"name"`
	Loss    string   `json:"loss"`
	Weight  float64  `json:"weight"`
	Metrics []string `json:"metrics"`
}

// finalFigure is the last value of a loss or a metric.
type finalFigure struct {
	Name  string   `json:"name"`
	Value *float64 `json:"value"` // null if it is not finite
}

// newTrainingMetadata describes the training of a model by a plan, on the given number of rows.
func newTrainingMetadata(m *braid.Model, plan train.Plan, rows int) (trainingMetadata, error) {
	t := trainingMetadata{
		Task: "digitqa", Seed: m.Seed(), Epochs: plan.Epochs, Batch: plan.Batch, Rows: rows,
		DropLast: plan.DropLast,
	}
	config, err := json.Marshal(plan.Optimizer)
	if err != nil {
		return t, err
	}
	t.Optimizer = optimizerMetadata{plan.Optimizer.Kind(), config}
	if plan.EMA != nil {
		t.Average, err = json.Marshal(plan.EMA)
	}
	if len(plan.Augment) > 0 && err == nil {
		t.Augment, err = json.Marshal(plan.Augment)
	}
	if err != nil {
		return t, err
	}
	for _, spec := range m.Heads() {
		h := plan.Heads[spec.Name]
		head := headMetadata{Name: spec.Name, Loss: h.Loss.Kind(), Weight: h.Weight}
		if h.MeasureOnly {
			head.Weight = 0
		}
		for _, metric := range h.Metrics {
			head.Metrics = append(head.Metrics, metric.Kind())
		}
		t.Heads = append(t.Heads, head)
	}
	return t, nil
}

// ended returns the metadata of a training with a history.
func (t trainingMetadata) ended(h *train.History) trainingMetadata {
	t.Epochs = len(h.Epochs)
	if n := len(h.Epochs); n > 0 {
		for i, v := range h.Epochs[n-1].Values {
			f := finalFigure{Name: h.Names[i]}
			if finite(v) {
				f.Value = &v
			}
			t.Final = append(t.Final, f)
		}
	}
	return t
}
