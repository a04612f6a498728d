package loss

import (
	"braid"
	"braid/internal/kernel"
)

// KLDivergence is the sum of target log(target / output) along the last axis, in nats: how much the
// output differs from the target as a distribution. The target has the head's shape, each number
// from 0 to 1; one below 1e-7 counts as 1e-7. The loss is computed from the logits of a softmax
// head, so logits of any magnitude are accurate.
//
// Another head may give probabilities too; see Probabilities. They are not divided by their sum. As
// in Keras, an output below 1e-7 or above 1 counts as that bound and has no gradient.
//
// Source: Kullback and Leibler, "On information and sufficiency", 1951.
type KLDivergence struct {
	// Probabilities declares the outputs of a linear, sigmoid or hard_sigmoid head to be
	// probabilities.
	Probabilities bool `json:"probabilities,omitzero"`
}

// Kind is "kl_divergence".
func (KLDivergence) Kind() string { return "kl_divergence" }

// Bind requires a head with a softmax, or with probabilities.
func (l KLDivergence) Bind(head braid.Spec) (Func, error) {
	logits, err := checkSource(head, l.Probabilities, braid.Softmax, zeroToOne)
	if logits {
		return wrap(l, divergence{classesOf(head, 0)}, err, checkClasses(head))
	}
	f := mean(divergenceTerms{}, head)
	steps, _ := head.Shape.Steps()
	f.divisor, f.target.Unit = float32(steps), true
	return wrap(l, f, err)
}

// divergence computes the loss from logits.
type divergence struct{ classes }

func (f divergence) FromLogits() bool { return true }

func (f divergence) ScratchWidth() int { return f.steps + f.count }

// Rows computes sum of y (log(y) + log(sum of exp(z)) - z).
func (f divergence) Rows(b Batch, losses []float32, scale float32, lo, hi int) {
	f.logRests(b, lo, hi)
	steps := float32(f.steps)
	for r := lo; r < hi; r++ {
		losses[r] = 0
		logs := b.Scratch.Row(r)[f.steps:][:f.count]
		for s := range f.steps {
			high, rest := f.logSum(&b, r, s)
			z, target := f.step(b.Logits, r, s), f.step(b.Target, r, s)
			logTargets(logs, target)
			var sum, total float32
			for i, v := range target {
				y := clip(v, epsilon, 1)
				sum += float32(y * (((high - z[i]) + rest) + logs[i]))
				total += y
			}
			weight := b.stepWeight(r, s)
			losses[r] += weigh(weight, sum)
			if b.Grad.IsNil() {
				continue
			}
			p, grad, factor := f.step(b.Output, r, s), f.step(b.Grad, r, s), weight*scale/steps
			for i, v := range target {
				grad[i] = (float32(p[i]*total) - clip(v, epsilon, 1)) * factor
			}
		}
		losses[r] /= steps
	}
}

func logTargets(to, target []float32) {
	for i, v := range target {
		to[i] = clip(v, epsilon, 1)
	}
	kernel.Default().Log(to, to)
}

// divergenceTerms computes terms from probabilities.
type divergenceTerms struct{}

func (divergenceTerms) values(x block) {
	to := x.buffer(0)
	for i, p := range x.p {
		to[i] = clip(x.y[i], epsilon, 1) / clip(p, epsilon, 1)
	}
	kernel.Default().Log(to, to)
	for i, v := range x.y {
		to[i] *= clip(v, epsilon, 1)
	}
}

func (divergenceTerms) slopes(x block, grad []float32) {
	for i, p := range x.p {
		grad[i] = 0
		if p >= epsilon && p <= 1 {
			grad[i] = -clip(x.y[i], epsilon, 1) / p
		}
	}
}
