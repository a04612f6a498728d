package balance

import "math"

// problem is a Gram matrix without the heads whose gradient is 0. These have no label in the batch,
// or nothing left to learn: they do not change the combination of the others.
type problem struct {
	heads []int     // with a gradient
	norms []float64 // of their gradients
	gram  []float64 // of their gradients, divided by the largest norm or, if unit, by their norms
}

func newProblem(heads int) problem {
	return problem{heads: make([]int, 0, heads), norms: make([]float64, 0, heads),
		gram: make([]float64, 0, heads*heads)}
}

// set sets the problem. It returns false, and the coefficients of the result, if there is nothing
// to solve: all gradients are 0, or their products are too large for a number.
func (p *problem) set(coefficients, gram []float64, unit bool) bool {
	clear(coefficients)
	if !finite(gram) {
		fill(coefficients, 1)
		return false
	}
	n := len(coefficients)
	p.heads, p.norms, p.gram = p.heads[:0], p.norms[:0], p.gram[:0]
	var largest float64
	for i := range n {
		if square := gram[i*n+i]; square > 0 {
			p.heads, p.norms = append(p.heads, i), append(p.norms, math.Sqrt(square))
			largest = max(largest, math.Sqrt(square))
		}
	}
	for i, head := range p.heads {
		for j, other := range p.heads {
			product := gram[head*n+other]
			if unit {
				product = product / p.norms[i] / p.norms[j]
				product = max(-1, min(product, 1)) // beyond it by rounding
			} else {
				product = product / largest / largest
			}
			p.gram = append(p.gram, product)
		}
	}
	return len(p.heads) > 0
}

// row returns the products of gradient i.
func (p *problem) row(i int) []float64 { return p.gram[i*len(p.heads):][:len(p.heads)] }

// finite reports whether no number is NaN or infinite.
func finite(x []float64) bool {
	for _, v := range x {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return false
		}
	}
	return true
}

func fill(x []float64, v float64) {
	for i := range x {
		x[i] = v
	}
}

// dot returns the product of two vectors, without fused operations.
func dot(x, y []float64) float64 {
	var sum float64
	for i, v := range x {
		sum += float64(v * y[i])
	}
	return sum
}

// definite is the least pivot of independent vectors, as a share of the square of a vector.
const definite = 1e-12

// cholesky solves A x = b for a symmetric positive definite matrix of n rows, in place: a becomes
// the factor, and b the solution. A pivot below a share of the number on the diagonal becomes that;
// cholesky then returns false.
func cholesky(a, b []float64, least float64) (ok bool) {
	n := len(b)
	ok = true
	for j := range n {
		row, bound := a[j*n:j*n+j], least*a[j*n+j]
		pivot := a[j*n+j] - dot(row, row)
		if !(pivot >= bound) {
			pivot, ok = bound, false
		}
		root := math.Sqrt(pivot)
		a[j*n+j] = root
		for i := j + 1; i < n; i++ {
			a[i*n+j] = (a[i*n+j] - dot(a[i*n:i*n+j], row)) / root
		}
	}
	for i := range n {
		b[i] = (b[i] - dot(a[i*n:i*n+i], b[:i])) / a[i*n+i]
	}
	for i := n - 1; i >= 0; i-- {
		for j := i + 1; j < n; j++ {
			b[i] -= float64(a[j*n+i] * b[j])
		}
		b[i] /= a[i*n+i]
	}
	return ok
}
