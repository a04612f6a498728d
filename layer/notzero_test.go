package layer_test

import (
	"slices"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

func TestNotZero(t *testing.T) {
	g := braid.NewGraph("mask")
	g.Head("mask", layer.NotZero{}, g.Input("ids", tensor.Int32, 3))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	out, err := m.Predict(braid.Tensors{"ids": tensor.Ints([]int32{0, 7, 0, 1, -1, 0}, 2, 3)})
	if err != nil {
		t.Fatal(err)
	}
	if want := []float32{0, 1, 0, 1, 1, 0}; !slices.Equal(out["mask"].Float32s(), want) {
		t.Errorf("mask %v, want %v", out["mask"].Float32s(), want)
	}
}

func TestNotZeroMistakes(t *testing.T) {
	g := braid.NewGraph("mistakes")
	g.Head("h", layer.NotZero{}, g.Input("x", tensor.Float32, 4))
	braidtest.GraphMistake(t, g, `NotZero: input "x" is float32, want int32`)
	g = braid.NewGraph("mistakes")
	ids := g.Input("ids", tensor.Int32, 4)
	g.Head("h", layer.NotZero{}, ids, ids)
	braidtest.GraphMistake(t, g, "NotZero: got 2 inputs, want 1")
}
