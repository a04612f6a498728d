package braid_test

import (
	"math"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"braid"
	"braid/layer"
	"braid/op"
	"braid/tensor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// An error of Build names the line and the layer, and says what was got and what was wanted.
func TestGraphMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		draw func(g *braid.Graph, x, ids *braid.Node)
		want string
	}{
		"no units": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("fuse", layer.Dense{}, x) },
			`layer "fuse": Dense: Units = 0, want 1 or more (inputs: x [3] float32)`,
		},
		"ids for dense": {
			func(g *braid.Graph, _, ids *braid.Node) { g.Head("h", layer.Dense{Units: 1}, ids) },
			`input "ids" is int32, want float32`,
		},
		"floats to embed": {
			func(g *braid.Graph, x, _ *braid.Node) {
				g.Head("h", layer.Embedding{Vocabulary: 2, Width: 1}, x)
			},
			`input "x" is float32, want int32`,
		},
		"no vocabulary": {
			func(g *braid.Graph, _, ids *braid.Node) { g.Head("h", layer.Embedding{Width: 1}, ids) },
			"Vocabulary = 0",
		},
		"no width": {
			func(g *braid.Graph, _, ids *braid.Node) { g.Head("h", layer.Embedding{Vocabulary: 2}, ids) },
			"Width = 0",
		},
		"lstm on a vector": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("h", layer.LSTM{Units: 2}, x) },
			"input has shape [3] a row, want [steps features] (inputs: x [3] float32)",
		},
		"one to concatenate": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("h", layer.Concatenate{}, x) },
			"got 1 inputs, want 2 or more",
		},
		"axis out of range": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("h", layer.Concatenate{Axis: 2}, x, x) },
			"Axis = 2, want -1 to 1",
		},
		"two to flatten": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("h", layer.Flatten{}, x, x) },
			"got 2 inputs, want 1",
		},
		"no input": {
			func(g *braid.Graph, _, _ *braid.Node) { g.Head("h", layer.Dense{Units: 1}) },
			"got 0 inputs, want 1",
		},
		"nil input": {
			func(g *braid.Graph, _, _ *braid.Node) { g.Head("h", layer.Dense{Units: 1}, nil) },
			"input 0 is not a node of this graph",
		},
		"other graph's": {func(g *braid.Graph, _, _ *braid.Node) {
			g.Head("h", layer.Dense{Units: 1}, braid.NewGraph("o").Input("y", tensor.Float32, 2))
		}, "not a node of this graph"},
		"nil layer": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("h", nil, x) },
			"the layer is nil, want one such as layer.Dense{...}",
		},
		"nil pointer": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("h", (*layer.Dense)(nil), x) },
			"the layer is a nil *layer.Dense, want one such as layer.Dense{...}",
		},
		"name taken": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("x", layer.Dense{Units: 1}, x) },
			`name "x": is already taken at graph_test.go:`,
		},
		"bad name": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("a\tb", layer.Dense{Units: 1}, x) },
			`holds '\t', want printable characters only`,
		},
		"empty name": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("", layer.Dense{Units: 1}, x) },
			"the name is empty",
		},
		"bad activation": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("h", layer.Dense{Units: 1, Activation: 77}, x) },
			"Activation = 77",
		},
		"one name for two weights": {
			func(g *braid.Graph, x, ids *braid.Node) {
				g.Head("ids mask", layer.NotZero{}, ids)
				g.Head("a", stateLayer("b.c"), x)
				g.Head("a.b", stateLayer("c"), x)
			},
			`layer "a.b": its weight "a.b.c" has the name of one of layer "a", at graph_test.go:`,
		},
		"no head": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Add("h", layer.Dense{Units: 1}, x) },
			`has no head`,
		},
		"unused": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("h", layer.Dense{Units: 1}, x) },
			`no layer uses "ids"`,
		},
		"zero axis": {
			func(g *braid.Graph, _, _ *braid.Node) { g.Input("z", tensor.Float32, 3, 0) },
			"axis 1 of shape [3 0] is 0",
		},
		"huge axis": {
			func(g *braid.Graph, _, _ *braid.Node) { g.Input("z", tensor.Float32, 1<<20, 1<<20) },
			"more than 2147483647 elements",
		},
		"bytes": {
			func(g *braid.Graph, _, _ *braid.Node) { g.Input("z", tensor.Uint8, 3) },
			"type is uint8, want float32 or int32",
		},
		"view activation": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("h", tanhView{}, x) },
			"View: has activation tanh, but its op is a view",
		},
		"computed ids": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("h", oddLayer{}, x) },
			"Odd: Build returned nil, want an op or an error",
		},
		"nil pointer as op": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("h", oddLayer{op: (*view)(nil)}, x) },
			"Odd: Build returned a nil *braid_test.view, want an op or an error",
		},
		"no initializer": {
			func(g *braid.Graph, x, _ *braid.Node) { g.Head("h", bareLayer{}, x) },
			`Bare: weight "kernel": the initializer is nil`,
		},
	} {
		g := braid.NewGraph("mistakes")
		x, ids := g.Input("x", tensor.Float32, 3), g.Input("ids", tensor.Int32, 2)
		c.draw(g, x, ids)
		_, err := g.Build(1)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, c.want)
		} else if name != "no head" && !strings.Contains(err.Error(), "graph_test.go:") {
			t.Errorf("%s: the error does not tell the line: %v", name, err)
		}
	}
}

type oddLayer struct{ op op.Op }

func (oddLayer) Kind() string                          { return "Odd" }
func (l oddLayer) Build(*braid.Builder) (op.Op, error) { return l.op, nil }

// bareLayer declares a weight without an initializer.
type bareLayer struct{}

func (bareLayer) Kind() string { return "Bare" }

func (bareLayer) Build(b *braid.Builder) (op.Op, error) {
	b.Output(2)
	b.Weight("kernel", nil, 3, 2)
	return leafOp{}, nil
}

// stateLayer declares an array of its name.
type stateLayer string

func (stateLayer) Kind() string { return "State" }

func (l stateLayer) Build(b *braid.Builder) (op.Op, error) {
	b.Output(2)
	b.State(string(l), func([]float32, tensor.Shape, braid.Draw) {}, 1)
	return view{}, nil
}

// tanhView is a view with an activation. The activation would overwrite its input.
type tanhView struct{}

func (tanhView) Kind() string { return "View" }

func (tanhView) Build(b *braid.Builder) (op.Op, error) {
	b.Output(b.Shape(0)...)
	b.Activate(braid.Tanh)
	return view{}, nil
}

type view struct{}

func (view) Offsets() []int    { return []int{0} }
func (view) Forward(*op.Task)  {}
func (view) Backward(*op.Task) {}

// small is a lopsided network: inputs of both types, heads of different widths.
func small(t testing.TB, extra bool) *braid.Model {
	t.Helper()
	g := braid.NewGraph("small")
	x, ids := g.Input("x", tensor.Float32, 3), g.Input("ids", tensor.Int32, 2)
	e := g.Add("e", layer.Embedding{Vocabulary: 5, Width: 2}, ids)
	s := g.Add("s", layer.LSTM{Units: 4}, e)
	both := g.Add("both", layer.Concatenate{}, s, x)
	h := g.Add("h", layer.Dense{Units: 6, Activation: layer.Tanh}, both)
	if extra {
		h = g.Add("extra", layer.Dense{Units: 6}, h)
	}
	g.Head("a", layer.Dense{Units: 3, Activation: layer.Softmax}, h)
	g.Head("b", layer.Dense{Units: 1, Activation: layer.Sigmoid}, h)
	m, err := g.Build(7)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// Adding a layer does not change the first values of other weights. Another seed changes all of
// them.
// Mistakes have the places that a graph is told, in place of lines of Go.
func TestSetPlace(t *testing.T) {
	g := braid.NewGraph("placed")
	g.SetPlace("net.yaml:3")
	x := g.Input("x", tensor.Float32, 2)
	g.SetPlace("net.yaml:4")
	y := g.Add("y", layer.Dense{Units: 2}, x)
	g.SetPlace("net.yaml:5")
	g.Add("unused", layer.Dense{Units: 2}, x)
	g.SetPlace("")
	g.Head("z", layer.Dense{Units: 2}, y)
	if _, err := g.Build(1); err == nil || !strings.HasPrefix(err.Error(), "net.yaml:5: no layer") {
		t.Errorf("got error %v, want one at net.yaml:5", err)
	}
	g.Head("y", layer.Dense{Units: 2}, y)
	const want = `: name "y": is already taken at net.yaml:4`
	if _, err := g.Build(1); err == nil || !strings.HasPrefix(err.Error(), "graph_test.go:") ||
		!strings.HasSuffix(err.Error(), want) {
		t.Errorf("got error %v, want graph_test.go:LINE%s", err, want)
	}
}

func TestWeightsDependOnTheirName(t *testing.T) {
	m, more := small(t, false), small(t, true)
	for _, w := range m.Weights() {
		other, err := more.Weight(w.Name())
		if err != nil {
			t.Fatal(err)
		}
		for i, v := range w.Values() {
			if v != other.Values()[i] {
				t.Errorf("weight %s changed with a layer added elsewhere", w.Name())
				break
			}
		}
	}
	if _, err := m.Weight("h.kernal"); err == nil ||
		!strings.Contains(err.Error(), `did you mean "h.kernel"?`) {
		t.Errorf("error is %v", err)
	}
}

func inputs(rows int) braid.Tensors {
	x, ids := make([]float32, 3*rows), make([]int32, 2*rows)
	for i := range x {
		x[i] = float32(i%17)/8 - 1
	}
	for i := range ids {
		ids[i] = int32(i * 7 % 5)
	}
	return braid.Tensors{"x": tensor.Floats(x, rows, 3), "ids": tensor.Ints(ids, rows, 2)}
}

// A row has the same output alone and among 1,000 others, in many goroutines at once.
func TestPredictRowsAndGoroutines(t *testing.T) {
	m := small(t, false)
	const rows = 1000
	all := inputs(rows)
	want, err := m.Predict(all)
	if err != nil {
		t.Fatal(err)
	}
	var wait sync.WaitGroup
	for g := range 4 {
		wait.Go(func() {
			for _, n := range []int{1, 3, 64, 65, rows} {
				lo := (g * 31) % (rows - n + 1)
				out, err := m.Predict(braid.Tensors{
					"x":   tensor.Floats(all["x"].Float32s()[3*lo:3*(lo+n)], n, 3),
					"ids": tensor.Ints(all["ids"].Int32s()[2*lo:2*(lo+n)], n, 2),
				})
				if err != nil {
					t.Error(err)
					return
				}
				for head, width := range map[string]int{"a": 3, "b": 1} {
					for i, v := range out[head].Float32s() {
						if v != want[head].Float32s()[width*lo+i] {
							t.Errorf("head %s, %d rows from %d: element %d is %v, want %v", head, n, lo, i, v,
								want[head].Float32s()[width*lo+i])
							return
						}
					}
				}
			}
		})
	}
	wait.Wait()
}

func TestPredictMistakes(t *testing.T) {
	m := small(t, false)
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for name, c := range map[string]struct {
		change func(in braid.Tensors)
		want   string
	}{
		"missing": {func(in braid.Tensors) { delete(in, "x") }, `input "x" is missing`},
		"misspelt": {
			func(in braid.Tensors) { in["idz"] = in["ids"]; delete(in, "ids") },
			`unknown input "idz", want one of "x", "ids"; did you mean "ids"?`,
		},
		"extra": {func(in braid.Tensors) { in["colour"] = in["x"] }, `unknown input "colour"`},
		"type": {
			func(in braid.Tensors) { in["ids"] = tensor.Floats(make([]float32, 8), 4, 2) },
			"got float32 of shape [4 2], want int32 of shape [rows 2]",
		},
		"shape": {
			func(in braid.Tensors) { in["x"] = tensor.Floats(make([]float32, 16), 4, 4) },
			"got float32 of shape [4 4], want float32 of shape [rows 3]",
		},
		"no shape": {
			func(in braid.Tensors) { in["x"] = tensor.Tensor{} },
			"want float32 of shape [rows 3]",
		},
		"too few": {
			func(in braid.Tensors) { in["x"] = tensor.Floats(make([]float32, 11), 4, 3) },
			"shape [4 3] needs 12 elements, got 11",
		},
		"rows differ": {
			func(in braid.Tensors) { in["x"] = tensor.Floats(make([]float32, 9), 3, 3) },
			`input "ids" has 4 rows, the inputs before it have 3`,
		},
		"no rows": {
			func(in braid.Tensors) { in["x"] = tensor.Floats(nil, 0, 3) },
			"got 0 rows, want 1 or more",
		},
		"NaN": {
			func(in braid.Tensors) { in["x"].Float32s()[7] = nan },
			"row 2, element 1 is NaN, want a finite number",
		},
		"Inf": {
			func(in braid.Tensors) { in["x"].Float32s()[0] = inf },
			"row 0, element 0 is -Inf",
		},
		"id too large": {
			func(in braid.Tensors) { in["ids"].Int32s()[5] = 5 },
			"row 2, element 1 is id 5, want 0 to 4",
		},
		"id below zero": {
			func(in braid.Tensors) { in["ids"].Int32s()[0] = -1 },
			"row 0, element 0 is id -1",
		},
		"negative rows": {
			func(in braid.Tensors) { in["x"] = tensor.Floats(nil, -1, 3) },
			"axis 0 of shape [-1 3] is out of range",
		},
	} {
		in := inputs(4)
		c.change(in)
		if _, err := m.Predict(in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, c.want)
		}
	}
}

func TestSetWeightMistakes(t *testing.T) {
	w := small(t, false).Weights()[0]
	if err := w.Set(make([]float32, 3)); err == nil ||
		!strings.Contains(err.Error(), "got 3 values, want 10") {
		t.Errorf("error is %v", err)
	}
	values := w.Values()
	values[4] = float32(math.NaN())
	if err := w.Set(values); err == nil || !strings.Contains(err.Error(), "value 4 is NaN") {
		t.Errorf("error is %v", err)
	}
}

// Logits of any magnitude give probabilities, not NaN.
func TestExtremeLogits(t *testing.T) {
	m := small(t, false)
	for name, v := range map[string]float32{"a.bias": 1e4, "b.bias": -1e4} {
		w, err := m.Weight(name)
		if err != nil {
			t.Fatal(err)
		}
		values := w.Values()
		values[0] = v
		if err := w.Set(values); err != nil {
			t.Fatal(err)
		}
	}
	out, err := m.Predict(inputs(1))
	if err != nil {
		t.Fatal(err)
	}
	if a, b := out["a"].Float32s(), out["b"].Float32s(); a[0] != 1 || a[1] != 0 || b[0] != 0 {
		t.Errorf("heads are %v and %v, want 1 0 0 and 0", a, b)
	}
}
