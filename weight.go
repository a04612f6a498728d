package braid

import (
	"fmt"

	"braid/internal/engine"
	"braid/internal/kernel"
	"braid/internal/random"
	"braid/op"
	"braid/tensor"
)

// Initializer fills a new weight: values is row-major, of the given shape.
type Initializer func(values []float32, shape tensor.Shape, draw Draw)

// Draw returns random numbers by index. A number depends on its index alone, not on earlier calls.
type Draw interface {
	Unit(i uint64) float32   // uniform in [0, 1)
	Normal(i uint64) float32 // mean 0, standard deviation 1
}

// Regularization is what training adds to the loss for a weight, and a limit that it keeps.
type Regularization struct {
	L1, L2  float64 // the loss grows by L1 sum |w| + L2 sum w²
	MaxNorm float64 // limit of the norm along the first axis after each update; 0 means none
}

// Regularizer is the Draw of a new weight. The weight's initializer may declare with it how the
// weight is regularized.
type Regularizer interface {
	Draw
	Regularize(r Regularization)
}

// weightDraw is the Regularizer of a new weight.
type weightDraw struct {
	random.Stream
	weight *Weight
}

func (d weightDraw) Regularize(r Regularization) { d.weight.regularization = r }

type weightSpec struct {
	name       string
	shape      tensor.Shape
	columnAxes int       // the last axes that are columns of the storage; 0 means 1
	transposed []op.Span // spans of the first axis, if it is stored transposed; else nil
	init       Initializer
}

// Weight is one array of a model: a trained weight, or state such as a moving average.
type Weight struct {
	name       string
	shape      tensor.Shape
	transposed []op.Span // spans of the first axis, if it is stored transposed; else nil
	memory     *engine.Weight
	state      bool

	regularization Regularization
}

func weightName(layer, weight string) string { return layer + "." + weight }

func newWeight(layer string, spec weightSpec, seed uint64) *Weight {
	rows, columns := 1, 1
	if n := len(spec.shape); n > 0 {
		outer := n - max(1, spec.columnAxes)
		columns = spec.shape[outer:].Size()
		rows = spec.shape[:outer].Size()
	}
	w := &Weight{name: weightName(layer, spec.name), shape: spec.shape, transposed: spec.transposed}
	if w.transposed == nil {
		w.memory = engine.NewWeight(rows, columns)
	} else {
		var widths []int
		for _, split := range w.transposed {
			widths = append(widths, split.Len())
		}
		w.memory = engine.NewWeight(columns, widths...)
	}
	values := make([]float32, spec.shape.Size())
	// A weight's first values depend on its name alone: adding a layer changes no other weight.
	spec.init(values, spec.shape, weightDraw{random.New(seed, "weights/"+w.name), w})
	w.fill(values)
	return w
}

// Name is the layer's name and the name that the layer gave the weight, such as "trunk.kernel".
func (w *Weight) Name() string { return w.name }

// Shape is the shape of Values.
func (w *Weight) Shape() tensor.Shape { return w.shape }

// Values returns a copy of the numbers, row-major.
func (w *Weight) Values() []float32 {
	values := make([]float32, w.shape.Size())
	w.Unpack(values, w.memory.Storage)
	return values
}

// Set replaces the numbers by values, which are row-major. It must not run beside a prediction.
func (w *Weight) Set(values []float32) error {
	if len(values) != w.shape.Size() {
		return fmt.Errorf("weight %q has shape %v: got %d values, want %d",
			w.name, w.shape, len(values), w.shape.Size())
	}
	if i := kernel.FirstNonFinite(values); i >= 0 {
		const text = "weight %q: value %d is %v, want a finite number"
		return fmt.Errorf(text, w.name, i, values[i])
	}
	w.fill(values)
	return nil
}

func (w *Weight) fill(values []float32) { w.Pack(w.memory.Storage, values) }

// Pack copies row-major values to an array with the layout of the weight's storage.
func (w *Weight) Pack(storage []tensor.Rows[float32], values []float32) {
	w.each(storage, func(number *float32, index int) { *number = values[index] })
}

// Unpack copies an array with the layout of the weight's storage, such as its gradient, to
// row-major values.
func (w *Weight) Unpack(values []float32, storage []tensor.Rows[float32]) {
	w.each(storage, func(number *float32, index int) { values[index] = *number })
}

// each calls work with every number of an array that has the storage's layout, and with the
// number's index in row-major values.
func (w *Weight) each(storage []tensor.Rows[float32], work func(number *float32, index int)) {
	for i, matrix := range storage {
		for r := range w.memory.Rows {
			row := matrix.Row(r)
			for c := range row {
				index := r*matrix.Width + c
				if w.transposed != nil {
					index = (w.transposed[i].Lo+c)*w.memory.Rows + r
				}
				work(&row[c], index)
			}
		}
	}
}

// IsState reports whether the array is state: saved with the model, but not trained.
func (w *Weight) IsState() bool { return w.state }

// Regularization is what the weight's initializer declared.
func (w *Weight) Regularization() Regularization { return w.regularization }

// Transposed reports whether the storage is transposed: a row of the storage, over all matrices, is
// a column of Values.
func (w *Weight) Transposed() bool { return w.transposed != nil }

// Memory returns the weight's memory. It is for package train: its type is internal to this module.
func (w *Weight) Memory() *engine.Weight { return w.memory }
