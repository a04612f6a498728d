package layer

import (
	"fmt"

	"braid"
	"braid/op"
)

// Subtract subtracts its second input from the first, element by element. It broadcasts as Add
// does.
//
//	in   [batch, ...], [batch, ...] with the same number of axes
//	out  [batch, ...]
type Subtract struct{}

// Kind is "Subtract".
func (Subtract) Kind() string { return "Subtract" }

// Build checks that the inputs fit each other.
func (Subtract) Build(b *braid.Builder) (op.Op, error) {
	if b.Inputs() != 2 {
		return nil, fmt.Errorf("got %d inputs, want 2", b.Inputs())
	}
	return buildWeightedSum(b, func(input int) float32 { return 1 - 2*float32(input) })
}
