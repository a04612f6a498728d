package balance

// UPGrad projects each head's gradient on the directions that oppose no gradient, and takes the
// mean: Quinton and Rey, "Jacobian Descent for Multi-Objective Optimization", 2024. A small step
// along the result raises no head's loss.
type UPGrad struct{}

// Kind is "upgrad".
func (UPGrad) Kind() string { return "upgrad" }

// Check accepts every UPGrad.
func (UPGrad) Check() error { return nil }

// Combine returns the combination. It draws no random numbers.
func (UPGrad) Combine(heads int, _ uint64) Combination {
	return &upgrad{newProblem(heads), newActive(heads), make([]float64, heads)}
}

type upgrad struct {
	problem
	active
	weights []float64
}

// Coefficients uses unit vectors u: a norm changes no direction that a gradient opposes, and scales
// the gradient's projection.
func (p *upgrad) Coefficients(coefficients, _, gram []float64, _ int) {
	if !p.set(coefficients, gram, true) {
		return
	}
	share := 1 / float64(len(p.heads))
	for i := range p.heads {
		p.project(i)
		p.weights[i]++
		for j, head := range p.heads {
			coefficients[head] += float64(share * p.norms[i] * p.weights[j] / p.norms[j])
		}
	}
}

// conflict is the least product by which a unit vector opposes another, negated.
const conflict = 1e-9

// project sets weights v, from 0, so that u_i + sum v_j u_j is the projection of u_i: the shortest
// of these vectors. It is the active-set method of Lawson and Hanson, "Solving Least Squares
// Problems", 1974, chapter 23, on the Gram matrix.
func (p *upgrad) project(i int) {
	n := len(p.heads)
	p.start(n)
	clear(p.weights)
	for range rounds * n {
		next, least := -1, -conflict
		for j := range n {
			product := p.row(j)[i] + dot(p.row(j), p.weights[:n])
			if !p.has[j] && product < least {
				next, least = j, product
			}
		}
		if next < 0 {
			return
		}
		p.add(next)
		more := p.solve(i)
		for more && !p.step(p.weights) {
			more = p.solve(i)
		}
		if !more && !p.takeBack(p.weights) {
			return
		}
	}
}

// solve sets the solution for the passive vectors. It returns false if they depend on each other.
func (p *upgrad) solve(i int) bool {
	n := len(p.passive)
	for k, j := range p.passive {
		row := p.row(j)
		p.solution[k] = -row[i]
		for l, other := range p.passive {
			p.factor[k*n+l] = row[other]
		}
	}
	return cholesky(p.factor[:n*n], p.solution[:n], definite)
}
