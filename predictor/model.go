// Package predictor makes a network's inputs of what people have, images and texts, and answers of its heads'
// numbers. It is what asking from the command line, predicting many rows, and serving have in common.
package predictor

import (
	"fmt"
	"sync"

	"braid"
	"braid/data"
	"braid/modelfile"
	"braid/tensor"
)

// Model is a model that people ask. Any number of goroutines may use it at once.
type Model struct {
	File   *modelfile.File
	Inputs []Input // in the order of the graph
	Heads  []Head

	rules []rule
	one   sync.Pool // *Rows of one row
}

// Input is how one input of the network is made.
type Input struct {
	braid.Spec
	Pixels *data.Standard  // bytes from 0 to 255 are taken too, standardized
	Text   *modelfile.Text // texts are taken too

	known                map[string][]int32 // the ids of the texts that it was trained on
	words                []string           // the vocabulary
	foreignCR, foreignLF bool               // the vocabulary and the filters lack this line end
}

// Open reads a model file, or the model of a run folder, and tries it with its samples.
func Open(path string, custom ...braid.Layer) (*Model, error) {
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

// New takes a model file, read or made by hand. Its samples must come out as the file says.
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
		if in.Text != nil && (spec.DType != tensor.Int32 || in.Text.Padding.Length != spec.Shape.Size()) {
			return nil, fmt.Errorf("input %q has texts of %d words, but takes %s of shape %v", spec.Name, in.Text.Padding.Length, spec.DType, spec.Shape)
		}
		if in.Text != nil {
			if err := in.learn(); err != nil {
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
	m.one.New = func() any { return m.newRows(1) }
	return m, nil
}

// Name is the network's name.
func (m *Model) Name() string { return m.File.Model.Name() }

// Version names the file's content: the beginning of its digest.
func (m *Model) Version() string { return m.File.Digest[:min(12, len(m.File.Digest))] }

// Input is the first input that takes what fits says, nil if none does.
func (m *Model) Input(fits func(*Input) bool) *Input {
	for i := range m.Inputs {
		if fits(&m.Inputs[i]) {
			return &m.Inputs[i]
		}
	}
	return nil
}

// IsImage tells that an input takes an image in greys.
func (in *Input) IsImage() bool { return in.Pixels != nil && len(in.Shape) == 2 }

// IsText tells that an input takes texts.
func (in *Input) IsText() bool { return in.Text != nil }
