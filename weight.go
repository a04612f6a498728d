package braid

import (
	"fmt"
	"math"

	"braid/internal/exec"
	"braid/internal/random"
	"braid/tensor"
)

// Initializer fills a new weight: values is row-major, of the given shape.
type Initializer func(values []float32, shape tensor.Shape, draw Draw)

// Draw gives random numbers by index: the same index gives the same number, whatever else was
// asked for.
type Draw interface {
	Unit(i uint64) float32   // even in [0, 1)
	Normal(i uint64) float32 // mean 0, standard deviation 1
}

type weightSpec struct {
	name       string
	shape      tensor.Shape
	transposed bool
	init       Initializer
}

// Weight is one trained array of a model.
type Weight struct {
	name       string
	shape      tensor.Shape
	transposed bool
	storage    tensor.Rows[float32]
	rows       int
}

func weightName(layer, weight string) string { return layer + "." + weight }

func newWeight(layer string, spec weightSpec, seed uint64) *Weight {
	rows, columns := 1, 1
	if n := len(spec.shape); n > 0 {
		columns = spec.shape[n-1]
		rows = spec.shape[:n-1].Size()
	}
	if spec.transposed {
		rows, columns = columns, rows
	}
	stride := exec.Padded(columns)
	w := &Weight{
		name: weightName(layer, spec.name), shape: spec.shape, transposed: spec.transposed, rows: rows,
		storage: tensor.Rows[float32]{Data: exec.Floats(rows * stride), Width: columns, Stride: stride},
	}
	values := make([]float32, spec.shape.Size())
	// A weight's numbers depend on its own name alone: a layer added elsewhere changes nothing.
	spec.init(values, spec.shape, random.New(seed, "weights/"+w.name))
	w.fill(values)
	return w
}

// Name is the layer's name and the weight's own, "trunk.kernel".
func (w *Weight) Name() string { return w.name }

// Shape is the shape that Values has.
func (w *Weight) Shape() tensor.Shape { return w.shape }

// Values is a copy of the numbers, row-major.
func (w *Weight) Values() []float32 {
	values := make([]float32, w.shape.Size())
	w.Unpack(values, w.storage)
	return values
}

// Set replaces the numbers by values, which are row-major. It must not run beside a prediction.
func (w *Weight) Set(values []float32) error {
	if len(values) != w.shape.Size() {
		return fmt.Errorf("weight %q has shape %v: got %d values, want %d",
			w.name, w.shape, len(values), w.shape.Size())
	}
	for i, v := range values {
		if v != v || math.IsInf(float64(v), 0) {
			return fmt.Errorf("weight %q: value %d is %v, want a finite number", w.name, i, v)
		}
	}
	w.fill(values)
	return nil
}

func (w *Weight) fill(values []float32) {
	for r := range w.rows {
		row := w.storage.Row(r)
		for c := range row {
			row[c] = values[w.index(r, c)]
		}
	}
}

// Unpack copies an array that is laid out like the weight's storage, such as its gradient, to
// row-major values.
func (w *Weight) Unpack(values []float32, storage tensor.Rows[float32]) {
	for r := range w.rows {
		for c, v := range storage.Row(r) {
			values[w.index(r, c)] = v
		}
	}
}

// index is where storage row r, column c stands in row-major values.
func (w *Weight) index(r, c int) int {
	if w.transposed {
		return c*w.rows + r
	}
	return r*w.storage.Width + c
}

// Storage is the memory the weight lives in, for those who train: Rows rows, laid out as the layer
// asked.
func (w *Weight) Storage() tensor.Rows[float32] { return w.storage }

// Rows is the number of rows of Storage.
func (w *Weight) Rows() int { return w.rows }
