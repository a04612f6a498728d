package balance

import "slices"

// rounds limits the vectors that an active-set method adds, in multiples of their number: rounding
// could repeat some for ever.
const rounds = 10

// active is the state of an active-set method: the vectors whose weight may be above 0.
type active struct {
	passive  []int     // indices of these vectors
	has      []bool    // by index: it is passive, or must not become so again
	last     int       // the last vector that became passive
	solution []float64 // weights of passive that would be best if they could be below 0
	factor   []float64 // of the equations of the solution
}

func newActive(n int) active {
	return active{passive: make([]int, 0, n), has: make([]bool, n), solution: make([]float64, n),
		factor: make([]float64, n*n)}
}

// start begins a problem of n vectors.
func (a *active) start(n int) {
	a.passive = a.passive[:0]
	clear(a.has[:n])
}

// add makes a vector passive.
func (a *active) add(j int) { a.passive, a.has[j], a.last = append(a.passive, j), true, j }

// step moves the weights of all vectors towards the solution as far as none falls below 0. It
// returns true if they reach it; otherwise a vector with weight 0 is no longer passive.
func (a *active) step(weights []float64) bool {
	far, first := 1.0, -1
	for k, j := range a.passive {
		if s := a.solution[k]; s <= 0 {
			if part := weights[j] / (weights[j] - s); first < 0 || part < far {
				far, first = part, k
			}
		}
	}
	if first < 0 {
		for k, j := range a.passive {
			weights[j] = a.solution[k]
		}
		return true
	}
	stay := a.passive[:0]
	for k, j := range a.passive {
		weights[j] += float64(far * (a.solution[k] - weights[j]))
		if a.solution[k] > 0 || k != first && weights[j] > 0 {
			stay = append(stay, j)
			continue
		}
		weights[j] = 0
		a.has[j] = j == a.last // it would come again at once
	}
	a.passive = stay
	return false
}

// takeBack undoes the last add, of a vector that depends on the others, for good. It returns false
// if the vector has a weight already: then the weights are as good as rounding allows.
func (a *active) takeBack(weights []float64) bool {
	a.passive = slices.DeleteFunc(a.passive, func(j int) bool { return j == a.last })
	return weights[a.last] == 0
}
