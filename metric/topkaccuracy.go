package metric

import (
	"fmt"

	"braid"
	"braid/tensor"
)

// TopKAccuracy is the fraction of rows whose class is among the K most probable. Of equal
// probabilities the lower class comes first, so that K = 1 gives Accuracy; TensorFlow counts all
// that equal the last one. Its figure is named by K: "top_5_accuracy".
type TopKAccuracy struct {
	K int `json:"k,omitzero"` // 0 means 5
}

// Kind is "top_k_categorical_accuracy".
func (TopKAccuracy) Kind() string { return "top_k_categorical_accuracy" }

// Name is "top_5_accuracy" for K = 5.
func (m TopKAccuracy) Name() string { return fmt.Sprintf("top_%d_accuracy", m.k()) }

// Ascends marks that more is better.
func (TopKAccuracy) Ascends() {}

func (m TopKAccuracy) k() int {
	if m.K == 0 {
		return 5
	}
	return m.K
}

// Bind requires a head of more than K classes.
func (m TopKAccuracy) Bind(head braid.Spec, target Target) (Func, error) {
	o, err := read(m, head, target)
	if err == nil && o.reading == yesNo {
		err = mistake(m, head, "its target is yes or no, want labels for [..., classes]")
	}
	if err == nil && (o.width < 2 || o.width == 2 && m.k() != 1) {
		err = mistake(m, head, "K = %d, but the number of its classes is %d, too few for a top K: want "+
			"Accuracy", m.k(), o.width)
	}
	if err == nil && (m.K < 0 || m.k() >= o.width) {
		err = mistake(m, head, "K = %d, want 1 to %d: it has %d classes", m.k(), o.width-1, o.width)
	}
	if err != nil {
		return nil, err
	}
	return eachStep(head, topK{outputs: o, k: m.k()}), nil
}

type topK struct {
	mean
	outputs
	k int
}

func (f topK) Rows(b Batch, numbers tensor.Rows[float32], lo, hi int) {
	for r := lo; r < hi; r++ {
		var right float32
		if c := f.class(&b, r); c >= 0 && rank(b.Output.Row(r), c) < f.k {
			right = 1
		}
		numbers.Data[r*numbers.Stride] = right
	}
}

// rank returns how many numbers come before x[i] in falling order. NaN comes last.
func rank(x []float32, i int) int {
	n := 0
	for j, v := range x {
		if j < i && !(v < x[i]) || j > i && !(v <= x[i]) {
			n++
		}
	}
	return n
}
