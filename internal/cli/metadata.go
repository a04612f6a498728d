package cli

import (
	"encoding/json"

	"braid"
	"braid/train"
)

// trainingRecord is how a model was trained, as its file and the run's config.json tell.
type trainingRecord struct {
	Task      string          `json:"task"`
	Seed      uint64          `json:"seed"`
	Epochs    int             `json:"epochs"`
	Batch     int             `json:"batch"`
	Optimizer optimizerRecord `json:"optimizer"`
	Heads     []headRecord    `json:"heads"`
	Rows      int             `json:"rows"`
	Final     []figureRecord  `json:"final,omitempty"` // the last whole epoch's figures
}

type optimizerRecord struct {
	Kind   string          `json:"kind"`
	Config json.RawMessage `json:"config"`
}

type headRecord struct {
	Name    string   `json:"name"`
	Loss    string   `json:"loss"`
	Weight  float64  `json:"weight"`
	Metrics []string `json:"metrics"`
}

type figureRecord struct {
	Name  string   `json:"name"`
	Value *float64 `json:"value"` // null where it is not finite
}

// record tells how a plan trains a model.
func record(m *braid.Model, plan train.Plan, rows int) (trainingRecord, error) {
	t := trainingRecord{Task: "digitqa", Seed: m.Seed(), Epochs: plan.Epochs, Batch: plan.Batch, Rows: rows}
	config, err := json.Marshal(plan.Optimizer)
	if err != nil {
		return t, err
	}
	t.Optimizer = optimizerRecord{plan.Optimizer.Kind(), config}
	for _, spec := range m.Heads() {
		h := plan.Heads[spec.Name]
		r := headRecord{Name: spec.Name, Loss: h.Loss.Kind(), Weight: h.Weight}
		for _, metric := range h.Metrics {
			r.Metrics = append(r.Metrics, metric.Kind())
		}
		t.Heads = append(t.Heads, r)
	}
	return t, nil
}
