package modelfile

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"braid"
	"braid/data"
	"braid/internal/safetensors"
	"braid/tensor"
)

// Samples are rows that a model was asked before it was saved, and its answers. A model answers the same
// bytes on every machine: who loads it can try it with them, and show them to people.
type Samples struct {
	Inputs braid.Tensors // each [rows, its shape...]; pixels may be bytes
	Heads  braid.Tensors
}

// The names of samples' tensors begin so.
const (
	inputSample = "samples/input/"
	headSample  = "samples/head/"
)

// Sample asks the model some rows, and keeps them with its answers.
func (f *File) Sample(inputs braid.Tensors) error {
	answers, err := f.ask(inputs)
	if err == nil {
		f.Samples = &Samples{inputs, answers}
	}
	return err
}

// sampleTolerance is how far an answer of a file of another numerics version may be from the one in the file.
const sampleTolerance = 1e-4

// Try tests that what the file says fits its model, and asks the model its samples again. It is an error where the
// answers are not those that the file holds: to the last bit, or, where the file has another numerics version,
// within 1e-4.
func (f *File) Try() error {
	if err := f.check(); err != nil { // it may be made by hand
		return err
	}
	if f.Samples == nil {
		return nil
	}
	answers, err := f.ask(f.Samples.Inputs)
	if err != nil {
		return fmt.Errorf("samples: %w", err)
	}
	for _, h := range f.Model.Heads() {
		got, want := answers[h.Name].Float32s(), f.Samples.Heads[h.Name].Float32s()
		for i := range want {
			same := math.Float32bits(got[i]) == math.Float32bits(want[i])
			near := f.Numerics != 0 && f.Numerics != braid.Numerics && math.Abs(float64(got[i]-want[i])) <= sampleTolerance
			if !same && !near {
				return fmt.Errorf("samples: head %q answers %v to row %d, the file says %v", h.Name, got[i], i/h.Shape.Size(), want[i])
			}
		}
	}
	return nil
}

// ask answers rows whose pixels may be bytes.
func (f *File) ask(inputs braid.Tensors) (braid.Tensors, error) {
	in := make(braid.Tensors, len(inputs))
	for _, name := range slices.Sorted(maps.Keys(inputs)) { // of two mistakes always the same is told
		t := inputs[name]
		if t.DType() == tensor.Uint8 {
			standard := f.pixels(name)
			if standard == nil {
				return nil, fmt.Errorf("input %q takes no pixels", name)
			}
			values := make([]float32, t.Len())
			standard.Floats(values, t.Uint8s())
			t = tensor.Floats(values, t.Shape()...)
		}
		in[name] = t
	}
	return f.Model.Predict(in)
}

// pixels says how an input's bytes are standardized, nil if it takes none.
func (f *File) pixels(input string) *data.Standard {
	for _, in := range f.Inputs {
		if in.Name == input {
			return in.Pixels
		}
	}
	return nil
}

// encode adds samples to a container, in the order of the model's inputs and heads.
func (s *Samples) encode(c *safetensors.Container, m *braid.Model) {
	if s == nil {
		return
	}
	add := func(prefix string, specs []braid.Spec, values braid.Tensors) {
		for _, spec := range specs {
			t := values[spec.Name]
			var e safetensors.Entry
			switch t.DType() {
			case tensor.Float32:
				e = safetensors.Floats(prefix+spec.Name, t.Float32s(), t.Shape()...)
			case tensor.Int32:
				e = safetensors.Ints(prefix+spec.Name, t.Int32s(), t.Shape()...)
			case tensor.Uint8:
				e = safetensors.Bytes(prefix+spec.Name, t.Uint8s(), t.Shape()...)
			}
			c.Entries = append(c.Entries, e)
		}
	}
	add(inputSample, m.Inputs(), s.Inputs)
	add(headSample, m.Heads(), s.Heads)
}

// decodeSamples takes the samples out of a container, nil if there are none.
func decodeSamples(c *safetensors.Container) (*Samples, error) {
	s := Samples{braid.Tensors{}, braid.Tensors{}}
	var failed error
	c.Entries = slices.DeleteFunc(c.Entries, func(e safetensors.Entry) bool {
		to, name, is := s.Inputs, "", false
		if name, is = strings.CutPrefix(e.Name, inputSample); !is {
			to = s.Heads
			if name, is = strings.CutPrefix(e.Name, headSample); !is {
				return false
			}
		}
		t, err := arrayOf(e)
		failed = errors.Join(failed, err)
		to[name] = t
		return true
	})
	if failed != nil || len(s.Inputs)+len(s.Heads) == 0 {
		return nil, failed
	}
	return &s, nil
}

// arrayOf is an entry's array.
func arrayOf(e safetensors.Entry) (tensor.Tensor, error) {
	if len(e.Shape) == 0 {
		return tensor.Tensor{}, fmt.Errorf("tensor %q is a single number, want rows", e.Name)
	}
	switch e.DType {
	case "F32":
		values, err := e.Float32s()
		return tensor.Floats(values, e.Shape...), err
	case "I32":
		values, err := e.Int32s()
		return tensor.Ints(values, e.Shape...), err
	case "U8":
		return tensor.Bytes(slices.Clone(e.Data), e.Shape...), nil // the file's memory is not kept
	}
	return tensor.Tensor{}, fmt.Errorf("tensor %q is %s, want F32, I32 or U8", e.Name, e.DType)
}
