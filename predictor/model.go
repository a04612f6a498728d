// Package predictor asks models of model files. It converts what people give for the columns of a
// model to a network's inputs, and the outputs of its heads to answers. The command line,
// predictions of many rows, and the server share it.
package predictor

import (
	"fmt"
	"sync"

	"braid"
	"braid/feature"
	"braid/internal/suggest"
	"braid/modelfile"
	"braid/tensor"
)

// Model is a network with the conversion of its inputs and answers. Any number of goroutines may
// use it at once.
type Model struct {
	File    *modelfile.File
	Columns []Column // that fill the inputs: the file's features, then inputs of plain numbers
	Inputs  []Input  // in the order of the graph
	Heads   []Head

	one sync.Pool // *Batch of one row
}

// Input is an input of the network.
type Input struct {
	braid.Spec
	Column *Column       // that fills it
	Of     feature.Input // what the column fills it with
}

// Alone reports whether the input's column fills no other input.
func (in *Input) Alone() bool { return len(in.Column.Inputs) == 1 }

// IsFirst reports whether the input is the first that its column fills.
func (in *Input) IsFirst() bool { return in.Of.Name == in.Column.Inputs[0].Name }

// Open reads a model file, or the model of a run folder, and tests it with its samples. custom is
// that of modelfile.Open.
func Open(path string, custom ...modelfile.Custom) (*Model, error) {
	f, err := modelfile.Open(path, custom...)
	if err != nil {
		return nil, err
	}
	m, err := New(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, nil
}

// New returns the model of a file. The network must reproduce the file's samples.
func New(f *modelfile.File) (*Model, error) {
	if err := f.Try(); err != nil {
		return nil, err
	}
	m := &Model{File: f}
	m.addColumns()
	for _, spec := range f.Model.Heads() {
		h := Head{Spec: spec, Column: spec.Name}
		for _, c := range f.Targets {
			if feature.Name(c.Column) == spec.Name {
				h.setDecoder(c)
			}
		}
		if h.decoder == nil {
			h.nameClasses()
		}
		m.Heads = append(m.Heads, h)
	}
	m.one.New = func() any { return m.allocateBatch(1) }
	return m, nil
}

// addColumns sets the columns and the inputs that they fill.
func (m *Model) addColumns() {
	specs := m.File.Model.Inputs()
	m.Inputs = make([]Input, len(specs))
	filled := make([]bool, len(specs))
	for _, c := range m.File.Features {
		column := Column{Name: c.Column, Encoder: c.Encoder, Inputs: c.Encoder.Inputs(c.Column)}
		for _, in := range column.Inputs {
			for i := range specs {
				if specs[i].Name == in.Name {
					column.at = append(column.at, i)
					filled[i] = true
				}
			}
		}
		m.Columns = append(m.Columns, column)
	}
	for i, spec := range specs {
		if !filled[i] {
			e := &feature.NumbersEncoder{
				DType: spec.DType, Shape: spec.Shape, Vocabulary: spec.Vocabulary}
			in := feature.Input{Name: spec.Name, DType: spec.DType, Shape: spec.Shape,
				Vocabulary: spec.Vocabulary}
			m.Columns = append(m.Columns, Column{
				Name: spec.Name, Encoder: e, Inputs: []feature.Input{in}, at: []int{i}})
		}
	}
	for c := range m.Columns {
		column := &m.Columns[c]
		for j, at := range column.at {
			m.Inputs[at] = Input{specs[at], column, column.Inputs[j]}
		}
	}
}

// Name returns the name of the network.
func (m *Model) Name() string { return m.File.Model.Name() }

// Version identifies the file's content: the start of its SHA-256.
func (m *Model) Version() string { return m.File.Digest[:min(12, len(m.File.Digest))] }

// ColumnNames returns the names of the columns.
func (m *Model) ColumnNames() []string {
	list := make([]string, len(m.Columns))
	for i := range m.Columns {
		list[i] = m.Columns[i].Name
	}
	return list
}

// Column returns the column of a name. The error suggests names.
func (m *Model) Column(name string) (*Column, error) {
	for i := range m.Columns {
		if m.Columns[i].Name == name {
			return &m.Columns[i], nil
		}
	}
	return nil, suggest.Unknown("column", suggest.Shorten(name), m.ColumnNames())
}

// isBytes reports whether an input is made from bytes.
func isBytes(in *Input) bool { return in.Of.DType == tensor.Uint8 }
