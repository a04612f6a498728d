package train

import (
	"cmp"
	"math"
	"sync/atomic"

	"braid"
	"braid/internal/engine"
	"braid/internal/exec"
	"braid/internal/kernel"
	"braid/op"
	"braid/optim"
	"braid/tensor"
)

// loop runs batches through a model: forward only, or as training steps of two phases. In the
// first, each worker takes its rows through the whole network and back. In the second, each takes
// its blocks of the weights, computes their gradient over all rows, and updates them.
type loop struct {
	model  *braid.Model
	space  *engine.Workspace
	team   *engine.Team // the crew's workers on the workspace
	inputs [][]window   // of each worker
	heads  []*head
	crew   *exec.Crew

	optimizer optim.Optimizer
	blocks    [][]block // by worker
	sparse    [][]sparseBlock
	slots     slots
	gather    bool // whole gradients come first, then the updates

	bad  atomic.Bool // a loss of this step is not finite: set before the first meeting, read after it
	torn atomic.Bool // a gradient is not: set between the meetings, read after the second
	from []string    // by worker: the weight whose gradient it is
}

// window is where an input's rows go: one of the two.
type window struct {
	floats tensor.Rows[float32]
	ints   tensor.Rows[int32]
}

// slots are the optimizer's numbers beside each weight, each laid out like the weight's storage.
type slots map[*engine.Weight][][]tensor.Rows[float32]

// newLoop makes a loop.
func newLoop(m *braid.Model, plan Plan, rows int, mode engine.Mode) (*loop, error) {
	l := &loop{model: m, space: m.Network().NewWorkspace(rows, mode), crew: exec.NewCrew(plan.Workers), optimizer: plan.Optimizer, gather: plan.Gather}
	l.from = make([]string, l.crew.Workers())
	l.team = l.space.NewTeam(l.crew.Workers(), l.crew.Meet)
	for _, worker := range l.team.Workers {
		var inputs []window
		for i, spec := range m.Inputs() {
			if spec.DType == tensor.Int32 {
				inputs = append(inputs, window{ints: worker.IDs(i)})
			} else {
				inputs = append(inputs, window{floats: worker.Input(i)})
			}
		}
		l.inputs = append(l.inputs, inputs)
	}
	var err error
	if l.heads, err = bindHeads(m, l.space, plan.Heads, mode == engine.Train); err != nil {
		return nil, err
	}
	if err := checkFigures(figureNames(l.heads)); err != nil || mode != engine.Train {
		return l, err
	}
	l.newSlots()
	l.bindBlocks()
	return l, nil
}

// newSlots makes the optimizer's numbers beside the weights, all zero.
func (l *loop) newSlots() {
	l.slots = slots{}
	for _, w := range l.model.Weights() {
		for range slotsOf(w, l.optimizer) {
			var slot []tensor.Rows[float32]
			for _, part := range w.Memory().Storage {
				part.Data = exec.Floats(len(part.Data))
				slot = append(slot, part)
			}
			l.slots[w.Memory()] = append(l.slots[w.Memory()], slot)
		}
	}
}

// slotsOf returns how many slots an optimizer has beside a weight: none where the weight is not trained.
func slotsOf(w *braid.Weight, o optim.Optimizer) int {
	if w.IsState() || w.Memory().Frozen {
		return 0
	}
	return o.Slots()
}

// forward gathers a worker's rows of a batch, whose examples order names, and computes their losses
// and metrics; in training, their gradients too. Number is that of the training step. It returns false where
// the crew must stop.
func (l *loop) forward(worker int, s *source, order []int32, number int) bool {
	lo, hi := l.team.Share(len(order), worker)
	l.fill(worker, s, order, l.team.Reads)
	l.team.Begin(worker, len(order), order, uint64(number))
	if !l.team.Forward(worker, len(order)) {
		return false
	}
	for i, h := range l.heads {
		if h.target.DType == tensor.Int32 {
			s.targets[i].GatherInts(h.batch.Labels, order, lo, hi)
		} else {
			s.targets[i].GatherFloats(h.batch.Target, 0, order, lo, hi)
		}
		h.loss.Rows(h.batch, h.losses, float32(h.weight/float64(len(order))), lo, hi)
		if !kernel.Default().Finite(h.losses[lo:hi]) {
			l.bad.Store(true)
		}
		for _, m := range h.metrics {
			m.fn.Rows(m.batch, m.parts, lo, hi)
		}
	}
	return true
}

// fill gathers the columns of a batch's inputs that a worker reads.
func (l *loop) fill(worker int, s *source, order []int32, reads func(worker, sharer, input, rows int) op.Span) {
	for other := range l.team.Workers {
		lo, hi := l.team.Share(len(order), other)
		for i, c := range s.inputs {
			columns, to := reads(worker, other, i, len(order)), l.inputs[worker][i]
			switch {
			case columns.Lo == columns.Hi:
			case c.DType == tensor.Int32:
				c.GatherInts(to.ints, order, lo, hi)
			default:
				c.GatherFloats(to.floats.Columns(columns.Lo, columns.Hi), columns.Lo, order, lo, hi)
			}
		}
	}
}

// step is one worker's part of a training step, whose number counts from 1, on the examples that
// order names. It returns false where the crew must stop: with bad set, before any weight changed.
func (l *loop) step(worker int, s *source, order, next []int32, number int) bool {
	if !l.forward(worker, s, order, number) || !l.team.Backward(worker, len(order)) {
		return false
	}
	if !l.crew.Meet(worker) || l.bad.Load() {
		return false
	}
	if worker == 0 {
		l.addUp(len(order))
	}
	l.fill(worker, s, order, l.team.ReadsLate)
	l.team.Join(worker, len(order))
	return l.update(worker, len(order), l.optimizer.At(number), s, next)
}

// prefetch asks for one of so many parts of what a worker will gather from a batch.
func (l *loop) prefetch(worker int, s *source, order []int32, part, parts int) {
	for other := range l.team.Workers {
		lo, hi := l.team.Share(len(order), other)
		lo, hi = lo+(hi-lo)*part/parts, lo+(hi-lo)*(part+1)/parts
		for i, c := range s.inputs {
			columns := l.team.Reads(worker, other, i, len(order))
			if columns.Lo == columns.Hi {
				columns = l.team.ReadsLate(worker, other, i, len(order))
			}
			c.Prefetch(columns.Lo, columns.Hi, order[lo:hi])
		}
	}
}

// addUp adds the batch's losses and metrics to the sums, in row order.
func (l *loop) addUp(rows int) {
	for _, h := range l.heads {
		sum := h.sum
		for _, v := range h.losses[:rows] {
			sum += float64(v)
		}
		h.sum = sum
		for _, m := range h.metrics {
			for i := range m.sums {
				sum := m.sums[i]
				for r := range rows {
					sum += float64(m.parts.Data[r*m.parts.Stride+i])
				}
				m.sums[i] = sum
			}
		}
	}
}

// reset starts the sums anew.
func (l *loop) reset() {
	l.bad.Store(false)
	l.torn.Store(false)
	clear(l.from)
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
			batch := order[:min(len(order), l.space.Rows())]
			if !l.forward(worker, s, batch, 0) || !l.crew.Meet(worker) {
				return
			}
			if worker == 0 {
				l.addUp(len(batch))
				order = order[len(batch):]
				stopped = stop()
			}
			if !l.crew.Meet(worker) {
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

// spoilt names the first weight that has a number that is not finite, "" for none.
func (l *loop) spoilt() string {
	for _, w := range l.model.Weights() {
		for _, part := range w.Memory().Storage {
			if !kernel.Default().Finite(part.Data) {
				return w.Name()
			}
		}
	}
	return ""
}

// badWeight names the first weight whose gradient is not finite, "" for none.
func (l *loop) badWeight() string {
	return cmp.Or(l.from...)
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
