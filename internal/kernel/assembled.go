//go:build (amd64 || arm64) && !purego

package kernel

// functions is the assembly of one instruction set, without products. It does not check bounds; the
// kernels of assembled do.
type functions struct {
	exp, log, log1p, sigmoid, tanh, relu func(dst, x *float32, n uint64)
	gelu, hardSigmoid                    func(dst, x *float32, n uint64)
	reluBack, sigmoidBack, tanhBack, add func(dst, x, y *float32, n uint64)
	geluBack, hardSigmoidBack, mul       func(dst, x, y *float32, n uint64)
	scale                                func(dst, x *float32, n uint64, factor float32)
	leak                                 func(dst, x, y *float32, n uint64, slope float32)
	blend                                func(dst, x, y *float32, n uint64, keep, share float32)
	elu                                  func(dst, x *float32, n uint64, scale, alpha float32)
	eluBack                              func(dst, x, y *float32, n uint64, shift, above float32)
	finite                               func(x *float32, n uint64) float32
	spread                               func(dst, x *float32, count, n uint64)
	argMax                               func(dst *int32, x *float32, xRow, rows, width uint64)
	transpose, transposeAdd              func(y, x *float32, yRow, xRow, rows, columns uint64)
	claim                                func(x *float32, xRow, rows, width uint64)
	prefetch                             func(src *uint8, order *int32, srcRow, rows, width uint64)

	bytes func(
		dst *float32, src *uint8, order *int32, dstRow, srcRow, rows, width uint64,
		scale, shift float32,
	)
	columns     columnFunctions
	windows     windowFunctions
	rowNorms    rowNormFunctions
	mulRows     func(y, x, w *float32, yRow, xRow, wRow, rows, width uint64)
	softmax     func(y, x, high, rest *float32, yRow, xRow, rows, width uint64)
	softmaxBack func(d, y *float32, dRow, yRow, rows, width uint64)

	lookUp   func(dst, table *float32, ids *int32, tableRow, count, width uint64)
	addUp    func(table, x *float32, ids *int32, tableRow, xRow, count, width, lo, rows uint64)
	lstm     func(gates, before, cells, squashed, hidden *float32, n uint64)
	lstmBack func(gates, before, squashed, dHidden, dCells *float32, n uint64)
	adam     func(
		w, grad, m, v *float32, wRow, gradRow, mRow, vRow, rows, width uint64,
		beta1, rest1, beta2, rest2, rate, epsilon float32,
	)
}

// stride converts a stride to bytes.
func stride(numbers int) uint64 { return uint64(numbers * floatSize) }

// assembled makes a set of an instruction set's assembly.
func assembled(
	name string, dots *dotsTiles, lanes *lanesTiles, indirect *indirectTiles, f functions,
) Set {
	return Set{
		Name:    name,
		MulDots: dots.run, MulLanes: lanes.run, MulIndirect: indirect.run,
		Exp: each(f.exp), Log: each(f.log), Log1p: each(f.log1p),
		Sigmoid: each(f.sigmoid), Tanh: each(f.tanh), ReLU: each(f.relu),
		ReLUBack: pairs(f.reluBack), SigmoidBack: pairs(f.sigmoidBack), TanhBack: pairs(f.tanhBack),
		GELU: each(f.gelu), GELUBack: pairs(f.geluBack),
		HardSigmoid: each(f.hardSigmoid), HardSigmoidBack: pairs(f.hardSigmoidBack),
		Mul: pairs(f.mul),
		Leak: func(dst, x, dy []float32, slope float32) {
			if n := len(x); n > 0 {
				_, _ = dst[n-1], dy[n-1]
				f.leak(&dst[0], &x[0], &dy[0], uint64(n), slope)
			}
		},
		ELU: func(dst, src []float32, scale, alpha float32) {
			if n := len(src); n > 0 {
				_ = dst[n-1]
				f.elu(&dst[0], &src[0], uint64(n), scale, alpha)
			}
		},
		ELUBack: func(dst, y, dy []float32, shift, above float32) {
			if n := len(y); n > 0 {
				_, _ = dst[n-1], dy[n-1]
				f.eluBack(&dst[0], &y[0], &dy[0], uint64(n), shift, above)
			}
		},
		Add: func(dst, src []float32) {
			if n := len(src); n > 0 {
				_ = dst[n-1]
				f.add(&dst[0], &dst[0], &src[0], uint64(n))
			}
		},
		Scale: func(dst, src []float32, factor float32) {
			if n := len(src); n > 0 {
				_ = dst[n-1]
				f.scale(&dst[0], &src[0], uint64(n), factor)
			}
		},
		Blend: func(dst, src []float32, keep, share float32) {
			if n := len(src); n > 0 {
				_ = dst[n-1]
				f.blend(&dst[0], &dst[0], &src[0], uint64(n), keep, share)
			}
		},
		Finite: func(x []float32) bool { return len(x) == 0 || f.finite(&x[0], uint64(len(x))) == 0 },
		Spread: func(dst, src []float32) {
			if len(dst) >= len(src) && len(src) > 0 {
				f.spread(&dst[0], &src[0], uint64(len(src)), uint64(len(dst)/len(src)))
			}
		},
		Softmax: func(p Softmax) {
			if p.Rows > 0 && p.Width > 0 {
				p.check()
				f.softmax(&p.Y[0], &p.X[0], &p.Max[0], &p.Rest[0],
					stride(p.YRow), stride(p.XRow), uint64(p.Rows), uint64(p.Width))
			}
		},
		SoftmaxBack: func(p SoftmaxBack) {
			if p.Rows > 0 && p.Width > 0 {
				p.check()
				f.softmaxBack(&p.D[0], &p.Y[0], stride(p.DRow), stride(p.YRow), uint64(p.Rows),
					uint64(p.Width))
			}
		},
		ArgMax: func(p ArgMax) {
			if p.Rows > 0 && p.Width > 0 {
				p.check()
				f.argMax(&p.Index[0], &p.X[0], stride(p.XRow), uint64(p.Rows), uint64(p.Width))
			}
		},
		Bytes: func(p Gathered) {
			if len(p.Order) > 0 && p.Width > 0 {
				p.check()
				f.bytes(&p.Y[0], &p.X[0], &p.Order[0], stride(p.YRow), uint64(p.XRow),
					uint64(len(p.Order)), uint64(p.Width), p.Scale, p.Shift)
			}
		},
		Transpose: f.transposeMatrix,
		MulRows: func(p RowProducts) {
			if p.Rows > 0 && p.Width > 0 {
				p.check()
				f.mulRows(&p.Y[0], &p.X[0], &p.W[0], stride(p.YRow), stride(p.XRow), stride(p.WRow),
					uint64(p.Rows), uint64(p.Width))
			}
		},
		ColumnSums: f.columns.sums, Affine: f.columns.affine,
		RowNorm: f.rowNorms.forward, RowNormBack: f.rowNorms.back,
		MaxWindow: f.windows.forward, MaxBack: f.windows.back,
		LookUp: func(p Lookup) {
			if len(p.IDs) > 0 && p.Width > 0 {
				checkOrder(p.IDs, countRows(len(p.Table), p.Width, p.TableRow))
				_ = p.X[len(p.IDs)*p.Width-1]
				f.lookUp(&p.X[0], &p.Table[0], &p.IDs[0], stride(p.TableRow),
					uint64(len(p.IDs)), uint64(p.Width))
			}
		},
		AddUp: func(p Lookup) {
			if len(p.IDs) > 0 && p.Width > 0 && p.Rows > 0 {
				checkRows(p.Table, p.Rows, p.Width, p.TableRow)
				checkRows(p.X, len(p.IDs), p.Width, p.XRow)
				f.addUp(&p.Table[0], &p.X[0], &p.IDs[0], stride(p.TableRow), stride(p.XRow),
					uint64(len(p.IDs)), uint64(p.Width), uint64(p.Lo), uint64(p.Rows))
			}
		},
		LSTM: func(c LSTMCell) {
			if n := c.check(); n > 0 {
				f.lstm(&c.Gates[0], &c.Before[0], &c.Cells[0], &c.Squashed[0], &c.Hidden[0],
					uint64(n))
			}
		},
		LSTMBack: func(c LSTMBack) {
			if n := c.check(); n > 0 {
				f.lstmBack(&c.Gates[0], &c.Before[0], &c.Squashed[0], &c.DHidden[0], &c.DCells[0],
					uint64(n))
			}
		},
		Adam: func(b AdamBlock, s AdamStep) {
			if b.Rows > 0 && b.Width > 0 {
				b.check()
				row := stride(b.WRow)
				f.adam(&b.W[0], &b.G[0], &b.M[0], &b.V[0], row, stride(b.GRow), row, row,
					uint64(b.Rows), uint64(b.Width),
					s.Beta1, s.Rest1, s.Beta2, s.Rest2, s.Rate, s.Epsilon)
			}
		},
		Claim: func(x []float32, row, rows, width int) {
			if rows > 0 && width > 0 { // a prefetch may have any address
				f.claim(&x[0], stride(row), uint64(rows), uint64(width))
			}
		},
		Prefetch: func(x []uint8, row, width int, order []int32) {
			if len(order) > 0 && width > 0 { // a prefetch may have any address
				f.prefetch(&x[0], &order[0], uint64(row), uint64(len(order)), uint64(width))
			}
		},
	}
}

func (f *functions) transposeMatrix(p Transposition) {
	if p.Rows <= 0 || p.Columns <= 0 {
		return
	}
	p.check()
	transpose := f.transpose
	if p.Add {
		transpose = f.transposeAdd
	}
	transpose(&p.Y[0], &p.X[0], stride(p.YRow), stride(p.XRow), uint64(p.Rows), uint64(p.Columns))
}

// each makes a kernel of a loop over one slice.
func each(loop func(dst, x *float32, n uint64)) func(dst, src []float32) {
	return func(dst, src []float32) {
		if n := len(src); n > 0 {
			_ = dst[n-1]
			loop(&dst[0], &src[0], uint64(n))
		}
	}
}

// pairs makes a kernel of a loop over two slices.
func pairs(loop func(dst, x, y *float32, n uint64)) func(dst, x, y []float32) {
	return func(dst, x, y []float32) {
		if n := len(x); n > 0 {
			_, _ = dst[n-1], y[n-1]
			loop(&dst[0], &x[0], &y[0], uint64(n))
		}
	}
}
