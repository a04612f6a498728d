package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// conv is the op of Conv1D and Conv2D. The output is the product of the patches and the kernel
// [patch, filters], for each group of filters. The patch of a position is the input under the
// window, [height, width, channels of a group]. Taps outside of the input do not take part.
type conv struct {
	window     window
	channels   int // of the input
	filters    int
	groups     int
	bias       bool
	transposed int // scratch: the kernel of each group as [height, width, filters, channels]

	forward, backward route
	gradient          kernelGradient
	images            int // successive images in the tables of all
}

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
	start := bias.biasInitializer(&failed, noBias, zeros)
	if o.bias = !noBias; o.bias {
		b.Weight("bias", start, o.filters)
	}
	o = o.planned()
	if o.gradient.padded {
		o.gradient.copies = b.Scratch(o.images * o.gradient.paddedSize())
	}
	o.transposed = b.Scratch(o.patch() * o.filters)
	return o, failed
}

// planned returns the op with its tables.
func (o conv) planned() conv {
	o.forward = o.window.forward(o.channels, o.filters, o.groups)
	o.backward = o.window.backward(o.channels, o.filters, o.groups)
	o.images = min(o.forward.images, o.backward.images)
	o.gradient = newKernelGradient(o.window, o.channels, o.filters, o.groups, o.images)
	return o
}

// patch returns the length of a patch.
func (o conv) patch() int { return o.window.size() * o.channels / o.groups }

// group returns the input channels and the filters of a group.
func (o conv) group(g int) (channels, filters op.Span) {
	c, f := o.channels/o.groups, o.filters/o.groups
	return op.Span{Lo: g * c, Hi: (g + 1) * c}, op.Span{Lo: g * f, Hi: (g + 1) * f}
}

func (o conv) Forward(t *op.Task) {
	o.each(t, t.In[0], t.Out, func(row, images int) {
		in, out := t.In[0].From(row), t.Out.From(row)
		if o.bias {
			fillRows(tensor.RowsOf(out, o.filters), images*o.window.positions(), t.Weights[1].Data)
		}
		for g := range o.groups {
			c, f := o.group(g)
			o.forward.add(!o.bias, images, out[f.Lo:], in[c.Lo:], t.Weights[0].Columns(f.Lo, f.Hi))
		}
	})
}

// GradientWriting returns that Backward can overwrite the gradient.
func (o conv) GradientWriting(int) op.Writing { return op.Overwrites }

func (o conv) Backward(t *op.Task) {
	if t.InGrad[0].IsNil() {
		return
	}
	transposed := o.transpose(t)
	o.each(t, t.InGrad[0], t.OutGrad, func(row, images int) {
		grad, d := t.InGrad[0].From(row), t.OutGrad.From(row)
		for g := range o.groups {
			c, f := o.group(g)
			o.backward.add(t.Fresh[0], images, grad[c.Lo:], d[f.Lo:], transposed.Skip(f.Lo*o.window.size()))
		}
	})
}

// transpose returns the kernels of all groups, in order, each as [height, width, filters,
// channels].
func (o conv) transpose(t *op.Task) tensor.Rows[float32] {
	channels := o.channels / o.groups
	transposed, w := tensor.RowsOf(t.Scratch[o.transposed], channels), t.Weights[0]
	for g := range o.groups {
		_, f := o.group(g)
		for tap := range o.window.size() {
			kernel.Default().Transpose(kernel.Transposition{
				Rows: channels, Columns: f.Len(),
				Y: transposed.From(f.Lo*o.window.size() + tap*f.Len()), YRow: channels,
				X: w.From(tap * channels)[f.Lo:], XRow: w.Stride,
			})
		}
	}
	return transposed
}

func (o conv) Gradient(t *op.Task, weight int, block op.Block, grad tensor.Rows[float32]) {
	o.each(t, t.In[0], t.OutGrad, func(row, images int) {
		d := tensor.RowsOf(t.OutGrad.From(row), o.filters)
		if weight == 1 {
			op.AddRows(row > t.Lo, images*o.window.positions(), d, block, grad)
			return
		}
		in := o.gradient.source(t, images, t.In[0].From(row))
		for g := range o.groups {
			c, f := o.group(g)
			if f = f.Intersect(op.Span{Lo: block.ColumnLo, Hi: block.ColumnHi}); f.Len() > 0 {
				o.gradient.add(row > t.Lo, images, in[c.Lo:], d.Columns(f.Lo, f.Hi),
					op.Span{Lo: block.RowLo, Hi: block.RowHi},
					grad.Columns(f.Lo-block.ColumnLo, f.Hi-block.ColumnLo))
			}
		}
	})
}

// GradientProducts returns the positions, which all use every number of the weights.
func (o conv) GradientProducts(int) int { return o.window.positions() }

// each calls work with a batch row and a number of successive rows of it, for all rows of a task.
// It is one row at a time if the images of a or b are not adjacent.
func (o conv) each(t *op.Task, a, b tensor.Rows[float32], work func(row, images int)) {
	images := o.images
	if a.Stride != a.Width || b.Stride != b.Width {
		images = 1
	}
	for row := t.Lo; row < t.Hi; row += images {
		work(row, min(images, t.Hi-row))
	}
}
