package train

import (
	"fmt"
	"math"

	"braid/internal/engine"
	"braid/tensor"
)

// Clip limits gradients before each update, as Keras' clipvalue, clipnorm and global_clipnorm do.
// At most one field may be set. Limits of norms need all gradients before the first update, like
// Plan.Gather.
type Clip struct {
	Value      float64 `json:"value,omitzero"`       // each number is from -Value to Value
	Norm       float64 `json:"norm,omitzero"`        // of each weight's gradient
	GlobalNorm float64 `json:"global_norm,omitzero"` // of all gradients together
}

func (c Clip) check() error {
	set := 0
	for _, f := range []struct {
		name  string
		value float64
	}{{"Value", c.Value}, {"Norm", c.Norm}, {"GlobalNorm", c.GlobalNorm}} {
		if !(f.value >= 0 && f.value < math.Inf(1)) {
			return fmt.Errorf("Clip.%s = %v, want a finite number above 0, or 0 for no limit", f.name,
				f.value)
		}
		if f.value > 0 {
			set++
		}
	}
	if set > 1 {
		return fmt.Errorf("Clip has %d limits: %+v, want one of them", set, c)
	}
	return nil
}

// limitsNorm reports whether a norm is limited.
func (c Clip) limitsNorm() bool { return c.Norm > 0 || c.GlobalNorm > 0 }

// clipValues brings the numbers of rows into the range from -limit to limit.
func clipValues(x tensor.Rows[float32], rows int, limit float32) {
	for r := range rows {
		row := x.Row(r)
		for i, v := range row {
			row[i] = max(min(v, limit), -limit)
		}
	}
}

// norms computes the norms of gradients. The sum of squares of each row of a block, their sum, and
// that over the blocks run in one fixed order, whichever workers compute them.
type norms struct {
	clip    Clip
	squares [][]float64  // by block, in the order of Network.Blocks, and row
	weights []weightNorm // in the order of the model
	factors [][]float32  // by worker and weight
}

// weightNorm lists the blocks of a weight.
type weightNorm struct {
	dense  []int          // indices of norms.squares, ascending
	sparse []*sparseBlock // in the order of their rows
}

// newNorms returns norms for trained weights, without blocks.
func newNorms(clip Clip, weights, blocks, workers int) *norms {
	n := &norms{clip: clip, squares: make([][]float64, blocks), weights: make([]weightNorm, weights)}
	for range workers {
		n.factors = append(n.factors, make([]float32, weights))
	}
	return n
}

// add computes the sums of squares of the rows of a block's gradient.
func (n *norms) add(b engine.WeightBlock, grad tensor.Rows[float32]) {
	to := n.squares[b.Index][b.RowLo-b.First : b.RowHi-b.First]
	for r := range to {
		to[r] = squares(grad.Row(r))
	}
}

// update computes the factors of all weights' gradients. Every worker computes all of them.
func (n *norms) update(worker int) {
	var all float64
	factors := n.factors[worker]
	for i, w := range n.weights {
		var sum float64
		for _, block := range w.dense {
			var ofBlock float64
			for _, s := range n.squares[block] {
				ofBlock += s
			}
			sum += ofBlock
		}
		for _, b := range w.sparse {
			for _, s := range b.squares {
				sum += s
			}
		}
		factors[i] = factorFor(sum, n.clip.Norm)
		all += sum
	}
	if n.clip.GlobalNorm > 0 {
		one := factorFor(all, n.clip.GlobalNorm)
		for i := range factors {
			factors[i] = one
		}
	}
}

// factorFor returns the factor that brings a norm, given its square, to at most limit.
func factorFor(square, limit float64) float32 {
	if limit == 0 {
		return 1
	}
	return float32(limit / max(math.Sqrt(square), limit))
}

// sumSquares returns the sum of the squares of rows, row by row.
func sumSquares(x tensor.Rows[float32], rows int) float64 {
	var sum float64
	for r := range rows {
		sum += squares(x.Row(r))
	}
	return sum
}

// squares returns the sum of squares in four lanes. The squares are exact.
func squares(x []float32) float64 {
	var a, b, c, d float64
	for ; len(x) >= 4; x = x[4:] {
		a += float64(float64(x[0]) * float64(x[0]))
		b += float64(float64(x[1]) * float64(x[1]))
		c += float64(float64(x[2]) * float64(x[2]))
		d += float64(float64(x[3]) * float64(x[3]))
	}
	for _, v := range x {
		a += float64(float64(v) * float64(v))
	}
	return (a + b) + (c + d)
}
