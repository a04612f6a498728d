package engine

import "braid/op"

// Weights are cut into blocks: wide enough to fill vectors, small enough for the first cache.
const (
	blockColumns = 80
	blockSize    = 8192
)

// WeightBlock is a block of a weight: the unit of work of gradients and updates.
type WeightBlock struct {
	op.Block
	Weight *Weight
	uses   []use // the nodes that have the weight, in the order of the graph
}

// use is a weight of a node.
type use struct {
	node   *Node
	weight int
}

// Blocks cuts all weights that are trained into blocks. The cut depends on shapes alone.
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

// blocks cuts the parts of the weight's storage.
func (w *Weight) blocks() []op.Block {
	var list []op.Block
	for i, part := range w.Storage {
		columns := min(blockColumns, part.Width)
		rows := max(1, blockSize/columns)
		for r := 0; r < w.Rows; r += rows {
			for c := 0; c < part.Width; c += columns {
				list = append(list, op.Block{
					Part: i, RowLo: r, RowHi: min(r+rows, w.Rows), ColumnLo: c, ColumnHi: min(c+columns, part.Width),
				})
			}
		}
	}
	return list
}

// Deal gives each worker blocks with about as much work as the others': those whose products it computes,
// and consecutive ones of the rest. Where lazy, weights with sparse gradients are left out: each worker has a
// SparseBlock of them, which also comes.
func (team *Team) Deal(lazy bool) (hands [][]WeightBlock, sparse [][]*SparseBlock) {
	const overhead = 400 // of a block, in weights
	hands, sparse = make([][]WeightBlock, len(team.Workers)), make([][]*SparseBlock, len(team.Workers))
	load := make([]int, len(team.Workers))
	var rest []WeightBlock
	total := 0
	give := func(worker int, b WeightBlock) {
		hands[worker] = append(hands[worker], b)
		load[worker] += b.Size() + overhead
	}
	for _, b := range team.ws.net.Blocks() {
		if lazy && b.IsSparse() {
			for worker := range hands {
				if b.RowLo == 0 && b.ColumnLo == 0 { // once for each part of a weight
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
		for worker < len(hands)-1 && (load[worker]+(b.Size()+overhead)/2)*len(hands) > total {
			worker++
		}
		give(worker, b)
	}
	for worker, blocks := range hands {
		for _, b := range sparse[worker] {
			blocks = append(blocks, b.WeightBlock)
		}
		team.assign(worker, blocks)
	}
	return hands, sparse
}
