package predictor

import (
	"fmt"

	"braid"
	"braid/internal/kernel"
	"braid/tensor"
)

// Rows holds the inputs and answers of a batch.
type Rows struct {
	N       int
	Inputs  []tensor.Tensor // by input, [N, its shape...]
	Answers []tensor.Tensor // by head, [N, its shape...]

	in, out braid.Tensors
}

// Rows returns a batch of n rows. Free returns it to the model.
func (m *Model) Rows(n int) *Rows {
	if n == 1 {
		return m.one.Get().(*Rows)
	}
	return m.newRows(n)
}

// Free returns a batch to the model. The caller must not use it again.
func (m *Model) Free(r *Rows) {
	if r.N == 1 {
		m.one.Put(r)
	}
}

func (m *Model) newRows(n int) *Rows {
	r := &Rows{N: n, in: braid.Tensors{}, out: braid.Tensors{}}
	for _, in := range m.Inputs {
		size, shape := n*in.Shape.Size(), append(tensor.Shape{n}, in.Shape...)
		var t tensor.Tensor
		if in.DType == tensor.Int32 {
			t = tensor.Ints(make([]int32, size), shape...)
		} else {
			t = tensor.Floats(make([]float32, size), shape...)
		}
		r.Inputs, r.in[in.Name] = append(r.Inputs, t), t
	}
	for _, h := range m.Heads {
		t := tensor.Floats(make([]float32, n*h.Shape.Size()), append(tensor.Shape{n}, h.Shape...)...)
		r.Answers, r.out[h.Name] = append(r.Answers, t), t
	}
	return r
}

// Predict computes the answers.
func (m *Model) Predict(r *Rows) error { return m.File.Model.PredictInto(r.out, r.in) }

// PredictWith computes the answers in at most the given number of goroutines, which includes the
// caller's.
func (m *Model) PredictWith(workers int, r *Rows) error {
	return m.File.Model.PredictWith(workers, r.out, r.in)
}

// CheckAnswers returns an error if an answer to a row is not finite.
func (m *Model) CheckAnswers(r *Rows, row int) error {
	finite := kernel.Default().Finite
	for i := range m.Heads {
		size := m.Heads[i].Shape.Size()
		numbers := r.Answers[i].Float32s()[row*size:][:size]
		for j, v := range numbers {
			if !finite(numbers[j : j+1]) {
				const format = "head %q gives %v, which is no answer: " +
					"the network's numbers have become too large"
				return fmt.Errorf(format, m.Heads[i].Name, v)
			}
		}
	}
	return nil
}

// CopyInputs copies all inputs of from to the rows of r that begin at the index at.
func (r *Rows) CopyInputs(at int, from *Rows) {
	for i, t := range from.Inputs {
		copyRows(r.Inputs[i], at, t, 0, from.N)
	}
}

// CopyAnswers copies the answers to all rows of r from the rows of from that begin at the index at.
func (r *Rows) CopyAnswers(from *Rows, at int) {
	for i, t := range from.Answers {
		copyRows(r.Answers[i], 0, t, at, r.N)
	}
}

// copyRows copies n rows from one tensor to another of the same type.
func copyRows(to tensor.Tensor, toRow int, from tensor.Tensor, fromRow, n int) {
	size := from.Len() / from.Shape()[0]
	lo, hi := fromRow*size, (fromRow+n)*size
	if from.DType() == tensor.Int32 {
		copy(to.Int32s()[toRow*size:], from.Int32s()[lo:hi])
		return
	}
	copy(to.Float32s()[toRow*size:], from.Float32s()[lo:hi])
}
