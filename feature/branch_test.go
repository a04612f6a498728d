package feature_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/feature"
	"braid/internal/braidtest"
	"braid/layer"
)

// TestBranch builds one network of all branches, twice each, on columns with odd names, and checks
// that each weight has a gradient, and that texts and sequences are dropped as a whole.
func TestBranch(t *testing.T) {
	names := []string{"a", "a.b", "a::b", "a%3A:b", "km/h %", "名前 1"}
	g := braid.NewGraph("branches")
	var outs []*braid.Node
	for i, x := range examples() {
		e := learn(t, x.feature, x.cells...)
		for j := range 2 {
			name := fmt.Sprint(names[(i+j)%len(names)], i)
			if j == 1 {
				name += "::word_mean" // as a layer of the other branch
			}
			var inputs []*braid.Node
			for _, in := range e.Inputs(name) {
				inputs = append(inputs, g.Input(in.Name, in.DType, in.Shape...))
			}
			b := e.Branch(g, name, inputs)
			switch x.feature.(type) {
			case feature.Text, feature.Sequence, feature.Tokens:
				if !b.Modality {
					t.Errorf("%+v is no modality", x.feature)
				}
			default:
				if b.Modality {
					t.Errorf("%+v is a modality", x.feature)
				}
			}
			outs = append(outs, b.Out)
			if b.Wide != nil {
				outs = append(outs, g.Add(fmt.Sprint("wide", i, j), layer.BagEmbedding{
					Vocabulary: b.Wide.Vocabulary, Width: 2}, b.Wide.IDs))
			}
		}
	}
	g.Head("y", layer.Dense{Units: 3}, g.Add("all", layer.Concatenate{}, outs...))
	m, err := g.Build(7)
	if err != nil {
		t.Fatal(err)
	}
	batch := braidtest.NewBatch(m, 13, 2)
	batch.Fill(m)
	batch.Forward()
	batch.Backward()
	for _, w := range m.Weights() {
		moved := false
		for _, v := range batch.Gradient(w) {
			moved = moved || v != 0
		}
		if !moved {
			t.Errorf("the gradient of %s is 0", w.Name())
		}
	}
}

// TestMissingRow checks that padding and missing values add nothing: their vector is not read.
func TestMissingRow(t *testing.T) {
	for _, f := range []feature.Feature{feature.Category{Encoding: feature.Embedded}, feature.Text{}} {
		e := learn(t, f, "x y", "x y", "x")
		if e, ok := e.(feature.Narrower); ok {
			e.Narrow()
		}
		g := braid.NewGraph("missing")
		in := e.Inputs("c")[0]
		out := e.Branch(g, "c", []*braid.Node{g.Input(in.Name, in.DType, in.Shape...)}).Out
		g.Head("y", layer.Dense{Units: 1}, out)
		m, err := g.Build(1)
		if err != nil {
			t.Fatal(err)
		}
		batch := braidtest.NewBatch(m, 13, 1)
		batch.Fill(m)
		batch.Forward()
		batch.Backward()
		for _, w := range m.Weights() {
			grad := batch.Gradient(w)
			if width := w.Shape()[len(w.Shape())-1]; strings.HasSuffix(w.Name(), ".embeddings") {
				some := func(v float32) bool { return v != 0 }
				missing, unknown := grad[:width], grad[width:2*width]
				if slices.ContainsFunc(missing, some) {
					t.Errorf("the gradient of %s for id 0 is %v", w.Name(), missing)
				}
				if !slices.ContainsFunc(unknown, some) {
					t.Errorf("the gradient of %s for id 1 is 0", w.Name())
				}
			}
		}
	}
}
