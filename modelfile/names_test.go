package modelfile

import (
	"bytes"
	"slices"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/tensor"
)

// TestNames saves and reads a model whose inputs, layers and heads have the names of people's
// columns.
func TestNames(t *testing.T) {
	g := braid.NewGraph("names")
	x := g.Input("Release Date", tensor.Float32, 3)
	y := g.Add("km/h.名前::out", layer.Dense{Units: 2}, x)
	g.Head(`50% "off", l'été`, layer.Dense{Units: 2}, y)
	g.Head("a.kernel", layer.Dense{Units: 1}, y)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if err := (&File{Model: m}).Write(&file); err != nil {
		t.Fatal(err)
	}
	read, err := Parse(file.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	in := braidtest.Inputs(m, 0, 5)
	want, err := m.Predict(in)
	if err != nil {
		t.Fatal(err)
	}
	got, err := read.Model.Predict(in)
	if err != nil {
		t.Fatal(err)
	}
	for name := range want {
		if !slices.Equal(got[name].Float32s(), want[name].Float32s()) {
			t.Errorf("%s: got %v, want %v", name, got[name].Float32s(), want[name].Float32s())
		}
	}
}
