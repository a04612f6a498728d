package layer

import (
	"braid"
	"braid/op"
)

// Minimum is the smallest of its inputs, element by element. It broadcasts as Add does. Among equal
// inputs the first has the gradient.
//
//	in   [batch, ...], [batch, ...] and so on, with the same number of axes
//	out  [batch, ...]
type Minimum struct{}

// Kind is "Minimum".
func (Minimum) Kind() string { return "Minimum" }

// Build checks that the inputs fit each other.
func (Minimum) Build(b *braid.Builder) (op.Op, error) { return buildFold(b, lowest) }
