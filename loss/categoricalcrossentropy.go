package loss

import (
	"braid"
	"braid/internal/kernel"
)

// CategoricalCrossentropy is -sum of target log(probability) over the classes, in nats. The target
// has the head's shape, [classes] or [..., classes]: a probability for each class, from 0 to 1. For
// labels see SparseCategoricalCrossentropy. The loss is computed from the logits of a softmax head,
// so logits of any magnitude are accurate.
//
// Another head may give probabilities too, such as an average of softmaxes; see Probabilities. As
// with from_logits=False in Keras, they are divided by their sum over the classes, and then a
// probability below 1e-7 or above 1 - 1e-7 counts as that bound and has no gradient.
type CategoricalCrossentropy struct {
	// Smoothing s moves targets towards equal ones: y becomes y (1 - s) + s/classes.
	Smoothing float64 `json:"smoothing,omitzero"`

	// Probabilities declares the outputs of a linear head, or of one whose activation is never
	// negative, to be probabilities.
	Probabilities bool `json:"probabilities,omitzero"`
}

// Kind is "categorical_crossentropy".
func (CategoricalCrossentropy) Kind() string { return "categorical_crossentropy" }

// Bind requires a head with a softmax, or with probabilities.
func (l CategoricalCrossentropy) Bind(head braid.Spec) (Func, error) {
	logits, err := checkSource(head, l.Probabilities, braid.Softmax, fromZero)
	c := classesOf(head, l.Smoothing)
	var f Func = categorical{c}
	if !logits {
		f = categoricalProbabilities{c}
	}
	return wrap(l, f, err, checkClasses(head), checkSmoothing(l.Smoothing))
}

// categorical computes the loss from logits.
type categorical struct{ classes }

func (f categorical) FromLogits() bool { return true }

func (f categorical) ScratchWidth() int { return f.steps }

// Rows computes sum of y (log(sum of exp(z)) - z); no term is negative.
func (f categorical) Rows(b Batch, losses []float32, scale float32, lo, hi int) {
	f.logRests(b, lo, hi)
	steps := float32(f.steps)
	for r := lo; r < hi; r++ {
		losses[r] = 0
		for s := range f.steps {
			high, rest := f.logSum(&b, r, s)
			z, target := f.step(b.Logits, r, s), f.step(b.Target, r, s)
			var sum, total float32
			for i, v := range target {
				y := f.smooth.of(v)
				sum += float32(y * ((high - z[i]) + rest))
				total += y
			}
			weight := b.stepWeight(r, s)
			losses[r] += weigh(weight, sum)
			if b.Grad.IsNil() {
				continue
			}
			p, grad, factor := f.step(b.Output, r, s), f.step(b.Grad, r, s), weight*scale/steps
			for i, v := range target {
				grad[i] = (float32(p[i]*total) - f.smooth.of(v)) * factor
			}
		}
		losses[r] /= steps
	}
}

// categoricalProbabilities computes the loss from probabilities.
type categoricalProbabilities struct{ classes }

func (f categoricalProbabilities) FromLogits() bool { return false }

func (f categoricalProbabilities) ScratchWidth() int { return f.count }

func (f categoricalProbabilities) Rows(b Batch, losses []float32, scale float32, lo, hi int) {
	steps := float32(f.steps)
	for r := lo; r < hi; r++ {
		losses[r] = 0
		for s := range f.steps {
			p, target, logs := f.step(b.Output, r, s), f.step(b.Target, r, s), f.step(b.Scratch, r, 0)
			total, fixed := shares(logs, p)
			weight := b.stepWeight(r, s)
			if !b.Grad.IsNil() {
				grad := f.step(b.Grad, r, s)
				for i, v := range target {
					grad[i] = -f.smooth.of(v) / logs[i]
				}
				throughSum(grad, p, total, fixed, weight*scale/steps)
			}
			kernel.Default().Log(logs, logs)
			var sum float32
			for i, v := range target {
				sum -= float32(f.smooth.of(v) * logs[i])
			}
			losses[r] += weigh(weight, sum)
		}
		losses[r] /= steps
	}
}
