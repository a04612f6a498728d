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

// Samples are rows of inputs with the model's outputs. A model's outputs have the same bytes on
// every machine, so a program that loads the model can check it with them, and show them as
// examples.
type Samples struct {
	Inputs braid.Tensors // each [rows, its shape...]; pixels may be bytes
	Heads  braid.Tensors
}

// Prefixes of the names of samples' tensors.
const (
	inputSample = "samples/input/"
	headSample  = "samples/head/"
)

// Sample predicts rows and stores them with the outputs in f.Samples.
func (f *File) Sample(inputs braid.Tensors) error {
	outputs, err := f.predict(inputs)
	if err == nil {
		f.Samples = &Samples{inputs, outputs}
	}
	return err
}

// sampleTolerance is the largest difference of an output from a sample of another numerics version.
const sampleTolerance = 1e-4

// Try checks the file and predicts its samples again. It is an error if the outputs differ from
// those in the file: in any bit, or, if the file has another numerics version, by more than 1e-4.
func (f *File) Try() error {
	if err := f.check(); err != nil { // f may not come from a file
		return err
	}
	if f.Samples == nil {
		return nil
	}
	outputs, err := f.predict(f.Samples.Inputs)
	if err != nil {
		return fmt.Errorf("samples: %w", err)
	}
	for _, h := range f.Model.Heads() {
		got, want := outputs[h.Name].Float32s(), f.Samples.Heads[h.Name].Float32s()
		for i := range want {
			same := math.Float32bits(got[i]) == math.Float32bits(want[i])
			near := f.Numerics != 0 && f.Numerics != braid.Numerics &&
				math.Abs(float64(got[i]-want[i])) <= sampleTolerance
			if !same && !near {
				return fmt.Errorf("samples: head %q gives %v for row %d, the file has %v", h.Name, got[i],
					i/h.Shape.Size(), want[i])
			}
		}
	}
	return nil
}

// predict returns the model's outputs for rows whose pixels may be bytes.
func (f *File) predict(inputs braid.Tensors) (braid.Tensors, error) {
	in := make(braid.Tensors, len(inputs))
	// a fixed order: of two mistakes always the same is reported
	for _, name := range slices.Sorted(maps.Keys(inputs)) {
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

// pixels returns how an input's bytes are standardized, nil if it does not take bytes.
func (f *File) pixels(input string) *data.Standard {
	for _, c := range f.Features {
		for _, in := range c.Encoder.Inputs(c.Column) {
			if in.Name == input && in.DType == tensor.Uint8 {
				return &in.Standard
			}
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

// decodeSamples removes the samples from a container and returns them, nil if there are none.
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
		t, err := entryTensor(e)
		failed = errors.Join(failed, err)
		to[name] = t
		return true
	})
	if failed != nil || len(s.Inputs)+len(s.Heads) == 0 {
		return nil, failed
	}
	return &s, nil
}

// entryTensor returns an entry's array.
func entryTensor(e safetensors.Entry) (tensor.Tensor, error) {
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
		// a copy, so that the file's memory can be freed
		return tensor.Bytes(slices.Clone(e.Data), e.Shape...), nil
	}
	return tensor.Tensor{}, fmt.Errorf("tensor %q is %s, want F32, I32 or U8", e.Name, e.DType)
}
