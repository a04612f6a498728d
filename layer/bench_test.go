package layer_test

import (
	"fmt"
	"strings"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/internal/kernel"
	"braid/layer"
	"braid/op"
	"braid/tensor"
)

// BenchmarkLayer measures the passes of one layer in one worker. Backward includes the gradient
// of its input.
func BenchmarkLayer(b *testing.B) {
	same := func(filters, size int) layer.Conv2D {
		return layer.Conv2D{Filters: filters, Size: layer.Pair{size, size}, Padding: layer.Same}
	}
	depthwise := layer.DepthwiseConv2D{Size: layer.Pair{3, 3}, Padding: layer.Same}
	attention, encoder := layer.MultiHeadAttention{Heads: 4, KeyWidth: 32},
		layer.TransformerEncoder{Heads: 4, Units: 512}
	for _, c := range []struct {
		name  string
		layer braid.Layer
		rows  int
		in    tensor.Shape
	}{
		{"MultiHeadAttention", attention, 32, tensor.Shape{64, 128}},
		{"TransformerEncoder", encoder, 32, tensor.Shape{64, 128}},
		{"LayerNormalization", layer.LayerNormalization{}, 32, tensor.Shape{64, 128}},
		{"Conv2D", same(32, 3), 32, tensor.Shape{32, 32, 3}},
		{"Conv2D", same(64, 3), 32, tensor.Shape{14, 14, 64}},
		{"Conv2D,pixel", same(64, 1), 32, tensor.Shape{14, 14, 64}},
		{"DepthwiseConv2D", depthwise, 32, tensor.Shape{14, 14, 64}},
		{"BatchNormalization", layer.BatchNormalization{}, 32, tensor.Shape{32, 32, 32}},
		{"BatchNormalization", layer.BatchNormalization{}, 64, tensor.Shape{12, 12, 24}},
		{"BatchNormalization", layer.BatchNormalization{}, 64, tensor.Shape{3, 3, 128}},
		{"MaxPooling2D", layer.MaxPooling2D{}, 32, tensor.Shape{32, 32, 32}},
		{"MaxPooling2D", layer.MaxPooling2D{}, 64, tensor.Shape{24, 24, 24}},
		{"AveragePooling2D", layer.AveragePooling2D{}, 32, tensor.Shape{32, 32, 32}},
		{"GlobalMaxPooling2D", layer.GlobalMaxPooling2D{}, 32, tensor.Shape{14, 14, 64}},
		{"GlobalAveragePooling2D", layer.GlobalAveragePooling2D{}, 32, tensor.Shape{14, 14, 64}},
		{"UpSampling2D", layer.UpSampling2D{}, 32, tensor.Shape{14, 14, 64}},
		{"ZeroPadding2D", layer.ZeroPadding2D{}, 32, tensor.Shape{32, 32, 32}},
		{"LSTM", layer.LSTM{Units: 64}, 64, tensor.Shape{32, 64}},
		{"LSTM", layer.LSTM{Units: 8}, 64, tensor.Shape{2, 4}},
		{"LSTM,relu", layer.LSTM{Units: 64, Activation: new(layer.ReLU)}, 64, tensor.Shape{32, 64}},
		{"GRU", layer.GRU{Units: 64}, 64, tensor.Shape{32, 64}},
		{"GRU,before", layer.GRU{Units: 64, ResetBefore: true}, 64, tensor.Shape{32, 64}},
		{"SimpleRNN", layer.SimpleRNN{Units: 64}, 64, tensor.Shape{32, 64}},
	} {
		for _, set := range kernel.Sets() {
			in := strings.Trim(strings.ReplaceAll(fmt.Sprint(c.in), " ", "x"), "[]")
			name := fmt.Sprintf("layer=%s/in=%dx%s/set=%s", c.name, c.rows, in, set.Name)
			b.Run(name, func(b *testing.B) {
				defer kernel.Use(kernel.Default())
				kernel.Use(set)
				g := braid.NewGraph("bench")
				g.Head("out", c.layer, g.Add("x", trained{}, g.Input("in", tensor.Float32, c.in...)))
				m, err := g.Build(1)
				if err != nil {
					b.Fatal(err)
				}
				batch := braidtest.NewBatch(m, c.rows, 1)
				batch.Fill(m)
				batch.Step()
				benchPasses(b, batch)
			})
		}
	}
}

// benchPasses measures each pass over a batch.
func benchPasses(b *testing.B, batch *braidtest.Batch) {
	for _, pass := range []struct {
		name string
		run  func()
	}{
		{"forward", batch.Forward}, {"backward", batch.Backward}, {"gradients", batch.Gradients},
	} {
		b.Run("pass="+pass.name, func(b *testing.B) {
			for b.Loop() {
				pass.run()
			}
		})
	}
}

// trained is the identity with a weight, so that the engine computes the gradient of its output.
type trained struct{}

func (trained) Kind() string { return "Trained" }

func (l trained) Build(b *braid.Builder) (op.Op, error) {
	b.Output(b.Shape(0)...)
	b.Weight("unused", func([]float32, tensor.Shape, braid.Draw) {}, 1)
	return l, nil
}

func (trained) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		copy(t.Out.Row(r), t.In[0].Row(r))
	}
}

func (trained) Backward(*op.Task) {}

func (trained) Gradient(_ *op.Task, _ int, _ op.Block, grad tensor.Rows[float32]) {
	clear(grad.Row(0))
}
