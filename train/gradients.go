package train

import (
	"errors"
	"slices"

	"braid"
	"braid/internal/engine"
	"braid/internal/parallel"
	"braid/tensor"
)

// Gradient is the gradient of a weight in an epoch's last update: the mean over the batches of the
// update, with that of the weight's penalty. Clip is not applied.
type Gradient struct {
	Weight *braid.Weight
	Values []float32 // row-major; the next epoch overwrites them
}

// observed holds the gradients of an epoch's last update for callbacks.
type observed struct {
	list    []Gradient
	storage [][]tensor.Rows[float32] // of each of list, with the layout of the weight's storage
}

// newObserved returns memory for the gradients of a model, nil if no callback reads them.
func newObserved(m *braid.Model, callbacks []Callback) *observed {
	if !slices.ContainsFunc(callbacks, func(c Callback) bool { return c.Gradients != nil }) {
		return nil
	}
	o := &observed{}
	for _, w := range m.Weights() {
		if !isTrained(w) {
			continue
		}
		var storage []tensor.Rows[float32]
		for _, matrix := range w.Memory().Storage {
			matrix.Data = parallel.Floats(len(matrix.Data))
			storage = append(storage, matrix)
		}
		o.list = append(o.list, Gradient{Weight: w, Values: make([]float32, w.Shape().Size())})
		o.storage = append(o.storage, storage)
	}
	return o
}

// block returns where the gradient of a block is kept, the zero view if it is not.
func (o *observed) block(b engine.WeightBlock) tensor.Rows[float32] {
	if o == nil {
		return tensor.Rows[float32]{}
	}
	at := slices.IndexFunc(o.list, func(g Gradient) bool { return g.Weight.Memory() == b.Weight })
	return blockView(b.Block, o.storage[at][b.Matrix])
}

// keepRows copies rows of a gradient.
func keepRows(kept, grad tensor.Rows[float32], rows int) {
	tensor.EachRow(kept, grad, 0, rows, func(to, from []float32) { copy(to, from) })
}

// clearRows sets rows to 0.
func clearRows(x tensor.Rows[float32], rows int) {
	for r := range rows {
		clear(x.Row(r))
	}
}

// reportGradients calls the callbacks' Gradients after an epoch.
func (f *fit) reportGradients(epoch int) (failed error) {
	o := f.runner.observed
	if o == nil {
		return nil
	}
	for i, g := range o.list {
		g.Weight.Unpack(g.Values, o.storage[i])
	}
	for _, c := range f.plan.Callbacks {
		if c.Gradients != nil {
			failed = errors.Join(failed, c.Gradients(epoch, o.list))
		}
	}
	return failed
}
