package layer_test

import (
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/internal/kernel"
	"braid/layer"
	"braid/tensor"
)

// BenchmarkAttention measures forward, backward and gradients of 32 rows of 64 steps of width 128
// in one worker.
func BenchmarkAttention(b *testing.B) {
	for _, c := range []struct {
		name  string
		layer braid.Layer
	}{
		{"MultiHeadAttention", layer.MultiHeadAttention{Heads: 4, KeyWidth: 32}},
		{"TransformerEncoder", layer.TransformerEncoder{Heads: 4, Units: 512}},
		{"LayerNormalization", layer.LayerNormalization{}},
	} {
		for _, set := range kernel.Sets() {
			b.Run(c.name+"/set="+set.Name, func(b *testing.B) {
				defer kernel.Use(kernel.Default())
				kernel.Use(set)
				measure(b, c.layer, 32, 64, 128)
			})
		}
	}
}

func measure(b *testing.B, l braid.Layer, rows int, shape ...int) {
	g := braid.NewGraph("bench")
	g.Head("head", l, g.Add("trained", trained{}, g.Input("x", tensor.Float32, shape...)))
	m, err := g.Build(1)
	if err != nil {
		b.Fatal(err)
	}
	batch := braidtest.NewBatch(m, rows, 1)
	size := tensor.Shape(shape).Size()
	grad := batch.Space.HeadGrad(0, false)
	for r := range rows {
		copy(batch.Team.Workers[0].Input(0).Row(r), numbers(float64(r), size))
		copy(grad.Row(r), numbers(float64(r)+0.5, size))
	}
	blocks, _ := batch.Team.Assign(false)
	block := tensor.NewRows[float32](8192, 1) // memory for the largest
	for b.Loop() {
		batch.Team.Forward(0, rows)
		batch.Team.Backward(0, rows)
		for _, w := range blocks[0] {
			block.Width, block.Stride = w.ColumnHi-w.ColumnLo, w.ColumnHi-w.ColumnLo
			batch.Team.Gradient(0, w, rows, block)
		}
	}
}
