package loss

import (
	"math"

	"braid"
	"braid/internal/kernel"
)

// BinaryCrossentropy is the cross-entropy of binary targets, in nats, averaged over the outputs of
// a row. The target has the head's shape, each number from 0 (no) to 1 (yes). The loss is computed
// from the logits of a sigmoid head, so logits of any magnitude are accurate.
//
// Another head may give probabilities too, such as an average of sigmoids; see Probabilities. Then
// a probability below 1e-7 or above 1 - 1e-7 counts as that bound and has no gradient, as with
// from_logits=False in Keras.
type BinaryCrossentropy struct {
	// Smoothing s moves targets towards 0.5: y becomes y (1 - s) + s/2.
	Smoothing float64 `json:"smoothing,omitzero"`

	// PositiveWeight multiplies the terms of yes: one number, or one for each output along the last
	// axis. Empty means 1. See PyTorch's BCEWithLogitsLoss.
	PositiveWeight []float64 `json:"positive_weight,omitzero"`

	// Probabilities declares the outputs of a linear, softmax or hard_sigmoid head to be
	// probabilities.
	Probabilities bool `json:"probabilities,omitzero"`
}

// Kind is "binary_crossentropy".
func (BinaryCrossentropy) Kind() string { return "binary_crossentropy" }

// Bind requires a head with a sigmoid, or with probabilities.
func (l BinaryCrossentropy) Bind(head braid.Spec) (Func, error) {
	logits, err := checkSource(head, l.Probabilities, braid.Sigmoid, zeroToOne)
	_, axis := head.Shape.Steps()
	positive, badWeight := factors("PositiveWeight", l.PositiveWeight, axis)
	terms := binary{positive, smoothBinary(l.Smoothing)}
	f := mean(terms, head)
	f.target.Unit = true
	if f.logits = logits; !logits {
		f.terms, f.buffers = binaryProbabilities{terms}, 2
	}
	return wrap(l, f, err, checkSmoothing(l.Smoothing), badWeight)
}

// smoothed is the change of a target by label smoothing.
type smoothed struct{ keep, floor float32 }

func smoothBinary(smoothing float64) smoothed {
	return smoothed{float32(1 - smoothing), float32(smoothing / 2)}
}

func (s smoothed) of(y float32) float32 { return float32(y*s.keep) + s.floor }

// binary computes terms from logits.
type binary struct {
	positive []float32 // by output; nil: all 1
	smooth   smoothed
}

// weight returns the factor of yes of one number of a row.
func (f binary) weight(i int) float32 {
	if f.positive == nil {
		return 1
	}
	return f.positive[i%len(f.positive)]
}

// values computes w y log(1 + exp(-z)) + (1 - y) log(1 + exp(z)). Both logarithms are log(1 +
// exp(-|z|)) plus the positive one of -z and z: exp never overflows.
func (f binary) values(x block) {
	to := x.buffer(0)
	for i, v := range x.z {
		to[i] = math.Float32frombits(math.Float32bits(v) | 1<<31) // -|v|
	}
	kernel.Default().Exp(to, to)
	kernel.Default().Log1p(to, to)
	for i, v := range x.z {
		y, weight := f.smooth.of(x.y[i]), f.weight(i)
		if weight == 1 {
			to[i] = max(v, 0) - float32(v*y) + to[i]
			continue
		}
		yes, no := max(-v, 0)+to[i], max(v, 0)+to[i]
		to[i] = float32(weight*y*yes) + float32((1-y)*no)
	}
}

func (f binary) slopes(x block, grad []float32) {
	for i, p := range x.p {
		y, weight := f.smooth.of(x.y[i]), f.weight(i)
		if weight == 1 {
			grad[i] = p - y
		} else {
			grad[i] = float32(p*(1-y)) - float32(weight*y*(1-p))
		}
	}
}

// binaryProbabilities computes terms from probabilities.
type binaryProbabilities struct{ binary }

// values computes -w y log(p) - (1 - y) log(1 - p).
func (f binaryProbabilities) values(x block) {
	to, no := x.buffer(0), x.buffer(1)
	for i, p := range x.p {
		to[i], no[i] = both(p)
	}
	kernel.Default().Log(to, to)
	kernel.Default().Log(no, no)
	for i, v := range x.y {
		y, weight := f.smooth.of(v), f.weight(i)
		to[i] = -float32(weight*y*to[i]) - float32((1-y)*no[i])
	}
}

func (f binaryProbabilities) slopes(x block, grad []float32) {
	for i, v := range x.y {
		y, weight := f.smooth.of(v), f.weight(i)
		grad[i] = 0
		if inside(x.p[i]) {
			yes, no := both(x.p[i])
			grad[i] = float32((1-y)/no) - float32(weight*y/yes)
		}
	}
}

// both returns the probabilities of yes and no, at least epsilon each.
func both(p float32) (yes, no float32) {
	return clip(p, epsilon, 1-epsilon), clip(1-p, epsilon, 1-epsilon)
}

// inside reports whether a probability is in the range that has a gradient.
func inside(p float32) bool { return p >= epsilon && p <= 1-epsilon }
