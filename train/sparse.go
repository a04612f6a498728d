package train

import (
	"cmp"
	"slices"

	"braid/internal/kernel"
	"braid/optim"
	"braid/tensor"
)

// prepareRows is prepare for the rows that the batch names; grad has their gradients. Accumulated
// gradients are those of the rows with a number that is not 0. They alone get the gradient of the
// penalty.
func (run *runner) prepareRows(worker int, b *sparseBlock, grad tensor.Rows[float32],
	t turn) bool {
	b.grad, b.at = grad, b.at[:0]
	if run.accumulate > 1 {
		for i, id := range b.IDs {
			kernel.Default().Add(b.values.Gradient.Row(int(id)-b.RowLo), grad.Row(i))
		}
		if !t.last {
			return true
		}
		b.grad = b.values.Gradient
		for r := range b.values.Rows {
			if slices.ContainsFunc(b.grad.Row(r), func(v float32) bool { return v != 0 }) {
				b.at = append(b.at, int32(r))
			}
		}
	} else {
		for _, id := range b.IDs {
			b.at = append(b.at, id-int32(b.RowLo))
		}
	}
	keeps := t.ends && run.observed != nil
	if keeps {
		clearRows(b.kept, b.values.Rows)
	}
	for i := range b.at {
		row := run.gradientRow(b, i)
		scaleRows(row, 1, 1/float32(t.batches))
		if t.batches > 1 && !run.check(worker, b.name, row, 1) {
			return false
		}
		addPenalty(b.regularization, row, b.values.Weights.Skip(int(b.at[i])), 1)
		if keeps {
			keepRows(b.kept.Skip(int(b.at[i])), row, 1)
		}
		if run.clip.Value > 0 {
			clipValues(row, 1, float32(run.clip.Value))
		}
	}
	if run.norms != nil {
		run.squareRows(b)
	}
	return true
}

// squareRows sets the sums of squares of the rows' gradients in the order of the rows, which does
// not depend on the division among workers.
func (run *runner) squareRows(b *sparseBlock) {
	b.ordered, b.squares = b.ordered[:0], b.squares[:0]
	for i := range b.at {
		b.ordered = append(b.ordered, int32(i))
	}
	slices.SortFunc(b.ordered, func(i, j int32) int { return cmp.Compare(b.at[i], b.at[j]) })
	for _, i := range b.ordered {
		b.squares = append(b.squares, sumSquares(run.gradientRow(b, int(i)), 1))
	}
}

// gradientRow returns the gradient of row at[i] of a block.
func (run *runner) gradientRow(b *sparseBlock, i int) tensor.Rows[float32] {
	if run.accumulate > 1 {
		return b.grad.Skip(int(b.at[i]))
	}
	return b.grad.Skip(i)
}

// updateRows updates the rows with a gradient, and the averages of all rows. factor scales the
// gradient.
func (run *runner) updateRows(step optim.Step, b *sparseBlock, t turn, factor float32) {
	var slots [4]tensor.Rows[float32]
	for i, at := range b.at {
		grad := run.gradientRow(b, i)
		scaleRows(grad, 1, factor)
		p := optim.Block{Rows: 1, Weights: b.values.Weights.Skip(int(at)), Gradient: grad,
			Slots: slots[:0], Decay: b.decay}
		for _, slot := range b.values.Slots {
			p.Slots = append(p.Slots, slot.Skip(int(at)))
		}
		run.optimizer.Update(step, p)
		if run.accumulate > 1 {
			clear(grad.Row(0))
		}
	}
	run.ema.update(t.update, b.average, b.values.Weights, b.values.Rows)
}
