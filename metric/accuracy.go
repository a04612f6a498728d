package metric

import (
	"braid"
	"braid/tensor"
)

// Accuracy is the fraction of right outputs, as in Keras. For labels, the class with the highest
// probability must be the label; of equal probabilities the lower class counts. So it is for a
// softmax with a number for each class as target, the largest of which is the label. For other
// numbers, each must be on the target's side of 0.5; 0.5 itself counts as no. For signs, the target
// of hinge losses, each must be on the target's side of 0.
type Accuracy struct{}

// Kind is "accuracy".
func (Accuracy) Kind() string { return "accuracy" }

// Ascends marks that more is better.
func (Accuracy) Ascends() {}

// Bind requires labels for a head of shape [..., classes], or numbers of the head's shape.
func (m Accuracy) Bind(head braid.Spec, target Target) (Func, error) {
	o, err := read(m, head, target)
	switch {
	case err != nil:
		return nil, err
	case o.reading != yesNo:
		return eachStep(head, rightClass{outputs: o}), nil
	}
	return eachStep(head, sameSide{middle: float32(o.middle)}), nil
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
	middle float32 // of the outputs; that of targets is 0.5, also if they are signs
}

func (f sameSide) Rows(b Batch, numbers tensor.Rows[float32], lo, hi int) {
	size := b.Output.Width
	for r := lo; r < hi; r++ {
		y, target := r*b.Output.Stride, r*b.Target.Stride
		right := 0
		for i := range size {
			if (b.Output.Data[y+i] > f.middle) == (b.Target.Data[target+i] > 0.5) {
				right++
			}
		}
		numbers.Data[r*numbers.Stride] = float32(right) / float32(size)
	}
}
