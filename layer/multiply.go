package layer

import (
	"braid"
	"braid/op"
)

// Multiply multiplies its inputs, element by element. It broadcasts as Add does.
//
//	in   [batch, ...], [batch, ...] and so on, with the same number of axes
//	out  [batch, ...]
type Multiply struct{}

// Kind is "Multiply".
func (Multiply) Kind() string { return "Multiply" }

// Build checks that the inputs fit each other.
func (Multiply) Build(b *braid.Builder) (op.Op, error) { return buildFold(b, product) }
