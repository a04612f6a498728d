package train

import (
	"braid/data"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// step runs a worker's share of a training step in two phases. First the worker takes its rows
// forward and backward through the network. After the barrier it computes the gradients of its
// blocks of the weights over all rows, and updates them. order names the examples; number is that
// of the step, from 1. step returns false if the crew must stop. If a loss is not finite it does so
// before any weight changes.
func (run *runner) step(worker int, ds *dataset, order, next []int32, number int, t turn) bool {
	run.penalize(worker)
	if !run.forward(worker, ds, order, number) {
		return false
	}
	if t.measured && !run.combines() && !run.measureConflicts(worker, ds, order, t) {
		return false
	}
	if !run.backward(worker, len(order), 0) {
		return false
	}
	if !run.crew.Meet(worker) || run.badLoss.Load() {
		return false
	}
	if worker == 0 {
		run.addFigures(order)
		run.balance.addLosses(order)
		run.penalty += float64(run.totalPenalty() * float64(len(order)))
		run.penaltyRows += len(order)
	}
	run.fill(worker, ds, order, run.team.ReadsLate)
	run.team.Join(worker, len(order))
	return run.update(worker, len(order), t, ds, next)
}

// forward gathers a worker's rows of a batch, computes the network's outputs, losses and metrics
// and, in training, the gradients of the losses. order names the batch's examples; number is that
// of the training step. It returns false if the crew must stop.
func (run *runner) forward(worker int, ds *dataset, order []int32, number int) bool {
	lo, hi := run.team.Share(len(order), worker)
	if ds.augmented != nil {
		ds.augment(worker, order, lo, hi, uint64(number))
		if !run.crew.Meet(worker) {
			return false
		}
	}
	run.fill(worker, ds, order, run.team.Reads)
	run.team.Begin(worker, len(order), order, uint64(number))
	if !run.team.Forward(worker, len(order)) {
		return false
	}
	for i, h := range run.heads {
		h.gather(ds.targets[i], order, lo, hi)
		l := h.labels
		scale := float64(h.weight*h.factor) / l.per(1, float64(max(l.count(order), 1)))
		h.loss.Rows(h.batch, h.losses, float32(scale), lo, hi)
		l.weigh(h, order, lo, hi)
		if !kernel.Default().Finite(h.losses[lo:hi]) {
			run.badLoss.Store(true)
		}
		for _, m := range h.metrics {
			m.rows.Rows(m.batch, m.numbers, lo, hi)
		}
	}
	return true
}

// gather gathers the targets of rows lo to hi of a batch, and the weights of their steps.
func (h *head) gather(target data.Column, order []int32, lo, hi int) {
	if h.target.DType == tensor.Int32 {
		target.GatherInts(h.batch.Labels, order, lo, hi)
	} else {
		target.GatherFloats(h.batch.Target, 0, order, lo, hi)
	}
	if h.labels.ofSteps() {
		h.labels.gather(h.batch.StepWeights, order, lo, hi)
	}
}

// fill gathers the columns of a batch's inputs that a worker reads.
func (run *runner) fill(worker int, ds *dataset, order []int32,
	reads func(worker, sharer, input int) op.Span) {
	for other := range run.team.Workers {
		lo, hi := run.team.Share(len(order), other)
		for i := range ds.inputs {
			c, rows := ds.input(i, order)
			columns, to := reads(worker, other, i), run.inputs[worker][i]
			switch {
			case columns.Lo == columns.Hi:
			case c.DType == tensor.Int32:
				c.GatherInts(to.ids, rows, lo, hi)
			default:
				c.GatherFloats(to.floats.Columns(columns.Lo, columns.Hi), columns.Lo, rows, lo, hi)
			}
		}
	}
}

// prefetch prefetches one of several shares of the rows that a worker gathers from a batch.
func (run *runner) prefetch(worker int, ds *dataset, order []int32, share, shares int) {
	for other := range run.team.Workers {
		lo, hi := run.team.Share(len(order), other)
		lo, hi = lo+(hi-lo)*share/shares, lo+(hi-lo)*(share+1)/shares
		for i, c := range ds.inputs {
			columns := run.team.Reads(worker, other, i)
			if ds.augmented != nil && ds.augmented[i] != nil {
				columns = op.Span{}
				if other == worker {
					columns.Hi = c.Shape.Size()
				}
			} else if columns.Lo == columns.Hi {
				columns = run.team.ReadsLate(worker, other, i)
			}
			c.Prefetch(columns.Lo, columns.Hi, order[lo:hi])
		}
	}
}

// addFigures adds the batch's losses and metrics to the sums, in row order.
func (run *runner) addFigures(order []int32) {
	for _, h := range run.heads {
		sum := h.sum
		for _, v := range h.losses[:len(order)] {
			sum += float64(v)
		}
		h.sum = sum
		h.countLabels(order)
		for _, m := range h.metrics {
			m.add(h.labels, order)
		}
	}
}

// countLabels adds the labels of a batch, and their weights.
func (h *head) countLabels(order []int32) {
	h.count += h.labels.count(order)
	h.weighs += h.labels.total(order)
}

// recount sets the counts and the weights of the labels of the epoch's first steps, which follow
// from the order of the examples. A checkpoint does not hold them.
func (f *fit) recount() {
	f.runner.penaltyRows = min(f.at.Steps*f.batch, len(f.order))
	for _, h := range f.runner.heads {
		h.count, h.weighs = 0, 0
		for _, m := range h.metrics {
			m.weights = m.weights[:0]
		}
		for step := range f.at.Steps {
			h.countLabels(f.examples(step))
			for _, m := range h.metrics {
				if m.sums == nil {
					m.addWeights(h.labels, f.examples(step))
				}
			}
		}
	}
}
