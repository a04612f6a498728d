package train

import (
	"math"
	"sync/atomic"

	"braid"
	"braid/internal/exec"
	"braid/optim"
	"braid/tensor"
)

// loop runs batches through a model: forward only, or as training steps of two phases. In the
// first, each worker takes its rows through the whole network and back. In the second, each takes
// its blocks of the weights, computes their gradient over all rows, and updates them.
type loop struct {
	model *braid.Model
	pass  *braid.Pass
	holds []*braid.Worker // on the pass, by worker
	heads []*head
	crew  *exec.Crew

	optimizer optim.Optimizer
	blocks    [][]braid.WeightBlock                    // by worker
	slots     map[*braid.Weight][]tensor.Rows[float32] // by weight, laid out like its storage
	scratch   [][]float32                              // by worker: a block's gradient
	parts     [][][]float32                            // by worker: the slots of a row of a block

	bad atomic.Bool // a loss of this step is not finite
}

func newLoop(m *braid.Model, plan Plan, rows int, train bool) (*loop, error) {
	l := &loop{
		model: m, pass: m.NewPass(rows, true), crew: exec.NewCrew(plan.Workers), optimizer: plan.Optimizer,
	}
	for range l.crew.Workers() {
		l.holds = append(l.holds, l.pass.NewWorker())
	}
	var err error
	if l.heads, err = bindHeads(m, l.pass, plan.Heads, train); err != nil {
		return nil, err
	}
	if err := checkFigures(figureNames(l.heads)); err != nil || !train {
		return l, err
	}
	blocks := m.Blocks()
	l.blocks = deal(blocks, l.crew.Workers())
	l.slots = make(map[*braid.Weight][]tensor.Rows[float32])
	for _, w := range m.Weights() {
		for range plan.Optimizer.Slots() {
			like := w.Storage()
			like.Data = exec.Floats(len(like.Data))
			l.slots[w] = append(l.slots[w], like)
		}
	}
	for range l.crew.Workers() {
		l.scratch = append(l.scratch, exec.Floats(gradRoom(blocks)))
		l.parts = append(l.parts, make([][]float32, plan.Optimizer.Slots()))
	}
	return l, nil
}

// deal gives each worker consecutive blocks with about as many weights as the others have.
func deal(blocks []braid.WeightBlock, workers int) [][]braid.WeightBlock {
	size := func(b braid.WeightBlock) int { return (b.RowHi - b.RowLo) * (b.ColumnHi - b.ColumnLo) }
	total := 0
	for _, b := range blocks {
		total += size(b)
	}
	hands := make([][]braid.WeightBlock, workers)
	done := 0
	for _, b := range blocks {
		// The worker in whose share the block's middle lies.
		worker := min((2*done+size(b))*workers/(2*total), workers-1)
		hands[worker] = append(hands[worker], b)
		done += size(b)
	}
	return hands
}

// forward gathers rows lo to hi of a batch, whose examples order names, and computes their losses
// and metrics; with train, their gradients too.
func (l *loop) forward(worker int, s *source, order []int32, lo, hi int, train bool) {
	for i, c := range s.inputs {
		if c.DType == tensor.Int32 {
			c.GatherInts(l.pass.Tokens(i), order, lo, hi)
		} else {
			c.GatherFloats(l.pass.Kernels(), l.pass.Input(i), order, lo, hi)
		}
	}
	l.holds[worker].Forward(lo, hi)
	for i, h := range l.heads {
		b := h.batch
		if h.target.DType == tensor.Int32 {
			s.targets[i].GatherInts(b.Labels, order, lo, hi)
		} else {
			s.targets[i].GatherFloats(b.Kernels, b.Target, order, lo, hi)
		}
		if !train {
			b.Grad = tensor.Rows[float32]{}
		}
		h.loss.Rows(b, h.losses, float32(h.weight/float64(len(order))), lo, hi)
		for _, v := range h.losses[lo:hi] {
			if v-v != 0 {
				l.bad.Store(true)
			}
		}
		for _, m := range h.metrics {
			for r := lo; r < hi; r++ {
				m.fn.Row(m.batch, r, m.parts.Row(r))
			}
		}
	}
}

// step is one worker's part of a training step, whose number counts from 1, on the examples that
// order names. It returns false where the crew must stop: with bad set, before any weight changed.
func (l *loop) step(worker int, s *source, order []int32, number int) bool {
	lo, hi := exec.Share(len(order), 4, worker, l.crew.Workers())
	l.forward(worker, s, order, lo, hi, true)
	l.holds[worker].Backward(lo, hi)
	if !l.crew.Meet() || l.bad.Load() {
		return false
	}
	if worker == 0 {
		l.addUp(len(order))
	}
	l.update(worker, len(order), l.optimizer.At(number))
	return true
}

// update computes the gradients of a worker's blocks and moves their weights.
func (l *loop) update(worker, rows int, step optim.Step) {
	for _, b := range l.blocks[worker] {
		width := b.ColumnHi - b.ColumnLo
		grad := tensor.Rows[float32]{Data: l.scratch[worker], Width: width, Stride: exec.Padded(width)}
		l.holds[worker].Gradient(b, rows, grad)
		slots := l.slots[b.Weight]
		for r := b.RowLo; r < b.RowHi; r++ {
			part := optim.Part{
				Weights:  b.Weight.Storage().Row(r)[b.ColumnLo:b.ColumnHi],
				Gradient: grad.Row(r - b.RowLo),
				Slots:    l.parts[worker],
				Kernels:  l.pass.Kernels(),
			}
			for i := range slots {
				part.Slots[i] = slots[i].Row(r)[b.ColumnLo:b.ColumnHi]
			}
			l.optimizer.Update(step, part)
		}
	}
}

// addUp adds the batch's losses and metrics to the sums, in row order.
func (l *loop) addUp(rows int) {
	for _, h := range l.heads {
		for _, v := range h.losses[:rows] {
			h.sum += float64(v)
		}
		for _, m := range h.metrics {
			for r := range rows {
				for i, v := range m.parts.Row(r) {
					m.sums[i] += float64(v)
				}
			}
		}
	}
}

// reset starts the sums anew.
func (l *loop) reset() {
	l.bad.Store(false)
	for _, h := range l.heads {
		h.sum = 0
		for _, m := range h.metrics {
			clear(m.sums)
		}
	}
}

// figures gives the means over the examples since reset, in the order of figureNames.
func (l *loop) figures(examples int) []float64 {
	list := []float64{0}
	for _, h := range l.heads {
		mean := h.sum / float64(examples)
		list = append(list, mean)
		if h.weight != 0 {
			list[0] += h.weight * mean
		}
	}
	for _, h := range l.heads {
		for _, m := range h.metrics {
			list = append(list, m.fn.Value(m.sums, examples))
		}
	}
	return list
}

// evaluate runs a whole table forward and returns its figures. A loss that is not finite is a
// figure like another here: nothing is learnt from it.
func (l *loop) evaluate(s *source, stop func() bool) ([]float64, error) {
	l.reset()
	order := make([]int32, s.rows)
	for i := range order {
		order[i] = int32(i)
	}
	var stopped bool
	err := l.crew.Run(func(worker int) {
		for len(order) > 0 && !stopped {
			batch := order[:min(len(order), l.pass.Rows())]
			lo, hi := exec.Share(len(batch), 4, worker, l.crew.Workers())
			l.forward(worker, s, batch, lo, hi, false)
			if !l.crew.Meet() {
				return
			}
			if worker == 0 {
				l.addUp(len(batch))
				order = order[len(batch):]
				stopped = stop()
			}
			if !l.crew.Meet() {
				return
			}
		}
	})
	if err != nil {
		return nil, err
	}
	if stopped {
		return nil, errStopped
	}
	return l.figures(s.rows), nil
}

// notFinite names the first head, and its loss, that is not finite in the batch.
func (l *loop) notFinite(rows int) (string, float64) {
	for _, h := range l.heads {
		for _, v := range h.losses[:rows] {
			if v-v != 0 {
				return h.name, float64(v)
			}
		}
	}
	return "", math.NaN()
}
