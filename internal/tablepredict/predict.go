// Package tablepredict predicts the rows of a table, of any length, with a model of people's own
// data.
package tablepredict

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strconv"

	"braid/data"
	"braid/experiment"
	"braid/feature"
	"braid/internal/parallel"
	"braid/internal/suggest"
	"braid/predictor"
	"braid/target"
)

// OnError says what happens to a row that cannot be converted.
type OnError string

// What happens to such a row.
const (
	Stop  OnError = "stop"  // prediction ends with an error
	Skip  OnError = "skip"  // the row is left out
	Empty OnError = "empty" // the row has empty answers
)

// OnErrors lists them.
var OnErrors = []string{string(Stop), string(Skip), string(Empty)}

// Prediction predicts rows of text cells with a model of people's own data, a block at a time.
type Prediction struct {
	Model  *predictor.Model
	Source data.Source
	Path   string // of the source, for errors
	Folder string // where paths of pictures begin

	Keep          []string // columns of the source that are copied to the answers
	Probabilities bool     // of all classes
	OnError       OnError
	Workers       int // 0 means one for each processor
	Progress      func(rows int)

	from []int // the source's column of each feature
	keep []int
}

// Summary says what a prediction met.
type Summary struct {
	Rows   int                      // predicted
	Failed int                      // that could not be converted
	First  []error                  // of the failures
	Notes  map[string]feature.Notes // by input column
}

// blockRows is the number of rows that are converted and predicted at a time.
const blockRows = 4096

// firstErrors is the number of failures that a summary has.
const firstErrors = 5

// Header returns the columns of the answers, and checks that the source has what the model reads.
func (p *Prediction) Header() ([]data.Field, error) {
	have := p.Source.Columns()
	if err := experiment.CheckInputs(p.Model.File, have); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Path, err)
	}
	p.from, p.keep = nil, nil
	for _, f := range p.Model.File.Features {
		p.from = append(p.from, slices.Index(have, f.Column))
	}
	var list []data.Field
	for _, name := range p.Keep {
		i := slices.Index(have, name)
		if i < 0 {
			return nil, fmt.Errorf("%s: %w", p.Path, suggest.Unknown("column", name, have))
		}
		p.keep = append(p.keep, i)
		list = append(list, data.Field{Name: name})
	}
	for _, t := range p.Model.File.Targets {
		classes := t.Decoder.Answer(t.Decoder.Guess()).Choices
		field := data.Field{Name: t.Column}
		if classes == nil {
			field.Type = data.NumberField
		}
		list = append(list, field)
		if classes == nil {
			continue
		}
		list = append(list, data.Field{Name: t.Column + "_probability", Type: data.NumberField})
		if p.Probabilities {
			for _, class := range classes {
				name := t.Column + "_p_" + class.Label
				list = append(list, data.Field{Name: name, Type: data.NumberField})
			}
		}
	}
	for i, column := range list {
		same := func(other data.Field) bool { return other.Name == column.Name }
		if slices.IndexFunc(list, same) < i {
			return nil, fmt.Errorf("the answers would have two columns %q: do not keep that column of %s",
				column.Name, p.Path)
		}
	}
	return list, nil
}

// block is a block of rows.
type block struct {
	cells [][]string
	lines []int
	fail  []error // of each row
	notes [][]feature.Note
}

// Run predicts all rows and writes them to a sink, which has the columns of Header.
func (p *Prediction) Run(ctx context.Context, to data.Sink) (*Summary, error) {
	sum := &Summary{Notes: map[string]feature.Notes{}}
	full := p.Model.NewBatch(blockRows)
	for {
		b, err := p.read()
		if err != nil {
			return sum, err
		}
		if len(b.cells) == 0 {
			return sum, nil
		}
		if ctx.Err() != nil {
			return sum, context.Cause(ctx)
		}
		batch := full
		if len(b.cells) < blockRows {
			batch = p.Model.NewBatch(len(b.cells))
		}
		p.encode(&b, batch)
		if err := p.note(sum, &b); err != nil {
			return sum, err
		}
		if err := p.Model.PredictWith(p.workers(), batch); err != nil {
			return sum, err
		}
		if err := p.write(to, &b, batch); err != nil {
			return sum, err
		}
		if p.Progress != nil {
			p.Progress(sum.Rows)
		}
	}
}

func (p *Prediction) workers() int {
	if p.Workers > 0 {
		return p.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// read reads the next block. It has no rows at the end.
func (p *Prediction) read() (b block, err error) {
	var r data.Record
	for len(b.cells) < blockRows {
		err := p.Source.Read(&r)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return b, err
		}
		b.cells = append(b.cells, slices.Clone(r.Cells))
		b.lines = append(b.lines, r.Line)
	}
	b.fail = make([]error, len(b.cells))
	b.notes = make([][]feature.Note, len(b.cells))
	return b, nil
}

// encode converts the rows of a block, shared among the workers.
func (p *Prediction) encode(b *block, batch *predictor.Batch) {
	n, workers := len(b.cells), p.workers()
	parallel.Each(workers, func(w int) {
		values := make([]feature.Value, len(p.from))
		for row := n * w / workers; row < n*(w+1)/workers; row++ {
			for i, at := range p.from {
				values[i] = feature.Value{Text: b.cells[row][at], Folder: p.Folder}
			}
			b.notes[row] = make([]feature.Note, len(values))
			if err := p.Model.Encode(batch, row, values, b.notes[row]); err != nil {
				b.fail[row] = fmt.Errorf("%s:%d: %w", p.Path, b.lines[row], err)
			}
		}
	})
}

// note adds what a block met to the summary. It returns the first failure if that ends prediction.
func (p *Prediction) note(sum *Summary, b *block) error {
	for row, err := range b.fail {
		if err != nil {
			if p.OnError == Stop {
				return err
			}
			sum.Failed++
			if len(sum.First) < firstErrors {
				sum.First = append(sum.First, err)
			}
			continue
		}
		sum.Rows++
		for i, f := range p.Model.File.Features {
			n := sum.Notes[f.Column]
			n.Add(b.notes[row][i])
			sum.Notes[f.Column] = n
		}
	}
	return nil
}

// write writes the answers of a block.
func (p *Prediction) write(to data.Sink, b *block, batch *predictor.Batch) error {
	var line []string
	for row, cells := range b.cells {
		failed := b.fail[row] != nil
		if failed && p.OnError == Skip {
			continue
		}
		if !failed {
			if err := p.Model.CheckOutputs(batch, row); err != nil {
				return fmt.Errorf("%s:%d: %w", p.Path, b.lines[row], err)
			}
		}
		line = line[:0]
		for _, at := range p.keep {
			line = append(line, cells[at])
		}
		for _, a := range p.Model.Decode(batch, row) {
			line = p.appendAnswer(line, a, failed)
		}
		if err := to.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// appendAnswer appends the cells of an answer, empty ones if the row failed.
func (p *Prediction) appendAnswer(line []string, a target.Answer, failed bool) []string {
	from := len(line)
	line = append(line, a.Text)
	if a.Choices != nil {
		line = append(line, probability(a.Probability))
		if p.Probabilities {
			for _, choice := range a.Choices {
				line = append(line, probability(choice.Probability))
			}
		}
	}
	if failed {
		clear(line[from:])
	}
	return line
}

func probability(p float64) string { return strconv.FormatFloat(p, 'g', 6, 32) }
