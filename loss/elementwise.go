package loss

import (
	"math"

	"braid"
	"braid/internal/kernel"
	"braid/tensor"
)

// epsilon keeps divisors and arguments of logarithms above 0: Keras' default.
const epsilon = 1e-7

// narrow is the largest size of a row of a head whose rows are packed: a call of a kernel for each
// row of a few numbers takes longer than the numbers.
const narrow = 32

// block has the arguments of one row of an elementwise loss, or of several, packed: a number for
// each of the head's.
type block struct {
	p, z, y []float32 // output, logits, target
	scratch []float32 // buffers of the same length, one after the other
}

// buffer returns scratch buffer i.
func (x block) buffer(i int) []float32 { return x.scratch[i*len(x.y):][:len(x.y)] }

// terms computes a loss that is a sum of terms, one for each number of the head.
type terms interface {
	// values writes the terms to buffer 0.
	values(x block)
	// slopes writes the derivative of each term with respect to the output (or logit) to grad. values
	// has run on the same block; buffer 0 may have changed since.
	slopes(x block, grad []float32)
}

// elementwise is the Func of a loss that is a sum of terms.
type elementwise struct {
	terms
	target  Target
	axis    int     // of the head
	divisor float32 // of the sum
	logits  bool
	buffers int // of scratch
}

// mean returns the Func of the mean of terms. values and slopes use one buffer.
func mean(t terms, head braid.Spec) elementwise {
	_, axis := head.Shape.Steps()
	return elementwise{
		terms: t, axis: axis, divisor: float32(head.Shape.Size()), buffers: 1,
		target: Target{DType: tensor.Float32, Shape: head.Shape},
	}
}

func (f elementwise) Target() Target { return f.target }

func (f elementwise) FromLogits() bool { return f.logits }

// ScratchWidth has buffers and, of a narrow head, packed output, logits, target and gradient.
func (f elementwise) ScratchWidth() int {
	size := f.target.Shape.Size()
	if size > narrow {
		return f.buffers * size
	}
	return (f.buffers + 4) * size
}

func (f elementwise) Rows(b Batch, losses []float32, scale float32, lo, hi int) {
	size := f.target.Shape.Size()
	if size <= narrow {
		f.packed(&b, losses, scale, lo, hi)
		return
	}
	for r := lo; r < hi; r++ {
		x := block{p: b.Output.Row(r), y: b.Target.Row(r), scratch: b.Scratch.Row(r)}
		if f.logits {
			x.z = b.Logits.Row(r)
		}
		var grad []float32
		if !b.Grad.IsNil() {
			grad = b.Grad.Row(r)
		}
		f.compute(&b, x, losses[r:r+1], grad, scale, r)
	}
}

// packed copies rows to scratch, and their gradients back.
func (f elementwise) packed(b *Batch, losses []float32, scale float32, lo, hi int) {
	if lo == hi {
		return
	}
	n := (hi - lo) * f.target.Shape.Size()
	rest := b.Scratch.From(lo)
	next := func() (buffer []float32) {
		buffer, rest = rest[:n:n], rest[n:]
		return buffer
	}
	x := block{p: next(), y: next()}
	pack(x.p, b.Output, lo, hi)
	pack(x.y, b.Target, lo, hi)
	if f.logits {
		x.z = next()
		pack(x.z, b.Logits, lo, hi)
	}
	var grad []float32
	if !b.Grad.IsNil() {
		grad = next()
	}
	x.scratch = rest
	f.compute(b, x, losses[lo:hi], grad, scale, lo)
	if grad != nil {
		unpack(b.Grad, grad, lo, hi)
	}
}

// pack copies rows lo to hi to to, one after the other.
func pack(to []float32, rows tensor.Rows[float32], lo, hi int) {
	if rows.Width == 1 {
		for i := range to[:hi-lo] {
			to[i] = rows.Data[(lo+i)*rows.Stride]
		}
		return
	}
	for r := lo; r < hi; r++ {
		copy(to[(r-lo)*rows.Width:], rows.Row(r))
	}
}

// unpack copies from to rows lo to hi.
func unpack(rows tensor.Rows[float32], from []float32, lo, hi int) {
	if rows.Width == 1 {
		for i, v := range from[:hi-lo] {
			rows.Data[(lo+i)*rows.Stride] = v
		}
		return
	}
	for r := lo; r < hi; r++ {
		copy(rows.Row(r), from[(r-lo)*rows.Width:])
	}
}

// compute computes the losses of the rows of a block, and their gradient unless grad is nil. first
// is the index of the first row.
func (f elementwise) compute(
	b *Batch, x block, losses, grad []float32, scale float32, first int,
) {
	size := len(x.y) / len(losses)
	f.values(x)
	values := x.buffer(0)
	for i := range losses {
		terms := values[i*size:][:size]
		b.weighSteps(terms, first+i, f.axis)
		var sum float32
		for _, v := range terms {
			sum += v
		}
		losses[i] = sum / f.divisor
	}
	if grad == nil {
		return
	}
	f.slopes(x, grad)
	if !b.StepWeights.IsNil() {
		for i := range losses {
			b.weighSteps(grad[i*size:][:size], first+i, f.axis)
		}
	}
	kernel.Default().Scale(grad, grad, scale/f.divisor)
}

// abs returns |x|.
func abs(x float32) float32 { return math.Float32frombits(math.Float32bits(x) &^ (1 << 31)) }

// sign returns 1, -1 or 0. Its only branch is rarely taken.
func sign(x float32) float32 {
	if x == 0 {
		return 0
	}
	return math.Float32frombits(math.Float32bits(x)&(1<<31) | math.Float32bits(1))
}

// clip returns the number from lo to hi that is nearest to x.
func clip(x, lo, hi float32) float32 { return min(max(x, lo), hi) }

// power raises the numbers of x, which are from 0, to an exponent from 0. Zero counts as the
// smallest normal number.
func power(x []float32, exponent float32) {
	const tiny = 1.17549435e-38
	for i, v := range x {
		x[i] = max(v, tiny)
	}
	kernel.Default().Log(x, x)
	kernel.Default().Scale(x, x, exponent)
	kernel.Default().Exp(x, x)
}
