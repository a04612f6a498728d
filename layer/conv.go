package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// conv is the op of Conv1D and Conv2D. The patch of a position is the input under the window,
// [height, width, channels of a group], with zeros outside of the input. The output is the product
// of the patches and the kernel [patch, filters], for each group of filters.
type conv struct {
	window    window
	channels  int // of the input
	filters   int
	groups    int
	bias      bool
	patches   int // scratch: patches of some positions
	flipped   int // scratch: the kernel [filters, patch]
	capacity  int // of patches, in numbers
	pointwise bool
}

// Patches take patchMemory floats, so that they stay in the L2 cache. If they are long, two times
// tileRows patches are multiplied at a time all the same, because each time reads the kernel.
// tileRows is a multiple of the rows of the tiles of every product.
const (
	patchMemory = 32 << 10
	tileRows    = 20
)

// build checks filters and groups and declares weights, with a kernel of the given window.
func (o conv) build(
	b *braid.Builder, size []int, kernel, bias Weight, noBias bool,
) (op.Op, error) {
	if o.filters < 1 || o.filters > math.MaxInt32 {
		return nil, fmt.Errorf("Filters = %d, want 1 to %d", o.filters, math.MaxInt32)
	}
	if o.groups < 1 || o.channels%o.groups != 0 || o.filters%o.groups != 0 {
		return nil, fmt.Errorf("Groups = %d, want a divisor of %d channels and of %d filters",
			o.groups, o.channels, o.filters)
	}
	var failed error
	fill := kernel.initializer(&failed, "Kernel", glorotUniform)
	shape := append(append([]int(nil), size...), o.channels/o.groups, o.filters)
	if err := tensor.Shape(shape).Check(); err != nil {
		return nil, fmt.Errorf("kernel: %w", err)
	}
	b.Weight("kernel", fill, shape...)
	start := bias.initializer(&failed, "Bias", zeros)
	if o.bias = !noBias; o.bias {
		b.Weight("bias", start, o.filters)
	}
	o.pointwise = o.window.size() == 1 && o.window.height.stride == 1 && o.window.width.stride == 1
	if !o.pointwise {
		o.capacity = max(patchMemory, 2*tileRows*o.patch())
		o.patches = b.Scratch(o.capacity + quad)
	}
	o.flipped = b.Scratch(o.patch() * o.filters)
	if o.inLines() {
		return newLines(b, o), failed
	}
	return o, failed
}

// patch returns the length of a patch.
func (o conv) patch() int { return o.window.size() * o.channels / o.groups }

// group returns the input channels and the filters of a group.
func (o conv) group(g int) (channels, filters op.Span) {
	c, f := o.channels/o.groups, o.filters/o.groups
	return op.Span{Lo: g * c, Hi: (g + 1) * c}, op.Span{Lo: g * f, Hi: (g + 1) * f}
}

func (o conv) Forward(t *op.Task) {
	all := op.Span{Hi: o.patch()}
	o.each(t, t.In[0], t.Out, all, func(r run) {
		out := r.matrix(t.Out, o.window.positions(), o.filters)
		if o.bias {
			fillRows(out, r.count, t.Weights[1].Data)
		}
		for g := range o.groups {
			_, f := o.group(g)
			op.Multiply(o.bias, r.count, out.Columns(f.Lo, f.Hi), o.gather(t, r, g, all),
				t.Weights[0].Columns(f.Lo, f.Hi))
		}
	})
}

func (o conv) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	all := op.Span{Hi: o.patch()}
	flipped := tensor.RowsOf(t.Scratch[o.flipped], all.Hi)
	kernel.Default().Transpose(kernel.Transposition{
		Rows: all.Hi, Columns: o.filters, Y: flipped.Data, YRow: all.Hi,
		X: t.Weights[0].Data, XRow: t.Weights[0].Stride,
	})
	o.each(t, t.InGrad[0], t.OutGrad, all, func(r run) {
		out := r.matrix(t.OutGrad, o.window.positions(), o.filters)
		for g := range o.groups {
			c, f := o.group(g)
			w := flipped.Skip(f.Lo)
			if o.pointwise {
				in := r.matrix(t.InGrad[0], o.window.positions(), o.channels)
				op.Multiply(true, r.count, in.Columns(c.Lo, c.Hi), out.Columns(f.Lo, f.Hi), w)
				continue
			}
			patches := tensor.RowsOf(t.Scratch[o.patches], all.Hi)
			op.Multiply(false, r.count, patches, out.Columns(f.Lo, f.Hi), w)
			o.scatter(t, r, g, patches.Data)
		}
	})
}

func (o conv) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	rows := op.Span{Lo: block.RowLo, Hi: block.RowHi}
	columns := op.Span{Lo: block.ColumnLo, Hi: block.ColumnHi}
	add := false
	o.each(t, t.In[0], t.OutGrad, rows, func(r run) {
		out := r.matrix(t.OutGrad, o.window.positions(), o.filters)
		if weight == 1 {
			op.AddRows(add, r.count, out, block, grad)
			add = true
			return
		}
		for g := range o.groups {
			_, f := o.group(g)
			if f = f.Intersect(columns); f.Len() == 0 {
				continue
			}
			op.AddOuter(add, r.count, o.gather(t, r, g, rows), out,
				op.Block{RowHi: rows.Len(), ColumnLo: f.Lo, ColumnHi: f.Hi},
				grad.Columns(f.Lo-columns.Lo, f.Hi-columns.Lo))
		}
		add = true
	})
}

// run is consecutive positions, from a position of a batch row on. It may go on in the next rows.
type run struct{ row, position, count int }

// matrix returns the matrix of a run, given its window on the batch with width numbers a position.
func (r run) matrix(x tensor.Rows[float32], positions, width int) tensor.Rows[float32] {
	return tensor.RowsOf(x.From(r.row)[r.position*width:], width)
}

// each calls work with the positions of all rows in order, in runs whose patches fit the scratch
// memory, with some columns of each patch. If positions have equal distances across rows, a run may
// have several rows.
func (o conv) each(t *op.Task, in, out tensor.Rows[float32], columns op.Span, work func(r run)) {
	positions := o.window.positions()
	length, limit := positions, positions
	if out.Stride == positions*o.filters &&
		(!o.pointwise || in.Stride == positions*o.channels) {
		length = positions * (t.Hi - t.Lo)
		limit = length
	}
	if !o.pointwise {
		limit = o.capacity / columns.Len() / tileRows * tileRows
	}
	for row := t.Lo; row < t.Hi; row += length / positions {
		for done := 0; done < length; done += limit {
			work(run{row + done/positions, done % positions, min(limit, length-done)})
		}
	}
}
