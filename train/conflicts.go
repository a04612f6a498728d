package train

import (
	"encoding/csv"
	"io"
	"math"
	"slices"
	"strconv"
)

// Conflict compares the gradients of two heads by weights that both reach, in an epoch.
type Conflict struct {
	Layer string    // whose weights; "": all shared weights
	Heads [2]string // in the order of the model

	// Cosine is the mean over steps of the cosine of the angle between the gradients: 1 if they agree,
	// below 0 if a step along one raises the other's loss. NaN if one was always 0.
	Cosine float64
	// Norms are the gradients' lengths, as root mean squares over the steps. They are those of the
	// losses times the heads' weights and the factors of Plan.Balance.
	Norms [2]float64
}

// conflictSteps is the number of updates of an epoch whose conflicts are measured, evenly spaced.
const conflictSteps = 16

// conflict has the sums of a Conflict since the start of the epoch.
type conflict struct {
	Conflict
	pair [2]int // in passes.list

	cosines, agreed float64 // the sum of the cosines, and their number
	squares         [2]float64
	steps           float64
}

// numbers lists the sums.
func (c *conflict) numbers() []*float64 {
	return []*float64{&c.cosines, &c.agreed, &c.squares[0], &c.squares[1], &c.steps}
}

// bindConflicts lists the pairs of heads that share weights: of all layers, and of each.
func (run *runner) bindConflicts() {
	c := run.passes
	if !run.measures {
		return
	}
	var layers []string
	together := map[string][][]int{} // by layer: heads that share a weight
	note := func(layer string, heads []int) {
		if !slices.Contains(layers, layer) {
			layers = append(layers, layer)
		}
		together[layer] = append(together[layer], heads)
		together[""] = append(together[""], heads)
	}
	for _, p := range c.products {
		note(p.weight.layer(), p.heads)
	}
	for _, b := range c.sparse {
		note(b.layer(), b.heads)
	}
	for _, layer := range append([]string{""}, layers...) {
		for i := range c.list {
			for j := i + 1; j < len(c.list); j++ {
				if slices.ContainsFunc(together[layer], func(heads []int) bool {
					return slices.Contains(heads, i) && slices.Contains(heads, j)
				}) {
					names := [2]string{run.balance.heads[i].name, run.balance.heads[j].name}
					c.conflicts = append(c.conflicts,
						conflict{Conflict: Conflict{Layer: layer, Heads: names}, pair: [2]int{i, j}})
				}
			}
		}
	}
	run.balance.conflicts = c.conflicts
}

// measuresAt reports whether the conflicts of an update of an epoch, counted from 0, are measured.
func (c *passes) measuresAt(update, updates int) bool {
	return c != nil && c.conflicts != nil &&
		(update+1)*conflictSteps/updates > update*conflictSteps/updates
}

// measureConflicts computes the gradients of each head in a step that does not combine them. It
// returns false if the crew must stop.
func (run *runner) measureConflicts(worker int, ds *dataset, order []int32, t turn) bool {
	rows := len(order)
	if !run.team.BackwardPass(worker, rows, run.passes.list[0]) || !run.crew.Meet(worker) ||
		run.badLoss.Load() {
		return false
	}
	run.fill(worker, ds, order, run.team.ReadsLate)
	run.team.Join(worker, rows)
	if !run.headGradients(worker, rows, t, ds, nil) || !run.multiplyAll(worker) {
		return false
	}
	if worker == 0 {
		run.passes.addConflicts()
	}
	return true
}

// addConflicts adds the products of a step.
func (c *passes) addConflicts() {
	n := len(c.list)
	for at := range c.conflicts {
		sums := &c.conflicts[at]
		if at == 0 || sums.Layer != c.conflicts[at-1].Layer {
			c.multiplied(c.gram, sums.Layer)
		}
		i, j := sums.pair[0], sums.pair[1]
		product, a, b := c.gram[i*n+j], c.gram[i*n+i], c.gram[j*n+j]
		if cosine := product / math.Sqrt(a) / math.Sqrt(b); !math.IsNaN(cosine) {
			sums.cosines += cosine
			sums.agreed++
		}
		sums.squares[0] += a
		sums.squares[1] += b
		sums.steps++
	}
}

// takeConflicts returns the conflicts since the start of the epoch.
func (c *passes) takeConflicts() []Conflict {
	if c == nil {
		return nil
	}
	var list []Conflict
	for i := range c.conflicts {
		sums := &c.conflicts[i]
		to := sums.Conflict
		to.Cosine = sums.cosines / sums.agreed // 0 / 0 is NaN
		for head, square := range sums.squares {
			to.Norms[head] = math.Sqrt(square / sums.steps)
		}
		list = append(list, to)
	}
	return list
}

// resetConflicts forgets the sums.
func (c *passes) resetConflicts() {
	if c == nil {
		return
	}
	for i := range c.conflicts {
		for _, v := range c.conflicts[i].numbers() {
			*v = 0
		}
	}
}

// WriteConflictsCSV writes a header and a line for each of the conflicts of each epoch: epoch,
// layer, head, other, cosine, head_norm and other_norm.
func (h *History) WriteConflictsCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	out.Write([]string{"epoch", "layer", "head", "other", "cosine", "head_norm", "other_norm"})
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for _, e := range h.Epochs {
		for _, c := range e.Conflicts {
			out.Write([]string{strconv.Itoa(e.Number), c.Layer, c.Heads[0], c.Heads[1], number(c.Cosine),
				number(c.Norms[0]), number(c.Norms[1])})
		}
	}
	out.Flush()
	return out.Error()
}
