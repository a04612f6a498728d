// Package train fits models to data: training steps and epochs, evaluation, history, checkpoints
// and callbacks.
package train

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"braid"
	"braid/augment"
	"braid/balance"
	"braid/data"
	"braid/internal/kinds"
	"braid/internal/suggest"
	"braid/loss"
	"braid/metric"
	"braid/optim"
)

// Plan configures a training. Zero fields have the defaults of Keras' fit.
type Plan struct {
	Epochs    int             // 0 means 1
	Batch     int             // examples of a step; 0 means 32; at most all examples
	Optimizer optim.Optimizer // nil means optim.Adam{}
	Heads     Heads           // one entry for each head of the model, by name
	Validate  *data.Table     // evaluated after each epoch; nil: no evaluation

	// Balance decides how the losses of several heads count for the weights that they share; nil
	// means balance.Fixed{}: their sum. A head's weight is a factor of its loss and so of its
	// gradient, which the method starts from. Penalties of weights are added to what it gives. The
	// figure "loss" is always the plain sum. A method that combines gradients computes those of
	// shared weights once for each head, and all of them before it updates any, like Gather. With
	// Accumulate it combines the means over an update's batches.
	Balance balance.Method

	// Conflicts measures in each epoch how the gradients of the heads by shared weights agree: see
	// Epoch.Conflicts. It takes a pass back through the network for each head in some of the steps,
	// and changes no weight.
	Conflicts bool

	Seed uint64 // of the shuffles; 0 means the model's seed

	// Gather computes the gradients of all weights before it updates any, which takes memory and time.
	// A gradient that is not finite then changes no weight. The bytes are the same.
	Gather bool

	// Augment changes the images of inputs at random in training, by input. Validation uses them as
	// they are.
	Augment map[string]augment.List

	Clip    Clip     // limits of the gradients
	EMA     *EMA     // averages of the weights; nil: none
	Plateau *Plateau // lowers the learning rate; nil: it follows Optimizer alone

	// Accumulate is the number of batches whose gradients are averaged for one update; 0 means 1. The
	// optimizer's steps are updates. An epoch's last group may have fewer batches; its update takes
	// their mean. Each batch of a group counts the same. A lazy optimizer updates the rows whose mean
	// is not 0.
	Accumulate int

	NoShuffle bool // take the examples in the table's order in each epoch

	// DropLast leaves an epoch's last batch out if it has fewer than Batch examples. A shuffle leaves
	// out other examples in each epoch.
	DropLast bool

	// Workers is the number of goroutines; 0 means one, or one for each processor, whichever is
	// faster. The result is the same for any number.
	Workers int

	Checkpoint *Checkpoint // where the run's state is saved; nil: not saved

	// Restore goes back to the end of the last epoch, and halves the learning rate, if a loss or a
	// gradient is NaN or infinite, at most three times. Without it training ends there.
	Restore bool

	Callbacks []Callback
}

// Heads has the configuration of each head, by name.
type Heads map[string]Head

// Head configures the training of one head on the table's column of the same name. Rows may lack
// their label, see data.NoLabel. The steps of a head are the positions along all axes but the last;
// of a head with several, steps may lack theirs.
type Head struct {
	Loss        loss.Loss
	Weight      float64     // of the loss in the total; 0 means 1
	MeasureOnly bool        // compute loss and metrics, but do not train: a weight of 0
	Metrics     metric.List // besides the loss

	// RowWeight is the column of the table with the weight of each row for this head: one float32, 0
	// or more. Of a head with several steps it may have a weight for each step, in the shape of the
	// head without its last axis. "" means that all rows weigh 1. A batch's loss is the sum of the
	// rows' weights times losses, divided by the number of rows that have a label; with weights or
	// labels of steps, that of the steps', divided by the number of steps that have a label. A row or
	// step of weight 0 still counts in the divisor. One whose label is missing does not: NaN marks it
	// in a column of float32, data.NoLabel in one of int32.
	RowWeight string
}

// weight returns the factor of the loss in the total.
func (h Head) weight() float64 {
	switch {
	case h.MeasureOnly:
		return 0
	case h.Weight == 0:
		return 1
	}
	return h.Weight
}

// maxWorkers limits Workers: each worker allocates private buffers, and waits for all others.
const maxWorkers = 1024

// withDefaults returns the plan with its defaults filled in. It checks all that does not depend on
// the data.
func (p Plan) withDefaults(m *braid.Model) (Plan, error) {
	if p.Epochs < 0 {
		return p, fmt.Errorf("Epochs = %d, want 1 or more", p.Epochs)
	}
	if p.Batch < 0 {
		return p, fmt.Errorf("Batch = %d, want 1 or more", p.Batch)
	}
	if p.Workers < 0 || p.Workers > maxWorkers {
		return p, fmt.Errorf("Workers = %d, want 1 to %d, or 0", p.Workers, maxWorkers)
	}
	if p.Accumulate < 0 {
		return p, fmt.Errorf("Accumulate = %d, want 1 or more", p.Accumulate)
	}
	if err := p.Clip.check(); err != nil {
		return p, err
	}
	if p.EMA != nil {
		e, err := p.EMA.withDefaults()
		if err != nil {
			return p, err
		}
		p.EMA = &e
	}
	if p.Epochs == 0 {
		p.Epochs = 1
	}
	p.Accumulate = max(p.Accumulate, 1)
	if p.Batch == 0 {
		p.Batch = 32
	}
	if p.Seed == 0 {
		p.Seed = m.Seed()
	}
	if p.Balance == nil {
		p.Balance = balance.Fixed{}
	}
	if err := checkBalance(p.Balance); err != nil {
		return p, err
	}
	if p.Optimizer == nil {
		p.Optimizer = optim.Adam{}
	}
	if err := kinds.NotNil(p.Optimizer, "an optimizer, or nil for optim.Adam{}"); err != nil {
		return p, fmt.Errorf("Optimizer is %w", err)
	}
	if err := p.Optimizer.Check(); err != nil {
		return p, err
	}
	if err := checkExceptions(p.Optimizer, m); err != nil {
		return p, err
	}
	return p, p.Heads.check(m)
}

// checkExceptions tests that each word of the weight decay's exceptions is in the name of a weight.
func checkExceptions(o optim.Optimizer, m *braid.Model) error {
	excepting, ok := o.(optim.Excepting)
	if !ok {
		return nil
	}
	var names, parts []string // "trunk.kernel"; "trunk" and "kernel"
	for _, w := range m.Weights() {
		if w.IsState() {
			continue
		}
		names = append(names, w.Name())
		for part := range strings.SplitSeq(w.Name(), ".") {
			if !slices.Contains(parts, part) {
				parts = append(parts, part)
			}
		}
	}
	for _, word := range excepting.DecayExceptions() {
		contains := func(name string) bool { return strings.Contains(name, word) }
		if slices.ContainsFunc(names, contains) {
			continue
		}
		have := parts
		if strings.Contains(word, ".") {
			have = names
		}
		return fmt.Errorf("%s: WeightDecay.Except: %w", o.Kind(),
			suggest.Unknown("word of a weight's name", suggest.Shorten(word), have))
	}
	return nil
}

// check tests that each head has an entry with a loss and a valid weight.
func (h Heads) check(m *braid.Model) error {
	var have []string
	for _, spec := range m.Heads() {
		have = append(have, spec.Name)
	}
	if err := suggest.Match("head", have, h); err != nil {
		return err
	}
	for _, name := range have {
		if err := kinds.NotNil(h[name].Loss, "one such as loss.MeanSquaredError{}"); err != nil {
			return fmt.Errorf("head %q: Loss is %w", name, err)
		}
		if w := h[name].Weight; w < 0 || math.IsNaN(w) || math.IsInf(w, 0) {
			return fmt.Errorf("head %q: Weight = %v, want a finite number from 0", name, w)
		}
	}
	return nil
}
