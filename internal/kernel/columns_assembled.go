//go:build (amd64 || arm64) && !purego

package kernel

// columnFunctions is the assembly of ColumnSums and Affine.
type columnFunctions struct {
	squareSums     func(x, center, sum, product *float32, xRow, rows, width uint64)
	productSums    func(x, center, d, sum, product *float32, xRow, dRow, rows, width uint64)
	rowProductSums func(x, moments, d, sum, product *float32, xRow, dRow, rows, width uint64)

	set func(y, x, center, scale, shift *float32, yRow, xRow, rows, width uint64)
	add func(y, x, d, center, scale, shift, slope *float32, yRow, xRow, dRow, rows, width uint64)
	// both is add without reading y.
	both func(y, x, d, center, scale, shift, slope *float32, yRow, xRow, dRow, rows, width uint64)
}

func (f *columnFunctions) sums(p ColumnSums) {
	if p.Rows <= 0 || p.Width <= 0 {
		return
	}
	p.check()
	x, d, rows, width := stride(p.XRow), stride(p.DRow), uint64(p.Rows), uint64(p.Width)
	switch {
	case p.D == nil:
		f.squareSums(&p.X[0], &p.Center[0], &p.Sum[0], &p.Product[0], x, rows, width)
	case p.Moments == nil:
		f.productSums(&p.X[0], &p.Center[0], &p.D[0], &p.Sum[0], &p.Product[0], x, d, rows, width)
	default:
		f.rowProductSums(&p.X[0], &p.Moments[0], &p.D[0], &p.Sum[0], &p.Product[0], x, d, rows, width)
	}
}

func (f *columnFunctions) affine(p Affine) {
	if p.Rows <= 0 || p.Width <= 0 {
		return
	}
	p.check()
	y, x, rows, width := stride(p.YRow), stride(p.XRow), uint64(p.Rows), uint64(p.Width)
	if p.D == nil {
		f.set(&p.Y[0], &p.X[0], &p.Center[0], &p.Scale[0], &p.Shift[0], y, x, rows, width)
		return
	}
	with := f.add
	if p.Fresh {
		with = f.both
	}
	with(&p.Y[0], &p.X[0], &p.D[0], &p.Center[0], &p.Scale[0], &p.Shift[0], &p.Slope[0],
		y, x, stride(p.DRow), rows, width)
}

// windowFunctions is the assembly of MaxWindow and MaxBack.
type windowFunctions struct {
	highest func(y, x *float32, yRow, xRow, line, lines, taps, rows, width uint64)
	addBack func(grad, x, y, d *float32, xRow, yRow, dRow, line, lines, taps, rows, width uint64)
}

func (f *windowFunctions) forward(p MaxWindow) {
	if p.Rows > 0 && p.Width > 0 {
		p.check()
		f.highest(&p.Y[0], &p.X[0], stride(p.YRow), stride(p.XRow), stride(p.Line),
			uint64(p.Lines), uint64(p.Taps), uint64(p.Rows), uint64(p.Width))
	}
}

func (f *windowFunctions) back(p MaxWindow) {
	if p.Rows > 0 && p.Width > 0 {
		p.checkBack()
		f.addBack(&p.Grad[0], &p.X[0], &p.Y[0], &p.D[0], stride(p.XRow), stride(p.YRow),
			stride(p.DRow), stride(p.Line), uint64(p.Lines), uint64(p.Taps), uint64(p.Rows),
			uint64(p.Width))
	}
}

// rowNormFunctions is the assembly of RowNorm and RowNormBack.
type rowNormFunctions struct {
	normalize func(
		y, x, gamma, beta, moments *float32, yRow, xRow, rows, width uint64, count, epsilon float32,
	)
	addBack func(
		grad, x, d, gamma, moments *float32, gradRow, xRow, dRow, rows, width uint64, count float32,
	)
}

func (f *rowNormFunctions) forward(p RowNorm) {
	if p.Rows > 0 && p.Width > 0 {
		p.checkForward()
		f.normalize(&p.Y[0], &p.X[0], &p.Gamma[0], &p.Beta[0], &p.Moments[0], stride(p.YRow),
			stride(p.XRow), uint64(p.Rows), uint64(p.Width), float32(p.Width), p.Epsilon)
	}
}

func (f *rowNormFunctions) back(p RowNorm) {
	if p.Rows > 0 && p.Width > 0 {
		p.checkBack()
		f.addBack(&p.Grad[0], &p.X[0], &p.D[0], &p.Gamma[0], &p.Moments[0], stride(p.GradRow),
			stride(p.XRow), stride(p.DRow), uint64(p.Rows), uint64(p.Width), float32(p.Width))
	}
}
