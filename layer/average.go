package layer

import (
	"braid"
	"braid/op"
)

// Average is the mean of its inputs, element by element. It broadcasts as Add does.
//
//	in   [batch, ...], [batch, ...] and so on, with the same number of axes
//	out  [batch, ...]
type Average struct{}

// Kind is "Average".
func (Average) Kind() string { return "Average" }

// Build checks that the inputs fit each other.
func (Average) Build(b *braid.Builder) (op.Op, error) {
	return buildWeightedSum(b, func(int) float32 { return 1 / float32(b.Inputs()) })
}
