package loss

import (
	"braid"
	"braid/internal/kernel"
)

// CategoricalFocalCrossentropy is CategoricalCrossentropy with the term of each class multiplied by
// Alpha (1 - p)^Gamma, where p is the probability of the class: examples that are right already
// count little. The target has the head's shape, [classes] or [..., classes], each number from 0 to
// 1. The loss is computed from the logits of a softmax head, or from Probabilities, as in
// CategoricalCrossentropy.
//
// Source: Lin, Goyal, Girshick, He and Dollár, "Focal loss for dense object detection", 2017.
type CategoricalFocalCrossentropy struct {
	Alpha []float64 `json:"alpha,omitzero"` // one number, or one for each class; empty means 0.25
	Gamma *float64  `json:"gamma,omitzero"` // nil means 2

	Smoothing     float64 `json:"smoothing,omitzero"`     // as in CategoricalCrossentropy
	Probabilities bool    `json:"probabilities,omitzero"` // as in CategoricalCrossentropy
}

// Kind is "categorical_focal_crossentropy".
func (CategoricalFocalCrossentropy) Kind() string { return "categorical_focal_crossentropy" }

// Bind requires a head with a softmax, or with probabilities.
func (l CategoricalFocalCrossentropy) Bind(head braid.Spec) (Func, error) {
	logits, err := checkSource(head, l.Probabilities, braid.Softmax, fromZero)
	f := categoricalFocal{classes: classesOf(head, l.Smoothing)}
	alpha := l.Alpha
	if len(alpha) == 0 {
		alpha = []float64{0.25}
	}
	var badAlpha, badGamma error
	f.alpha, badAlpha = factors("Alpha", alpha, f.count)
	f.gamma, badGamma = focusing(l.Gamma)
	errs := []error{err, checkClasses(head), badAlpha, badGamma, checkSmoothing(l.Smoothing)}
	if !logits {
		return wrap(l, categoricalFocalProbabilities{f}, errs...)
	}
	return wrap(l, f, errs...)
}

// categoricalFocal computes the loss from logits.
type categoricalFocal struct {
	classes
	alpha []float32 // by class
	gamma float32
}

func (f categoricalFocal) FromLogits() bool { return true }

func (f categoricalFocal) ScratchWidth() int { return f.steps + f.count }

// Rows sums the terms alpha y (1 - p)^gamma l, where l = -log(p). The derivative of a term with
// respect to log(p) is slope = -alpha y (1 - p)^gamma (1 + gamma p l / (1 - p)), and the gradient
// with respect to logit i is slope i - p i times the sum of slopes.
func (f categoricalFocal) Rows(b Batch, losses []float32, scale float32, lo, hi int) {
	f.logRests(b, lo, hi)
	steps := float32(f.steps)
	for r := lo; r < hi; r++ {
		losses[r] = 0
		focus := b.Scratch.Row(r)[f.steps:][:f.count]
		for s := range f.steps {
			high, rest := f.logSum(&b, r, s)
			z, p, target := f.step(b.Logits, r, s), f.step(b.Output, r, s), f.step(b.Target, r, s)
			others := b.LogSumExp.Rest[r*f.steps+s]
			for i, v := range p {
				focus[i] = complement(v, others)
			}
			power(focus, f.gamma)
			var sum float32
			for i, v := range target {
				focus[i] *= f.alpha[i] * f.smooth.of(v)
				sum += float32(focus[i] * ((high - z[i]) + rest))
			}
			weight := b.stepWeight(r, s)
			losses[r] += weigh(weight, sum)
			if b.Grad.IsNil() {
				continue
			}
			grad, factor := f.step(b.Grad, r, s), weight*scale/steps
			var total float32
			for i, v := range p {
				slope := float32(1)
				if miss := complement(v, others); miss > 0 {
					slope += float32(f.gamma * (v * (((high - z[i]) + rest) / miss)))
				}
				grad[i] = float32(-focus[i] * slope) // not fused with the sum
				total += grad[i]
			}
			for i, v := range p {
				grad[i] = (grad[i] - float32(v*total)) * factor
			}
		}
		losses[r] /= steps
	}
}

// complement returns 1 - p for an output of a softmax. The largest output is 1 / (1 + others); only
// it is above 0.5.
func complement(p, others float32) float32 {
	if p > 0.5 {
		return others / (1 + others)
	}
	return 1 - p
}

// categoricalFocalProbabilities computes the loss from probabilities.
type categoricalFocalProbabilities struct{ categoricalFocal }

func (f categoricalFocalProbabilities) FromLogits() bool { return false }

func (f categoricalFocalProbabilities) ScratchWidth() int { return 2 * f.count }

// Rows sums the terms alpha y (1 - p)^gamma l, where l = -log(p), whose derivatives are
// -alpha y (1 - p)^gamma (1 / p + gamma l / (1 - p)).
func (f categoricalFocalProbabilities) Rows(
	b Batch, losses []float32, scale float32, lo, hi int,
) {
	steps := float32(f.steps)
	for r := lo; r < hi; r++ {
		losses[r] = 0
		for s := range f.steps {
			p, target := f.step(b.Output, r, s), f.step(b.Target, r, s)
			logs, focus := f.step(b.Scratch, r, 0), f.step(b.Scratch, r, 1)
			total, fixed := shares(logs, p)
			for i, v := range p {
				focus[i] = clip(1-v/total, epsilon, 1-epsilon)
			}
			power(focus, f.gamma)
			kernel.Default().Log(logs, logs)
			var sum float32
			for i, v := range target {
				focus[i] *= f.alpha[i] * f.smooth.of(v)
				sum -= float32(focus[i] * logs[i])
			}
			weight := b.stepWeight(r, s)
			losses[r] += weigh(weight, sum)
			if b.Grad.IsNil() {
				continue
			}
			grad := f.step(b.Grad, r, s)
			for i, v := range p {
				yes, no := both(v / total)
				grad[i] = focus[i] * (f.gamma*logs[i]/no - 1/yes)
			}
			throughSum(grad, p, total, fixed, weight*scale/steps)
		}
		losses[r] /= steps
	}
}
