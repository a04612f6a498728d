package batchpredict

import (
	"fmt"
	"slices"

	"braid/data"
	"braid/experiment"
	"braid/feature"
	"braid/internal/suggest"
	"braid/predictor"
)

// mostTable is the largest number of rows in a block of a table.
const mostTable = 4096

// Table is the rows of a source.
type Table struct {
	source data.Source
	path   string // of the source, for errors
	folder string // where paths of pictures begin

	p       *Prediction
	record  data.Record
	columns []int // of the source, that are read
	from    []int // in columns: of each of the model's columns, -1 if the question stands for it
	keep    []int // in columns: of each kept column
	labels  []int // in columns: of each head, -1 if the source lacks it
}

// NewTable returns the rows of a source, which it closes. Errors name the path; paths of files in
// cells begin in the folder.
func NewTable(source data.Source, path, folder string) *Table {
	return &Table{source: source, path: path, folder: folder}
}

// Close closes the source.
func (t *Table) Close() error { return t.source.Close() }

func (t *Table) prepare(p *Prediction) error {
	t.p = p
	isNumbers := func(c predictor.Column) bool { return c.IsNumbers() }
	if slices.ContainsFunc(p.Model.Columns, isNumbers) {
		const text = "%s: a cell of a table holds no list of numbers, and the model's inputs are %s; " +
			"JSON lines can hold them"
		return fmt.Errorf(text, t.path, Takes(p.Model))
	}
	have := t.source.Columns()
	given := have
	if asked, _ := Text(p.Model); p.Question != "" && !slices.Contains(have, asked.Name) {
		given = append(slices.Clone(have), asked.Name)
	}
	if err := experiment.CheckInputs(p.Model.File, given); err != nil {
		return fmt.Errorf("%s: %w", t.path, err)
	}
	for i := range p.Model.Columns {
		t.from = append(t.from, t.column(slices.Index(have, p.Model.Columns[i].Name)))
	}
	for i := range p.heads {
		t.labels = append(t.labels, t.column(slices.Index(have, p.heads[i].Column)))
	}
	for _, name := range p.Keep {
		i := slices.Index(have, name)
		if i < 0 {
			return fmt.Errorf("%s: %w", t.path, suggest.Unknown("column", name, have))
		}
		t.keep = append(t.keep, t.column(i))
	}
	return nil
}

// column adds a column of the source to those that are read, and returns its index among them. -1
// stays -1.
func (t *Table) column(column int) int {
	if column < 0 {
		return -1
	}
	i := slices.Index(t.columns, column)
	if i < 0 {
		i = len(t.columns)
		t.columns = append(t.columns, column)
	}
	return i
}

func (t *Table) most() int { return mostTable }

func (t *Table) read(b *block, most int) (err error) {
	for len(b.lines) < most {
		if err = t.source.Read(&t.record); err != nil {
			break
		}
		for _, column := range t.columns {
			b.record = append(b.record, t.record.Cells[column])
		}
		b.lines = append(b.lines, t.record.Line)
	}
	b.begin(len(b.lines), t.p)
	return err
}

func (t *Table) progress() (done, total int64) {
	if c, ok := t.source.(interface{ Progress() (done, total int64) }); ok {
		return c.Progress()
	}
	return 0, 0
}

func (t *Table) convert(_ int, b *block, batch *predictor.Batch, lo, hi int) {
	for i := lo; i < hi; i++ {
		cells := row(b.record, b.n, i)
		for k, at := range t.keep {
			row(b.keep, b.n, i)[k] = cells[at]
		}
		for h, at := range t.labels {
			if at >= 0 {
				row(b.labels, b.n, i)[h] = cells[at]
			}
		}
		for c, at := range t.from {
			v := feature.Value{Folder: t.folder}
			if at >= 0 {
				v.Text = cells[at]
			}
			if err := t.p.encode(b, batch, c, i, v); err != nil {
				b.fail[i] = t.at(b, i, named(t.p.Model.Columns[c].Name, err))
				break
			}
		}
	}
}

func (t *Table) at(b *block, row int, err error) error {
	return fmt.Errorf("%s:%d: %w", t.path, b.lines[row], err)
}

func (t *Table) finish() error { return nil }

// named adds the name of a column to an error.
func named(column string, err error) error {
	if err != nil {
		return fmt.Errorf("column %q: %w", column, err)
	}
	return nil
}
