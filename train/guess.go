package train

import (
	"slices"

	"braid"
	"braid/data"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// The loss of guessing is computed from at most guessRows rows, and guessNumbers of their outputs.
const (
	guessRows    = 4096
	guessNumbers = 1 << 22
)

// guess returns the least loss of a head for one answer to all rows of a dataset: the means of the
// targets, their medians, or 0. It uses the memory of a batch.
func (run *runner) guess(h *head, spec braid.Spec, target data.Column, rows int) float64 {
	n := spec.Shape.Size()
	order := make([]int32, min(rows, guessRows, max(guessNumbers/n, 1)))
	for i := range order {
		order[i] = int32(i * rows / len(order))
	}
	means, medians := run.middles(h, target, order, n)
	least := run.lossOf(h, spec, target, order, make([]float32, n))
	for _, answer := range [][]float32{means, medians} {
		for i, v := range answer {
			answer[i] = logit(spec.Activation, v)
		}
		least = min(least, run.lossOf(h, spec, target, order, answer))
	}
	return least
}

// middles returns the mean and the median of the targets of rows for each of n outputs: with labels
// of classes, those of a one for the class and zeros.
func (run *runner) middles(h *head, target data.Column, order []int32, n int,
) (means, medians []float32) {
	values, sums, weights := make([][]float32, n), make([]float64, n), make([]float64, n)
	axis := n / h.steps
	for ; len(order) > 0; order = order[min(len(order), run.space.Rows()):] {
		batch := order[:min(len(order), run.space.Rows())]
		h.gather(target, batch, 0, len(batch))
		for r, row := range batch {
			for j := range n {
				weight, _ := h.labels.example(row, j/axis, h.steps)
				if v, ok := h.targetOf(r, j, axis, n); ok && weight > 0 {
					values[j] = append(values[j], v)
					sums[j] += float64(weight * float64(v))
					weights[j] += weight
				}
			}
		}
	}
	means, medians = make([]float32, n), make([]float32, n)
	for j, list := range values {
		if len(list) > 0 {
			slices.Sort(list)
			means[j], medians[j] = float32(sums[j]/weights[j]), list[len(list)/2]
		}
	}
	return means, medians
}

// targetOf returns the target of an output of a row of the batch. It returns false if the target of
// a custom loss has another form.
func (h *head) targetOf(r, output, axis, outputs int) (v float32, ok bool) {
	if h.target.DType != tensor.Int32 {
		if h.batch.Target.Width == outputs {
			return h.batch.Target.Row(r)[output], true
		}
		return 0, false
	}
	if h.batch.Labels.Width != h.steps {
		return 0, false
	}
	label := int(h.batch.Labels.Row(r)[output/axis])
	if axis == 1 {
		return float32(label), true
	}
	if label == output%axis {
		return 1, true
	}
	return 0, true
}

// leastShare keeps logits finite.
const leastShare = 1e-6

// logit returns the number whose activation is an answer, as far as a loss reads it.
func logit(a braid.Activation, answer float32) float32 {
	v := float64(answer)
	switch a {
	case braid.Softmax:
		return float32(kernel.Log64(max(v, leastShare)))
	case braid.Sigmoid:
		v = max(leastShare, min(v, 1-leastShare))
		return float32(kernel.Log64(v / (1 - v)))
	}
	return answer
}

// lossOf returns the loss of one answer to rows. An activation without logits is left out.
func (run *runner) lossOf(h *head, spec braid.Spec, target data.Column, order []int32,
	logits []float32) float64 {
	b := h.batch
	b.Grad = tensor.Rows[float32]{}
	tmp := make([]float32, op.TemporarySize)
	axis := len(logits) / h.steps
	var sum float64
	count := h.labels.count(order)
	for ; len(order) > 0; order = order[min(len(order), run.space.Rows()):] {
		batch := order[:min(len(order), run.space.Rows())]
		for r := range batch {
			copy(b.Logits.Row(r), logits)
			copy(b.Output.Row(r), logits)
		}
		if spec.Activation == braid.Softmax || spec.Activation == braid.Sigmoid {
			spec.Activation.Forward(b.Output, b.Logits, 0, len(batch), axis, b.LogSumExp, tmp)
		}
		h.gather(target, batch, 0, len(batch))
		h.loss.Rows(b, h.losses, 1, 0, len(batch))
		h.labels.weigh(h, batch, 0, len(batch))
		for _, v := range h.losses[:len(batch)] {
			sum += float64(v)
		}
	}
	return sum / h.labels.per(1, float64(max(count, 1)))
}
