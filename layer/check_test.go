package layer_test

import (
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/internal/kernel"
	"braid/layer"
	"braid/op"
	"braid/tensor"
)

// families holds what TestNetworks, TestJSON and TestMistakes check.
var families = map[string]family{
	"attention":     attention,
	"axis":          axis,
	"bidirectional": bidirectional,
	"convolution":   convolution,
	"dense":         dense,
	"elementwise":   elementwise,
	"embedding":     embedding,
	"noise":         noise,
	"normalization": normalization,
	"pooling":       pooling,
	"recurrent":     recurrent,
	"shape":         shape,
	"transformer":   transformer,
}

// family is a group of layers and what is checked of them.
type family struct {
	networks map[string]network
	configs  []config
	badJSON  []badJSON
	mistakes []mistake
}

// network is a network to check. It puts the checked layer after a layer with weights, so that the
// gradient of the layer's input is checked too.
type network struct {
	draw    func(g *braid.Graph)
	weights map[string][]float32 // nil means random ones
	kinks   bool                 // central differences would cross kinks: they are not compared
}

// config is the configuration of a layer and its JSON.
type config struct {
	layer braid.Layer
	text  string
}

// badJSON is a configuration that Decode must refuse with an error that contains want.
type badJSON struct{ kind, text, want string }

// mistake is a layer that Build must refuse with an error that contains want. Its inputs are
// described by words such as 3x4 for a float32 input with that shape of a row, i3 for int32, and
// scalar. Equal words are one input, whose name is the word.
type mistake struct {
	layer        braid.Layer
	inputs, want string
}

func TestNetworks(t *testing.T) {
	for name, f := range families {
		for which, n := range f.networks {
			t.Run(name+"/"+which, func(t *testing.T) {
				m := n.build(t)
				if !n.kinks {
					braidtest.Gradients(t, m)
				}
				checkBytes(t, m)
				checkRows(t, m)
				checkStep(t, m)
			})
		}
	}
}

func (n network) build(t *testing.T) *braid.Model {
	t.Helper()
	g := braid.NewGraph("network")
	n.draw(g)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	if n.weights == nil {
		braidtest.Spread(t, m)
	}
	for name, values := range n.weights {
		w, err := m.Weight(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Set(values); err != nil {
			t.Fatal(err)
		}
	}
	return m
}

// rows is the size of a batch: with one worker a chunk of 64 and seven of one.
const rows = 71

// checkBytes checks that every kernel set, number of workers and division of rows gives the same
// bytes, and that prediction gives those of training.
func checkBytes(t *testing.T, m *braid.Model) {
	t.Helper()
	defer kernel.Use(kernel.Default())
	var trained, predicted []result
	for _, workers := range []int{1, 3, 10} {
		b := braidtest.NewBatch(m, rows, workers)
		b.Fill(m)
		for _, set := range kernel.Sets() {
			kernel.Use(set)
			got := train(m, b)
			if trained == nil {
				trained = got
			}
			compare(t, fmt.Sprintf("set %s, %d workers", set.Name, workers), got, trained)
		}
	}
	for _, each := range []int{1, rows} {
		for _, set := range kernel.Sets() {
			kernel.Use(set)
			got := predictRows(t, m, each)
			if predicted == nil {
				predicted = got
			}
			what := fmt.Sprintf("set %s, prediction of %d rows", set.Name, each)
			compare(t, what, got, predicted)
		}
	}
	if !differsInTraining(m) {
		compare(t, "prediction and training", predicted, trained[:len(predicted)])
	}
}

// result is a head's output or a weight's gradient.
type result struct {
	name   string
	values []float32
}

// train returns the outputs of all heads and then the gradients of all weights.
func train(m *braid.Model, b *braidtest.Batch) (list []result) {
	b.Forward()
	for i, h := range m.Heads() {
		var values []float32
		for r := range rows {
			values = append(values, b.Space.Output(i).Row(r)...)
		}
		list = append(list, result{"output " + h.Name, values})
	}
	b.Backward()
	for _, w := range m.Weights() {
		list = append(list, result{"gradient of " + w.Name(), b.Gradient(w)})
	}
	return list
}

// predictRows returns the outputs of all heads, predicted from some rows at a time.
func predictRows(t *testing.T, m *braid.Model, each int) []result {
	t.Helper()
	heads := m.Heads()
	list := make([]result, len(heads))
	for lo := 0; lo < rows; lo += each {
		out, err := m.Predict(braidtest.Inputs(m, lo, lo+each))
		if err != nil {
			t.Fatal(err)
		}
		for i, h := range heads {
			list[i].name = "output " + h.Name
			list[i].values = append(list[i].values, out[h.Name].Float32s()...)
		}
	}
	return list
}

// differsInTraining reports whether a layer draws random numbers or uses batch statistics.
func differsInTraining(m *braid.Model) bool {
	for _, n := range m.Network().Nodes {
		if _, coupled := n.Op.(op.RowCoupled); coupled || n.Random {
			return true
		}
	}
	return false
}

// compare compares the bytes of results.
func compare(t *testing.T, what string, got, want []result) {
	t.Helper()
	for i, r := range got {
		for at, v := range r.values {
			if w := want[i].values[at]; math.Float32bits(v) != math.Float32bits(w) {
				t.Fatalf("%s: number %d of the %s is %v, want %v", what, at, r.name, v, w)
			}
		}
	}
}

// checkRows checks that the gradient of some rows of a block is that of the block, which workers
// may share.
func checkRows(t *testing.T, m *braid.Model) {
	t.Helper()
	b := braidtest.NewBatch(m, rows, 1)
	b.Fill(m)
	b.Forward()
	b.Backward()
	for _, block := range m.Network().Blocks() {
		height, width := block.RowHi-block.RowLo, block.ColumnHi-block.ColumnLo
		gradient := func(lo, hi int) (list []float32) {
			some := block
			some.RowLo, some.RowHi = block.RowLo+lo, block.RowLo+hi
			grad := tensor.NewRows[float32](hi-lo, width)
			b.Team.Gradient(0, some, rows, grad)
			for r := range hi - lo {
				list = append(list, grad.Row(r)...)
			}
			return list
		}
		whole := []result{{"", gradient(0, height)}}
		for _, at := range []int{1, height / 2, height - 1} {
			if at <= 0 || at >= height {
				continue
			}
			parts := slices.Concat(gradient(0, at), gradient(at, height))
			what := fmt.Sprintf("block %+v cut at row %d", block.Block, at)
			compare(t, what, []result{{"gradient", parts}}, whole)
		}
	}
}

// checkStep checks that a training step after the first allocates nothing, and that the gradient of
// the rows that a batch names is that of all rows.
func checkStep(t *testing.T, m *braid.Model) {
	t.Helper()
	b := braidtest.NewBatch(m, rows, 1)
	b.Fill(m)
	if n := testing.AllocsPerRun(6, b.Step); n > 0 {
		t.Errorf("a step allocates %v times", n)
	}
	_, sparse := b.Team.Assign(true)
	for _, block := range sparse[0] {
		for _, w := range m.Weights() {
			if w.Memory() != block.Weight {
				continue
			}
			want := b.Gradient(w)
			got, width := make([]float32, len(want)), block.ColumnHi
			some := b.Team.SparseGradient(0, block, rows)
			for i, id := range block.IDs {
				copy(got[int(id)*width:], some.Row(i))
			}
			compare(t, "rows that the batch names", []result{{"gradient of " + w.Name(), got}},
				[]result{{"", want}})
		}
	}
}

func TestJSON(t *testing.T) {
	for _, f := range families {
		for _, c := range f.configs {
			text, err := json.Marshal(c.layer)
			if err != nil || string(text) != c.text {
				t.Errorf("%s: got %s and error %v, want %s", c.layer.Kind(), text, err, c.text)
			}
			back, err := layer.Decode(c.layer.Kind(), []byte(c.text))
			if err != nil || !reflect.DeepEqual(back, c.layer) {
				t.Errorf("%s reads back as %+v (%v), want %+v", c.text, back, err, c.layer)
			}
		}
		for _, c := range f.badJSON {
			l, err := layer.Decode(c.kind, []byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%s: got %v and error %v, want an error with %s", c.text, l, err, c.want)
			}
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, f := range families {
		for _, c := range f.mistakes {
			t.Run(c.layer.Kind()+" "+c.want, func(t *testing.T) {
				g := braid.NewGraph("mistakes")
				nodes := map[string]*braid.Node{}
				var inputs []*braid.Node
				for _, word := range strings.Fields(c.inputs) {
					if nodes[word] == nil {
						nodes[word] = described(t, g, word)
					}
					inputs = append(inputs, nodes[word])
				}
				g.Head("h", c.layer, inputs...)
				braidtest.GraphMistake(t, g, c.want)
			})
		}
	}
}

// described returns the input that a word describes: see mistake.
func described(t *testing.T, g *braid.Graph, word string) *braid.Node {
	t.Helper()
	if word == "scalar" {
		return g.Input(word, tensor.Float32)
	}
	axes, isInt := strings.CutPrefix(word, "i")
	var shape []int
	for _, axis := range strings.Split(axes, "x") {
		n, err := strconv.Atoi(axis)
		if err != nil {
			t.Fatal(err)
		}
		shape = append(shape, n)
	}
	if isInt {
		return g.Input(word, tensor.Int32, shape...)
	}
	return g.Input(word, tensor.Float32, shape...)
}

// Each layer is in a checked network, has a checked configuration and a checked mistake.
func TestEveryKind(t *testing.T) {
	networks, configs, mistakes := map[string]bool{}, map[string]bool{}, map[string]bool{}
	for _, f := range families {
		for _, n := range f.networks {
			for _, node := range n.build(t).Nodes() {
				if node.Layer != nil && !n.kinks {
					networks[node.Layer.Kind()] = true
				}
			}
		}
		for _, c := range f.configs {
			configs[c.layer.Kind()] = true
		}
		for _, c := range f.mistakes {
			mistakes[c.layer.Kind()] = true
		}
	}
	for _, l := range layer.Members {
		if k := l.Kind(); !networks[k] || !configs[k] || !mistakes[k] {
			t.Errorf("%s: in a network %v, in a configuration %v, in a mistake %v", k, networks[k],
				configs[k], mistakes[k])
		}
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
