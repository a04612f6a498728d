package layer

import (
	"math"
	"testing"

	"braid/internal/random"
	"braid/op"
	"braid/tensor"
)

// TestLinesBytes compares lines with conv, which copies the patches.
func TestLinesBytes(t *testing.T) {
	const rows, channels, filters = 3, 3, 5
	for _, padding := range []Padding{Valid, Same} {
		for _, size := range []Pair{{3, 2}, {1, 4}, {2, 1}, {1, 2}} {
			for i, strides := range []Pair{{1, 1}, {2, 1}, {1, 3}, {3, 2}} {
				w, err := newWindow(tensor.Shape{7, 9}, size, strides, Pair{1 + i%2, 1}, padding)
				if err != nil {
					t.Fatal(err)
				}
				o := conv{window: w, channels: channels, filters: filters, groups: 1, bias: true}
				o.capacity = 2 * tileRows * o.patch()
				l := lines{o, -1}
				height, width := w.paddedSize()
				if w.isPadded() {
					l.padded = 1
				}
				draw := random.New(4, "lines")
				matrix := func(rows, width int) tensor.Rows[float32] {
					m := tensor.NewRows[float32](rows, width)
					for i := range m.Data {
						m.Data[i] = draw.Normal(uint64(i + rows))
					}
					return m
				}
				outputs := w.positions() * filters
				task := op.Task{
					Hi: rows, In: []tensor.Rows[float32]{matrix(rows, 7*9*channels)},
					OutGrad: matrix(rows, outputs),
					Weights: []tensor.Rows[float32]{matrix(o.patch(), filters), matrix(1, filters)},
					Scratch: [][]float32{
						make([]float32, o.capacity+quad), make([]float32, height*width*channels),
					},
				}
				for _, buffer := range task.Scratch { // scratch may hold anything
					for i := range buffer {
						buffer[i] = float32(math.NaN())
					}
				}
				block := op.Block{RowLo: 1, RowHi: o.patch() - 1, ColumnLo: 1, ColumnHi: 4}
				run := func(o op.Weighted) (out, grad tensor.Rows[float32]) {
					task.Out = tensor.NewRows[float32](rows, outputs)
					o.Forward(&task)
					grad = tensor.NewRows[float32](o.(interface{ patch() int }).patch()-2, 3)
					o.Gradient(&task, 0, block, grad)
					return task.Out, grad
				}
				out, grad := run(l)
				wantOut, wantGrad := run(o)
				for i, v := range append(out.Data, grad.Data...) {
					want := append(wantOut.Data, wantGrad.Data...)[i]
					if math.Float32bits(v) != math.Float32bits(want) {
						t.Fatalf("%v, window %v, strides %v: number %d is %v, want %v", padding, size, strides,
							i, v, want)
					}
				}
			}
		}
	}
}
