package engine_test

import (
	"fmt"
	"math"
	"testing"

	"braid"
	"braid/internal/engine"
	"braid/internal/random"
	"braid/layer"
	"braid/op"
	"braid/tensor"
)

func build(t *testing.T, draw func(g *braid.Graph)) *braid.Model {
	t.Helper()
	g := braid.NewGraph("engine")
	draw(g)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A chain of many wide layers predicts in the memory of two layers, with fewer rows in a pass.
func TestPredictReusesMemory(t *testing.T) {
	const side, channels, layers = 32, 64, 20
	m := build(t, func(g *braid.Graph) {
		n := g.Input("x", tensor.Float32, side, side, channels)
		for i := range layers {
			n = g.Add(fmt.Sprint("l", i), layer.Activation{Function: layer.ReLU}, n)
		}
		g.Head("y", layer.Dense{Units: 1}, g.Add("flat", layer.Flatten{}, n))
	})
	row := side * side * channels
	if width := m.Network().PredictWidth(); width > 2*row+10 {
		layers := float64(width) / float64(row)
		t.Errorf("a row takes %d numbers, as much as %.1f layers, want 2", width, layers)
	}
	if rows := m.Network().PredictRows(); rows != 2 {
		t.Errorf("a pass takes %d rows of 2 x 256 KB, want 2", rows)
	}
}

// Sharing memory changes no output: not those that are read late, by several nodes or through
// views, and no head.
func TestPredictEqualsEvaluate(t *testing.T) {
	for name, draw := range map[string]func(g *braid.Graph){
		"skips": func(g *braid.Graph) {
			x, ids := g.Input("x", tensor.Float32, 5), g.Input("ids", tensor.Int32, 5)
			a := g.Add("a", layer.Dense{Units: 5, Activation: layer.Tanh}, x)
			b := g.Add("b", layer.Dense{Units: 5, Activation: layer.SiLU}, a)
			c := g.Add("c", layer.Dense{Units: 5}, b)
			s := g.Add("s", layer.Add{}, x, c)
			e := g.Add("e", layer.Flatten{}, g.Add("words", layer.Embedding{Vocabulary: 4, Width: 3}, ids))
			d := g.Add("d", layer.Dense{Units: 9}, g.Add("cat", layer.Concatenate{}, s, e, a))
			g.Head("y", layer.Dense{Units: 2}, g.Add("cat2", layer.Concatenate{}, d, a, x))
		},
		"heads in the middle": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 5)
			first := g.Head("first", layer.Dense{Units: 5, Activation: layer.Softmax}, x)
			n := first
			for i := range 6 {
				n = g.Add(fmt.Sprint("n", i), layer.Dense{Units: 5 - i%3, Activation: layer.Mish}, n)
			}
			g.Head("view", layer.Flatten{}, n)
			g.Head("last", layer.BatchNormalization{}, g.Add("drop", layer.Dropout{Rate: 0.5}, n))
		},
		"twice in a view": func(g *braid.Graph) {
			x := g.Input("x", tensor.Float32, 5)
			a := g.Add("a", layer.Dense{Units: 3}, x)
			one := g.Add("one", layer.Concatenate{}, a, x, a)
			two := g.Add("two", layer.Concatenate{}, a, one)
			g.Head("y", layer.Dense{Units: 2}, g.Add("ln", layer.LayerNormalization{}, two))
		},
	} {
		const rows = 9
		n := build(t, draw).Network()
		var outputs [2][]tensor.Rows[float32]
		for i, mode := range []engine.Mode{engine.Predict, engine.Evaluate} {
			space := n.NewWorkspace(rows, mode)
			team := space.NewSolo()
			for pass := range 2 { // the second pass must not see the first one's values
				for j, in := range n.Inputs {
					fillInput(team.Workers[0], j, in, rows, pass)
				}
				team.Begin(0, rows, nil, 0)
				team.Forward(0, rows)
			}
			for j := range n.Heads {
				outputs[i] = append(outputs[i], space.Output(j))
			}
		}
		for j, head := range n.Heads {
			for r := range rows {
				for k, v := range outputs[0][j].Row(r) {
					if want := outputs[1][j].Row(r)[k]; math.Float32bits(v) != math.Float32bits(want) {
						t.Errorf("%s: head %s, row %d, number %d is %v, want %v",
							name, head.Name, r, k, v, want)
					}
				}
			}
		}
	}
}

func fillInput(w *engine.Worker, i int, in *engine.Node, rows, pass int) {
	draw := random.New(uint64(pass), "input", uint64(i))
	size := in.Shape.Size()
	for j := range rows * size {
		if in.DType == tensor.Int32 {
			w.IDs(i).Row(j / size)[j%size] = int32(draw.Bits(uint64(j)) % 4)
		} else {
			w.Input(i).Row(j / size)[j%size] = draw.Normal(uint64(j))
		}
	}
}

// digits is an op whose gradient over a range of rows identifies that range, so that sums in
// another order differ.
type digits struct{}

func (digits) Kind() string { return "Digits" }

func (digits) Build(b *braid.Builder) (op.Op, error) {
	b.Output(1)
	b.Weight("w", func([]float32, tensor.Shape, braid.Draw) {}, 2)
	return digitsOp{}, nil
}

type digitsOp struct{}

func (digitsOp) Forward(*op.Task)  {}
func (digitsOp) Backward(*op.Task) {}

func (digitsOp) Gradient(t *op.Task, _ int, block op.Block, grad tensor.Rows[float32]) {
	for i := range grad.Row(0) {
		grad.Row(0)[i] = chunkSum(t.Lo, t.Hi) * float32(1+block.ColumnLo+i)
	}
}

func chunkSum(lo, hi int) float32 { return float32(hi-lo) * float32(math.Exp(float64(lo%7)*3)) }

// A gradient is the fold of chunks of 64 rows by one balanced tree: the left subtree of n chunks
// has the largest power of two below n.
func TestGradientTree(t *testing.T) {
	n := build(t, func(g *braid.Graph) {
		g.Head("y", digits{}, g.Input("x", tensor.Float32, 1))
	}).Network()
	space := n.NewWorkspace(64*7, engine.Train)
	team := space.NewSolo()
	var tree func(lo, hi int) float32
	tree = func(lo, hi int) float32 {
		chunks := (hi - lo + 63) / 64
		if chunks == 1 {
			return chunkSum(lo, hi)
		}
		half := 1
		for 2*half < chunks {
			half *= 2
		}
		return tree(lo, lo+64*half) + tree(lo+64*half, hi)
	}
	inOrder := true
	for _, rows := range []int{1, 63, 64, 65, 129, 200, 300, 330, 448} {
		grad := tensor.NewRows[float32](1, 2)
		team.Gradient(0, n.Blocks()[0], rows, grad)
		if want := tree(0, rows); grad.Data[0] != want {
			t.Errorf("%d rows: %v, want %v", rows, grad.Data[0], want)
		}
		var sum float32
		for lo := 0; lo < rows; lo += 64 {
			sum += chunkSum(lo, min(lo+64, rows))
		}
		inOrder = inOrder && sum == grad.Data[0]
	}
	if inOrder {
		t.Error("sums in the order of the rows are the same: the test cannot see the tree")
	}
}

func TestFoldTree(t *testing.T) {
	for n, want := range map[int]string{
		1: "a",
		2: "(ab)",
		3: "((ab)c)",
		5: "(((ab)(cd))e)",
		7: "(((ab)(cd))((ef)g))",
	} {
		text := map[float32]string{}
		var list [][]float32
		for i := range n {
			list = append(list, []float32{float32(i)})
			text[float32(i)] = string(rune('a' + i))
		}
		engine.FoldTree(list, func(sums, after []float32) {
			text[sums[0]] = "(" + text[sums[0]] + text[after[0]] + ")"
		})
		if text[0] != want {
			t.Errorf("%d chunks are folded as %s, want %s", n, text[0], want)
		}
	}
}
