package experiment

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"braid"
	"braid/data/datafile"
	"braid/feature"
	"braid/modelfile"
	"braid/target"
	"braid/train"
)

// keptSamples is the number of rows that a model file has with the model's outputs.
const keptSamples = 4

// File returns the file of the trained model, with all that prediction needs. Thresholds that are
// auto are chosen on the validation part.
func (b *Built) File(h *train.History) (*modelfile.File, error) {
	table := b.Tables[ValidationPart]
	if table == nil {
		table = b.Tables[TrainPart]
	}
	samples, err := table.Slice(0, min(keptSamples, table.Rows()))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, in := range b.Model.Inputs() {
		names = append(names, in.Name)
	}
	in, err := samples.Tensors(names...)
	if err != nil {
		return nil, err
	}
	return b.FileWith(h, in)
}

// FileWith is File with other samples: inputs whose outputs the file has, too.
func (b *Built) FileWith(h *train.History, samples braid.Tensors) (*modelfile.File, error) {
	f := &modelfile.File{Model: b.Model, Features: b.Features}
	var err error
	if f.Targets, err = b.tuned(); err != nil {
		return nil, err
	}
	if f.Training, err = b.metadata(h); err != nil {
		return nil, err
	}
	return f, f.Sample(samples)
}

// tuned returns the targets with the settings that the trained model's outputs for the validation
// part decide.
func (b *Built) tuned() ([]modelfile.Target, error) {
	tunes := func(t modelfile.Target) bool { return target.Tunes(t.Decoder) }
	if b.Tables[ValidationPart] == nil || !slices.ContainsFunc(b.Targets, tunes) {
		return b.Targets, nil
	}
	outputs, err := Outputs(context.Background(), b.Model, b.Tables[ValidationPart])
	if err != nil {
		return nil, err
	}
	list := slices.Clone(b.Targets)
	for i, t := range list {
		cells := cellsOf(b.Frame, t.Column, b.Rows[ValidationPart])
		list[i].Decoder, err = target.Tune(t.Decoder, outputs[feature.Name(t.Column)], cells)
		if err != nil {
			return nil, fmt.Errorf("head %q: %w", t.Column, err)
		}
	}
	return list, nil
}

// metadata says how the model was trained.
func (b *Built) metadata(h *train.History) ([]byte, error) {
	kept, err := b.Kept(h)
	if err != nil {
		return nil, err
	}
	best, err := b.Keep.Best(h)
	if err != nil {
		return nil, err
	}
	t, err := b.Training()
	if err != nil {
		return nil, err
	}
	t.Undecided = b.Keep.RestoreBest && best == 0
	return json.Marshal(t.ended(h, kept))
}

// Resolved returns the experiment with absolute paths and the settings that its defaults give.
func (b *Built) Resolved() (*Experiment, error) {
	e := *b.Experiment
	absolute := func(paths []string) ([]string, error) {
		var list []string
		for _, path := range paths {
			path, err := datafile.Absolute(e.Folder, path)
			if err != nil {
				return nil, err
			}
			list = append(list, path)
		}
		return list, nil
	}
	var err error
	for _, list := range []*[]string{&e.Data.Files, &e.Data.Train, &e.Data.Validation, &e.Data.Test} {
		if *list, err = absolute(*list); err != nil {
			return nil, err
		}
	}
	e.Data.Columns = slices.Clone(e.Data.Columns)
	for i := range e.Data.Columns {
		c := &e.Data.Columns[i]
		if c.Files, err = absolute(c.Files); err != nil {
			return nil, err
		}
	}
	e.Train.Epochs, e.Train.Batch = b.Plan.Epochs, b.Plan.Batch
	e.Train.Seed = b.seed()
	if e.Train.Keep == KeepBest {
		e.Train.Patience = b.Keep.Patience
	}
	if e.Train.Rate == 0 && e.Train.Optimizer == nil {
		e.Train.Rate = defaultRate
	}
	return &e, nil
}
