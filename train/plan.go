// Package train fits models to data: the loop of steps and epochs, evaluation, history, and what
// is told on the way.
package train

import (
	"fmt"
	"math"

	"braid"
	"braid/data"
	"braid/internal/names"
	"braid/loss"
	"braid/metric"
	"braid/optim"
)

// Plan says how a model is trained. Zero fields mean what Keras' fit does without them.
type Plan struct {
	Epochs    int             // 0 means 1
	Batch     int             // examples a step; 0 means 32; more than there are: all of them
	Optimizer optim.Optimizer // nil means optim.Adam{}
	Heads     Heads           // one entry for each head of the model, by name
	Validate  *data.Table     // evaluated after each epoch; nil: nothing is

	Seed uint64 // of the shuffles; 0 means the model's
	// Gather keeps the gradients of all weights before any is updated, which takes memory and time. Then a
	// gradient that is not finite moves no weight. The bytes are the same.
	Gather bool

	NoShuffle bool // take the examples in the table's order in each epoch
	Workers   int  // 0 means up to one for each processor, as many as are quickest; the result is the same for any number

	Checkpoint *Checkpoint // where the run's state is saved; nil: nowhere
	// Restore: where a loss or a gradient is NaN or infinite, go back to the last whole epoch and on with
	// half the learning rate, at most three times. Else training ends there.
	Restore bool

	Callbacks []Callback
}

// Heads says by name what each head learns.
type Heads map[string]Head

// Head says what one head learns from the table's column of the same name.
type Head struct {
	Loss    loss.Loss
	Weight  float64     // of its loss in the total; 0 means 1
	Off     bool        // measured, but not learnt from: as a weight of zero
	Metrics metric.List // beside the loss, which is always measured
}

// weight is what the loss counts in the total.
func (h Head) weight() float64 {
	switch {
	case h.Off:
		return 0
	case h.Weight == 0:
		return 1
	}
	return h.Weight
}

// mostWorkers is more than there are processors; each worker has memory of its own, and meets all others.
const mostWorkers = 1024

// full is the plan with its defaults filled in, checked as far as it can be without data.
func (p Plan) full(m *braid.Model) (Plan, error) {
	if p.Epochs < 0 {
		return p, fmt.Errorf("Epochs = %d, want 1 or more", p.Epochs)
	}
	if p.Batch < 0 {
		return p, fmt.Errorf("Batch = %d, want 1 or more", p.Batch)
	}
	if p.Workers < 0 || p.Workers > mostWorkers {
		return p, fmt.Errorf("Workers = %d, want 1 to %d, or 0", p.Workers, mostWorkers)
	}
	if p.Epochs == 0 {
		p.Epochs = 1
	}
	if p.Batch == 0 {
		p.Batch = 32
	}
	if p.Seed == 0 {
		p.Seed = m.Seed()
	}
	if p.Optimizer == nil {
		p.Optimizer = optim.Adam{}
	}
	if err := p.Optimizer.Check(); err != nil {
		return p, err
	}
	return p, p.Heads.check(m)
}

// check tests that there is an entry for each head, with a loss and a weight that makes sense.
func (h Heads) check(m *braid.Model) error {
	var have []string
	for _, spec := range m.Heads() {
		have = append(have, spec.Name)
	}
	if err := names.Match("head", have, h); err != nil {
		return err
	}
	for _, name := range have {
		if h[name].Loss == nil {
			return fmt.Errorf("head %q has no Loss", name)
		}
		if w := h[name].Weight; w < 0 || math.IsNaN(w) || math.IsInf(w, 0) {
			return fmt.Errorf("head %q: Weight = %v, want a finite number from 0", name, w)
		}
	}
	return nil
}
