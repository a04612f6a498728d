package engine

import "braid/op"

// Size of a block, in weights: wide enough to fill vectors, small enough for the L1 cache.
const (
	blockColumns = 80
	blockSize    = 8192
)

// WeightBlock is a block of a weight, the unit of work for gradients and updates: one of
// Network.Blocks, or some rows of it.
type WeightBlock struct {
	op.Block
	Weight *Weight
	Index  int   // in Network.Blocks
	First  int   // RowLo of Network.Blocks[Index]
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
			list = append(list,
				WeightBlock{Block: b, Weight: w, Index: len(list), First: b.RowLo, uses: uses[w]})
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
