package metric

import (
	"math"
	"slices"

	"braid/tensor"
)

// ranking is a figure of the order in which each output puts the rows. A row's numbers are what is
// true, then the outputs: the class, or for each output a 1 for a yes and a 0 for a no.
type ranking struct {
	outputs
	figure func(steps []step) float64 // NaN: undefined
}

// truths returns how many numbers say what is true.
func (f ranking) truths() int {
	if f.reading == yesNo {
		return f.width
	}
	return 1
}

func (f ranking) Width() int { return f.truths() + f.width }

func (f ranking) Rows(b Batch, numbers tensor.Rows[float32], lo, hi int) {
	for r := lo; r < hi; r++ {
		n := numbers.Row(r)
		copy(n[f.truths():], b.Output.Row(r))
		if f.reading != yesNo {
			n[0] = float32(f.class(&b, r))
			continue
		}
		for i, v := range b.Target.Row(r) {
			n[i] = 0
			if v > 0.5 {
				n[i] = 1
			}
		}
	}
}

func (f ranking) Value(rows tensor.Rows[float32], weights []float32) float64 {
	var sum float64
	defined := 0
	order, steps := make([]uint64, len(weights)), []step(nil)
	for output := range f.width {
		for r := range order {
			v := rows.Row(r)[f.truths()+output]
			if v != v {
				return math.NaN()
			}
			order[r] = uint64(sortable(v))<<32 | uint64(r)
		}
		slices.Sort(order)
		steps = steps[:0]
		for i, key := range order {
			if i == 0 || key>>32 != order[i-1]>>32 {
				steps = append(steps, step{})
			}
			r, last := int(uint32(key)), &steps[len(steps)-1]
			if f.has(rows.Row(r), output) {
				last.yes += float64(weights[r])
			} else {
				last.no += float64(weights[r])
			}
		}
		if v := f.figure(steps); v == v {
			sum, defined = sum+v, defined+1
		}
	}
	return sum / float64(defined)
}

// has reports whether a row is truly of an output's class.
func (f ranking) has(numbers []float32, output int) bool {
	if f.reading == yesNo {
		return numbers[output] == 1
	}
	return int(numbers[0]) == output
}

// sortable returns a number whose order is that of v, which is not NaN. -0 is 0.
func sortable(v float32) uint32 {
	bits := math.Float32bits(v + 0)
	if bits>>31 == 1 {
		return ^bits
	}
	return bits | 1<<31
}

// step has the weights of the rows with one output: of the class, and of others. Outputs rise from
// step to step.
type step struct{ yes, no float64 }
