package layer

import (
	"fmt"
	"math"
	"slices"

	"braid"
	"braid/op"
	"braid/tensor"
)

// LayerNormalization normalizes each row over some axes: Ba, Kiros and Hinton, 2016, with Keras'
// defaults.
//
//	in   [batch, ...]
//	out  [batch, ...]
//
//	out = Gamma (in - mean) / sqrt(variance + Epsilon) + Beta
//
// Gamma, which starts at 1, and beta, which starts at 0, have the shape of the normalized axes.
type LayerNormalization struct {
	// Axes are counted as in Keras: 1 is the first after the batch, -1 the last. nil means -1.
	Axes     []int   `json:"axes,omitzero"`
	Epsilon  float64 `json:"epsilon,omitzero"`   // 0 means 0.001
	NoCenter bool    `json:"no_center,omitzero"` // without beta
	NoScale  bool    `json:"no_scale,omitzero"`  // without gamma
	Frozen   bool    `json:"frozen,omitzero"`    // gamma and beta are not trained
}

// Kind is "LayerNormalization".
func (LayerNormalization) Kind() string { return "LayerNormalization" }

// Build declares gamma and beta.
func (l LayerNormalization) Build(b *braid.Builder) (op.Op, error) {
	if err := b.Want(1, tensor.Float32); err != nil {
		return nil, err
	}
	shape := b.Shape(0)
	axes, err := normalizedAxes(l.Axes, len(shape))
	if err != nil {
		return nil, err
	}
	o := layerNorm{gamma: -1, beta: -1, epsilon: 1e-3}
	if l.Epsilon != 0 {
		o.epsilon = float32(l.Epsilon)
	}
	if !(o.epsilon > 0 && o.epsilon < float32(math.Inf(1))) {
		return nil, fmt.Errorf("Epsilon = %v, want a finite number above 0", l.Epsilon)
	}
	weights := tensor.Shape{}
	for _, a := range axes {
		weights = append(weights, shape[a])
	}
	o.width = weights.Size()
	o.groups = shape.Size() / o.width
	o.order = groupedOrder(shape, axes)
	b.Output(shape...)
	if !l.NoScale {
		o.gamma = b.Weight("gamma", constant(1), weights...)
	}
	if !l.NoCenter {
		o.beta = b.Weight("beta", zeros, weights...)
	}
	o.declareMemory(b)
	if l.Frozen {
		b.Freeze()
	}
	return o, nil
}

// normalizedAxes returns the axes of a row, from 0, in ascending order.
func normalizedAxes(given []int, count int) ([]int, error) {
	if given == nil {
		given = []int{-1}
	}
	var axes []int
	for _, a := range given {
		axis := a - 1
		if a < 0 {
			axis = count + a
		}
		if a == 0 || axis < 0 || axis >= count {
			return nil, fmt.Errorf("Axes has %d, want 1 to %d, or -%d to -1, for an input of %d axes",
				a, count, count, count)
		}
		if slices.Contains(axes, axis) {
			return nil, fmt.Errorf("Axes has axis %d twice", a)
		}
		axes = append(axes, axis)
	}
	if len(axes) == 0 {
		return nil, fmt.Errorf("Axes is empty, want one or more, or nil for the last")
	}
	slices.Sort(axes)
	return axes, nil
}

// groupedOrder returns the index in a row of element j of group g, at g*width + j. It returns nil
// if the groups are contiguous.
func groupedOrder(shape tensor.Shape, axes []int) []int {
	var outer []int
	for a := range shape {
		if !slices.Contains(axes, a) {
			outer = append(outer, a)
		}
	}
	order := permuted(shape, slices.Concat(outer, axes))
	if slices.IsSorted(order) {
		return nil
	}
	return order
}
