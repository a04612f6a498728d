package train

import (
	"fmt"
	"math"
	"strings"
)

// NotFinite is the error of a training in which a number became NaN or infinite.
type NotFinite struct {
	Epoch, Step int     // from 1
	Head        string  // the head whose loss is not finite; "": it is a weight or its gradient
	Weight      string  // the weight whose gradient or values are not finite
	Moved       bool    // the weight's values are not finite: its last update was too large
	Value       float64 // the loss
	Largest     []Largest
}

// Largest has the largest magnitudes of a weight's values and of its gradient in the step.
type Largest struct {
	Weight          string
	Value, Gradient float64 // NaN if any is NaN
}

// Error returns the step, the head or weight, and the largest magnitudes of each weight.
func (e *NotFinite) Error() string {
	var b strings.Builder
	switch {
	case e.Head != "":
		fmt.Fprintf(&b, "head %q: loss is %v in step %d: %v", e.Head, e.Value, e.Step, ErrNotFinite)
	case e.Moved:
		fmt.Fprintf(&b, "weight %q: not finite after step %d: %v", e.Weight, e.Step, ErrNotFinite)
	default:
		fmt.Fprintf(&b, "weight %q: gradient is not finite in step %d: %v", e.Weight, e.Step,
			ErrNotFinite)
	}
	const line = "\n  %-30s %15s %17s"
	fmt.Fprintf(&b, line, "weight", "largest number", "largest gradient")
	for _, row := range e.Largest {
		fmt.Fprintf(&b, line, row.Weight, fmt.Sprintf("%.4g", row.Value),
			fmt.Sprintf("%.4g", row.Gradient))
	}
	return b.String()
}

// Is reports whether target is ErrNotFinite.
func (e *NotFinite) Is(target error) bool { return target == ErrNotFinite }

// checkWeights returns an error if the last update of an epoch made a weight non-finite. Within an
// epoch, the loss of the next step shows it.
func (f *fit) checkWeights(epoch int) error {
	name := f.runner.nonFiniteWeight()
	if name == "" {
		return nil
	}
	f.partlyUpdated = true
	order := f.examples(f.at.Steps - 1)
	return &NotFinite{Epoch: epoch, Step: f.at.Steps, Weight: name, Moved: true,
		Largest: f.runner.largest(f.training, order)}
}

// nonFiniteError returns the error of the step in which the runner found a number that is not
// finite.
func (f *fit) nonFiniteError(epoch int) error {
	run := f.runner
	e := &NotFinite{Epoch: epoch, Weight: run.nonFiniteGradient()}
	switch {
	case e.Weight != "" && !run.gather:
		f.partlyUpdated = true
		f.at.Steps-- // some weights were updated
	case e.Weight != "" && run.accumulate > 1:
		f.partlyUpdated = true // some sums of gradients have the step's
	}
	order := f.examples(f.at.Steps)
	e.Step = f.at.Steps + 1
	if e.Weight == "" {
		e.Head, e.Value = run.nonFiniteLoss(len(order))
	}
	e.Largest = run.largest(f.training, order)
	return e
}

// largest returns the largest magnitudes of each weight and of its gradient in the runner's last
// batch. The workers must be idle.
func (run *runner) largest(ds *dataset, order []int32) []Largest {
	gradients := map[string]float64{}
	if run.combines() { // the last pass was that of one head
		err := run.crew.Run(func(worker int) { run.team.Backward(worker, len(order)) })
		if err != nil {
			return nil // an op panics with these numbers
		}
	}
	for worker := range run.team.Workers {
		run.fill(worker, ds, order, run.team.ReadsLate)
		run.team.Join(worker, len(order))
		for _, b := range run.blocks[worker] {
			run.team.Gradient(worker, b.WeightBlock, len(order), b.fresh)
			most := gradients[b.name]
			for r := range b.values.Rows {
				most = maxMagnitude(most, b.fresh.Row(r))
			}
			gradients[b.name] = most
		}
		for i := range run.sparse[worker] {
			b := &run.sparse[worker][i]
			all := run.team.SparseBlock(b.WeightBlock, worker)
			grad := run.team.SparseGradient(worker, all, len(order))
			for r := range all.IDs {
				gradients[b.name] = maxMagnitude(gradients[b.name], grad.Row(r))
			}
		}
	}
	var list []Largest
	for _, w := range run.model.Weights() {
		list = append(list, Largest{w.Name(), maxMagnitude(0, w.Values()), gradients[w.Name()]})
	}
	return list
}

// maxMagnitude returns the maximum of most and the magnitudes of numbers; NaN if any is NaN.
func maxMagnitude(most float64, numbers []float32) float64 {
	for _, v := range numbers {
		most = max(most, math.Abs(float64(v))) // max of NaN is NaN
	}
	return most
}
