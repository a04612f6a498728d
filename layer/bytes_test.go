package layer_test

import (
	"fmt"
	"slices"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/internal/kernel"
	"braid/internal/random"
	"braid/tensor"
)

// checkNetworks compares the gradients of each drawn network with central differences. Outputs and
// gradients must have the same bytes with every kernel set, in one worker and in three.
func checkNetworks(t *testing.T, networks map[string]func(g *braid.Graph)) {
	t.Helper()
	checkGradients(t, networks)
	for name, draw := range networks {
		t.Run(name+", bytes", func(t *testing.T) {
			defer kernel.Use(kernel.Default())
			var first []uint64
			for _, set := range kernel.Sets() {
				kernel.Use(set)
				for _, workers := range []int{1, 3} {
					got := digests(t, draw, workers)
					if first == nil {
						first = got
					}
					if !slices.Equal(got, first) {
						t.Fatalf("set %s, %d workers: other bytes", set.Name, workers)
					}
				}
			}
		})
	}
}

// digests returns a digest of each head's output and of each weight's gradient on a batch of 71
// rows: two chunks.
func digests(t *testing.T, draw func(g *braid.Graph), workers int) (list []uint64) {
	t.Helper()
	g := braid.NewGraph("bytes")
	draw(g)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	braidtest.Spread(t, m)
	const rows = 71
	b := braidtest.NewBatch(m, rows, workers)
	for i, spec := range m.Inputs() {
		stream, size := random.New(6, spec.Name), spec.Shape.Size()
		for _, w := range b.Team.Workers {
			for r := range rows {
				for j := range size {
					at := uint64(r*size + j)
					if spec.DType == tensor.Int32 {
						w.IDs(i).Row(r)[j] = int32(stream.Bits(at) % uint64(spec.Vocabulary))
					} else {
						w.Input(i).Row(r)[j] = stream.Normal(at)
					}
				}
			}
		}
	}
	b.Forward()
	for i, head := range m.Heads() {
		stream, size := random.New(5, head.Name), head.Shape.Size()
		grad := b.Space.HeadGrad(i, false)
		for r := range rows {
			list = append(list, digest(b.Space.Output(i).Row(r)))
			for j := range size {
				grad.Row(r)[j] = stream.Normal(uint64(r*size + j))
			}
		}
	}
	b.Backward()
	for _, w := range m.Weights() {
		list = append(list, digest(b.Gradient(w)))
	}
	return list
}

func digest(values []float32) uint64 {
	return random.New(1, fmt.Sprintf("%x", values)).Bits(0)
}

// checkConfigs checks that each configuration can be written to JSON and read back.
func checkConfigs(t *testing.T, want map[string]braid.Layer) {
	t.Helper()
	for text, l := range want {
		checkJSON(t, l, text)
	}
}

// predict returns the output of a layer on rows of inputs, which are named a, b, c and so on.
func predict(t *testing.T, l braid.Layer, inputs ...tensor.Tensor) []float32 {
	t.Helper()
	g := braid.NewGraph("predict")
	values := braid.Tensors{}
	var nodes []*braid.Node
	for i, in := range inputs {
		name := string(rune('a' + i))
		values[name] = in
		nodes = append(nodes, g.Input(name, in.DType(), in.Shape()[1:]...))
	}
	g.Head("out", l, nodes...)
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.Predict(values)
	if err != nil {
		t.Fatal(err)
	}
	return out["out"].Float32s()
}
