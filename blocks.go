package braid

// The cut of weights into blocks: wide enough to fill vectors, small enough for the first cache.
const (
	blockColumns = 80
	blockSize    = 8192
)

// WeightBlock is a block of one of the model's weights, the unit of work of a training step's
// second half.
type WeightBlock struct {
	Weight *Weight
	Block
	node, weight int // the node, and which of its weights
}

// Blocks cuts all weights into blocks. The cut depends on shapes alone.
func (m *Model) Blocks() []WeightBlock {
	var list []WeightBlock
	for i, n := range m.nodes {
		for j := range n.weights {
			w := m.weights[m.first[i]+j]
			for _, b := range w.blocks() {
				list = append(list, WeightBlock{Weight: w, Block: b, node: i, weight: j})
			}
		}
	}
	return list
}

// blocks cuts the parts of the weight's storage.
func (w *Weight) blocks() []Block {
	var list []Block
	for i, part := range w.storage {
		columns := min(blockColumns, part.Width)
		rows := max(1, blockSize/columns)
		for r := 0; r < w.rows; r += rows {
			for c := 0; c < part.Width; c += columns {
				list = append(list, Block{i, r, min(r+rows, w.rows), c, min(c+columns, part.Width)})
			}
		}
	}
	return list
}

// size is how many weights the block has.
func (b Block) size() int { return (b.RowHi - b.RowLo) * (b.ColumnHi - b.ColumnLo) }

// Deal gives each worker blocks with about as much work as the others': those of its own parts, and
// consecutive ones of the rest.
func (team *Team) Deal() [][]WeightBlock {
	const overhead = 400 // of a block, in weights
	hands, load := make([][]WeightBlock, len(team.Workers)), make([]int, len(team.Workers))
	var rest []WeightBlock
	total := 0
	give := func(worker int, b WeightBlock) {
		hands[worker] = append(hands[worker], b)
		load[worker] += b.size() + overhead
	}
	for _, b := range team.Workers[0].pass.model.Blocks() {
		total += b.size() + overhead
		if s := team.sums[b.node]; s != nil {
			if worker, ok := s.owner(b); ok {
				give(worker, b)
				continue
			}
		}
		rest = append(rest, b)
	}
	worker := 0
	for _, b := range rest {
		for worker < len(hands)-1 && (load[worker]+(b.size()+overhead)/2)*len(hands) > total {
			worker++
		}
		give(worker, b)
	}
	for worker, blocks := range hands {
		team.Workers[worker].assign(worker, blocks, team.sums)
	}
	return hands
}
