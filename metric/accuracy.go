package metric

import (
	"braid"
	"braid/tensor"
)

// Accuracy is the fraction of right outputs, as in Keras. For labels, the class with the highest
// probability must be the label; of equal probabilities the lower class counts. So it is for a
// softmax with a number for each class as target, the largest of which is the label. Other numbers
// are answers of yes and no: an output above Threshold is a yes, and so is a target above 0.5, or a
// positive sign, the target of hinge losses. The figure is named by what is not the default:
// "accuracy_at_0_7".
type Accuracy struct {
	Threshold float64 `json:"threshold,omitzero"` // a yes is above it; 0 means 0.5, of signs 0
}

// Kind is "accuracy".
func (Accuracy) Kind() string { return "accuracy" }

// Name has the threshold: "accuracy_at_0_7".
func (m Accuracy) Name() string { return thresholdName(m.Kind(), m.Threshold) }

// Ascends marks that more is better.
func (Accuracy) Ascends() {}

// Bind requires labels for a head of shape [..., classes], or numbers of the head's shape. A
// threshold is for answers of yes and no.
func (m Accuracy) Bind(head braid.Spec, target Target) (Func, error) {
	o, err := read(m, head, target)
	if err == nil {
		err = checkThreshold(m, m.Threshold, head, target, o)
	}
	switch {
	case err != nil:
		return nil, err
	case o.reading != yesNo:
		return eachStep(head, rightClass{outputs: o}), nil
	}
	return eachStep(head, sameSide{threshold: o.threshold(m.Threshold)}), nil
}

type rightClass struct {
	mean
	outputs
}

func (f rightClass) Rows(b Batch, numbers tensor.Rows[float32], lo, hi int) {
	for i, class := range f.predict(b, lo, hi, 0) {
		var right float32
		if f.class(&b, lo+i) == int(class) {
			right = 1
		}
		numbers.Data[(lo+i)*numbers.Stride] = right
	}
}

type sameSide struct {
	mean
	threshold float64 // of the outputs; that of targets is 0.5, also if they are signs
}

func (f sameSide) Rows(b Batch, numbers tensor.Rows[float32], lo, hi int) {
	size := b.Output.Width
	for r := lo; r < hi; r++ {
		y, target := r*b.Output.Stride, r*b.Target.Stride
		right := 0
		for i := range size {
			if (float64(b.Output.Data[y+i]) > f.threshold) == (b.Target.Data[target+i] > 0.5) {
				right++
			}
		}
		numbers.Data[r*numbers.Stride] = float32(right) / float32(size)
	}
}
