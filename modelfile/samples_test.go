package modelfile

import (
	"bytes"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"braid"
	"braid/internal/safetensors"
	"braid/tensor"
)

// asked returns rows for the model of every: pixels as bytes, and ids.
func asked() braid.Tensors {
	return braid.Tensors{
		"x":   tensor.Bytes([]uint8{0, 9, 200, 3, 255, 17, 80, 1, 2, 3, 4, 90}, 2, 2, 3),
		"ids": tensor.Ints([]int32{1, 0, 3, 2, 2, 0}, 2, 3),
	}
}

// Samples are stored with their outputs, and Try is an error for a model with other outputs.
func TestSamples(t *testing.T) {
	f := file(t)
	if err := f.Sample(asked()); err != nil {
		t.Fatal(err)
	}
	back, err := Parse(content(t, f))
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back.Samples, f.Samples) {
		t.Errorf("samples are %v, want %v", back.Samples, f.Samples)
	}
	if err := back.Try(); err != nil {
		t.Error(err)
	}
	standard := tensor.Floats([]float32{
		(0 - 3.5) * 4, (9 - 3.5) * 4, (200 - 3.5) * 4, (3 - 3.5) * 4, (255 - 3.5) * 4, (17 - 3.5) * 4,
		(80 - 3.5) * 4, (1 - 3.5) * 4, (2 - 3.5) * 4, (3 - 3.5) * 4, (4 - 3.5) * 4, (90 - 3.5) * 4,
	}, 2, 2, 3)
	out, err := f.Model.Predict(braid.Tensors{"x": standard, "ids": asked()["ids"]})
	if err != nil || !reflect.DeepEqual(out, f.Samples.Heads) {
		t.Errorf("samples' answers are %v, the pixels' numbers give %v (%v)", f.Samples.Heads, out, err)
	}
	w := back.Model.Weights()[3]
	values := w.Values()
	values[1] += 0.25
	if err := w.Set(values); err != nil {
		t.Fatal(err)
	}
	if err := back.Try(); err == nil || !strings.Contains(err.Error(), "the file has") {
		t.Errorf("a changed weight: error is %v", err)
	}
	if f.Samples = nil; f.Try() != nil {
		t.Error("a file without samples fails")
	}
}

func TestBadSamples(t *testing.T) {
	for want, change := range map[string]func(s *Samples){
		`input "ids" are int32 of shape [3 2]`: func(s *Samples) {
			s.Inputs["ids"] = tensor.Ints(make([]int32, 6), 3, 2)
		},
		`head "thin" are float32 of shape [3 1]`: func(s *Samples) {
			s.Heads["thin"] = tensor.Floats(make([]float32, 3), 3, 1)
		},
		`head "wide" are uint8 of shape [2 3]`: func(s *Samples) {
			s.Heads["wide"] = tensor.Bytes(make([]uint8, 6), 2, 3)
		},
		`input "ids" are uint8 of shape [2 3]`: func(s *Samples) {
			s.Inputs["ids"] = tensor.Bytes(make([]uint8, 6), 2, 3)
		},
		`samples of 3 inputs, want 2`: func(s *Samples) {
			s.Inputs["more"] = tensor.Ints(make([]int32, 6), 2, 3)
		},
		`samples of head "wide" are float32 of sh`: func(s *Samples) { delete(s.Heads, "wide") },
	} {
		f := file(t)
		if err := f.Sample(asked()); err != nil {
			t.Fatal(err)
		}
		change(f.Samples)
		if err := f.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// A file of numerics version 1, from before files had versions, is read, and its samples agree
// within a tolerance. testdata/numerics1.safetensors is digitqa trained on 300 random images of 6 x
// 5 pixels.
func TestOlderNumerics(t *testing.T) {
	f, err := Open(filepath.Join("testdata", "numerics1.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if f.Numerics != 1 || f.Samples == nil {
		t.Fatalf("numerics version %d, samples %v, want 1 and some", f.Numerics, f.Samples)
	}
	if err := f.Try(); err != nil {
		t.Error(err)
	}
	digit := f.Samples.Heads["digit"].Float32s()
	digit[3] += sampleTolerance / 2
	if err := f.Try(); err != nil {
		t.Errorf("half the tolerance off: %v", err)
	}
	f.Numerics = braid.Numerics
	if err := f.Try(); err == nil {
		t.Error("a file of this version may be off")
	}
	f.Numerics = 1
	digit[3] += sampleTolerance
	if err := f.Try(); err == nil {
		t.Error("more than the tolerance off is no error")
	}
	if f, err = Parse(content(t, file(t))); err != nil || f.Numerics != braid.Numerics {
		t.Errorf("a new file has numerics version %d, error %v, want %d", f.Numerics, err, braid.Numerics)
	}
	c, err := safetensors.Parse(content(t, file(t)))
	if err != nil {
		t.Fatal(err)
	}
	c.Metadata[numericsKey] = "two"
	var bad bytes.Buffer
	if err := c.Write(&bad); err != nil {
		t.Fatal(err)
	}
	if _, err := Parse(bad.Bytes()); err == nil ||
		!strings.Contains(err.Error(), `numerics version "two"`) {
		t.Errorf("a numerics version that is no number: error %v", err)
	}
}
