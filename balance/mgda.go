package balance

// MGDA finds the shortest convex combination of the gradients: Désidéri, "Multiple-gradient descent
// algorithm (MGDA) for multiobjective optimization", 2012; Sener and Koltun, "Multi-Task Learning
// as Multi-Objective Optimization", 2018. A small step along it lowers the losses of all heads, and
// it is 0 where no direction does. Heads with small gradients count most.
type MGDA struct{}

// Kind is "mgda".
func (MGDA) Kind() string { return "mgda" }

// Check accepts every MGDA.
func (MGDA) Check() error { return nil }

// Combine returns the combination. It draws no random numbers.
func (MGDA) Combine(heads int, _ uint64) Combination {
	return &mgda{newProblem(heads), newActive(heads), make([]float64, heads)}
}

type mgda struct {
	problem
	active
	weights []float64
}

// Relative errors of squares: they end the search.
const (
	enough   = 1e-10 // of the combination's
	rounding = 1e-14 // of the gradients'
	separate = 1e-13 // of the gradients': a difference that rounding could make
)

// Coefficients finds the combination by the active-set method of Wolfe, "Finding the nearest point
// in a polytope", 1976, on the Gram matrix.
func (p *mgda) Coefficients(coefficients, _, gram []float64, _ int) {
	if !p.set(coefficients, gram, false) {
		return
	}
	n, shortest := len(p.heads), 0
	for i := range p.heads {
		if p.row(i)[i] < p.row(shortest)[shortest] {
			shortest = i
		}
	}
	p.start(n)
	p.add(shortest)
	w := p.weights[:n]
	clear(w)
	w[shortest] = 1
	for range rounds * n {
		next := p.next(w)
		if next < 0 {
			break
		}
		p.add(next)
		more := p.solve()
		for more && !p.step(w) {
			more = p.solve()
		}
		if !more && !p.takeBack(w) {
			break
		}
	}
	var sum float64
	for _, v := range w {
		sum += v
	}
	for i, head := range p.heads {
		coefficients[head] = w[i] / sum
	}
}

// next returns the gradient with the least product with the combination, if a share of it makes the
// combination shorter. Otherwise it returns -1.
func (p *mgda) next(w []float64) int {
	var square, of float64 // of the combination, and of its gradients
	for i, v := range w {
		square += float64(v * dot(p.row(i), w))
		of += float64(v * p.row(i)[i])
	}
	next, least := -1, 0.0
	for i := range w {
		bound := square - float64(enough*square) - float64(rounding*max(of, p.row(i)[i]))
		if product := dot(p.row(i), w); !p.has[i] && product < bound && (next < 0 || product < least) {
			next, least = i, product
		}
	}
	return next
}

// solve sets the solution: the weights, with sum 1, of the shortest combination of the passive
// gradients, whatever their signs. It returns false if these depend on each other. The unknowns are
// the weights of the differences from one of them.
func (p *mgda) solve() bool {
	short := 0 // the shortest is the base of the differences, which keeps their digits
	for k, i := range p.passive {
		if j := p.passive[short]; p.row(i)[i] < p.row(j)[j] {
			short = k
		}
	}
	p.passive[0], p.passive[short] = p.passive[short], p.passive[0]
	first, rest := p.passive[0], p.passive[1:]
	base, n := p.row(first), len(rest)
	independent := true
	for k, i := range rest {
		for l, j := range rest {
			p.factor[k*n+l] = (p.row(i)[j] - base[i]) + (base[first] - base[j])
		}
		p.solution[k+1] = base[first] - base[i]
		independent = independent && p.factor[k*n+k] > separate*(p.row(i)[i]+base[first])
	}
	if !independent || !cholesky(p.factor[:n*n], p.solution[1:n+1], definite) {
		return false
	}
	p.solution[0] = 1
	for _, v := range p.solution[1 : n+1] {
		p.solution[0] -= v
	}
	return true
}
