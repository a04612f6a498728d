package loss

import (
	"fmt"

	"braid"
	"braid/internal/kernel"
	"braid/tensor"
)

// SparseCategoricalCrossentropy is -log of the probability of the target's class, in nats. The
// target is the label of the class, int32, from 0: one for a head of shape [classes], a label for
// each step for [..., classes]. The loss is computed from the logits of a softmax head, so logits
// of any magnitude are accurate. For other heads see CategoricalCrossentropy.
type SparseCategoricalCrossentropy struct {
	// ClassWeights multiplies the loss of each class, to count rare classes more: a number for each
	// class. Empty means 1. The sum is not divided by the weights, as with class_weight in Keras.
	ClassWeights []float64 `json:"class_weights,omitzero"`

	// Smoothing s of a softmax head is that of CategoricalCrossentropy: the target of the label's
	// class is 1 - s + s/classes, that of the others s/classes. ClassWeights go by the label.
	Smoothing float64 `json:"smoothing,omitzero"`

	Probabilities bool `json:"probabilities,omitzero"` // as in CategoricalCrossentropy
}

// Kind is "sparse_categorical_crossentropy".
func (SparseCategoricalCrossentropy) Kind() string { return "sparse_categorical_crossentropy" }

// Bind requires a head with a softmax, or with probabilities.
func (l SparseCategoricalCrossentropy) Bind(head braid.Spec) (Func, error) {
	logits, err := checkSource(head, l.Probabilities, braid.Softmax, fromZero)
	f := sparse{classes: classesOf(head, l.Smoothing)}
	var badWeight error
	if f.weights, badWeight = factors("ClassWeights", l.ClassWeights, f.count); badWeight == nil &&
		len(l.ClassWeights) == 1 {
		badWeight = fmt.Errorf("ClassWeights has 1 number, want %d: one for each class", f.count)
	}
	errs := []error{err, checkClasses(head), badWeight, checkSmoothing(l.Smoothing)}
	if !logits {
		if l.Smoothing != 0 {
			errs = append(errs, fmt.Errorf("Smoothing = %v, but the outputs are probabilities: want a "+
				"softmax head, or CategoricalCrossentropy", l.Smoothing))
		}
		return wrap(l, sparseProbabilities{f}, errs...)
	}
	return wrap(l, f, errs...)
}

// sparse computes the loss from logits.
type sparse struct {
	classes
	weights []float32 // by class; nil: all 1
}

// Target describes labels: one for each step.
func (f sparse) Target() Target {
	shape := f.head[:max(len(f.head)-1, 0)]
	return Target{DType: tensor.Int32, Shape: shape, Classes: f.count}
}

func (f sparse) FromLogits() bool { return true }

func (f sparse) ScratchWidth() int { return f.steps }

// Rows computes the logarithm of the sum of exp(logit), minus the label's logit.
func (f sparse) Rows(b Batch, losses []float32, scale float32, lo, hi int) {
	f.logRests(b, lo, hi)
	steps := float32(f.steps)
	isSmooth := f.smooth.floor != 0
	for r := lo; r < hi; r++ {
		losses[r] = 0
		for s := range f.steps {
			label, weight := f.label(&b, r, s)
			if isSmooth {
				losses[r] += weigh(weight, f.smoothed(&b, r, s, label, weight*scale/steps))
				continue
			}
			high, rest := f.logSum(&b, r, s)
			losses[r] += weigh(weight, rest+(high-f.step(b.Logits, r, s)[label]))
			if b.Grad.IsNil() {
				continue
			}
			p, grad, factor := f.step(b.Output, r, s), f.step(b.Grad, r, s), weight*scale/steps
			kernel.Default().Scale(grad, p, factor)
			grad[label] = (p[label] - 1) * factor
		}
		losses[r] /= steps
	}
}

// smoothed returns the loss of a step without its weight, and writes factor times its gradient: as
// CategoricalCrossentropy does for a target of 1 at the label and 0 elsewhere.
func (f sparse) smoothed(b *Batch, row, step, label int, factor float32) float32 {
	high, rest := f.logSum(b, row, step)
	yes, no := f.smooth.of(1), f.smooth.of(0)
	var sum, total float32
	for i, z := range f.step(b.Logits, row, step) {
		y := no
		if i == label {
			y = yes
		}
		sum += float32(y * ((high - z) + rest))
		total += y
	}
	if b.Grad.IsNil() {
		return sum
	}
	grad := f.step(b.Grad, row, step)
	for i, p := range f.step(b.Output, row, step) {
		grad[i] = (float32(p*total) - no) * factor
	}
	grad[label] = (float32(f.step(b.Output, row, step)[label]*total) - yes) * factor
	return sum
}

// label returns the label of a step and the factor of its loss.
func (f sparse) label(b *Batch, row, step int) (label int, weight float32) {
	label, weight = int(b.Labels.Data[row*b.Labels.Stride+step]), b.stepWeight(row, step)
	if f.weights != nil {
		weight *= f.weights[label]
	}
	return label, weight
}

// sparseProbabilities computes the loss from probabilities.
type sparseProbabilities struct{ sparse }

func (f sparseProbabilities) FromLogits() bool { return false }

func (f sparseProbabilities) ScratchWidth() int { return f.count + 1 }

func (f sparseProbabilities) Rows(b Batch, losses []float32, scale float32, lo, hi int) {
	steps := float32(f.steps)
	for r := lo; r < hi; r++ {
		losses[r] = 0
		for s := range f.steps {
			label, weight := f.label(&b, r, s)
			p, scratch := f.step(b.Output, r, s), b.Scratch.Row(r)
			probabilities, log := scratch[:f.count], scratch[f.count:f.count+1]
			sum, fixed := shares(probabilities, p)
			kernel.Default().Log(log, probabilities[label:label+1])
			losses[r] -= weigh(weight, log[0])
			if b.Grad.IsNil() {
				continue
			}
			grad := f.step(b.Grad, r, s)
			clear(grad)
			grad[label] = -1 / probabilities[label]
			throughSum(grad, p, sum, fixed, weight*scale/steps)
		}
		losses[r] /= steps
	}
}
