package experiment

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"braid"
	"braid/data"
	"braid/feature"
	"braid/modelfile"
	"braid/target"
	"braid/train"
	"braid/vision/picture"
)

// Built is an experiment with its rows and its network: what train.Fit needs.
type Built struct {
	*Loaded
	Features []modelfile.Feature
	Targets  []modelfile.Target
	Tables   [Parts]*data.Table // nil if the part has no rows
	Model    *braid.Model
	Plan     train.Plan
	Keep     train.EarlyStopping // which epoch is kept

	// Guesses has the score on the validation part of each head, in order, of not looking at the
	// inputs. It is nil with KeepLast.
	Guesses []target.Score
	Notes   [Parts]map[string]feature.Notes // what the encoders met, by input column
}

// Options says how Build works.
type Options struct {
	Workers int            // goroutines that convert cells; 0 means one for each processor
	Cache   *picture.Cache // of decoded pictures; nil means none
}

// Build builds the network. Encoders and decoders learn from the training part alone. The errors of
// all columns are joined.
func (l *Loaded) Build(ctx context.Context, o Options) (*Built, error) {
	b := &Built{Loaded: l}
	if err := b.learn(ctx, o); err != nil {
		return nil, err
	}
	if err := b.checkFigures(); err != nil {
		return nil, err
	}
	b.narrow()
	var list []error
	for part := range Part(Parts) {
		for _, err := range b.encode(ctx, part, o) {
			same := func(other error) bool { return other.Error() == err.Error() } // of another part
			if !slices.ContainsFunc(list, same) {
				list = append(list, err)
			}
		}
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
	var err error
	if b.Plan, err = b.plan(); err != nil {
		return nil, err
	}
	if b.Keep.RestoreBest && len(b.Keep.Sum) == 0 {
		return nil, b.at("heads", "", errors.New("no head has a label in the validation part that "+
			"training has too, so that no epoch can be chosen: want more rows"))
	}
	return b, nil
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
		encoder, err := cached(in.Feature, o).Learn(column(in.Column))
		err = b.badInput(ctx, in, err, o)
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

// cached returns a feature that keeps the pixels of pictures in the cache.
func cached(f feature.Feature, o Options) feature.Feature {
	if image, ok := f.(feature.Image); ok {
		image.Cache = o.Cache
		return image
	}
	return f
}

// badInput returns an error with the cells of all parts that cannot be read, where err has those of
// one part, so that people can mend all at once. It returns other errors as they are.
func (b *Built) badInput(ctx context.Context, in Input, err error, o Options) error {
	var part, all *feature.BadCells
	if !errors.As(err, &part) {
		return err
	}
	rows := slices.Concat(b.Rows[:]...)
	slices.Sort(rows)
	_, whole := cached(in.Feature, o).Learn(feature.Column{
		Name: in.Column, Frame: b.Frame, Rows: rows, Context: ctx,
	})
	if errors.As(whole, &all) && all.Count > part.Count {
		return whole
	}
	return err
}

// encode makes the table of a part. On validation it scores guessing, too, by which the best epoch
// is chosen. It returns the errors of all columns.
func (b *Built) encode(ctx context.Context, part Part, o Options) []error {
	rows := b.Rows[part]
	if len(rows) == 0 {
		return nil
	}
	var list []error
	var columns []data.Column
	b.Notes[part] = map[string]feature.Notes{}
	for i, f := range b.Features {
		encoded, notes, err := feature.Columns(f.Encoder, feature.Column{
			Name: f.Column, Frame: b.Frame, Rows: rows, Context: ctx,
		}, o.Workers)
		if err != nil {
			list = append(list, b.at("inputs", f.Column, b.badInput(ctx, b.Inputs[i], err, o)))
		}
		columns, b.Notes[part][f.Column] = append(columns, encoded...), notes
	}
	for _, t := range b.Targets {
		labels, err := target.Column(t.Decoder, feature.Column{
			Name: t.Column, Frame: b.Frame, Rows: rows, Context: ctx,
		})
		if err == nil && part == ValidationPart && b.Train.Keep != KeepLast {
			err = b.guess(t, rows)
		}
		if err != nil {
			list = append(list, b.at("heads", t.Column, err))
		}
		columns = append(columns, labels)
	}
	if list != nil {
		return list
	}
	var err error
	if b.Tables[part], err = data.NewTable(columns...); err != nil {
		return []error{err}
	}
	if part == TrainPart && b.Train.Mix == Equal {
		b.Tables[part] = b.Tables[part].Take(b.mixed())
	}
	return nil
}

// guess scores guessing the labels of a head's rows.
func (b *Built) guess(t modelfile.Target, rows []int32) error {
	score, err := target.Guessing(t.Decoder, cellsOf(b.Frame, t.Column, rows))
	b.Guesses = append(b.Guesses, score)
	return err
}
