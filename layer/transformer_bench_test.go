package layer_test

import (
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

// BenchmarkTransformer measures the passes of the network of bench's row transformer on 64 rows, in
// one worker.
func BenchmarkTransformer(b *testing.B) {
	g := braid.NewGraph("transformer")
	steps := g.Input("steps", tensor.Float32, 64, 64)
	x := g.Add("placed", layer.Add{}, steps, g.Add("positions", layer.PositionEmbedding{}, steps))
	for _, name := range []string{"first", "second"} {
		x = g.Add(name, layer.TransformerEncoder{Heads: 4, Units: 256}, x)
	}
	g.Head("topic", layer.Dense{Units: 5}, g.Add("mean", layer.GlobalAveragePooling1D{}, x))
	m, err := g.Build(1)
	if err != nil {
		b.Fatal(err)
	}
	batch := braidtest.NewBatch(m, 64, 1)
	batch.Fill(m)
	batch.Step()
	benchPasses(b, batch)
}
