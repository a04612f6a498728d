package layer

import (
	"braid"
	"braid/op"
)

// Maximum is the largest of its inputs, element by element. It broadcasts as Add does. Among equal
// inputs the first has the gradient.
//
//	in   [batch, ...], [batch, ...] and so on, with the same number of axes
//	out  [batch, ...]
type Maximum struct{}

// Kind is "Maximum".
func (Maximum) Kind() string { return "Maximum" }

// Build checks that the inputs fit each other.
func (Maximum) Build(b *braid.Builder) (op.Op, error) { return buildFold(b, highest) }
