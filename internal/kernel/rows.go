package kernel

import "math"

// These kernels work on the rows of matrices. A field whose name ends in Row is a stride.

// Softmax is Y = exp(X - Max) / (1 + Rest) along each row.
type Softmax struct {
	Rows, Width int
	Y           []float32
	YRow        int
	X           []float32
	XRow        int
	Max, Rest   []float32 // [Rows]: largest x, and the sum of exp without its first occurrence
}

// check panics if a row exceeds its slice: the assembly does not check bounds.
func (p *Softmax) check() {
	checkRows(p.Y, p.Rows, p.Width, p.YRow)
	checkRows(p.X, p.Rows, p.Width, p.XRow)
	_, _ = p.Max[:p.Rows], p.Rest[:p.Rows]
}

// checkRows panics if a matrix exceeds its slice.
func checkRows[T any](x []T, rows, width, stride int) {
	if rows > 0 && width > 0 {
		if stride < 0 {
			panic("kernel: a negative stride")
		}
		_ = x[(rows-1)*stride+width-1]
	}
}

func softmax(p Softmax) {
	if p.Width <= 0 {
		return
	}
	p.check()
	for r := range p.Rows {
		p.Max[r], p.Rest[r] = softmaxRow(p.Y[r*p.YRow:][:p.Width], p.X[r*p.XRow:][:p.Width])
	}
}

func softmaxRow(y, x []float32) (high, rest float32) {
	high, first := highest(x)
	var sums [lanes]float32
	for i, v := range x {
		e := exp(v - high)
		y[i] = e
		if i == first {
			e-- // subtracted rather than skipped, so that a NaN shows
		}
		sums[i%lanes] += e
	}
	rest = fold(&sums)
	total := 1 + rest
	for i, e := range y {
		q := e / total
		if q < 1.17549435e-38 { // denormal
			q = 0
		}
		y[i] = q
	}
	return high, rest
}

// SoftmaxBack turns the gradient D of the output Y of Softmax into that of its input, row by row:
//
//	D[i,j] = Y[i,j] (D[i,j] - sum of Y[i,l] D[i,l] over l)
//
// The sum runs in 16 lanes.
type SoftmaxBack struct {
	Rows, Width int
	D           []float32
	DRow        int
	Y           []float32
	YRow        int
}

func (p *SoftmaxBack) check() {
	checkRows(p.D, p.Rows, p.Width, p.DRow)
	checkRows(p.Y, p.Rows, p.Width, p.YRow)
}

func softmaxBack(p SoftmaxBack) {
	if p.Width <= 0 {
		return
	}
	p.check()
	for i := range p.Rows {
		d, y := p.D[i*p.DRow:][:p.Width], p.Y[i*p.YRow:][:p.Width]
		sum := dot(d, y)
		for j, v := range y {
			d[j] = v * (d[j] - sum)
		}
	}
}

// highest returns the largest number and the index of its first occurrence. It ignores NaN. If all
// are NaN, it returns -Inf and -1.
func highest(x []float32) (high float32, first int) {
	high, first = float32(math.Inf(-1)), -1
	for i, v := range x {
		if v > high || v == high && first < 0 {
			high, first = v, i
		}
	}
	return high + 0, first // turns -0 into 0, which it equals
}

// ArgMax finds the index of each row's first largest number, or 0 if all are NaN.
type ArgMax struct {
	Rows, Width int
	Index       []int32 // [Rows]
	X           []float32
	XRow        int
}

func (p *ArgMax) check() {
	checkRows(p.X, p.Rows, p.Width, p.XRow)
	_ = p.Index[:p.Rows]
}

func argMax(p ArgMax) {
	if p.Width <= 0 {
		return
	}
	p.check()
	for r := range p.Rows {
		_, first := highest(p.X[r*p.XRow:][:p.Width])
		p.Index[r] = int32(max(first, 0))
	}
}

// Gathered is row r of Y = Scale x + Shift, rounded once, where x is row Order[r] of X.
type Gathered struct {
	Width        int
	Y            []float32
	YRow         int
	X            []uint8
	XRow         int // at least Width
	Order        []int32
	Scale, Shift float32
}

func (p *Gathered) check() {
	checkRows(p.Y, len(p.Order), p.Width, p.YRow)
	if p.XRow < p.Width {
		panic("kernel: rows of bytes overlap")
	}
	checkOrder(p.Order, countRows(len(p.X), p.Width, p.XRow))
}

// countRows returns the number of rows of width numbers, with a stride, in a slice of some length.
func countRows(numbers, width, stride int) int {
	if numbers < width {
		return 0
	}
	return (numbers-width)/max(stride, 1) + 1
}

// checkOrder panics unless all indices are from 0 to rows-1.
func checkOrder(order []int32, rows int) {
	for _, row := range order {
		if uint(row) >= uint(rows) {
			panic("kernel: a row index is out of range")
		}
	}
}

func bytes(p Gathered) {
	if p.Width <= 0 {
		return
	}
	p.check()
	for r, from := range p.Order {
		y := p.Y[r*p.YRow:][:p.Width]
		for i, x := range p.X[int(from)*p.XRow:][:p.Width] {
			y[i] = fma(float32(x), p.Scale, p.Shift)
		}
	}
}

// ScaleShift computes x[i] = scale x[i] + shift, rounded once as in Bytes.
func ScaleShift(x []float32, scale, shift float32) {
	for i, v := range x {
		x[i] = fma(v, scale, shift)
	}
}

// Transposition is Y[j,i] = X[i,j], or with Add Y[j,i] += X[i,j].
type Transposition struct {
	Rows, Columns int // of X
	Y             []float32
	YRow          int
	X             []float32
	XRow          int
	Add           bool
}

func (p *Transposition) check() {
	checkRows(p.Y, p.Columns, p.Rows, p.YRow)
	checkRows(p.X, p.Rows, p.Columns, p.XRow)
}

func transpose(p Transposition) {
	p.check()
	for i := range p.Rows {
		for j, v := range p.X[i*p.XRow:][:p.Columns] {
			y := &p.Y[j*p.YRow+i]
			if p.Add {
				v = *y + v
			}
			*y = v
		}
	}
}

// RowProducts is Y[i,j] += X[i,j] W[i,j], row by row. A stride may be 0: then all rows read one row
// of X or W, or Y[0,j] sums over the rows in ascending order.
type RowProducts struct {
	Rows, Width int
	Y           []float32
	YRow        int
	X           []float32
	XRow        int
	W           []float32
	WRow        int
}

func (p *RowProducts) check() {
	checkRows(p.Y, p.Rows, p.Width, p.YRow)
	checkRows(p.X, p.Rows, p.Width, p.XRow)
	checkRows(p.W, p.Rows, p.Width, p.WRow)
}

func mulRows(p RowProducts) {
	if p.Width <= 0 {
		return
	}
	p.check()
	for i := range p.Rows {
		y, w := p.Y[i*p.YRow:][:p.Width], p.W[i*p.WRow:][:p.Width]
		for j, x := range p.X[i*p.XRow:][:p.Width] {
			y[j] = fma(x, w[j], y[j])
		}
	}
}

func spread(dst, src []float32) {
	if len(src) == 0 {
		return
	}
	n := len(dst) / len(src)
	for i, v := range src {
		copies := dst[i*n:][:n]
		for j := range copies {
			copies[j] = v
		}
	}
}

// Lookup is a set of table rows, by ids.
type Lookup struct {
	Width    int
	IDs      []int32
	Table    []float32
	TableRow int
	X        []float32 // [len(IDs)][Width]
	XRow     int       // AddUp only; LookUp has stride Width
	Lo, Rows int       // AddUp only: the table has the rows of ids Lo to Lo+Rows-1
}

// lookUp copies row IDs[i] of the table to row i of X.
func lookUp(p Lookup) {
	for i, id := range p.IDs {
		copy(p.X[i*p.Width:][:p.Width], p.Table[int(id)*p.TableRow:][:p.Width])
	}
}

// addUp adds row i of X to row IDs[i]-Lo of the table, if the table has that row.
func addUp(p Lookup) {
	for i, id := range p.IDs {
		if row := int(id) - p.Lo; uint(row) < uint(p.Rows) {
			add(p.Table[row*p.TableRow:][:p.Width], p.X[i*p.XRow:][:p.Width])
		}
	}
}
