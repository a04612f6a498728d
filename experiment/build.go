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

	files []int32 // the first row of each file
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
	l := &Loaded{Experiment: e.withMissing()}
	if err := l.read(ctx); err != nil {
		return nil, err
	}
	return l, l.prepare()
}

// LoadFrame divides the rows of a frame among the parts. The frame may have rows of any
// data.Source. Of e.Data, only Missing has an effect.
func (e *Experiment) LoadFrame(frame *data.Frame) (*Loaded, error) {
	whole := *e.withMissing()
	whole.Data = Data{}
	l := &Loaded{Experiment: &whole, Frame: frame, files: []int32{0}}
	l.Rows[TrainPart] = rowsFrom(0, frame.Rows())
	return l, l.prepare()
}

// prepare checks the columns and divides the rows.
func (l *Loaded) prepare() error {
	if l.Frame.Rows() == 0 {
		return l.at("data", "", errors.New("the data has no rows, want one or more"))
	}
	if err := l.checkColumns(l.Frame); err != nil {
		return err
	}
	if err := l.dropUnlabeled(); err != nil {
		return err
	}
	return l.divide()
}

// Build builds the network. Encoders and decoders learn from the training part alone. The errors of
// all columns are joined.
func (l *Loaded) Build(ctx context.Context, o Options) (*Built, error) {
	b := &Built{Loaded: l}
	if err := b.learn(ctx, o); err != nil {
		return nil, err
	}
	var list []error
	for part := range Part(Parts) {
		list = append(list, b.encode(ctx, part, o))
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
	}
	if err := errors.Join(list...); err != nil {
		return nil, err
	}
	if err := b.buildModel(); err != nil {
		return nil, err
	}
	b.Plan = b.plan()
	if len(b.Keep.Sum) == 0 {
		return nil, b.at("heads", "", errors.New("no head has a label in the validation part that "+
			"training has too, so that no epoch can be chosen: want more rows"))
	}
	return b, nil
}

// checkColumns tests that the frame has the columns of inputs and heads, and those of the split.
// The errors of all columns are joined.
func (e *Experiment) checkColumns(frame *data.Frame) error {
	var list []error
	check := func(section, key, column string) {
		if _, err := frame.Cells(column); err != nil {
			list = append(list, e.at(section, key, fmt.Errorf("%s: %w", section, err)))
		}
	}
	for _, in := range e.Inputs {
		check("inputs", in.Column, in.Column)
	}
	for _, h := range e.Heads {
		check("heads", h.Column, h.Column)
	}
	if e.Split.Column != "" {
		check("split", "column", e.Split.Column)
	}
	if e.Split.Stratify != "" {
		check("split", "stratify", e.Split.Stratify)
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

// divide divides the rows of the training part, unless the data is divided. Of data that has files
// for training but none for validation, the split takes the validation rows out of the training
// files, and none for a test.
func (l *Loaded) divide() error {
	e := *l.Experiment
	switch {
	case len(l.Data.Train) > 0 && len(l.Data.Validation) > 0:
		return l.checkParts()
	case len(l.Data.Train) > 0:
		e.Split.Parts = e.Split.parts()
		e.Split.Parts[TestPart] = 0
	}
	parts, err := e.divide(l.Frame, l.Rows[TrainPart])
	if err != nil {
		return l.at("split", "column", err)
	}
	if len(l.Data.Train) > 0 {
		parts[TestPart] = l.Rows[TestPart]
	}
	l.Rows = parts
	return l.checkParts()
}

// checkParts tests that each part has rows.
func (l *Loaded) checkParts() error {
	for part, rows := range l.Rows {
		if len(rows) > 0 || Part(part) == TestPart && l.noTest() {
			continue
		}
		section, key := "split", "parts"
		if len(l.Data.Train) > 0 {
			section, key = "data", Part(part).String()
		}
		return l.at(section, key, fmt.Errorf("the %s part has no rows with a label: the parts have %d, "+
			"%d and %d rows", Part(part), len(l.Rows[TrainPart]), len(l.Rows[ValidationPart]),
			len(l.Rows[TestPart])))
	}
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
			list = append(list, b.at("heads", h.Column, fmt.Errorf("head %q: %w", h.Column, err)))
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
			list = append(list, b.at("inputs", in.Column, fmt.Errorf("input %q: %w", in.Column, err)))
		}
		b.Features = append(b.Features, modelfile.Feature{Column: in.Column, Encoder: encoder})
	}
	return errors.Join(list...)
}

// encode makes the table of a part, and scores guessing on it. The errors of all columns are
// joined.
func (b *Built) encode(ctx context.Context, part Part, o Options) error {
	rows := b.Rows[part]
	if len(rows) == 0 {
		return nil
	}
	var list []error
	var columns []data.Column
	b.Notes[part] = map[string]feature.Notes{}
	for _, f := range b.Features {
		encoded, notes, err := feature.Columns(f.Encoder, feature.Column{
			Name: f.Column, Frame: b.Frame, Rows: rows, Context: ctx,
		}, o.Workers)
		list = append(list, b.at("inputs", f.Column, err))
		columns, b.Notes[part][f.Column] = append(columns, encoded...), notes
	}
	for _, t := range b.Targets {
		labels, score, err := b.labels(t, rows)
		list = append(list, b.at("heads", t.Column, err))
		columns, b.Guesses[part] = append(columns, labels), append(b.Guesses[part], score)
	}
	if err := errors.Join(list...); err != nil {
		return err
	}
	var err error
	if b.Tables[part], err = data.NewTable(columns...); err != nil {
		return err
	}
	if part == TrainPart && b.Train.Mix == Equal {
		b.Tables[part] = b.Tables[part].Take(b.mixed())
	}
	return nil
}

// labels returns the labels of a head's rows, and the score of guessing them.
func (b *Built) labels(t modelfile.Target, rows []int32) (data.Column, target.Score, error) {
	labels, err := target.Column(t.Decoder, feature.Column{
		Name: t.Column, Frame: b.Frame, Rows: rows,
	})
	if err != nil {
		return labels, target.Score{}, err
	}
	score, err := target.Guessing(t.Decoder, cellsOf(b.Frame, t.Column, rows))
	return labels, score, err
}

// keptSamples is the number of rows that a model file has with the model's outputs.
const keptSamples = 4

// File returns the file of the trained model, with all that prediction needs. Thresholds that are
// auto are chosen on the validation part.
func (b *Built) File(h *train.History) (*modelfile.File, error) {
	f := &modelfile.File{Model: b.Model, Features: b.Features}
	var err error
	if f.Targets, err = b.tuned(); err != nil {
		return nil, err
	}
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

// tuned returns the targets with the settings that the trained model's outputs for the validation
// part decide.
func (b *Built) tuned() ([]modelfile.Target, error) {
	outputs, err := predict(b.Model, b.Tables[ValidationPart])
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
	}{b.Name, b.seed(), len(h.Epochs), kept, b.Plan.Batch, len(b.Rows[TrainPart])})
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
