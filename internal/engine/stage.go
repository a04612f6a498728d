package engine

import "braid/op"

// stage is a run of nodes that each worker computes on its rows without a barrier, or one node with
// barriers.
type stage struct {
	kind  stageKind
	nodes []*Node
}

type stageKind uint8

const (
	byRows   stageKind = iota // each worker computes its rows
	bySplits                  // split-K
	withSums                  // sums over all rows come first
)

// compile groups the nodes into stages. Inputs, and views that copy nothing, are left out.
func (team *Team) compile() []stage {
	var list []stage
	for i, n := range team.ws.net.Nodes {
		kind := team.kindOf(n)
		skipped := n.Op == nil || team.ws.net.layout.copiesNothing(i, n) &&
			team.ws.logits[i].IsNil() && !n.Head
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
func (team *Team) kindOf(n *Node) stageKind {
	_, coupled := n.Op.(op.RowCoupled)
	switch {
	case coupled && team.ws.mode == Train:
		return withSums
	case team.splits[n.Index] != nil:
		return bySplits
	}
	return byRows
}
