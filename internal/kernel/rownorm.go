package kernel

import "math"

// RowNorm normalizes each row of a matrix by its mean and variance, which are sums in 16 lanes:
//
//	Y[i,j] = (X[i,j] - mean) factor Gamma[j] + Beta[j]
//
// with the factor 1 / sqrt(variance + Epsilon).
type RowNorm struct {
	Rows, Width int
	X           []float32
	XRow        int
	Gamma       []float32 // [Width]
	Moments     []float32 // [Rows, 2]: the mean and the factor of each row
	// Of RowNorm only.
	Y       []float32
	YRow    int
	Beta    []float32 // [Width]
	Epsilon float32
	// Of RowNormBack only: the gradient that follows from D, ∂L/∂Y, is added to Grad.
	D       []float32
	DRow    int
	Grad    []float32
	GradRow int
}

func (p *RowNorm) check() {
	checkRows(p.X, p.Rows, p.Width, p.XRow)
	_, _ = p.Gamma[:p.Width], p.Moments[:2*p.Rows]
}

func (p *RowNorm) checkForward() {
	p.check()
	checkRows(p.Y, p.Rows, p.Width, p.YRow)
	_ = p.Beta[:p.Width]
}

func (p *RowNorm) checkBack() {
	p.check()
	checkRows(p.D, p.Rows, p.Width, p.DRow)
	checkRows(p.Grad, p.Rows, p.Width, p.GradRow)
}

func rowNorm(p RowNorm) {
	if p.Rows <= 0 || p.Width <= 0 {
		return
	}
	p.checkForward()
	for i := range p.Rows {
		x, y := p.X[i*p.XRow:][:p.Width], p.Y[i*p.YRow:][:p.Width]
		var sums, squares [lanes]float32
		for j, v := range x {
			sums[j%lanes] += v
		}
		n := float32(p.Width)
		mean := fold(&sums) / n
		for j, v := range x {
			d := v - mean
			squares[j%lanes] = fma(d, d, squares[j%lanes])
		}
		factor := 1 / float32(math.Sqrt(float64(fold(&squares)/n+p.Epsilon)))
		p.Moments[2*i], p.Moments[2*i+1] = mean, factor
		for j, v := range x {
			y[j] = fma((v-mean)*factor, p.Gamma[j], p.Beta[j])
		}
	}
}

// rowNormBack has the gradient factor (s - mean of s - n mean of s n), with n the normalized row
// and s = D Gamma.
func rowNormBack(p RowNorm) {
	if p.Rows <= 0 || p.Width <= 0 {
		return
	}
	p.checkBack()
	for i := range p.Rows {
		x, d, grad := p.X[i*p.XRow:][:p.Width], p.D[i*p.DRow:], p.Grad[i*p.GradRow:]
		mean, factor := p.Moments[2*i], p.Moments[2*i+1]
		var sums, products [lanes]float32
		for j, v := range x {
			s, n := float32(d[j]*p.Gamma[j]), (v-mean)*factor
			sums[j%lanes] += s
			products[j%lanes] = fma(s, n, products[j%lanes])
		}
		width := float32(p.Width)
		sum, product := fold(&sums)/width, fold(&products)/width
		for j, v := range x {
			s, n := float32(d[j]*p.Gamma[j]), (v-mean)*factor
			grad[j] = fma(fma(-n, product, s-sum), factor, grad[j])
		}
	}
}
