package layer

import (
	"fmt"
	"math"
	"testing"

	"braid/internal/kernel"
	"braid/internal/random"
	"braid/op"
	"braid/tensor"
)

// plainConv is a convolution on one image in loops, with sums in the documented order: over the
// taps that are inside, then over the channels of a group.
type plainConv struct{ conv }

// each calls work with the indices of input, kernel and output of each product, in order.
func (p plainConv) each(work func(in, kernel, out int)) {
	height, width := p.window.height, p.window.width
	channels, filters := p.channels/p.groups, p.filters/p.groups
	for i := range height.out {
		for j := range width.out {
			for f := range p.filters {
				for a := range height.size {
					for b := range width.size {
						y, x := height.at(i, a), width.at(j, b)
						if y < 0 || y >= height.in || x < 0 || x >= width.in {
							continue
						}
						for c := range channels {
							work((y*width.in+x)*p.channels+f/filters*channels+c,
								((a*width.size+b)*channels+c)*p.filters+f, (i*width.out+j)*p.filters+f)
						}
					}
				}
			}
		}
	}
}

// accumulate computes sum += x y, rounded once.
func accumulate(sum *float32, x, y float32) {
	v := []float32{x}
	kernel.ScaleShift(v, y, *sum)
	*sum = v[0]
}

// TestConvBytes compares conv with loops, for windows, groups and numbers of rows that use every
// way to the sums, with rows that are adjacent and rows that are not.
func TestConvBytes(t *testing.T) {
	count := 0
	for _, padding := range []Padding{Valid, Same} {
		for _, size := range []Pair{{3, 2}, {1, 4}, {2, 1}, {3, 3}, {8, 3}} {
			for i, strides := range []Pair{{1, 1}, {2, 1}, {1, 3}, {3, 2}} {
				for _, channels := range []int{1, 2, 6} {
					w, err := newWindow(tensor.Shape{8, 9}, size, strides, Pair{1, 1 + i%2}, padding)
					if err != nil {
						t.Fatal(err)
					}
					groups := 1 + channels/6
					o := conv{window: w, channels: channels * groups, filters: 3 * groups, groups: groups,
						bias: count%3 > 0}.planned()
					rows := []int{1, 3, 17}[count%3]
					what := fmt.Sprintf("%v, window %v, strides %v, %d channels, %d rows", padding, size,
						strides, channels, rows)
					t.Run(what, func(t *testing.T) { checkConv(t, o, rows, count%2*5) })
					count++
				}
			}
		}
	}
}

func checkConv(t *testing.T, o conv, rows, apart int) {
	draw, at := random.New(4, "conv"), uint64(0)
	matrix := func(rows, width, apart int) tensor.Rows[float32] {
		m := tensor.NewRows[float32](rows, width+apart)
		for i := range m.Data {
			m.Data[i] = draw.Normal(at)
			at++
		}
		m.Width = width
		return m
	}
	o.transposed, o.gradient.copies = 0, 1
	inputs, outputs := o.window.inputs()*o.channels, o.window.positions()*o.filters
	task := op.Task{
		Lo: 1, Hi: rows + 1, In: []tensor.Rows[float32]{matrix(rows+1, inputs, apart)},
		Out: matrix(rows+1, outputs, apart), OutGrad: matrix(rows+1, outputs, 0),
		InGrad:  []tensor.Rows[float32]{matrix(rows+1, inputs, apart)},
		Fresh:   []bool{rows > 1},
		Weights: []tensor.Rows[float32]{matrix(o.patch(), o.filters, 0), matrix(1, o.filters, 0)},
		Scratch: [][]float32{
			make([]float32, o.patch()*o.filters),
			make([]float32, o.images*o.gradient.paddedSize()),
		},
	}
	for _, buffer := range task.Scratch { // scratch may hold anything
		for i := range buffer {
			buffer[i] = float32(math.NaN())
		}
	}
	clone := func(m tensor.Rows[float32]) tensor.Rows[float32] {
		m.Data = append([]float32(nil), m.Data...)
		return m
	}
	out, inGrad := clone(task.Out), clone(task.InGrad[0])
	sums := tensor.NewRows[float32](o.patch(), o.filters)
	w := task.Weights[0].Data
	for r := 1; r <= rows; r++ {
		in, d, y, grad := task.In[0].Row(r), task.OutGrad.Row(r), out.Row(r), inGrad.Row(r)
		for i := range y {
			y[i] = 0
			if o.bias {
				y[i] = task.Weights[1].Data[i%o.filters]
			}
		}
		p := plainConv{o}
		p.each(func(i, k, j int) { accumulate(&y[j], in[i], w[k]) })
		// The gradient of the input sums over the taps, then over the filters of a group.
		if task.Fresh[0] {
			clear(grad)
		}
		for tap := range o.window.size() {
			p.each(func(i, k, j int) {
				if k/o.filters/(o.channels/o.groups) == tap {
					accumulate(&grad[i], d[j], w[k])
				}
			})
		}
		p.each(func(i, k, j int) { accumulate(&sums.Data[k], in[i], d[j]) })
	}
	block := op.Block{RowLo: 1, RowHi: o.patch(), ColumnLo: 1, ColumnHi: o.filters}
	gradient := tensor.NewRows[float32](o.patch()-1, o.filters)
	o.Forward(&task)
	o.Backward(&task)
	o.Gradient(&task, 0, block, gradient)
	compare := func(what string, got, want []float32) {
		for i, v := range want {
			if math.Float32bits(got[i]) != math.Float32bits(v) {
				t.Fatalf("%s: number %d of %d is %v, want %v", what, i, len(want), got[i], v)
			}
		}
	}
	compare("output", task.Out.Data, out.Data)
	compare("gradient of the input", task.InGrad[0].Data, inGrad.Data)
	for r := 1; r < o.patch(); r++ {
		compare("gradient of the kernel", gradient.Row(r - 1)[:o.filters-1], sums.Row(r)[1:])
	}
}
