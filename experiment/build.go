package experiment

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"braid"
	"braid/data"
	"braid/feature"
	"braid/modelfile"
	"braid/target"
	"braid/train"
	"braid/vision/picture"
)

// Loaded is an experiment with its rows, divided among the parts.
type Loaded struct {
	*Experiment
	Frame     *data.Frame
	Rows      [Parts][]int32 // of the frame, by part
	Unlabeled int            // rows that are left out because no head has a label
}

// Built is an experiment with its rows and its network: what train.Fit needs.
type Built struct {
	*Loaded
	Features []modelfile.Feature
	Targets  []modelfile.Target
	Tables   [Parts]*data.Table // nil if the part has no rows
	Model    *braid.Model
	Plan     train.Plan
	Keep     train.EarlyStopping // which epoch is kept

	// Guesses has the score of each head, in order, of not looking at the inputs, by part.
	Guesses [Parts][]target.Score
	Notes   [Parts]map[string]feature.Notes // what the encoders met, by input column
}

// Options says how Build works.
type Options struct {
	Workers int            // goroutines that convert cells; 0 means one for each processor
	Cache   *picture.Cache // of decoded pictures; nil means none
}

// Load reads the data and divides the rows among the parts.
func (e *Experiment) Load(ctx context.Context) (*Loaded, error) {
	e = e.withMissing()
	l := &Loaded{Experiment: e}
	var err error
	if l.Frame, l.Rows, err = e.read(ctx); err != nil {
		return nil, err
	}
	if err = e.checkColumns(l.Frame); err != nil {
		return nil, err
	}
	if err = l.dropUnlabeled(); err != nil {
		return nil, err
	}
	return l, l.divide()
}

// Build builds the network. Encoders and decoders learn from the training part alone. The errors of
// all columns are joined.
func (l *Loaded) Build(ctx context.Context, o Options) (*Built, error) {
	b := &Built{Loaded: l}
	if err := b.learn(ctx, o); err != nil {
		return nil, err
	}
	for part := range Part(Parts) {
		if err := b.encode(ctx, part, o); err != nil {
			return nil, err
		}
	}
	var err error
	if b.Model, err = b.graph().Build(b.seed()); err != nil {
		return nil, err
	}
	if err := b.startBiases(); err != nil {
		return nil, err
	}
	b.Plan = b.plan()
	return b, nil
}

// checkColumns tests that the frame has the columns of inputs and heads, and that of the split.
func (e *Experiment) checkColumns(frame *data.Frame) error {
	var list []error
	check := func(where, column string) {
		if _, err := frame.Cells(column); err != nil {
			list = append(list, fmt.Errorf("%s: %w", where, err))
		}
	}
	for _, in := range e.Inputs {
		check("inputs", in.Column)
	}
	for _, h := range e.Heads {
		check("heads", h.Column)
	}
	for _, column := range []string{e.Split.Column, e.Split.Stratify} {
		if column != "" {
			check("split", column)
		}
	}
	return errors.Join(list...)
}

// dropUnlabeled leaves out the rows without a label of any head.
func (l *Loaded) dropUnlabeled() error {
	labels := make([]data.Cells, len(l.Heads))
	for i, h := range l.Heads {
		var err error
		if labels[i], err = l.Frame.Cells(h.Column); err != nil {
			return err
		}
	}
	unlabeled := func(row int32) bool {
		for i, h := range l.Heads {
			if h.Target.Canonical(labels[i].At(int(row))) != "" {
				return false
			}
		}
		return true
	}
	for part, rows := range l.Rows {
		kept := slices.DeleteFunc(rows, unlabeled)
		l.Unlabeled += len(rows) - len(kept)
		l.Rows[part] = kept
	}
	return nil
}

// divide divides the rows of the training part, where a part has none of its own.
func (l *Loaded) divide() error {
	if len(l.Data.Train) == 0 {
		parts, err := l.Experiment.divide(l.Frame, l.Rows[TrainPart])
		if err != nil {
			return err
		}
		l.Rows = parts
	} else if len(l.Rows[ValidationPart]) == 0 {
		if err := l.holdOut(); err != nil {
			return err
		}
	}
	for part, rows := range l.Rows {
		if len(rows) > 0 || Part(part) == TestPart && l.noTest() {
			continue
		}
		return fmt.Errorf("the %s part has no rows with a label: the parts have %d, %d and %d rows",
			Part(part), len(l.Rows[TrainPart]), len(l.Rows[ValidationPart]), len(l.Rows[TestPart]))
	}
	return nil
}

// holdOut takes validation rows out of the rows of training files, as a random split does.
func (l *Loaded) holdOut() error {
	keys, err := l.keys(l.Frame, l.Rows[TrainPart])
	if err != nil {
		return err
	}
	var parts [2][]int32
	validation, test := l.Split.bounds()
	for i, row := range l.Rows[TrainPart] {
		part := TrainPart
		if keys[i].position()*test >= validation {
			part = ValidationPart
		}
		parts[part] = append(parts[part], row)
	}
	l.Rows[TrainPart], l.Rows[ValidationPart] = parts[TrainPart], parts[ValidationPart]
	return nil
}

// noTest reports whether the experiment asks for no test part.
func (l *Loaded) noTest() bool {
	if len(l.Data.Train) > 0 {
		return len(l.Data.Test) == 0
	}
	return l.Split.By == Column || l.Split.Parts != nil && l.Split.Parts[TestPart] == 0
}

// learn lets the encoders and decoders learn from the training part.
func (b *Built) learn(ctx context.Context, o Options) error {
	column := func(name string) feature.Column {
		return feature.Column{Name: name, Frame: b.Frame, Rows: b.Rows[TrainPart], Context: ctx}
	}
	var list []error
	for _, h := range b.Heads {
		decoder, err := h.Target.Learn(column(h.Column))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			list = append(list, fmt.Errorf("head %q: %w", h.Column, err))
		}
		b.Targets = append(b.Targets, modelfile.Target{Column: h.Column, Decoder: decoder})
	}
	for _, in := range b.Inputs {
		f := in.Feature
		if image, ok := f.(feature.Image); ok {
			image.Cache = o.Cache
			f = image
		}
		encoder, err := f.Learn(column(in.Column))
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			list = append(list, fmt.Errorf("input %q: %w", in.Column, err))
		}
		b.Features = append(b.Features, modelfile.Feature{Column: in.Column, Encoder: encoder})
	}
	return errors.Join(list...)
}

// encode makes the table of a part, and scores guessing on it.
func (b *Built) encode(ctx context.Context, part Part, o Options) error {
	rows := b.Rows[part]
	if len(rows) == 0 {
		return nil
	}
	columns, notes, err := encodeInputs(ctx, b.Features, b.Frame, rows, o.Workers)
	if err != nil {
		return err
	}
	b.Notes[part] = notes
	var list []error
	for _, t := range b.Targets {
		labels, err := target.Column(t.Decoder, feature.Column{
			Name: t.Column, Frame: b.Frame, Rows: rows,
		})
		if err != nil {
			list = append(list, err)
			continue
		}
		columns = append(columns, labels)
		score, err := target.Guessing(t.Decoder, cellsOf(b.Frame, t.Column, rows))
		if err != nil {
			list = append(list, fmt.Errorf("head %q: %w", t.Column, err))
		}
		b.Guesses[part] = append(b.Guesses[part], score)
	}
	if err := errors.Join(list...); err != nil {
		return err
	}
	table, err := data.NewTable(columns...)
	b.Tables[part] = table
	return err
}

// keptSamples is the number of rows that a model file has with the model's outputs.
const keptSamples = 4

// File returns the file of the trained model, with all that prediction needs.
func (b *Built) File(h *train.History) (*modelfile.File, error) {
	f := &modelfile.File{Model: b.Model, Features: b.Features, Targets: b.Targets}
	var err error
	if f.Training, err = b.metadata(h); err != nil {
		return nil, err
	}
	table := b.Tables[ValidationPart]
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
	return f, f.Sample(in)
}

// metadata says how the model was trained.
func (b *Built) metadata(h *train.History) ([]byte, error) {
	kept, err := b.Keep.Best(h)
	if err != nil {
		return nil, err
	}
	return json.Marshal(struct {
		Task   string `json:"task"`
		Seed   uint64 `json:"seed"`
		Epochs int    `json:"epochs"`
		Kept   int    `json:"kept_epoch"`
		Batch  int    `json:"batch"`
		Rows   int    `json:"rows"`
	}{b.Name, b.seed(), len(h.Epochs), kept, b.Plan.Batch, b.Tables[TrainPart].Rows()})
}

// Resolved returns the experiment with absolute paths and the settings that its defaults give.
func (b *Built) Resolved() (*Experiment, error) {
	e := *b.Experiment
	absolute := func(paths []string) ([]string, error) {
		var list []string
		for _, path := range paths {
			if !filepath.IsAbs(path) {
				path = filepath.Join(e.Folder, path)
			}
			path, err := filepath.Abs(path)
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
	e.Train.Epochs, e.Train.Batch = b.Plan.Epochs, b.Plan.Batch
	e.Train.Patience, e.Train.Seed = b.Keep.Patience, b.seed()
	if e.Train.Rate == 0 {
		e.Train.Rate = defaultRate
	}
	return &e, nil
}

// startBiases sets the heads' biases to those at which the network guesses.
func (b *Built) startBiases() error {
	for _, t := range b.Targets {
		biases := t.Decoder.Biases()
		if biases == nil {
			continue
		}
		w, err := b.Model.Weight(feature.Name(t.Column) + ".bias")
		if err == nil {
			err = w.Set(biases)
		}
		if err != nil {
			return fmt.Errorf("head %q: %w", t.Column, err)
		}
	}
	return nil
}
