//go:build amd64 && !purego

package kernel

// floatSize is the distance in bytes of two float32: the assembly counts strides in bytes.
const floatSize = 4

type dotsTile func(c, a, b *float32, cRow, aRow, bRow, rowTiles, columnTiles, inner uint64)

// dotsTiles is how a set computes Dots: in tiles of rows x columns sums, and what is left over in
// tiles of one.
type dotsTiles struct {
	rows, columns int
	tiles         [2][2]dotsTile // by rows, columns: whole, one
}

// run computes a product. The assembly checks no bounds: it is done here.
func (t *dotsTiles) run(p Dots) {
	if p.Rows <= 0 || p.Columns <= 0 {
		return
	}
	p.check()
	cRow, aRow, bRow := uint64(p.CRow*floatSize), uint64(p.ARow*floatSize), uint64(p.BRow*floatSize)
	rows, columns := p.Rows/t.rows, p.Columns/t.columns
	for i, down := range [2]struct{ from, tiles int }{{0, rows}, {rows * t.rows, p.Rows - rows*t.rows}} {
		for j, across := range [2]struct{ from, tiles int }{{0, columns}, {columns * t.columns, p.Columns - columns*t.columns}} {
			if down.tiles == 0 || across.tiles == 0 {
				continue
			}
			var a, b *float32
			if p.Inner > 0 {
				a, b = &p.A[down.from*p.ARow], &p.B[across.from*p.BRow]
			}
			t.tiles[i][j](&p.C[down.from*p.CRow+across.from], a, b,
				cRow, aRow, bRow, uint64(down.tiles), uint64(across.tiles), uint64(p.Inner))
		}
	}
}

type lanesTile func(c, a, b *float32, cRow, aRow, aCol, bRow, rowTiles, inner, columns uint64)

// lanesTiles is how a set computes Product: in tiles of rows x some registers, the widest first,
// and what is left over in rows of one.
type lanesTiles struct {
	rows   int
	widths []lanesWidth // the last is of one register, whose lanes a mask may cut
}

type lanesWidth struct {
	columns    int
	whole, one lanesTile // of rows rows, of one
}

// run computes a product. The assembly checks no bounds: it is done here.
func (t *lanesTiles) run(p Product) {
	if p.Rows <= 0 || p.Columns <= 0 || p.Inner <= 0 {
		return
	}
	p.check()
	cRow, aRow := uint64(p.CRow*floatSize), uint64(p.ARow*floatSize)
	aCol, bRow, inner := uint64(p.ACol*floatSize), uint64(p.BRow*floatSize), uint64(p.Inner)
	tiles := p.Rows / t.rows
	first := tiles * t.rows
	for j := 0; j < p.Columns; {
		w := 0
		for w < len(t.widths)-1 && t.widths[w].columns > p.Columns-j {
			w++
		}
		width := min(p.Columns-j, t.widths[w].columns)
		if tiles > 0 {
			t.widths[w].whole(&p.C[j], &p.A[0], &p.B[j], cRow, aRow, aCol, bRow, uint64(tiles), inner, uint64(width))
		}
		if ones := p.Rows - first; ones > 0 {
			t.widths[w].one(&p.C[first*p.CRow+j], &p.A[first*p.ARow], &p.B[j], cRow, aRow, aCol, bRow, uint64(ones), inner, uint64(width))
		}
		j += width
	}
}

type adamLoop func(w, grad, m, v *float32, n uint64, beta1, rest1, beta2, rest2, rate, epsilon float32)

func adamBy(loop adamLoop) func(w, g, m, v []float32, s AdamStep) {
	return func(w, g, m, v []float32, s AdamStep) {
		if n := len(w); n > 0 {
			_, _, _ = g[n-1], m[n-1], v[n-1]
			loop(&w[0], &g[0], &m[0], &v[0], uint64(n), s.Beta1, s.Rest1, s.Beta2, s.Rest2, s.Rate, s.Epsilon)
		}
	}
}

// each makes a kernel of a loop along one slice.
func each(loop func(dst, x *float32, n uint64)) func(dst, src []float32) {
	return func(dst, src []float32) {
		if n := len(src); n > 0 {
			_ = dst[n-1]
			loop(&dst[0], &src[0], uint64(n))
		}
	}
}

// pairs makes a kernel of a loop along two slices.
func pairs(loop func(dst, x, y *float32, n uint64)) func(dst, x, y []float32) {
	return func(dst, x, y []float32) {
		if n := len(x); n > 0 {
			_, _ = dst[n-1], y[n-1]
			loop(&dst[0], &x[0], &y[0], uint64(n))
		}
	}
}

func addBy(loop func(dst, x, y *float32, n uint64)) func(dst, src []float32) {
	return func(dst, src []float32) {
		if n := len(src); n > 0 {
			_ = dst[n-1]
			loop(&dst[0], &dst[0], &src[0], uint64(n))
		}
	}
}
