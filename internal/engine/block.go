package engine

import "braid/op"

// Size of a block, in weights: wide enough to fill vectors, small enough for the L1 cache.
const (
	blockColumns = 80
	blockSize    = 8192
)

// WeightBlock is a block of a weight, the unit of work for gradients and updates.
type WeightBlock struct {
	op.Block
	Weight *Weight
	uses   []use // the nodes that use the weight, in the order of the graph
}

// use is one node's use of a weight: its weight with this index.
type use struct {
	node   *Node
	weight int
}

// Blocks returns the blocks of all trained weights. They depend on shapes alone.
func (n *Network) Blocks() []WeightBlock {
	var order []*Weight
	uses := map[*Weight][]use{}
	for _, node := range n.Nodes {
		for i, w := range node.Weights {
			if uses[w] == nil && !w.Frozen {
				order = append(order, w)
			}
			uses[w] = append(uses[w], use{node, i})
		}
	}
	var list []WeightBlock
	for _, w := range order {
		for _, b := range w.blocks() {
			list = append(list, WeightBlock{Block: b, Weight: w, uses: uses[w]})
		}
	}
	return list
}

// blocks returns the blocks of each matrix of the weight's storage.
func (w *Weight) blocks() []op.Block {
	var list []op.Block
	for i, matrix := range w.Storage {
		columns := blockWidth(matrix.Width)
		rows := max(1, blockSize/columns)
		for r := 0; r < w.Rows; r += rows {
			for c := 0; c < matrix.Width; c += columns {
				list = append(list, op.Block{
					Matrix: i,
					RowLo:  r, RowHi: min(r+rows, w.Rows),
					ColumnLo: c, ColumnHi: min(c+columns, matrix.Width),
				})
			}
		}
	}
	return list
}

// blockWidth returns the columns of a block, so that the blocks of a matrix have about equal widths
// of whole vectors: narrow blocks are slow.
func blockWidth(columns int) int {
	const lanes = 16
	blocks := (columns + blockColumns - 1) / blockColumns
	width := (columns + blocks - 1) / blocks
	return min((width+lanes-1)/lanes*lanes, columns)
}

// Assign divides the blocks among the workers so that their work is about equal. A worker gets the
// blocks whose split-K products it computes, and a consecutive range of the rest. If lazy, each
// weight with sparse gradients is divided into one SparseBlock per worker instead.
func (team *Team) Assign(lazy bool) (dense [][]WeightBlock, sparse [][]*SparseBlock) {
	const overhead = 400 // fixed cost of a block, in weights
	dense = make([][]WeightBlock, len(team.Workers))
	sparse = make([][]*SparseBlock, len(team.Workers))
	load := make([]int, len(team.Workers))
	var rest []WeightBlock
	total := 0
	give := func(worker int, b WeightBlock) {
		dense[worker] = append(dense[worker], b)
		load[worker] += b.Size() + overhead
	}
	for _, b := range team.ws.net.Blocks() {
		if lazy && b.IsSparse() {
			for worker := range dense {
				if b.RowLo == 0 && b.ColumnLo == 0 { // once for each matrix of a weight
					sparse[worker] = append(sparse[worker], team.SparseBlock(b, worker))
				}
			}
			continue
		}
		total += b.Size() + overhead
		if worker, ok := team.ownerOf(b); ok {
			give(worker, b)
		} else {
			rest = append(rest, b)
		}
	}
	worker := 0
	for _, b := range rest {
		// Half of the block must lie within the worker's share of the total.
		for worker < len(dense)-1 && (load[worker]+(b.Size()+overhead)/2)*len(dense) > total {
			worker++
		}
		give(worker, b)
	}
	for worker, blocks := range dense {
		for _, b := range sparse[worker] {
			blocks = append(blocks, b.WeightBlock)
		}
		team.planReads(worker, blocks)
	}
	return dense, sparse
}
