package data

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"math"

	"braid/internal/kernel"
	"braid/tensor"
)

// Column is a named column of a table. Floats, Ints and Bytes return one.
type Column struct {
	Name  string
	DType tensor.DType // in memory
	Shape tensor.Shape // of one row

	floats []float32
	ints   []int32
	bytes  []uint8

	scale, shift float32 // the value of a byte b is b*scale + shift
}

// Floats returns a column of float32. values has the rows one after the other, each of the given
// shape; without a shape a row is one number.
func Floats(name string, values []float32, shape ...int) Column {
	return Column{Name: name, DType: tensor.Float32, Shape: shape, floats: values}
}

// Ints returns a column of int32, such as labels or token ids.
func Ints(name string, values []int32, shape ...int) Column {
	return Column{Name: name, DType: tensor.Int32, Shape: shape, ints: values}
}

// Bytes returns a column of bytes, such as pixels. They are stored as bytes and standardized to
// float32 when a batch gathers them.
func Bytes(name string, values []uint8, s Standard, shape ...int) Column {
	return Column{
		Name: name, DType: tensor.Uint8, Shape: shape, bytes: values,
		scale: float32(1 / s.Std), shift: float32(-s.Mean / s.Std),
	}
}

func (c Column) len() int { return len(c.floats) + len(c.ints) + len(c.bytes) }

func (c Column) rows() (int, error) {
	if err := c.Shape.Check(); err != nil {
		return 0, err
	}
	if c.DType == tensor.Uint8 && (c.scale-c.scale != 0 || c.shift-c.shift != 0) {
		return 0, errors.New("cannot be standardized: want a finite mean and a standard deviation " +
			"above 0")
	}
	size := c.Shape.Size()
	if c.len()%size != 0 {
		return 0, fmt.Errorf("%d values are not a multiple of the size of shape %v", c.len(), c.Shape)
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

func (c Column) take(rows []int32) Column {
	size := c.Shape.Size()
	c.floats = takeRows(c.floats, size, rows)
	c.ints = takeRows(c.ints, size, rows)
	c.bytes = takeRows(c.bytes, size, rows)
	return c
}

func takeRows[T any](from []T, size int, rows []int32) []T {
	if from == nil {
		return nil
	}
	to := make([]T, 0, size*len(rows))
	for _, row := range rows {
		to = append(to, from[int(row)*size:][:size]...)
	}
	return to
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

// floatsInto writes the standardized values of bytes to to.
func (c Column) floatsInto(to []float32, bytes []uint8) {
	n := len(bytes) // one row of n numbers
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

// GatherFloats fills rows lo to hi of dst with rows order[lo] to order[hi] of the column, bytes
// standardized and ints converted. Of each row it copies dst.Width numbers, from index at on.
func (c Column) GatherFloats(dst tensor.Rows[float32], at int, order []int32, lo, hi int) {
	if lo == hi || dst.Width == 0 {
		return
	}
	size := c.Shape.Size()
	switch c.DType {
	case tensor.Uint8:
		kernel.Default().Bytes(kernel.Gathered{
			Width: dst.Width, Y: dst.From(lo), YRow: dst.Stride, X: c.bytes[at:], XRow: size,
			Order: order[lo:hi],
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

// gather copies the first numbers of rows with a stride of size. Rows of one or two numbers are
// copied without a call of copy, and the processor fetches several of them at once.
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

// Unstandardized copies a row's numbers to to, bytes as 0 to 255 and ints converted.
func (c Column) Unstandardized(to []float32, row int) {
	size := c.Shape.Size()
	switch at := row * size; c.DType {
	case tensor.Uint8:
		for i, v := range c.bytes[at:][:size] {
			to[i] = float32(v)
		}
	case tensor.Float32:
		copy(to, c.floats[at:][:size])
	case tensor.Int32:
		for i, v := range c.ints[at:][:size] {
			to[i] = float32(v)
		}
	}
}

// Standardize standardizes numbers of a column of bytes, which need not be whole numbers, in place.
// It changes nothing for other columns.
func (c Column) Standardize(values []float32) {
	if c.DType == tensor.Uint8 {
		kernel.ScaleShift(values, c.scale, c.shift)
	}
}

// Prefetch prefetches numbers lo to hi of the rows that order names. It does so for bytes only: the
// hardware cannot predict the rows of a shuffled column.
func (c Column) Prefetch(lo, hi int, order []int32) {
	if c.DType == tensor.Uint8 && lo < hi {
		kernel.Default().Prefetch(c.bytes[lo:], c.Shape.Size(), hi-lo, order)
	}
}

// CheckFinite returns an error with the first row that has a NaN or Inf.
func (c Column) CheckFinite() error {
	if i := kernel.FirstNonFinite(c.floats); i >= 0 {
		return c.at(i, fmt.Sprint(c.floats[i]), "a finite number")
	}
	return nil
}

// CheckRange returns an error with the first row that has a number outside lo to hi. Bytes are
// compared by their standardized values.
func (c Column) CheckRange(lo, hi int) error {
	return c.Check(fmt.Sprintf("%d to %d", lo, hi), func(v float64) bool {
		return v >= float64(lo) && v <= float64(hi)
	})
}

// Check returns an error with the first row that has a number for which valid returns false. want
// says in that error what is valid. Bytes are standardized first.
func (c Column) Check(want string, valid func(v float64) bool) error {
	if c.DType == tensor.Uint8 {
		numbers := make([]float32, 256)
		c.floatsInto(numbers, everyByte)
		for i, b := range c.bytes {
			if v := numbers[b]; !valid(float64(v)) {
				return c.at(i, fmt.Sprintf("%v (byte %d)", v, b), want)
			}
		}
	}
	for i, v := range c.ints {
		if !valid(float64(v)) {
			return c.at(i, fmt.Sprint(v), want)
		}
	}
	for i, v := range c.floats {
		if !valid(float64(v)) {
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
	return fmt.Errorf("column %q, row %d, element %d: got %s, want %s", c.Name, i/size, i%size, got,
		want)
}

// Digest returns the CRC-32C of the column's type, shape, standardization and content. It is the
// same on every machine.
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
