package engine

import "braid/op"

// The work on a block is counted in products that a gradient sums.
const (
	updateProducts = 50  // time of the update of a weight
	blockWeights   = 400 // fixed time of a block, in weights that are used once for a row
)

// work returns the work on some of a block's rows in a step of rows examples.
func (b WeightBlock) work(blockRows, rows int) int {
	each := updateProducts
	for _, use := range b.uses {
		each += rows * use.products()
	}
	return blockRows*(b.ColumnHi-b.ColumnLo)*each + blockWeights*(updateProducts+rows)
}

// products returns how many products a gradient sums for each number of the weight and each row.
func (u use) products() int {
	switch o := u.node.Op.(type) {
	case op.GradientCounter:
		return o.GradientProducts(u.weight)
	case op.SparseWeighted:
		return 0
	}
	return 1
}

// cut divides a block into its first rows and the others.
func (b WeightBlock) cut(rows int) (first, rest WeightBlock) {
	first, rest = b, b
	first.RowHi = b.RowLo + rows
	rest.RowLo = first.RowHi
	return first, rest
}

// shares divides blocks among workers.
type shares struct {
	rows   int // of a batch
	blocks [][]WeightBlock
	load   []int // work of each worker
}

func (s *shares) work(b WeightBlock) int { return b.work(b.RowHi-b.RowLo, s.rows) }

func (s *shares) give(worker int, b WeightBlock) {
	s.blocks[worker] = append(s.blocks[worker], b)
	s.load[worker] += s.work(b)
}

// divide gives each worker a consecutive range of blocks, so that no worker has more than about
// share. It cuts a block between two workers if both parts are worth the time of a block.
func (s *shares) divide(list []WeightBlock, share int) {
	worker := 0
	for _, b := range list {
		for worker < len(s.load)-1 {
			left := share - s.load[worker]
			if s.work(b) <= left {
				break
			}
			if rows := s.rowsFor(b, left, share); rows > 0 {
				first, rest := b.cut(rows)
				s.give(worker, first)
				b = rest
			} else if s.work(b)/2 <= left {
				break
			}
			worker++
		}
		s.give(worker, b)
	}
}

// CutRows is the number of rows of a block, from its first, that no cut between workers divides:
// those of a tile of a matrix product.
const CutRows = 4

// rowsFor returns how many rows of a block take the work that is left of a worker's share, 0 if the
// block is not worth a cut.
func (s *shares) rowsFor(b WeightBlock, left, share int) int {
	const least = 32 // parts of a share
	all, fixed := b.RowHi-b.RowLo, b.work(0, s.rows)
	each := max(1, (s.work(b)-fixed)/all)
	rows := (max(0, left-fixed)/each + CutRows/2) / CutRows * CutRows
	if part := min(rows, all-rows) * each; part <= max(fixed, share/least) {
		return 0
	}
	return rows
}

// Assign divides the blocks among the workers so that their work is about equal. A worker gets the
// blocks whose split-K products it computes, and a consecutive range of the rest, in which a block
// may be cut between two workers. If lazy, each weight with sparse gradients is divided into one
// SparseBlock per worker instead.
func (team *Team) Assign(lazy bool) (dense [][]WeightBlock, sparse [][]*SparseBlock) {
	s := shares{
		rows: team.ws.rows, blocks: make([][]WeightBlock, len(team.Workers)),
		load: make([]int, len(team.Workers)),
	}
	sparse = make([][]*SparseBlock, len(team.Workers))
	var rest []WeightBlock
	total := 0
	for _, b := range team.ws.net.Blocks() {
		if lazy && b.IsSparse() {
			for worker := range team.Workers {
				if b.RowLo == 0 && b.ColumnLo == 0 { // once for each matrix of a weight
					sparse[worker] = append(sparse[worker], team.SparseBlock(b, worker))
				}
			}
			continue
		}
		total += s.work(b)
		if worker, ok := team.ownerOf(b); ok {
			s.give(worker, b)
		} else {
			rest = append(rest, b)
		}
	}
	s.divide(rest, total/len(team.Workers))
	for worker, blocks := range s.blocks {
		for _, b := range sparse[worker] {
			blocks = append(blocks, b.WeightBlock)
		}
		team.planReads(worker, blocks)
	}
	return s.blocks, sparse
}
