package train

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"braid/optim"
)

// NotFinite is the error of a training whose numbers went bad.
type NotFinite struct {
	Epoch, Step int     // from 1
	Head        string  // whose loss is NaN or infinite; "" where it is a gradient
	Weight      string  // whose gradient is, or numbers are, where it is not a loss
	Moved       bool    // the weight's own numbers are not finite: its last update was too large
	Value       float64 // the loss
	Largest     []Largest
}

// Largest is the largest magnitude of a weight's numbers, and of their gradients in the step.
type Largest struct {
	Weight          string
	Value, Gradient float64 // NaN where one of them is
}

// Error tells where, and the largest numbers of each weight.
func (e *NotFinite) Error() string {
	var b strings.Builder
	switch {
	case e.Head != "":
		fmt.Fprintf(&b, "head %q: loss is %v in step %d: %v", e.Head, e.Value, e.Step, ErrNotFinite)
	case e.Moved:
		fmt.Fprintf(&b, "weight %q: not finite after step %d: %v", e.Weight, e.Step, ErrNotFinite)
	default:
		fmt.Fprintf(&b, "weight %q: gradient is not finite in step %d: %v", e.Weight, e.Step, ErrNotFinite)
	}
	const line = "\n  %-30s %15s %17s"
	fmt.Fprintf(&b, line, "weight", "largest number", "largest gradient")
	for _, l := range e.Largest {
		fmt.Fprintf(&b, line, l.Weight, fmt.Sprintf("%.4g", l.Value), fmt.Sprintf("%.4g", l.Gradient))
	}
	return b.String()
}

// Is makes it ErrNotFinite.
func (e *NotFinite) Is(target error) bool { return target == ErrNotFinite }

// sound is an error where the last update of an epoch spoilt a weight: within an epoch, the next loss shows it.
func (f *fit) sound(epoch int) error {
	name := f.loop.spoilt()
	if name == "" {
		return nil
	}
	f.torn = true
	order := f.examples(f.at.Steps - 1)
	return &NotFinite{Epoch: epoch, Step: f.at.Steps, Weight: name, Moved: true, Largest: f.loop.largest(f.source, order)}
}

// notFinite tells of numbers that went bad in the step that the loop has just ended, or ended before its
// second half.
func (f *fit) notFinite(epoch int) error {
	l := f.loop
	e := &NotFinite{Epoch: epoch, Weight: l.badWeight()}
	if e.Weight != "" && !f.plan.Gather {
		f.torn = true
		f.at.Steps-- // it moved weights that it should not have
	}
	order := f.examples(f.at.Steps)
	e.Step = f.at.Steps + 1
	if e.Weight == "" {
		e.Head, e.Value = l.notFinite(len(order))
	}
	e.Largest = l.largest(f.source, order)
	return e
}

// maxRestores is how often a run goes back for bad numbers.
const maxRestores = 3

// Restored tells that training went back.
type Restored struct {
	Epochs   int     // it goes on after so many
	Factor   float64 // of the learning rate now
	Restores int     // so far
	Cause    error
}

// restore goes back to the last whole epoch, with half the rate. It is an epoch's end, and not the newest
// checkpoint, for that depends on the clock.
func (f *fit) restore(cause error) error {
	var bad *NotFinite
	if !errors.As(cause, &bad) || !f.plan.Restore || f.halvings >= maxRestores || f.failed != nil {
		return cause
	}
	if f.lastWhole == nil {
		return fmt.Errorf("%w\nThere is no whole epoch to go back to", cause)
	}
	halvings := f.halvings + 1
	f.put(f.lastWhole)
	f.halvings, f.torn = halvings, false
	f.lastWhole.halvings = halvings
	if err := f.setRate(); err != nil {
		return errors.Join(cause, err)
	}
	if f.saver != nil {
		// Those that cannot be removed do no harm: a run that goes on from one comes to the same bad numbers.
		f.saver.forget(f.at)
	}
	f.checkpoint()
	r := Restored{Epochs: f.at.Epochs, Factor: math.Pow(0.5, float64(halvings)), Restores: halvings, Cause: cause}
	for _, c := range f.plan.Callbacks {
		if c.Restored != nil {
			if err := c.Restored(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// setRate gives the loop the plan's optimizer with as many halvings of its rate as there were.
func (f *fit) setRate() error {
	optimizer := f.plan.Optimizer
	if f.halvings > 0 {
		scaled, ok := optimizer.(optim.Scaled)
		if !ok {
			return fmt.Errorf("the optimizer %s has no rate to halve", optimizer.Kind())
		}
		optimizer = scaled.Scaled(math.Pow(0.5, float64(f.halvings)))
	}
	f.loop.optimizer = optimizer
	return nil
}

// largest finds the largest numbers of each weight and of its gradient in the batch that the loop has just
// gone through. No worker may run.
func (l *loop) largest(s *source, order []int32) []Largest {
	gradients := map[string]float64{}
	for worker := range l.team.Workers {
		l.fill(worker, s, order, l.team.ReadsLate)
		l.team.Join(worker, len(order))
		for _, b := range l.blocks[worker] {
			l.team.Gradient(worker, b.WeightBlock, len(order), b.part.Gradient)
			most := gradients[b.name]
			for r := range b.part.Rows {
				most = magnitude(most, b.part.Gradient.Row(r))
			}
			gradients[b.name] = most
		}
		for i := range l.sparse[worker] {
			b := &l.sparse[worker][i]
			grad := l.team.SparseGradient(worker, b.SparseBlock, len(order))
			for r := range b.IDs {
				gradients[b.name] = magnitude(gradients[b.name], grad.Row(r))
			}
		}
	}
	var list []Largest
	for _, w := range l.model.Weights() {
		list = append(list, Largest{w.Name(), magnitude(0, w.Values()), gradients[w.Name()]})
	}
	return list
}

// magnitude is the largest of most and the numbers' magnitudes; NaN where one is.
func magnitude(most float64, numbers []float32) float64 {
	for _, v := range numbers {
		most = max(most, math.Abs(float64(v))) // max of NaN is NaN
	}
	return most
}
