package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"runtime"
	"sync"

	"braid/internal/kernel"
	"braid/tensor"
)

// Column is one named column of a table. Floats, Ints and Bytes make one.
type Column struct {
	Name  string
	DType tensor.DType // how it is kept
	Shape tensor.Shape // of one row

	floats []float32
	ints   []int32
	bytes  []uint8

	scale, shift float32 // a byte b stands for b*scale + shift
}

// Floats is a column of float32: values is row after row, each of the given shape; with no shape, a
// row is one number.
func Floats(name string, values []float32, shape ...int) Column {
	return Column{Name: name, DType: tensor.Float32, Shape: shape, floats: values}
}

// Ints is a column of int32, such as labels or token ids.
func Ints(name string, values []int32, shape ...int) Column {
	return Column{Name: name, DType: tensor.Int32, Shape: shape, ints: values}
}

// Bytes is a column of bytes, such as pixels, that are kept as they are and become float32,
// standardized, only where a batch reads them.
func Bytes(name string, values []uint8, s Standard, shape ...int) Column {
	return Column{
		Name: name, DType: tensor.Uint8, Shape: shape, bytes: values,
		scale: float32(1 / s.Std), shift: float32(-s.Mean / s.Std),
	}
}

// Standard is a mean and a standard deviation: a number x stands for (x - Mean) / Std.
type Standard struct {
	Mean float64 `json:"mean"`
	Std  float64 `json:"std"`
}

// Floats gives bytes as the numbers that they stand for, as Bytes does.
func (s Standard) Floats(to []float32, values []uint8) {
	Bytes("", nil, s).floatsInto(to, values)
}

// Measure finds the mean and the population standard deviation of bytes. Where all are equal it
// is an error: nothing can be told from them.
func Measure(values []uint8) (Standard, error) {
	counts := count(values)
	sum := 0
	for v, count := range counts {
		sum += v * count
	}
	n := float64(len(values))
	mean := float64(sum) / n
	var squares float64
	for v, count := range counts {
		d := float64(v) - mean
		squares += float64(count) * d * d
	}
	s := Standard{mean, math.Sqrt(squares / n)}
	if !(s.Std > 0) {
		return s, fmt.Errorf("data: %d bytes with standard deviation %v cannot be standardized", len(values), s.Std)
	}
	return s, nil
}

// count is how often each byte occurs. The processors share the work; and each has four tables in turn,
// for equal neighbours, the most frequent case in images, would otherwise wait for each other's count.
func count(values []uint8) (counts [256]int) {
	parts := make([][4][256]int, runtime.GOMAXPROCS(0))
	var wait sync.WaitGroup
	for i := range parts {
		part, own := &parts[i], values[len(values)*i/len(parts):len(values)*(i+1)/len(parts)]
		wait.Go(func() {
			for ; len(own) >= 4; own = own[4:] {
				part[0][own[0]]++
				part[1][own[1]]++
				part[2][own[2]]++
				part[3][own[3]]++
			}
			for _, v := range own {
				part[0][v]++
			}
		})
	}
	wait.Wait()
	for _, part := range parts {
		for _, table := range part {
			for v, n := range table {
				counts[v] += n
			}
		}
	}
	return counts
}

func (c Column) len() int { return len(c.floats) + len(c.ints) + len(c.bytes) }

func (c Column) rows() (int, error) {
	if err := c.Shape.Check(); err != nil {
		return 0, err
	}
	if c.DType == tensor.Uint8 && (c.scale-c.scale != 0 || c.shift-c.shift != 0) {
		return 0, errors.New("cannot be standardized: want a finite mean and a standard deviation above 0")
	}
	size := c.Shape.Size()
	if c.len()%size != 0 {
		return 0, fmt.Errorf("%d values do not make whole rows of shape %v", c.len(), c.Shape)
	}
	if rows := c.len() / size; rows <= math.MaxInt32 {
		return rows, nil
	}
	return 0, fmt.Errorf("has more than %d rows", math.MaxInt32)
}

func (c Column) slice(lo, hi int) Column {
	size := c.Shape.Size()
	switch c.DType {
	case tensor.Float32:
		c.floats = c.floats[lo*size : hi*size]
	case tensor.Int32:
		c.ints = c.ints[lo*size : hi*size]
	case tensor.Uint8:
		c.bytes = c.bytes[lo*size : hi*size]
	}
	return c
}

func (c Column) tensor() tensor.Tensor {
	rows := c.len() / c.Shape.Size()
	shape := append(tensor.Shape{rows}, c.Shape...)
	switch c.DType {
	case tensor.Float32:
		return tensor.Floats(c.floats, shape...)
	case tensor.Int32:
		return tensor.Ints(c.ints, shape...)
	}
	values := make([]float32, len(c.bytes))
	c.floatsInto(values, c.bytes)
	return tensor.Floats(values, shape...)
}

// floatsInto writes the numbers that bytes stand for in the column.
func (c Column) floatsInto(to []float32, bytes []uint8) {
	n := len(bytes) // as one row
	kernel.Default().Bytes(kernel.Gathered{
		Width: n, Y: to[:n], YRow: n, X: bytes, XRow: n, Order: firstRow, Scale: c.scale, Shift: c.shift,
	})
}

var everyByte = func() []uint8 {
	list := make([]uint8, 256)
	for i := range list {
		list[i] = uint8(i)
	}
	return list
}()

var firstRow = []int32{0}

// GatherFloats fills rows lo to hi of dst from rows order[lo] to order[hi] of the column: bytes as the
// numbers they stand for, ints as they are. Of each row it takes as many numbers as dst is wide, from
// number at on.
func (c Column) GatherFloats(dst tensor.Rows[float32], at int, order []int32, lo, hi int) {
	if lo == hi || dst.Width == 0 {
		return
	}
	size := c.Shape.Size()
	switch c.DType {
	case tensor.Uint8:
		kernel.Default().Bytes(kernel.Gathered{
			Width: dst.Width, Y: dst.From(lo), YRow: dst.Stride, X: c.bytes[at:], XRow: size, Order: order[lo:hi],
			Scale: c.scale, Shift: c.shift,
		})
	case tensor.Float32:
		gather(dst, c.floats[at:], size, order, lo, hi)
	case tensor.Int32:
		for r := lo; r < hi; r++ {
			to := dst.Row(r)
			for i, v := range c.ints[int(order[r])*size+at:][:len(to)] {
				to[i] = float32(v)
			}
		}
	}
}

// GatherInts fills rows lo to hi of dst with rows order[lo] to order[hi] of a column of ints.
func (c Column) GatherInts(dst tensor.Rows[int32], order []int32, lo, hi int) {
	gather(dst, c.ints, c.Shape.Size(), order, lo, hi)
}

// gather copies the first numbers of rows that lie size apart. Rows of one or two numbers are not worth
// a call each, and the processor fetches several of them at once.
func gather[T float32 | int32](dst tensor.Rows[T], from []T, size int, order []int32, lo, hi int) {
	switch {
	case dst.Width == 1 && dst.Stride == 1:
		to := dst.Data[lo:hi]
		for i, row := range order[lo:hi] {
			to[i] = from[int(row)*size]
		}
	case dst.Width == 2 && dst.Stride == 2:
		to := dst.Data[2*lo : 2*hi]
		for i, row := range order[lo:hi] {
			pair := from[int(row)*size:][:2]
			to[2*i], to[2*i+1] = pair[0], pair[1]
		}
	default:
		for r := lo; r < hi; r++ {
			copy(dst.Row(r), from[int(order[r])*size:][:dst.Width])
		}
	}
}

// Prefetch asks for numbers lo to hi of the rows that order names some time before they are gathered: of
// bytes, whose rows in the order of a shuffle no processor foresees.
func (c Column) Prefetch(lo, hi int, order []int32) {
	if c.DType == tensor.Uint8 && lo < hi {
		kernel.Default().Prefetch(c.bytes[lo:], c.Shape.Size(), hi-lo, order)
	}
}

// CheckFinite returns an error that names the first row with a NaN or Inf.
func (c Column) CheckFinite() error {
	for i, v := range c.floats {
		if v-v != 0 {
			return c.at(i, fmt.Sprint(v), "a finite number")
		}
	}
	return nil
}

// CheckRange returns an error that names the first row with a number outside lo to hi. A byte counts
// as the number that it stands for.
func (c Column) CheckRange(lo, hi int) error {
	want := fmt.Sprintf("%d to %d", lo, hi)
	if c.DType == tensor.Uint8 {
		numbers := make([]float32, 256)
		c.floatsInto(numbers, everyByte)
		for i, b := range c.bytes {
			if v := numbers[b]; !(v >= float32(lo) && v <= float32(hi)) {
				return c.at(i, fmt.Sprintf("%v (byte %d)", v, b), want)
			}
		}
	}
	for i, v := range c.ints {
		if int(v) < lo || int(v) > hi {
			return c.at(i, fmt.Sprint(v), want)
		}
	}
	for i, v := range c.floats {
		if !(v >= float32(lo) && v <= float32(hi)) {
			return c.at(i, fmt.Sprint(v), want)
		}
	}
	return nil
}

func (c Column) at(i int, got, want string) error {
	size := c.Shape.Size()
	if size == 1 {
		return fmt.Errorf("column %q, row %d: got %s, want %s", c.Name, i, got, want)
	}
	return fmt.Errorf("column %q, row %d, element %d: got %s, want %s", c.Name, i/size, i%size, got, want)
}

// Digest is the CRC-32C of what the column holds and how it is read, the same on every machine.
func (c Column) Digest() uint32 {
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	fmt.Fprintln(sum, c.DType, c.Shape, math.Float32bits(c.scale), math.Float32bits(c.shift))
	sum.Write(c.bytes)
	word := make([]byte, 0, 4)
	for _, v := range c.floats {
		sum.Write(binary.LittleEndian.AppendUint32(word, math.Float32bits(v)))
	}
	for _, v := range c.ints {
		sum.Write(binary.LittleEndian.AppendUint32(word, uint32(v)))
	}
	return sum.Sum32()
}
