package predictor

import (
	"fmt"

	"braid"
	"braid/internal/kernel"
	"braid/tensor"
)

// Batch holds the inputs and outputs of a batch of rows.
type Batch struct {
	N       int             // rows
	Inputs  []tensor.Tensor // by input, [N, its shape...]
	Outputs []tensor.Tensor // by head, [N, its shape...]

	bytes   [][]uint8 // by input: what is standardized to its numbers; nil: it has no bytes
	in, out braid.Tensors
}

// NewBatch returns a batch of n rows. Free returns it to the model.
func (m *Model) NewBatch(n int) *Batch {
	if n == 1 {
		return m.one.Get().(*Batch)
	}
	return m.allocateBatch(n)
}

// Free returns a batch to the model. The caller must not use it again.
func (m *Model) Free(b *Batch) {
	if b.N == 1 {
		m.one.Put(b)
	}
}

func (m *Model) allocateBatch(n int) *Batch {
	b := &Batch{N: n, in: braid.Tensors{}, out: braid.Tensors{}}
	b.bytes = make([][]uint8, len(m.Inputs))
	for i := range m.Inputs {
		in := &m.Inputs[i]
		size, shape := n*in.Shape.Size(), append(tensor.Shape{n}, in.Shape...)
		if isBytes(in) {
			b.bytes[i] = make([]uint8, size)
		}
		var t tensor.Tensor
		if in.DType == tensor.Int32 {
			t = tensor.Ints(make([]int32, size), shape...)
		} else {
			t = tensor.Floats(make([]float32, size), shape...)
		}
		b.Inputs, b.in[in.Name] = append(b.Inputs, t), t
	}
	for _, h := range m.Heads {
		t := tensor.Floats(make([]float32, n*h.Shape.Size()), append(tensor.Shape{n}, h.Shape...)...)
		b.Outputs, b.out[h.Name] = append(b.Outputs, t), t
	}
	return b
}

// Bytes returns the bytes of all rows of an input, by its index. They are nil if it has none.
func (b *Batch) Bytes(input int) []uint8 { return b.bytes[input] }

// Output returns the outputs of a head, by its index, for a row.
func (b *Batch) Output(head, row int) []float32 {
	size := b.Outputs[head].Len() / b.N
	return b.Outputs[head].Float32s()[row*size:][:size]
}

// Predict computes the outputs.
func (m *Model) Predict(b *Batch) error { return m.File.Model.PredictInto(b.out, b.in) }

// PredictWith computes the outputs in at most the given number of goroutines, which includes the
// caller's.
func (m *Model) PredictWith(workers int, b *Batch) error {
	return m.File.Model.PredictWith(workers, b.out, b.in)
}

// CheckOutputs returns an error if an output of a row is not finite.
func (m *Model) CheckOutputs(b *Batch, row int) error {
	finite := kernel.Default().Finite
	for i := range m.Heads {
		numbers := b.Output(i, row)
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

// CopyInputs copies all inputs of from to the rows of b that begin at the index at.
func (b *Batch) CopyInputs(at int, from *Batch) {
	for i, t := range from.Inputs {
		copyRows(b.Inputs[i], at, t, 0, from.N)
	}
}

// CopyOutputs copies the outputs of all rows of b from the rows of from that begin at the index at.
func (b *Batch) CopyOutputs(from *Batch, at int) {
	for i, t := range from.Outputs {
		copyRows(b.Outputs[i], 0, t, at, b.N)
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
