//go:build amd64 && !purego

package kernel

// avx512 overrides what AVX-512 speeds up. The assembly checks no bounds: it is done here.
var avx512 = func() Set {
	s := reference
	s.Name = "avx512"
	s.MulDots = mulDotsAVX512
	s.MulLanes = mulLanesAVX512
	s.Adam = adamKernelAVX512
	s.Exp = avx512Exp
	s.Sigmoid = each(sigmoidAVX512)
	s.Tanh = each(tanhAVX512)
	s.ReLU = each(reluAVX512)
	s.ReLUBack = reluBackKernelAVX512
	s.Add = addKernelAVX512
	s.Bytes = bytesKernelAVX512
	s.Softmax = softmaxKernelAVX512
	return s
}()

// floatSize is the distance in bytes of two float32: the assembly counts strides in bytes.
const floatSize = 4

func mulDotsAVX512(p Dots) {
	if p.Rows <= 0 || p.Columns <= 0 {
		return
	}
	p.check()
	for _, rows := range [...]struct{ tile, from, to int }{{4, 0, p.Rows &^ 3}, {1, p.Rows &^ 3, p.Rows}} {
		fives := p.Columns / 5 * 5
		for _, columns := range [...]struct{ tile, from, to int }{{5, 0, fives}, {1, fives, p.Columns}} {
			rowTiles, columnTiles := (rows.to-rows.from)/rows.tile, (columns.to-columns.from)/columns.tile
			if rowTiles == 0 || columnTiles == 0 {
				continue
			}
			var a, b *float32
			if p.Inner > 0 {
				a, b = &p.A[rows.from*p.ARow], &p.B[columns.from*p.BRow]
			}
			c := &p.C[rows.from*p.CRow+columns.from]
			cRow, aRow, bRow := uint64(p.CRow*floatSize), uint64(p.ARow*floatSize), uint64(p.BRow*floatSize)
			switch {
			case rows.tile == 4 && columns.tile == 5:
				dots4x5AVX512(c, a, b, cRow, aRow, bRow, uint64(rowTiles), uint64(columnTiles), uint64(p.Inner))
			case rows.tile == 4:
				dots4x1AVX512(c, a, b, cRow, aRow, bRow, uint64(rowTiles), uint64(columnTiles), uint64(p.Inner))
			case columns.tile == 5:
				dots1x5AVX512(c, a, b, cRow, aRow, bRow, uint64(rowTiles), uint64(columnTiles), uint64(p.Inner))
			default:
				dots1x1AVX512(c, a, b, cRow, aRow, bRow, uint64(rowTiles), uint64(columnTiles), uint64(p.Inner))
			}
		}
	}
}

func mulLanesAVX512(p Product) {
	if p.Rows <= 0 || p.Columns <= 0 || p.Inner <= 0 {
		return
	}
	p.check()
	cRow, aRow := uint64(p.CRow*floatSize), uint64(p.ARow*floatSize)
	aCol, bRow, inner := uint64(p.ACol*floatSize), uint64(p.BRow*floatSize), uint64(p.Inner)
	fives, ones := uint64(p.Rows/5), uint64(p.Rows%5)
	first := p.Rows / 5 * 5
	for j := 0; j < p.Columns; {
		rest := p.Columns - j
		vectors := 1
		if rest >= 80 {
			vectors = 5
		} else if rest >= 32 {
			vectors = 2
		}
		width := min(rest, 16*vectors)
		b := &p.B[j]
		if fives > 0 {
			c, a := &p.C[j], &p.A[0]
			switch vectors {
			case 5:
				lanes5x5AVX512(c, a, b, cRow, aRow, aCol, bRow, fives, inner, uint64(width))
			case 2:
				lanes5x2AVX512(c, a, b, cRow, aRow, aCol, bRow, fives, inner, uint64(width))
			default:
				lanes5x1AVX512(c, a, b, cRow, aRow, aCol, bRow, fives, inner, uint64(width))
			}
		}
		if ones > 0 {
			c, a := &p.C[first*p.CRow+j], &p.A[first*p.ARow]
			switch vectors {
			case 5:
				lanes1x5AVX512(c, a, b, cRow, aRow, aCol, bRow, ones, inner, uint64(width))
			case 2:
				lanes1x2AVX512(c, a, b, cRow, aRow, aCol, bRow, ones, inner, uint64(width))
			default:
				lanes1x1AVX512(c, a, b, cRow, aRow, aCol, bRow, ones, inner, uint64(width))
			}
		}
		j += width
	}
}

func adamKernelAVX512(w, g, m, v []float32, s AdamStep) {
	n := len(w)
	if n == 0 {
		return
	}
	g, m, v = g[:n], m[:n], v[:n]
	adamAVX512(&w[0], &g[0], &m[0], &v[0], uint64(n), s.Beta1, s.Rest1, s.Beta2, s.Rest2, s.Rate, s.Epsilon)
}

// each makes a kernel of assembly that goes along one slice.
func each(f func(dst, x *float32, n uint64)) func(dst, src []float32) {
	return func(dst, src []float32) {
		if n := len(src); n > 0 {
			_ = dst[n-1]
			f(&dst[0], &src[0], uint64(n))
		}
	}
}

func reluBackKernelAVX512(dst, y, dy []float32) {
	if n := len(y); n > 0 {
		_, _ = dst[n-1], dy[n-1]
		reluBackAVX512(&dst[0], &y[0], &dy[0], uint64(n))
	}
}

func addKernelAVX512(dst, src []float32) {
	if n := len(src); n > 0 {
		_ = dst[n-1]
		addAVX512(&dst[0], &dst[0], &src[0], uint64(n))
	}
}

func bytesKernelAVX512(dst []float32, src []uint8, scale, shift float32) {
	if n := len(src); n > 0 {
		_ = dst[n-1]
		bytesAVX512(&dst[0], &src[0], uint64(n), scale, shift)
	}
}

func softmaxKernelAVX512(dst, src []float32) { softmaxWith(avx512Exp, dst, src) }

var avx512Exp = each(expAVX512)
