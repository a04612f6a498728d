package layer

import (
	"braid"
	"braid/op"
)

// Add adds its inputs element by element. An axis of length 1 is broadcast to the length of the
// other inputs.
//
//	in   [batch, ...], [batch, ...] and so on, with the same number of axes
//	out  [batch, ...]
type Add struct{}

// Kind is "Add".
func (Add) Kind() string { return "Add" }

// Build checks that the inputs fit each other.
func (Add) Build(b *braid.Builder) (op.Op, error) {
	return buildWeightedSum(b, func(int) float32 { return 1 })
}
