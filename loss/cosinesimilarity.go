package loss

import (
	"math"

	"braid"
	"braid/tensor"
)

// CosineSimilarity is minus the cosine of the angle between output and target along the last axis:
// -1 if both have the same direction, 1 if they have opposite ones. The target has the head's
// shape. The head may have any activation. A length below 1e-7 counts as 1e-7, so that the loss of
// a zero vector is 0.
type CosineSimilarity struct{}

// Kind is "cosine_similarity".
func (CosineSimilarity) Kind() string { return "cosine_similarity" }

// Bind accepts any head.
func (CosineSimilarity) Bind(head braid.Spec) (Func, error) {
	return cosine{classesOf(head, 0)}, nil
}

type cosine struct{ classes }

func (f cosine) Target() Target { return Target{DType: tensor.Float32, Shape: f.head} }

func (f cosine) FromLogits() bool { return false }

func (f cosine) ScratchWidth() int { return 0 }

func (f cosine) Rows(b Batch, losses []float32, scale float32, lo, hi int) {
	steps := float32(f.steps)
	for r := lo; r < hi; r++ {
		losses[r] = 0
		for s := range f.steps {
			p, y := f.step(b.Output, r, s), f.step(b.Target, r, s)
			long, wide := length(p), length(y)
			var cos float32
			for i, v := range p {
				cos += float32((v / long) * (y[i] / wide))
			}
			weight := b.stepWeight(r, s)
			losses[r] -= weigh(weight, cos)
			if b.Grad.IsNil() {
				continue
			}
			if long == epsilon {
				cos = 0 // the length has no gradient
			}
			grad, factor := f.step(b.Grad, r, s), weight*scale/steps
			for i, v := range p {
				grad[i] = (float32(v/long*cos) - y[i]/wide) / long * factor
			}
		}
		losses[r] /= steps
	}
}

// length returns the Euclidean length of x, at least epsilon. Squares are those of numbers divided
// by the largest one, which cannot overflow.
func length(x []float32) float32 {
	var largest, sum float32
	for _, v := range x {
		largest = max(largest, abs(v))
	}
	if largest == 0 {
		return epsilon
	}
	for _, v := range x {
		v /= largest
		sum += float32(v * v)
	}
	return max(largest*float32(math.Sqrt(float64(sum))), epsilon)
}
