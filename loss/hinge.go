package loss

import (
	"fmt"
	"slices"

	"braid"
)

// Hinge is the mean of max(0, 1 - target output) over the outputs of a row, as in support vector
// machines. The target has the head's shape; its numbers are 1 and -1, or 1 and 0 throughout, where
// 0 means -1. The outputs have both signs: the head is linear or, for example, a tanh.
type Hinge struct{}

// Kind is "hinge".
func (Hinge) Kind() string { return "hinge" }

// Bind refuses activations whose outputs are never negative.
func (l Hinge) Bind(head braid.Spec) (Func, error) { return bindHinge(l, l, head) }

// bindHinge returns the Func of a loss of signs.
func bindHinge(l Loss, t terms, head braid.Spec) (Func, error) {
	var err error
	if slices.Contains(fromZero, head.Activation) {
		err = fmt.Errorf("head %q has activation %s, whose outputs are never negative, want linear "+
			"or tanh", head.Name, head.Activation)
	}
	f := mean(t, head)
	f.target.Signs = true
	return wrap(l, f, err)
}

// margin returns the target as 1 or -1, and 1 - target p.
func margin(p, y float32) (target, missing float32) {
	y = float32(y*y) + y - 1 // of 1: 1; of 0 and -1: -1
	return y, 1 - float32(y*p)
}

func (Hinge) values(x block) {
	to := x.buffer(0)
	for i, p := range x.p {
		_, missing := margin(p, x.y[i])
		to[i] = max(missing, 0)
	}
}

func (Hinge) slopes(x block, grad []float32) {
	for i, p := range x.p {
		target, missing := margin(p, x.y[i])
		grad[i] = -target * max(sign(missing), 0)
	}
}

// SquaredHinge is the mean of max(0, 1 - target output)² over the outputs of a row. Target and
// heads are those of Hinge.
type SquaredHinge struct{}

// Kind is "squared_hinge".
func (SquaredHinge) Kind() string { return "squared_hinge" }

// Bind refuses activations whose outputs are never negative.
func (l SquaredHinge) Bind(head braid.Spec) (Func, error) { return bindHinge(l, l, head) }

func (SquaredHinge) values(x block) {
	to := x.buffer(0)
	for i, p := range x.p {
		_, missing := margin(p, x.y[i])
		missing = max(missing, 0)
		to[i] = missing * missing
	}
}

func (SquaredHinge) slopes(x block, grad []float32) {
	for i, p := range x.p {
		target, missing := margin(p, x.y[i])
		grad[i] = -2 * target * max(missing, 0)
	}
}
