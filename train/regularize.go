package train

import (
	"math"

	"braid"
	"braid/internal/engine"
	"braid/tensor"
)

// penalty is a block of a weight whose L1 or L2 adds to the total loss.
type penalty struct {
	weights tensor.Rows[float32]
	rows    int
	l1, l2  float64
}

// bindPenalties lists the blocks of the weights with a penalty.
func (run *runner) bindPenalties() {
	regularized := map[*engine.Weight]braid.Regularization{}
	for _, w := range run.model.Weights() {
		regularized[w.Memory()] = w.Regularization()
	}
	for _, b := range run.model.Network().Blocks() {
		if r := regularized[b.Weight]; r.L1 > 0 || r.L2 > 0 {
			run.penalties = append(run.penalties, penalty{
				blockView(b.Block, b.Weight.Storage[b.Matrix]), b.RowHi - b.RowLo, r.L1, r.L2})
		}
	}
	run.penaltySums = make([]float64, len(run.penalties))
}

// penalize computes a worker's share of the penalties of the current weights.
func (run *runner) penalize(worker int) {
	for i := worker; i < len(run.penalties); i += run.crew.Workers() {
		p := run.penalties[i]
		var sum float64
		if p.l1 > 0 {
			for r := range p.rows {
				sum += magnitudes(p.weights.Row(r))
			}
			sum = float64(sum * p.l1) // the conversions forbid fusing
		}
		if p.l2 > 0 {
			sum += float64(p.l2 * sumSquares(p.weights, p.rows))
		}
		run.penaltySums[i] = sum
	}
}

// totalPenalty returns the sum of what the workers computed, in one fixed order.
func (run *runner) totalPenalty() float64 {
	var total float64
	for _, sum := range run.penaltySums {
		total += sum
	}
	return total
}

// magnitudes returns the sum of magnitudes.
func magnitudes(x []float32) float64 {
	var sum float64
	for _, v := range x {
		sum += math.Abs(float64(v))
	}
	return sum
}

// addPenalty adds the gradient of the penalty of r to rows of a gradient.
func addPenalty(r braid.Regularization, grad, weights tensor.Rows[float32], rows int) {
	if r.L1 == 0 && r.L2 == 0 {
		return
	}
	l1, l2 := float32(r.L1), float32(2*r.L2)
	for i := range rows {
		g, w := grad.Row(i), weights.Row(i)
		for j, v := range w {
			d := float32(l2 * v)
			switch {
			case v > 0:
				d += l1
			case v < 0:
				d -= l1
			}
			g[j] += d
		}
	}
}
