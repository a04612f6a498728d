package engine

import "braid/op"

// stage is a run of nodes that each worker computes on its rows without meeting the others, or one node at
// which the workers meet.
type stage struct {
	kind  stageKind
	nodes []*Node
}

type stageKind uint8

const (
	byRows    stageKind = iota // each worker computes its rows
	byColumns                  // the workers share the columns of a large layer, where there are few rows
	bySplits                   // the workers share the products of a sum
	withSums                   // sums over all rows come first
)

const (
	fewRows      = 8       // per worker: with fewer rows, sharing columns is faster than sharing rows
	manyWeights  = 1 << 15 // of a layer: with fewer, two more barriers cost more than sharing columns gains
	columnsGrain = 16      // shares of columns begin at whole vectors
)

// compile cuts the nodes into stages. Inputs, and views that copy nothing, need no work.
func (team *Team) compile(few bool) []stage {
	var list []stage
	for i, n := range team.ws.net.Nodes {
		kind := team.kindOf(n, few)
		skipped := n.Op == nil || team.ws.net.layout.moves(i, n) && team.ws.logits[i].IsNil() && !n.Head
		switch {
		case skipped:
		case kind == byRows && len(list) > 0 && list[len(list)-1].kind == byRows:
			run := &list[len(list)-1]
			run.nodes = append(run.nodes, n)
		default:
			list = append(list, stage{kind, []*Node{n}})
		}
	}
	return list
}

// kindOf returns how a node is computed.
func (team *Team) kindOf(n *Node, few bool) stageKind {
	_, coupled := n.Op.(op.RowCoupled)
	switch {
	case coupled && team.ws.mode == Train:
		return withSums
	case team.splits[n.Index] != nil:
		return bySplits
	case few && n.columnParallel() != nil:
		return byColumns
	}
	return byRows
}

// columnParallel returns the node's op where sharing its columns may pay, else nil.
func (n *Node) columnParallel() op.ColumnParallel {
	parallel, ok := n.Op.(op.ColumnParallel)
	if !ok || n.weightCount() < manyWeights {
		return nil
	}
	return parallel
}
