package loss

import (
	"braid"
	"braid/internal/kernel"
)

// LogCosh is the mean of log(cosh(output - target)) over the outputs of a row: about d²/2 for a
// small difference d, and |d| - log 2 for a large one. The target has the head's shape. The head
// may have any activation.
type LogCosh struct{}

// Kind is "log_cosh".
func (LogCosh) Kind() string { return "log_cosh" }

// Bind accepts any head.
func (l LogCosh) Bind(head braid.Spec) (Func, error) { return mean(l, head), nil }

// values computes |d| + log(1 + exp(-2|d|)) - log 2, or, where these cancel, the Taylor series.
func (LogCosh) values(x block) {
	const (
		ln2   = 0.693147181
		small = 0.25
	)
	to := x.buffer(0)
	for i, p := range x.p {
		to[i] = -2 * abs(p-x.y[i])
	}
	kernel.Default().Exp(to, to)
	kernel.Default().Log1p(to, to)
	for i, p := range x.p {
		d := abs(p - x.y[i])
		if d >= small {
			to[i] += d - ln2
			continue
		}
		z := d * d
		series := 1./45 - float32(z*(17./2520))
		series = -1./12 + float32(z*series)
		to[i] = z * (0.5 + float32(z*series))
	}
}

func (LogCosh) slopes(x block, grad []float32) {
	for i, p := range x.p {
		grad[i] = p - x.y[i]
	}
	kernel.Default().Tanh(grad, grad)
}
