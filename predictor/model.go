// Package predictor asks models of model files. It converts images and texts to a network's inputs,
// and the outputs of its heads to answers with labels. The command line, predictions of many rows,
// and the server share it.
package predictor

import (
	"fmt"
	"sync"

	"braid"
	"braid/data"
	"braid/modelfile"
	"braid/tensor"
)

// Model is a network with the conversion of its inputs and answers. Any number of goroutines may
// use it at once.
type Model struct {
	File   *modelfile.File
	Inputs []Input // in the order of the graph
	Heads  []Head

	slots []slots // by feature
	rules []rule
	one   sync.Pool // *Batch of one row
}

// Input is an input of the network with the conversion of its values.
type Input struct {
	braid.Spec
	Pixels *data.Standard  // standardizes bytes; nil if the input takes only numbers
	Text   *modelfile.Text // tokenizes texts; nil if the input takes only numbers

	known                map[string][]int32 // ids of the texts that the model was trained on
	words                []string           // the vocabulary
	foreignCR, foreignLF bool               // the vocabulary and the filters lack this line end
}

// Open reads a model file, or the model of a run folder, and tests it with its samples.
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
	for _, spec := range f.Model.Inputs() {
		in := Input{Spec: spec}
		for _, made := range f.Inputs {
			if made.Name == spec.Name {
				in.Pixels, in.Text = made.Pixels, made.Text
			}
		}
		if in.Pixels != nil && spec.DType != tensor.Float32 {
			return nil, fmt.Errorf("input %q has pixels, but takes %s", spec.Name, spec.DType)
		}
		if in.Text != nil &&
			(spec.DType != tensor.Int32 || in.Text.Padding.Length != spec.Shape.Size()) {
			const format = "input %q has texts of %d words, but takes %s of shape %v"
			return nil, fmt.Errorf(
				format, spec.Name, in.Text.Padding.Length, spec.DType, spec.Shape)
		}
		if in.Text != nil {
			if err := in.readVocabulary(); err != nil {
				return nil, err
			}
		}
		m.Inputs = append(m.Inputs, in)
	}
	for _, spec := range f.Model.Heads() {
		h := Head{Spec: spec}
		for _, l := range f.Labels {
			if l.Head == spec.Name {
				h.Labels = l.Labels
			}
		}
		m.Heads = append(m.Heads, h)
	}
	if err := m.readRules(); err != nil {
		return nil, err
	}
	m.placeColumns()
	m.one.New = func() any { return m.allocateBatch(1) }
	return m, nil
}

// Name returns the network's name.
func (m *Model) Name() string { return m.File.Model.Name() }

// Version returns the first 12 digits of the file's digest.
func (m *Model) Version() string { return m.File.Digest[:min(12, len(m.File.Digest))] }

// Input returns the first input for which fits returns true, or nil.
func (m *Model) Input(fits func(*Input) bool) *Input {
	for i := range m.Inputs {
		if fits(&m.Inputs[i]) {
			return &m.Inputs[i]
		}
	}
	return nil
}

// IsImage reports whether an input takes a greyscale image.
func (in *Input) IsImage() bool { return in.Pixels != nil && len(in.Shape) == 2 }

// IsText reports whether an input takes texts.
func (in *Input) IsText() bool { return in.Text != nil }
