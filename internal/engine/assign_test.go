package engine_test

import (
	"testing"

	"braid"
	"braid/internal/engine"
	"braid/internal/parallel"
	"braid/layer"
	"braid/op"
	"braid/tensor"
)

// TestAssign checks that each row of each block has one worker, and that the workers' products are
// about equal: a convolution takes its few weights at many positions, an embedding has many weights
// and no products, and a dense layer has several blocks.
func TestAssign(t *testing.T) {
	const rows = 50
	m := build(t, func(g *braid.Graph) {
		image, ids := g.Input("image", tensor.Float32, 28, 20, 1), g.Input("ids", tensor.Int32, 9)
		size := layer.Pair{3, 3}
		first := g.Add("first", layer.Conv2D{Filters: 24, Size: size}, image)
		second := g.Add("second", layer.Conv2D{Filters: 48, Size: size, Strides: layer.Pair{2, 2}},
			first)
		e := g.Add("e", layer.Embedding{Vocabulary: 900, Width: 30}, ids)
		s := g.Add("s", layer.GRU{Units: 40}, e)
		g.Head("y", layer.Dense{Units: 20}, g.Add("both", layer.Concatenate{},
			g.Add("flat", layer.Flatten{}, second), s))
	})
	n := m.Network()
	uses := map[string]int{
		"first.kernel": 26 * 18, "second.kernel": 12 * 8, "s.kernel": 9, "s.recurrent_kernel": 9,
		"y.kernel": 1, "e.embeddings": 0,
	}
	products := map[*engine.Weight]int{}
	for _, w := range m.Weights() {
		products[w.Memory()] = uses[w.Name()]
	}
	for _, workers := range []int{1, 2, 3, 7} {
		crew := parallel.NewCrew(workers)
		team := n.NewWorkspace(rows, engine.Train).NewTeam(workers, crew.Meet)
		assigned, _ := team.Assign(false)
		type row struct {
			weight *engine.Weight
			block  op.Block // of one row
		}
		seen, loads, total := map[row]int{}, make([]int, workers), 0
		for worker, blocks := range assigned {
			for _, b := range blocks {
				if whole := n.Blocks()[b.Index]; b.RowLo < whole.RowLo || b.RowHi > whole.RowHi ||
					b.First != whole.RowLo || b.Weight != whole.Weight {
					t.Errorf("%d workers: block %+v is not within %+v", workers, b.Block, whole.Block)
				}
				for r := b.RowLo; r < b.RowHi; r++ {
					one := b.Block
					one.RowLo, one.RowHi = r, r+1
					seen[row{b.Weight, one}]++
				}
				work := b.Size() * (50 + rows*products[b.Weight])
				loads[worker] += work
				total += work
			}
		}
		for _, b := range n.Blocks() {
			for r := b.RowLo; r < b.RowHi; r++ {
				one := b.Block
				one.RowLo, one.RowHi = r, r+1
				if got := seen[row{b.Weight, one}]; got != 1 {
					t.Fatalf("%d workers: row %d of block %+v is computed %d times", workers, r, b.Block, got)
				}
			}
		}
		for worker, load := range loads {
			if off := float64(load*workers)/float64(total) - 1; off < -0.1 || off > 0.1 {
				t.Errorf("%d workers: worker %d has %.0f%% more than its share", workers, worker, 100*off)
			}
		}
	}
}
