package experiment

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"braid"
	"braid/data"
	"braid/feature"
	"braid/internal/suggest"
	"braid/modelfile"
	"braid/target"
)

// measuredRows is the number of rows that Measure converts and predicts at a time.
const measuredRows = 1024

// Measured has the scores of a model on some rows.
type Measured struct {
	Rows    int
	Scores  []target.Score           // of each head, in the order of the file's targets
	Guesses []target.Score           // of outputs that do not depend on the inputs
	Notes   map[string]feature.Notes // what the encoders met, by input column
}

// Measure predicts some rows of a frame with the model of a file, and compares the answers with the
// cells of the heads' columns. A head whose column the frame lacks has no known rows. Workers 0
// means one for each processor.
func Measure(
	ctx context.Context, f *modelfile.File, frame *data.Frame, rows []int32, workers int,
) (*Measured, error) {
	if err := CheckInputs(f, frame.Names()); err != nil {
		return nil, err
	}
	if err := checkLabels(ctx, f, frame, rows); err != nil {
		return nil, err
	}
	m := &Measured{Rows: len(rows), Notes: map[string]feature.Notes{}}
	outputs := map[string][]float32{}
	for block := range slices.Chunk(rows, measuredRows) {
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		columns, notes, err := encodeInputs(ctx, f.Features, frame, block, workers)
		if err != nil {
			return nil, err
		}
		for column, n := range notes {
			sum := m.Notes[column]
			sum.Sum(n)
			m.Notes[column] = sum
		}
		table, err := data.NewTable(columns...)
		if err != nil {
			return nil, err
		}
		out, err := Outputs(ctx, f.Model, table)
		if err != nil {
			return nil, err
		}
		for head, t := range out {
			outputs[head] = append(outputs[head], t...)
		}
	}
	for _, t := range f.Targets {
		cells := cellsOf(frame, t.Column, rows)
		score, err := t.Decoder.Score(outputs[feature.Name(t.Column)], cells)
		if err != nil {
			return nil, fmt.Errorf("head %q: %w", t.Column, err)
		}
		guess, err := target.Guessing(t.Decoder, cells)
		if err != nil {
			return nil, fmt.Errorf("head %q: %w", t.Column, err)
		}
		m.Scores, m.Guesses = append(m.Scores, score), append(m.Guesses, guess)
	}
	return m, nil
}

// checkLabels tests that the labels can be read. The errors name their places.
func checkLabels(
	ctx context.Context, f *modelfile.File, frame *data.Frame, rows []int32,
) error {
	var failed []error
	for _, t := range f.Targets {
		if !slices.Contains(frame.Names(), t.Column) {
			continue
		}
		column := feature.Column{Name: t.Column, Frame: frame, Rows: rows, Context: ctx}
		if _, err := target.Column(t.Decoder, column); err != nil {
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// Outputs returns the outputs of each head for the rows of a table, which may have labels too.
func Outputs(
	ctx context.Context, m *braid.Model, table *data.Table,
) (map[string][]float32, error) {
	var names []string
	for _, in := range m.Inputs() {
		names = append(names, in.Name)
	}
	outputs := map[string][]float32{}
	for first := 0; first < table.Rows(); first += measuredRows {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		block, err := table.Slice(first, min(first+measuredRows, table.Rows()))
		if err != nil {
			return nil, err
		}
		in, err := block.Tensors(names...)
		if err != nil {
			return nil, err
		}
		out, err := m.Predict(in)
		if err != nil {
			return nil, err
		}
		for head, t := range out {
			outputs[head] = append(outputs[head], t.Float32s()...)
		}
	}
	return outputs, nil
}

// CheckInputs tests that columns include all that a model reads. The error names all that are
// missing.
func CheckInputs(f *modelfile.File, columns []string) error {
	var missing []string
	for _, c := range f.Features {
		if slices.Contains(columns, c.Column) {
			continue
		}
		name := strconv.Quote(c.Column)
		if near := suggest.Nearest(c.Column, columns); near != "" {
			name += fmt.Sprintf(" (did you mean %q?)", near)
		}
		missing = append(missing, name)
	}
	switch len(missing) {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("the model reads the column %s, which is missing; there are %s", missing[0],
			suggest.List(columns))
	}
	return fmt.Errorf("the model reads the columns %s, which are missing; there are %s",
		strings.Join(missing, ", "), suggest.List(columns))
}

// encodeInputs converts rows of a frame to the columns of the network's inputs. The errors of all
// columns are joined.
func encodeInputs(
	ctx context.Context, features []modelfile.Feature, frame *data.Frame, rows []int32, workers int,
) ([]data.Column, map[string]feature.Notes, error) {
	var columns []data.Column
	var failed []error
	notes := map[string]feature.Notes{}
	for _, f := range features {
		column := feature.Column{Name: f.Column, Frame: frame, Rows: rows, Context: ctx}
		encoded, met, err := feature.Columns(f.Encoder, column, workers)
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		if err != nil {
			failed = append(failed, err)
			continue
		}
		notes[f.Column] = met
		columns = append(columns, encoded...)
	}
	return columns, notes, errors.Join(failed...)
}

// cellsOf returns some cells of a column, all missing if the frame lacks it.
func cellsOf(frame *data.Frame, column string, rows []int32) []string {
	list := make([]string, len(rows))
	if all, err := frame.Cells(column); err == nil {
		for i, row := range rows {
			list[i] = all.At(int(row))
		}
	}
	return list
}
