package experiment

import (
	"cmp"
	"encoding/json"
	"math"

	"braid/balance"
	"braid/metric"
	"braid/optim"
	"braid/train"
)

// Training describes how a model was trained, for the metadata of its file.
type Training struct {
	Task      string            `json:"task"` // the experiment's name
	Seed      uint64            `json:"seed"`
	Epochs    int               `json:"epochs"` // planned, then those that were trained
	Kept      int               `json:"kept_epoch,omitzero"`
	Undecided bool              `json:"undecided,omitzero"` // the last is kept: none is the best
	Batch     int               `json:"batch"`
	DropLast  bool              `json:"drop_last,omitzero"`
	Optimizer OptimizerSettings `json:"optimizer"`
	Balance   string            `json:"balance,omitempty"` // of the heads; "": their sum
	Average   json.RawMessage   `json:"average,omitempty"` // of the weights, a train.EMA
	Augment   json.RawMessage   `json:"augment,omitempty"` // lists by input
	Heads     []TrainedHead     `json:"heads"`
	Rows      int               `json:"rows"`
	Final     []FinalFigure     `json:"final,omitempty"` // of the kept epoch
}

// OptimizerSettings are an optimizer in JSON.
type OptimizerSettings struct {
	Kind   string          `json:"kind"`
	Config json.RawMessage `json:"config"`
}

// TrainedHead describes the training of a head.
type TrainedHead struct {
	Name    string   `json:"name"` // of the head in the model
	Loss    string   `json:"loss"`
	Weight  float64  `json:"weight"` // 0: it was only measured
	Metrics []string `json:"metrics"`
}

// FinalFigure is a loss or a metric of the model.
type FinalFigure struct {
	Name  string   `json:"name"`
	Value *float64 `json:"value"` // null if it is not finite
}

// Training describes the training that the plan gives.
func (b *Built) Training() (Training, error) {
	p := b.Plan
	t := Training{
		Task: b.Name, Seed: b.seed(), Epochs: p.Epochs, Batch: p.Batch, DropLast: p.DropLast,
		Rows: len(b.Rows[TrainPart]),
	}
	var err error
	if t.Optimizer, err = settingsOf(p.Optimizer); err != nil {
		return t, err
	}
	if p.Balance != nil && p.Balance != (balance.Fixed{}) {
		t.Balance = p.Balance.Kind()
	}
	if p.EMA != nil {
		t.Average, err = json.Marshal(p.EMA)
	}
	if len(p.Augment) > 0 && err == nil {
		t.Augment, err = json.Marshal(p.Augment)
	}
	for _, spec := range b.Model.Heads() {
		h := p.Heads[spec.Name]
		head := TrainedHead{Name: spec.Name, Loss: h.Loss.Kind(), Weight: cmp.Or(h.Weight, 1)}
		if h.MeasureOnly {
			head.Weight = 0
		}
		for _, m := range h.Metrics {
			head.Metrics = append(head.Metrics, metric.Name(m))
		}
		t.Heads = append(t.Heads, head)
	}
	return t, err
}

func settingsOf(o optim.Optimizer) (OptimizerSettings, error) {
	config, err := json.Marshal(o)
	return OptimizerSettings{o.Kind(), config}, err
}

// ended returns the description of a training with a history.
func (t Training) ended(h *train.History, kept int) Training {
	t.Epochs, t.Kept = len(h.Epochs), kept
	if kept < 1 || kept > len(h.Epochs) {
		return t
	}
	for i, v := range h.Epochs[kept-1].Values {
		f := FinalFigure{Name: h.Names[i]}
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			f.Value = &v
		}
		t.Final = append(t.Final, f)
	}
	return t
}
