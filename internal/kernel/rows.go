package kernel

import "math"

// Each of these works on the rows of a matrix: row r starts at r times the stride that ends in Row.

// Softmax is y = exp(x-highest) / sum of all, along each row. The sum is 1 + Rest.
type Softmax struct {
	Rows, Width   int
	Y             []float32
	YRow          int
	X             []float32
	XRow          int
	Highest, Rest []float32 // [Rows]: the largest of x, and the sum without the first of those
}

// check panics where a row does not lie within its slice: assembly does not look.
func (p *Softmax) check() {
	checkRows(p.Y, p.Rows, p.Width, p.YRow)
	checkRows(p.X, p.Rows, p.Width, p.XRow)
	_, _ = p.Highest[:p.Rows], p.Rest[:p.Rows]
}

// checkRows panics where a matrix does not lie within its slice.
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
		p.Highest[r], p.Rest[r] = softmaxRow(p.Y[r*p.YRow:][:p.Width], p.X[r*p.XRow:][:p.Width])
	}
}

func softmaxRow(y, x []float32) (high, rest float32) {
	high, first := highest(x)
	var sums [lanes]float32
	for i, v := range x {
		e := exp(v - high)
		y[i] = e
		if i == first {
			e-- // not left out: a NaN has to show
		}
		sums[i%lanes] += e
	}
	rest = fold(&sums)
	total := 1 + rest
	for i, e := range y {
		q := e / total
		if q < 1.17549435e-38 { // flush a denormal
			q = 0
		}
		y[i] = q
	}
	return high, rest
}

// highest is the largest number and where it first stands: NaN is never it, and -1 is where there
// is no other.
func highest(x []float32) (high float32, first int) {
	high, first = float32(math.Inf(-1)), -1
	for i, v := range x {
		if v > high || v == high && first < 0 {
			high, first = v, i
		}
	}
	return high + 0, first // 0 and -0 are equal: one of them
}

// ArgMax finds where in each row the largest number first stands; 0 where all are NaN.
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

// Gathered is Y row r = Scale x + Shift, rounded once, of row Order[r] of bytes.
type Gathered struct {
	Width        int
	Y            []float32
	YRow         int
	X            []uint8
	XRow         int // distance of two rows of X, at least Width
	Order        []int32
	Scale, Shift float32
}

func (p *Gathered) check() {
	checkRows(p.Y, len(p.Order), p.Width, p.YRow)
	if p.XRow < p.Width {
		panic("kernel: rows of bytes that overlap")
	}
	checkOrder(p.Order, wholeRows(len(p.X), p.Width, p.XRow))
}

// wholeRows is how many rows of width numbers, stride apart, lie within so many numbers.
func wholeRows(numbers, width, stride int) int {
	if numbers < width {
		return 0
	}
	return (numbers-width)/max(stride, 1) + 1
}

// checkOrder panics where a number is not from 0 up to below rows.
func checkOrder(order []int32, rows int) {
	for _, row := range order {
		if uint(row) >= uint(rows) {
			panic("kernel: a row that is not there")
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

// spread writes each number of src as many times as it goes into dst evenly.
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

// Lookup is rows of a table by their ids.
type Lookup struct {
	Width    int
	IDs      []int32
	Table    []float32
	TableRow int
	X        []float32 // [len(IDs)][Width]
	XRow     int       // for AddUp
	Lo, Rows int       // for AddUp: the table holds the ids from Lo on, Rows of them
}

// lookUp copies row IDs[i] of the table to row i of X, whose rows lie one after the other.
func lookUp(p Lookup) {
	for i, id := range p.IDs {
		copy(p.X[i*p.Width:][:p.Width], p.Table[int(id)*p.TableRow:][:p.Width])
	}
}

// addUp adds row i of X to row IDs[i]-Lo of the table, where the table has it.
func addUp(p Lookup) {
	for i, id := range p.IDs {
		if row := int(id) - p.Lo; uint(row) < uint(p.Rows) {
			add(p.Table[row*p.TableRow:][:p.Width], p.X[i*p.XRow:][:p.Width])
		}
	}
}
