package loss

import (
	"fmt"
	"slices"

	"braid"
	"braid/internal/kernel"
)

// Poisson is the mean of output - target log(output) over the outputs of a row: but for a constant,
// the negative log-likelihood of counts whose expectations are the outputs. The target has the
// head's shape; its numbers are 0 or more. The outputs should be above 0: give the head a softplus
// or an exponential. An output below 0 has the logarithm of 1e-7.
type Poisson struct{}

// Kind is "poisson".
func (Poisson) Kind() string { return "poisson" }

// Bind refuses activations whose outputs may be negative, except linear.
func (l Poisson) Bind(head braid.Spec) (Func, error) {
	var err error
	if a := head.Activation; a != braid.Linear && !slices.Contains(fromZero, a) {
		err = fmt.Errorf("head %q has activation %s, want softplus, exponential or another whose "+
			"outputs are not negative", head.Name, a)
	}
	f := mean(l, head)
	f.target.NotNegative = true
	return wrap(l, f, err)
}

func (Poisson) values(x block) {
	to := x.buffer(0)
	for i, p := range x.p {
		to[i] = max(p, 0) + epsilon
	}
	kernel.Default().Log(to, to)
	for i, p := range x.p {
		to[i] = p - float32(x.y[i]*to[i])
	}
}

func (Poisson) slopes(x block, grad []float32) {
	for i, p := range x.p {
		grad[i] = 1 - float32(x.y[i]/(max(p, 0)+epsilon))
	}
}
