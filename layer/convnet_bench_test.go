package layer_test

import (
	"fmt"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

// BenchmarkConvNet measures the passes of two convolutional networks on 64 rows, in one worker.
func BenchmarkConvNet(b *testing.B) {
	for _, c := range []struct {
		name string
		draw func() *braid.Graph
	}{{"pooled", pooledNet}, {"residual", residualNet}} {
		b.Run("net="+c.name, func(b *testing.B) {
			m, err := c.draw().Build(1)
			if err != nil {
				b.Fatal(err)
			}
			batch := braidtest.NewBatch(m, 64, 1)
			batch.Fill(m)
			batch.Step()
			benchPasses(b, batch)
		})
	}
}

// pooledNet returns blocks of convolution, max pooling, batch normalization and ReLU for 24x24
// pixels.
func pooledNet() *braid.Graph {
	g := braid.NewGraph("pooled")
	x := g.Input("image", tensor.Float32, 24, 24, 1)
	for i, c := range []struct {
		filters int
		pool    bool
	}{{24, true}, {48, true}, {64, false}, {64, true}, {128, false}} {
		name := func(part string) string { return fmt.Sprint(part, i) }
		x = g.Add(name("conv"), layer.Conv2D{
			Filters: c.filters, Size: layer.Pair{3, 3}, Padding: layer.Same, NoBias: true}, x)
		if c.pool {
			x = g.Add(name("pool"), layer.MaxPooling2D{}, x)
		}
		x = g.Add(name("norm"), layer.BatchNormalization{}, x)
		x = g.Add(name("relu"), layer.Activation{Function: layer.ReLU}, x)
	}
	g.Head("digit", layer.Dense{Units: 10}, g.Add("mean", layer.GlobalAveragePooling2D{}, x))
	return g
}

// residualNet returns a small ResNet for 32x32 pixels.
func residualNet() *braid.Graph {
	g := braid.NewGraph("residual")
	count := 0
	add := func(l braid.Layer, in ...*braid.Node) *braid.Node {
		count++
		return g.Add(fmt.Sprint("node", count), l, in...)
	}
	conv := func(filters, stride int, in *braid.Node) *braid.Node {
		return add(layer.BatchNormalization{}, add(layer.Conv2D{
			Filters: filters, Size: layer.Pair{3, 3}, Strides: layer.Pair{stride, stride},
			Padding: layer.Same, NoBias: true}, in))
	}
	relu := layer.Activation{Function: layer.ReLU}
	x := add(relu, conv(16, 1, g.Input("image", tensor.Float32, 32, 32, 3)))
	for i, filters := range []int{16, 32, 64} {
		stride, side := 1, x
		if i > 0 {
			stride = 2
			side = add(layer.Conv2D{Filters: filters, Strides: layer.Pair{2, 2},
				Size: layer.Pair{1, 1}, NoBias: true}, x)
		}
		y := add(relu, conv(filters, stride, x))
		x = add(relu, add(layer.Add{}, conv(filters, 1, y), side))
	}
	g.Head("class", layer.Dense{Units: 10}, add(layer.GlobalAveragePooling2D{}, x))
	return g
}
