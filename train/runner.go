package train

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"sync/atomic"

	"braid"
	"braid/internal/engine"
	"braid/internal/kernel"
	"braid/internal/parallel"
	"braid/metric"
	"braid/optim"
	"braid/tensor"
)

// runner runs batches of a dataset through a model, forward only or as training steps.
type runner struct {
	model  *braid.Model
	space  *engine.Workspace
	team   *engine.Team  // the crew's workers on the workspace
	inputs [][]inputRows // by worker
	heads  []*head
	crew   *parallel.Crew

	optimizer optim.Optimizer
	blocks    [][]block // by worker
	sparse    [][]sparseBlock
	slots     slots
	arrays    arrays
	gather    bool // all gradients are computed before the first update

	balance  *balanced // the losses of the trained heads
	passes   *passes   // of the heads; nil: one pass gives the gradients of all
	measures bool      // conflicts

	clip       Clip
	norms      *norms    // if a norm is limited
	observed   *observed // gradients that callbacks read; nil: none
	accumulate int       // batches of an update
	ema        *EMA      // nil: no averages
	limits     []limited

	penalties   []penalty
	penaltySums []float64 // of each
	penalty     float64   // sum over the rows since reset
	penaltyRows int

	// a loss of this step is not finite: set before the first barrier, read after it
	badLoss atomic.Bool
	// a gradient is not finite: set between the barriers, read after the second
	badGradient atomic.Bool
	badWeights  []string // by worker: name of the weight with that gradient
}

// inputRows is the buffer of an input: floats or ids.
type inputRows struct {
	floats tensor.Rows[float32]
	ids    tensor.Rows[int32]
}

// slots are the arrays beside each weight.
type slots map[*engine.Weight][]slot

// slot is an array beside a weight, with the layout of the weight's storage.
type slot struct {
	name    string
	storage []tensor.Rows[float32]
}

// arrays lists the names of the arrays beside a weight.
type arrays struct {
	trained []string // the optimizer's slots, then the average and the gradient's sum, if any
	state   []string // the average, if any

	// sums has, by weight, the heads that reach it if each has a sum of gradients of its own.
	sums map[*engine.Weight]int
}

// of returns the names of the arrays beside a weight.
func (a arrays) of(w *braid.Weight) []string {
	switch {
	case w.Memory().Frozen:
		return nil
	case w.IsState():
		return a.state
	}
	names := a.trained
	for i := range a.sums[w.Memory()] {
		names = append(slices.Clip(names), headArray(i))
	}
	return names
}

// newRunner returns a runner for batches of up to rows rows. A training leaves tables out.
func newRunner(m *braid.Model, plan Plan, rows int, mode engine.Mode) (*runner, error) {
	run := &runner{
		model: m, space: m.Network().NewWorkspace(rows, mode), crew: parallel.NewCrew(plan.Workers),
		optimizer: plan.Optimizer, arrays: plan.arrays(), gather: plan.gathers(), clip: plan.Clip,
		accumulate: plan.Accumulate, ema: plan.EMA, measures: plan.Conflicts,
	}
	run.badWeights = make([]string, run.crew.Workers())
	run.team = run.space.NewTeam(run.crew.Workers(), run.crew.Meet)
	for _, worker := range run.team.Workers {
		var inputs []inputRows
		for i, spec := range m.Inputs() {
			if spec.DType == tensor.Int32 {
				inputs = append(inputs, inputRows{ids: worker.IDs(i)})
			} else {
				inputs = append(inputs, inputRows{floats: worker.Input(i)})
			}
		}
		run.inputs = append(run.inputs, inputs)
	}
	var err error
	if run.heads, err = bindHeads(m, run.space, plan.Heads, mode == engine.Train); err != nil {
		return nil, err
	}
	run.bindPenalties()
	names := slices.Concat(figureNames(run.heads), tableNames(run.heads))
	if err := checkFigures(names); err != nil || mode != engine.Train {
		return run, err
	}
	for _, h := range run.heads {
		h.metrics = slices.DeleteFunc(h.metrics, (*score).isTable)
	}
	if err := run.bindBalance(plan); err != nil {
		return nil, err
	}
	run.newSlots()
	run.observed = newObserved(m, plan.Callbacks)
	run.bindBlocks()
	run.bindLimits()
	return run, nil
}

// Names of the arrays beside a weight that are not the optimizer's slots.
const (
	averageArray  = "average"
	gradientArray = "gradient" // sum over the batches of a group
)

// headArray returns the name of the sum of the gradients of one of the heads that reach a weight.
func headArray(i int) string { return fmt.Sprintf("%s%d", gradientArray, i) }

// arrays returns the names of the arrays beside the weights.
func (p Plan) arrays() (a arrays) {
	for slot := range p.Optimizer.Slots() {
		a.trained = append(a.trained, fmt.Sprintf("slot%d", slot))
	}
	if p.EMA != nil {
		a.trained = append(a.trained, averageArray)
		if p.EMA.State {
			a.state = append(a.state, averageArray)
		}
	}
	if p.Accumulate > 1 {
		a.trained = append(a.trained, gradientArray)
	}
	return a
}

// gathers reports whether all gradients are computed before the first update.
func (p Plan) gathers() bool { return p.Gather || p.Accumulate > 1 || p.Clip.limitsNorm() }

// newSlots allocates the slots: all zero, but the averages are the weights.
func (run *runner) newSlots() {
	run.slots = slots{}
	for _, w := range run.model.Weights() {
		for _, name := range run.arrays.of(w) {
			s := slot{name: name}
			for _, matrix := range w.Memory().Storage {
				numbers := parallel.Floats(len(matrix.Data))
				if name == averageArray {
					copy(numbers, matrix.Data)
				}
				matrix.Data = numbers
				s.storage = append(s.storage, matrix)
			}
			run.slots[w.Memory()] = append(run.slots[w.Memory()], s)
		}
	}
}

// array returns an array beside a weight, nil if there is none.
func (run *runner) array(w *engine.Weight, name string) []tensor.Rows[float32] {
	for _, s := range run.slots[w] {
		if s.name == name {
			return s.storage
		}
	}
	return nil
}

// use binds the labels of a dataset to the heads. It comes before the batches of the dataset.
func (run *runner) use(ds *dataset) {
	for i, h := range run.heads {
		h.labels, h.batch.StepWeights = ds.labels[i], tensor.Rows[float32]{}
		if h.labels.ofSteps() {
			h.batch.StepWeights = tensor.NewRows[float32](run.space.Rows(), h.steps)
		}
		for _, m := range h.metrics {
			m.batch.StepWeights = h.batch.StepWeights
		}
	}
}

// reset clears the sums and the errors.
func (run *runner) reset() {
	run.badLoss.Store(false)
	run.badGradient.Store(false)
	clear(run.badWeights)
	run.penalty, run.penaltyRows = 0, 0
	run.passes.resetConflicts()
	for _, h := range run.heads {
		h.sum, h.count, h.weighs = 0, 0, 0
		for _, m := range h.metrics {
			m.reset()
		}
	}
}

// figures returns the figures of the examples since reset, in the order of figureNames. Figures of
// a head without any label are NaN, and it adds nothing to the total loss. The penalty of weights
// adds to it, as in Keras.
func (run *runner) figures() []float64 {
	list := []float64{run.penalty / float64(max(run.penaltyRows, 1))}
	for _, h := range run.heads {
		mean := h.sum / h.labels.per(1, float64(h.count))
		list = append(list, mean)
		if h.weight != 0 && h.count > 0 {
			list[0] += float64(h.weight * mean)
		}
	}
	for _, h := range run.heads {
		for _, m := range h.metrics {
			if m.isTable() {
				continue
			}
			value := math.NaN()
			if h.count > 0 {
				value = m.value(h.labels.per(m.steps, h.weighs))
			}
			list = append(list, value)
		}
	}
	return list
}

// tables returns the tables of the examples since reset, by name; nil if there are none.
func (run *runner) tables() map[string]metric.Table {
	var all map[string]metric.Table
	for _, h := range run.heads {
		for _, m := range h.metrics {
			if fn, ok := m.fn.(metric.OfTable); ok {
				if all == nil {
					all = map[string]metric.Table{}
				}
				all[h.name+"_"+m.name] = fn.Table(m.sums)
			}
		}
	}
	return all
}

// evaluate runs a dataset forward and returns its figures. A loss that is not finite is no error
// here.
func (run *runner) evaluate(ds *dataset, stop func() bool) ([]float64, error) {
	run.use(ds)
	run.reset()
	order := make([]int32, ds.rows)
	for i := range order {
		order[i] = int32(i)
	}
	var stopped bool
	for worker := range run.crew.Workers() {
		run.penalize(worker)
	}
	run.penalty, run.penaltyRows = run.totalPenalty(), 1
	err := run.crew.Run(func(worker int) {
		for len(order) > 0 && !stopped {
			batch := order[:min(len(order), run.space.Rows())]
			if !run.forward(worker, ds, batch, 0) || !run.crew.Meet(worker) {
				return
			}
			if worker == 0 {
				run.addFigures(batch)
				order = order[len(batch):]
				stopped = stop()
			}
			if !run.crew.Meet(worker) {
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
	return run.figures(), nil
}

// nonFiniteWeight returns the name of the first weight with a number that is not finite, "" for
// none.
func (run *runner) nonFiniteWeight() string {
	for _, w := range run.model.Weights() {
		for _, matrix := range w.Memory().Storage {
			if !kernel.Default().Finite(matrix.Data) {
				return w.Name()
			}
		}
	}
	return ""
}

// nonFiniteGradient returns the name of the first weight whose gradient is not finite, "" for none.
func (run *runner) nonFiniteGradient() string {
	return cmp.Or(run.badWeights...)
}

// nonFiniteLoss returns the name and the loss of the first head whose loss in the batch is not
// finite.
func (run *runner) nonFiniteLoss(rows int) (string, float64) {
	for _, h := range run.heads {
		if i := kernel.FirstNonFinite(h.losses[:rows]); i >= 0 {
			return h.name, float64(h.losses[i])
		}
	}
	return "", math.NaN()
}
