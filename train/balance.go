package train

import (
	"fmt"
	"math"

	"braid/balance"
	"braid/internal/kinds"
	"braid/optim"
	"braid/tensor"
)

// checkBalance tests that a method can be used.
func checkBalance(m balance.Method) error {
	if err := kinds.NotNil(m, "a method, or nil for balance.Fixed{}"); err != nil {
		return fmt.Errorf("Balance is %w", err)
	}
	_, weighs := m.(balance.Weighing)
	_, combines := m.(balance.Combining)
	if weighs == combines {
		return fmt.Errorf("Balance: %s is %s, want either a balance.Weighing or a balance.Combining",
			m.Kind(), map[bool]string{false: "neither", true: "both"}[weighs])
	}
	if err := m.Check(); err != nil {
		return fmt.Errorf("Balance: %w", err)
	}
	return nil
}

// balanced is the state of a method that balances heads.
type balanced struct {
	heads []*head // that are trained, in the order of the model

	// Of each head, over the batches of the next update: the losses of those in which it has a label,
	// times its weight, and their number. Methods without state have nil.
	losses, batches []float64
	means           []float64

	conflicts []conflict // of run.passes

	weights    balance.Weights // nil: the method combines gradients
	factors    []float64       // of the losses
	parameters optim.Block
}

// bindBalance binds the plan's method to the trained heads, but for what depends on the data.
func (run *runner) bindBalance(plan Plan) error {
	b := &balanced{}
	run.balance = b
	for _, h := range run.heads {
		if h.weight != 0 {
			b.heads = append(b.heads, h)
		}
	}
	b.factors, b.means = make([]float64, len(b.heads)), make([]float64, len(b.heads))
	combining, _ := plan.Balance.(balance.Combining)
	if combining != nil || plan.Conflicts {
		return run.bindPasses(combining, plan)
	}
	return nil
}

// watch keeps the losses of batches from now on.
func (b *balanced) watch() {
	b.losses, b.batches = make([]float64, len(b.heads)), make([]float64, len(b.heads))
}

// bindFactors sets the factors of the losses in a training on a dataset, which the runner uses.
func (run *runner) bindFactors(plan Plan, ds *dataset) error {
	weighing, ok := plan.Balance.(balance.Weighing)
	if !ok {
		return nil
	}
	b := run.balance
	var list []balance.Head
	for i, h := range run.heads {
		if h.weight == 0 {
			continue
		}
		t := h.target
		about := balance.Head{Name: h.name,
			Regression: t.DType == tensor.Float32 && !t.Unit && !t.Signs}
		if weighing != (balance.Fixed{}) {
			about.Guess = h.weight * run.guess(h, run.model.Heads()[i], ds.targets[i], ds.rows)
		}
		list = append(list, about)
	}
	var err error
	if b.weights, err = weighing.Weigh(list); err != nil {
		return fmt.Errorf("Balance: %s: %w", weighing.Kind(), err)
	}
	if n := b.weights.Parameters(); n > 0 {
		b.watch()
		row := func() tensor.Rows[float32] { return tensor.NewRows[float32](1, n) }
		b.parameters = optim.Block{Rows: 1, Weights: row(), Gradient: row()}
		for range plan.Optimizer.Slots() {
			b.parameters.Slots = append(b.parameters.Slots, row())
		}
	}
	b.setFactors()
	for i, h := range b.heads {
		if f := b.factors[i]; !(f >= 0 && f < math.Inf(1)) {
			return fmt.Errorf("Balance: %s: head %q: the factor of its loss is %v, want a finite number "+
				"from 0", weighing.Kind(), h.name, f)
		}
	}
	return nil
}

// setFactors sets the factors of the heads' losses from the parameters.
func (b *balanced) setFactors() {
	b.weights.Factors(b.factors, b.parameters.Weights.Data)
	for i, h := range b.heads {
		h.factor = b.factors[i]
	}
}

// addLosses adds the losses of a batch to those of the next update.
func (b *balanced) addLosses(order []int32) {
	for i := range b.losses {
		h := b.heads[i]
		count := h.labels.count(order)
		if count == 0 {
			continue
		}
		var sum float64
		for _, v := range h.losses[:len(order)] {
			sum += float64(v)
		}
		b.losses[i] += float64(h.weight * sum / h.labels.per(1, float64(count)))
		b.batches[i]++
	}
}

// takeLosses returns the mean losses of the batches of an update, NaN without a label, and forgets
// them.
func (b *balanced) takeLosses() []float64 {
	for i, sum := range b.losses {
		b.means[i] = sum / b.batches[i] // 0 / 0 is NaN
	}
	clear(b.losses)
	clear(b.batches)
	return b.means
}

// updateFactors updates the parameters after the last batch of an update, and the factors. One
// worker calls it, while no worker computes losses.
func (run *runner) updateFactors(t turn) {
	b := run.balance
	if b.weights == nil || b.losses == nil || !t.last {
		return
	}
	p := b.parameters
	b.weights.Gradient(p.Gradient.Data, b.takeLosses(), p.Weights.Data)
	run.optimizer.Update(run.optimizer.At(t.update), p)
	b.setFactors()
}

// state appends what the rest of a run depends on to to.
func (b *balanced) state(to []float64) []float64 {
	to = append(append(to, b.losses...), b.batches...)
	b.eachNumber(func(v *float32) { to = append(to, float64(*v)) })
	for i := range b.conflicts {
		for _, v := range b.conflicts[i].numbers() {
			to = append(to, *v)
		}
	}
	return to
}

// setState sets the state from what state returned.
func (b *balanced) setState(from []float64) {
	from = from[copy(b.losses, from):]
	from = from[copy(b.batches, from):]
	b.eachNumber(func(v *float32) { *v, from = float32(from[0]), from[1:] })
	for i := range b.conflicts {
		for _, v := range b.conflicts[i].numbers() {
			*v, from = from[0], from[1:]
		}
	}
	if b.weights != nil {
		b.setFactors()
	}
}

// eachNumber visits the parameters and their slots.
func (b *balanced) eachNumber(visit func(v *float32)) {
	for i := range b.parameters.Weights.Data {
		visit(&b.parameters.Weights.Data[i])
	}
	for _, slot := range b.parameters.Slots {
		for i := range slot.Data {
			visit(&slot.Data[i])
		}
	}
}
