package loss

import (
	"fmt"

	"braid"
	"braid/internal/kernel"
)

// BinaryFocalCrossentropy is BinaryCrossentropy with each term multiplied by (1 - q)^Gamma, where q
// is the probability of the target: outputs that are right already count little. The target has the
// head's shape, each number from 0 (no) to 1 (yes). The loss is computed from the logits of a
// sigmoid head, or from Probabilities, as in BinaryCrossentropy.
//
// Source: Lin, Goyal, Girshick, He and Dollár, "Focal loss for dense object detection", 2017.
type BinaryFocalCrossentropy struct {
	Gamma *float64 `json:"gamma,omitzero"` // nil means 2

	// Alpha balances the classes: it multiplies the terms of yes, 1 - Alpha those of no. 0 means no
	// balancing. In Keras, Alpha needs apply_class_balancing and is 0.25 by default.
	Alpha float64 `json:"alpha,omitzero"`

	Smoothing     float64 `json:"smoothing,omitzero"`     // as in BinaryCrossentropy
	Probabilities bool    `json:"probabilities,omitzero"` // as in BinaryCrossentropy
}

// Kind is "binary_focal_crossentropy".
func (BinaryFocalCrossentropy) Kind() string { return "binary_focal_crossentropy" }

// Bind requires a head with a sigmoid, or with probabilities.
func (l BinaryFocalCrossentropy) Bind(head braid.Spec) (Func, error) {
	logits, err := checkSource(head, l.Probabilities, braid.Sigmoid, zeroToOne)
	gamma, badGamma := focusing(l.Gamma)
	var badAlpha error
	if !(l.Alpha >= 0 && l.Alpha < 1) {
		badAlpha = fmt.Errorf("Alpha = %v, want above 0 and below 1, or 0 for none", l.Alpha)
	}
	terms := focal{gamma: gamma, yes: 1, no: 1, smooth: smoothBinary(l.Smoothing)}
	if l.Alpha != 0 {
		terms.yes, terms.no = float32(l.Alpha), float32(1-l.Alpha)
	}
	f := mean(terms, head)
	f.target.Unit, f.buffers = true, 3
	if f.logits = logits; !logits {
		f.terms = focalProbabilities{terms}
	}
	return wrap(l, f, err, badGamma, badAlpha, checkSmoothing(l.Smoothing))
}

// focal computes terms from logits. Buffer 0 has the terms, buffer 1 the cross-entropy of each
// output, buffer 2 its focus (1 - q)^Gamma.
type focal struct {
	gamma, yes, no float32
	smooth         smoothed
}

// values uses e = exp(-|z|): the less probable answer has the probability e / (1 + e), the other
// one 1 / (1 + e).
func (f focal) values(x block) {
	to, entropy, focus := x.buffer(0), x.buffer(1), x.buffer(2)
	for i, z := range x.z {
		entropy[i] = -abs(z)
	}
	kernel.Default().Exp(entropy, entropy)
	for i, z := range x.z {
		yes, no := answers(z, entropy[i])
		focus[i] = missed(yes, no, f.smooth.of(x.y[i]))
	}
	power(focus, f.gamma)
	kernel.Default().Log1p(entropy, entropy)
	for i, z := range x.z {
		y := f.smooth.of(x.y[i])
		entropy[i] = max(z, 0) - float32(z*y) + entropy[i]
		to[i] = f.balance(y) * focus[i] * entropy[i]
	}
}

// slopes computes balance focus (p - y + Gamma entropy (1 - 2y) p (1 - p) / (1 - q)).
func (f focal) slopes(x block, grad []float32) {
	entropy, focus := x.buffer(1), x.buffer(2)
	for i, z := range x.z {
		grad[i] = -abs(z)
	}
	kernel.Default().Exp(grad, grad)
	for i, z := range x.z {
		y := f.smooth.of(x.y[i])
		yes, no := answers(z, grad[i])
		slope := float32(yes*(1-y)) - float32(no*y)
		if miss := missed(yes, no, y); miss > 0 {
			slope += float32(f.gamma * (1 - y - y) * entropy[i] * (yes * (no / miss)))
		}
		grad[i] = f.balance(y) * focus[i] * slope
	}
}

// balance returns the factor of a target.
func (f focal) balance(y float32) float32 { return float32(f.yes*y) + float32(f.no*(1-y)) }

// answers returns the probabilities of yes and no at a logit, with e = exp(-|z|).
func answers(z, e float32) (yes, no float32) {
	likely := 1 / (1 + e)
	if z < 0 {
		return e * likely, likely
	}
	return likely, e * likely
}

// missed returns 1 minus the probability of the target.
func missed(yes, no, y float32) float32 {
	return min(float32(yes*(1-y))+float32(no*y), 1)
}

// focalProbabilities computes terms from probabilities.
type focalProbabilities struct{ focal }

func (f focalProbabilities) values(x block) {
	to, entropy, focus := x.buffer(0), x.buffer(1), x.buffer(2)
	for i, p := range x.p {
		to[i], entropy[i] = both(p)
		focus[i] = missed(to[i], entropy[i], f.smooth.of(x.y[i]))
	}
	power(focus, f.gamma)
	kernel.Default().Log(to, to)
	kernel.Default().Log(entropy, entropy)
	for i, v := range x.y {
		y := f.smooth.of(v)
		entropy[i] = -float32(y*to[i]) - float32((1-y)*entropy[i])
		to[i] = f.balance(y) * focus[i] * entropy[i]
	}
}

// slopes computes balance focus ((1 - y) / (1 - p) - y / p + Gamma entropy (1 - 2y) / (1 - q)).
func (f focalProbabilities) slopes(x block, grad []float32) {
	entropy, focus := x.buffer(1), x.buffer(2)
	for i, v := range x.y {
		grad[i] = 0
		if !inside(x.p[i]) {
			continue
		}
		y := f.smooth.of(v)
		yes, no := both(x.p[i])
		slope := float32((1-y)/no) - float32(y/yes)
		slope += f.gamma * (1 - y - y) * entropy[i] / missed(yes, no, y)
		grad[i] = f.balance(y) * focus[i] * slope
	}
}
