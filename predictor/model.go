// Package predictor asks models of model files. It converts images and texts to a network's inputs,
// and the outputs of its heads to answers with labels. The command line, predictions of many rows,
// and the server share it.
package predictor

import (
	"fmt"
	"sync"

	"braid"
	"braid/data"
	"braid/feature"
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
	Pixels *data.Standard         // standardizes bytes; nil if the input takes only numbers
	Text   *feature.TokensEncoder // reads texts; nil if the input takes only numbers
	Files  feature.FileReader     // reads pictures; nil if the input takes no files
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
				in.setPixels(made.Pixels)
				if err := in.readText(made.Text); err != nil {
					return nil, err
				}
			}
		}
		in.setEncoder(f)
		if in.Pixels != nil && spec.DType != tensor.Float32 {
			return nil, fmt.Errorf("input %q has pixels, but takes %s", spec.Name, spec.DType)
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
		for _, c := range f.Targets {
			if feature.Name(c.Column) == spec.Name {
				h.setDecoder(c)
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

// setPixels sets how bytes are standardized, nil if the input takes none. Those with two axes are
// pictures of digits.
func (in *Input) setPixels(s *data.Standard) {
	if in.Pixels = s; s != nil && len(in.Shape) == 2 {
		in.Files = &feature.DigitEncoder{Height: in.Shape[0], Width: in.Shape[1], Standard: *s}
	}
}

// ReadFile returns the pixels of a picture that Files reads, given its content. Decoding takes at
// most most bytes.
func (in *Input) ReadFile(content []byte, most int64) ([]uint8, error) {
	pixels := make([]uint8, in.Shape.Size())
	if content == nil {
		content = []byte{} // an empty file, not a missing picture
	}
	_, err := in.Files.Encode(feature.Value{Content: content, Most: most},
		[]feature.Slot{{Bytes: pixels}})
	if err != nil {
		return nil, err
	}
	return pixels, nil
}

// setEncoder takes how bytes are standardized, and files are read, from the encoder that fills the input.
func (in *Input) setEncoder(f *modelfile.File) {
	for _, c := range f.Features {
		for _, filled := range c.Encoder.Inputs(c.Column) {
			if filled.Name == in.Name && filled.DType == tensor.Uint8 {
				in.Pixels = &filled.Standard
				in.Files, _ = c.Encoder.(feature.FileReader)
			}
		}
	}
}

// readText sets the encoder of the texts that a file describes, if it describes any.
func (in *Input) readText(made *modelfile.Text) (err error) {
	if made == nil {
		return nil
	}
	if in.DType != tensor.Int32 || made.Padding.Length != in.Shape.Size() {
		return fmt.Errorf("input %q has texts of %d words, but takes %s of shape %v", in.Name,
			made.Padding.Length, in.DType, in.Shape)
	}
	in.Text, err = feature.NewTokensEncoder(made.Tokenizer, made.Padding, in.Vocabulary,
		made.Questions)
	if err != nil {
		return fmt.Errorf("input %q: %w", in.Name, err)
	}
	return nil
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
