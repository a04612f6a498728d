package balance

import "math"

// IMTLG finds the sum of gradients whose projections on all of them are equal: Liu et al., "Towards
// Impartial Multi-task Learning", 2021. A factor of a loss does not change the direction. The
// coefficients add up to 1, and some may be negative. Where they would be more than 10 times the
// projection's share, because their sum is near 0 or below, they are limited to that.
type IMTLG struct{}

// Kind is "imtl-g".
func (IMTLG) Kind() string { return "imtl-g" }

// Check accepts every IMTLG.
func (IMTLG) Check() error { return nil }

// Combine returns the combination. It draws no random numbers.
func (IMTLG) Combine(heads int, _ uint64) Combination {
	return &imtlg{newProblem(heads), make([]float64, heads*heads), make([]float64, heads),
		make([]float64, heads)}
}

type imtlg struct {
	problem
	factor        []float64
	solution, off []float64
}

// Dependent unit vectors have a singular Gram matrix, and opposite ones no equal projections but 0.
// A ridge gives both the solution of the least norm in the limit. Each refinement takes away most
// of its error.
const (
	ridge       = 1e-6
	refinements = 3
)

// mostSum limits the sum of the magnitudes of coefficients.
const mostSum = 10

func (p *imtlg) Coefficients(coefficients, _, gram []float64, _ int) {
	if !p.set(coefficients, gram, true) {
		return
	}
	// With b = a norm, the sum of b u has the product 1 with all unit vectors u: U b = 1.
	n := len(p.heads)
	b, off := p.solution[:n], p.off[:n]
	fill(b, 0)
	for range 1 + refinements {
		for i := range n {
			off[i] = 1 - dot(p.row(i), b)
		}
		factor := p.factor[:n*n]
		copy(factor, p.gram)
		for i := range n {
			factor[i*n+i] += ridge
		}
		cholesky(factor, off, ridge)
		for i, v := range off {
			b[i] += v
		}
	}
	var sum, magnitudes float64
	for i, v := range b {
		b[i] = v / p.norms[i]
		sum += b[i]
		magnitudes += max(b[i], -b[i])
	}
	if sum = max(sum, magnitudes/mostSum); !(sum > 0 && sum < math.Inf(1)) {
		fill(coefficients, 1) // the matrix is far from that of any vectors
		return
	}
	for i, head := range p.heads {
		coefficients[head] = b[i] / sum
	}
}
