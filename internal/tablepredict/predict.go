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
	OnError       OnError  // "" means Stop
	Workers       int      // 0 means one for each processor
	Progress      func(rows int)

	columns []int // of the source, that are read
	from    []int // in columns: of each feature
	keep    []int // in columns: of each of Keep
	labels  []int // in columns: of each head, -1 if the source lacks it

	mostScored int // of tests; 0 means mostScored
}

// Summary says what a prediction met.
type Summary struct {
	Rows   int                      // predicted
	Failed int                      // that could not be converted
	First  []error                  // of the failures
	Notes  map[string]feature.Notes // by input column

	// Scores compares the answers with the labels that the source has. It is nil if no label is known.
	Scores *Scores
}

// Limits of the rows that are converted and predicted at a time: their number, and the bytes of
// their inputs, which pictures have many of.
const (
	mostRows  = 4096
	leastRows = 64
	mostBytes = 32 << 20
)

// firstErrors is the number of failures that a summary has.
const firstErrors = 5

// Header returns the columns of the answers, and checks that the source has what the model reads.
func (p *Prediction) Header() ([]data.Field, error) {
	have := p.Source.Columns()
	if err := experiment.CheckInputs(p.Model.File, have); err != nil {
		return nil, fmt.Errorf("%s: %w", p.Path, err)
	}
	p.columns, p.from, p.keep, p.labels = nil, nil, nil, nil
	for _, name := range p.Model.ColumnNames() {
		p.from = append(p.from, p.read(slices.Index(have, name)))
	}
	for _, t := range p.Model.File.Targets {
		label := slices.Index(have, t.Column)
		if label >= 0 {
			label = p.read(label)
		}
		p.labels = append(p.labels, label)
	}
	var list []data.Field
	for _, name := range p.Keep {
		i := slices.Index(have, name)
		if i < 0 {
			return nil, fmt.Errorf("%s: %w", p.Path, suggest.Unknown("column", name, have))
		}
		p.keep = append(p.keep, p.read(i))
		list = append(list, data.Field{Name: name})
	}
	for i := range p.Model.Heads {
		list = append(list, p.fields(&p.Model.Heads[i])...)
	}
	return list, p.checkNames(list)
}

// fields returns the columns of a head's answers.
func (p *Prediction) fields(h *predictor.Head) []data.Field {
	classes := h.Answer(make([]float32, h.Shape.Size())).Answers
	if classes == nil {
		return []data.Field{{Name: h.Column, Type: data.NumberField}}
	}
	list := []data.Field{{Name: h.Column}}
	add := func(name string) {
		list = append(list, data.Field{Name: h.Column + name, Type: data.NumberField})
	}
	add("_probability")
	if p.Probabilities {
		for _, class := range classes {
			add("_p_" + class.Label)
		}
	}
	return list
}

// checkNames tests that no two columns of the answers have one name.
func (p *Prediction) checkNames(list []data.Field) error {
	seen := map[string]bool{}
	for _, field := range list {
		switch {
		case !seen[field.Name]:
			seen[field.Name] = true
		case slices.Contains(p.Keep, field.Name):
			return fmt.Errorf("the answers would have two columns %q: do not keep that column of %s",
				field.Name, p.Path)
		default:
			return fmt.Errorf("the answers would have two columns %q, of different heads or classes: "+
				"predict without all probabilities", field.Name)
		}
	}
	return nil
}

// read adds a column of the source to those that are read, and returns its index among them.
func (p *Prediction) read(column int) int {
	i := slices.Index(p.columns, column)
	if i < 0 {
		i = len(p.columns)
		p.columns = append(p.columns, column)
	}
	return i
}

// block is a block of rows.
type block struct {
	cells []string // [rows, columns that are read]
	lines []int
	fail  []error        // of each row
	notes []feature.Note // [rows, features]
}

// row returns the cells of a row.
func (b *block) row(i int) []string {
	width := len(b.cells) / len(b.lines)
	return b.cells[i*width : (i+1)*width]
}

// Run predicts all rows and writes them to a sink, which has the columns of Header.
func (p *Prediction) Run(ctx context.Context, to data.Sink) (*Summary, error) {
	sum := &Summary{Notes: map[string]feature.Notes{}}
	scorer := p.newScorer()
	full := p.Model.NewBatch(p.blockRows())
	blocks := make(chan *block, 1)
	spare := make(chan *block, 2) // one is read while another is predicted
	spare <- &block{}
	spare <- &block{}
	reading, cancel := context.WithCancelCause(ctx)
	var failed error // of reading, set before blocks is closed
	go func() {
		defer close(blocks)
		failed = p.readAll(reading, full.N, spare, blocks)
	}()
	var err error
	for b := range blocks {
		if err == nil {
			if err = p.predict(sum, scorer, to, full, b); err != nil {
				cancel(err) // ends the reading
			}
		}
		spare <- b
	}
	cancel(nil)
	if err == nil {
		err = failed
	}
	if err == nil {
		sum.Scores, err = scorer.scores()
	}
	return sum, err
}

// predict answers the rows of a block.
func (p *Prediction) predict(
	sum *Summary, scorer *scorer, to data.Sink, full *predictor.Batch, b *block,
) error {
	batch := full
	if n := len(b.lines); n < full.N {
		batch = p.Model.NewBatch(n)
		defer p.Model.Free(batch)
	}
	p.encode(b, batch)
	if err := p.note(sum, b); err != nil {
		return err
	}
	if err := p.Model.PredictWith(p.workers(), batch); err != nil {
		return err
	}
	if err := p.write(to, b, batch); err != nil {
		return err
	}
	scorer.add(b, batch)
	if p.Progress != nil {
		p.Progress(sum.Rows)
	}
	return nil
}

// blockRows returns the number of rows of a block.
func (p *Prediction) blockRows() int {
	size := 0
	for _, in := range p.Model.Inputs {
		size += 4 * in.Shape.Size()
	}
	return max(leastRows, min(mostRows, mostBytes/max(size, 1)))
}

func (p *Prediction) workers() int {
	if p.Workers > 0 {
		return p.Workers
	}
	return runtime.GOMAXPROCS(0)
}

// readAll reads the source to its end, in blocks of so many rows. It fills spare blocks and sends
// them to full.
func (p *Prediction) readAll(
	ctx context.Context, rows int, spare <-chan *block, full chan<- *block,
) error {
	var r data.Record
	for {
		b := <-spare
		b.cells, b.lines = b.cells[:0], b.lines[:0]
		var err error
		for len(b.lines) < rows && err == nil {
			if err = p.Source.Read(&r); err != nil {
				break
			}
			for _, column := range p.columns {
				b.cells = append(b.cells, r.Cells[column])
			}
			b.lines = append(b.lines, r.Line)
			if len(b.lines)%256 == 0 && ctx.Err() != nil {
				err = context.Cause(ctx)
			}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		// The rows before an error are answered, as those of a block before would be.
		if len(b.lines) > 0 {
			full <- b
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// encode converts the rows of a block, shared among the workers.
func (p *Prediction) encode(b *block, batch *predictor.Batch) {
	n, workers, features := len(b.lines), p.workers(), len(p.from)
	b.fail = append(b.fail[:0], make([]error, n)...)
	b.notes = append(b.notes[:0], make([]feature.Note, n*features)...)
	parallel.Each(workers, func(w int) {
		values := make([]feature.Value, features)
		for row := n * w / workers; row < n*(w+1)/workers; row++ {
			cells := b.row(row)
			for i, at := range p.from {
				values[i] = feature.Value{Text: cells[at], Folder: p.Folder}
			}
			notes := b.notes[row*features:][:features]
			if err := p.Model.Encode(batch, row, values, notes); err != nil {
				b.fail[row] = fmt.Errorf("%s:%d: %w", p.Path, b.lines[row], err)
			}
		}
	})
}

// note adds what a block met to the summary. It returns the first failure if that ends prediction.
func (p *Prediction) note(sum *Summary, b *block) error {
	features := p.Model.Columns
	for _, err := range b.fail {
		if err != nil {
			if p.OnError != Skip && p.OnError != Empty {
				return err
			}
			sum.Failed++
			if len(sum.First) < firstErrors {
				sum.First = append(sum.First, err)
			}
			continue
		}
		sum.Rows++
	}
	for i, f := range features {
		n := sum.Notes[f.Name]
		for row, err := range b.fail {
			if err == nil {
				n.Add(b.notes[row*len(features)+i])
			}
		}
		sum.Notes[f.Name] = n
	}
	return nil
}

// write writes the answers of a block.
func (p *Prediction) write(to data.Sink, b *block, batch *predictor.Batch) error {
	var line []string
	for row := range b.lines {
		cells, failed := b.row(row), b.fail[row] != nil
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
	if a.Choices == nil {
		line = append(line, number(a))
	} else {
		line = append(line, a.Text, probability(a.Probability))
	}
	if p.Probabilities {
		for _, choice := range a.Choices {
			line = append(line, probability(choice.Probability))
		}
	}
	if failed {
		clear(line[from:])
	}
	return line
}

// number returns the cell of a number: its text, unless that has a decimal comma.
func number(a target.Answer) string {
	if _, err := strconv.ParseFloat(a.Text, 64); err == nil {
		return a.Text
	}
	return strconv.FormatFloat(a.Number, 'f', -1, 64)
}

func probability(p float64) string { return strconv.FormatFloat(p, 'g', 6, 32) }
