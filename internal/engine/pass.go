package engine

import (
	"slices"

	"braid/op"
)

// Pass is a way back through the network: from the losses of all heads, or from that of one head.
type Pass struct {
	head    *Node    // nil: all heads
	reached []bool   // by node: it is trained, and a head of the pass depends on it
	clears  [][]int  // by node: the gradient buffers to clear before its Backward
	fresh   [][]bool // by node: its task's Fresh
}

// Pass returns the pass from the loss of head i of Network.Heads alone. Its Backward computes the
// gradients of the nodes that the head depends on, and leaves the others' as they are.
func (ws *Workspace) Pass(i int) *Pass { return ws.newPass(ws.net.Heads[i]) }

func (ws *Workspace) newPass(head *Node) *Pass {
	p := &Pass{head: head, reached: slices.Clone(ws.net.layout.trained)}
	if head != nil {
		used := make([]bool, len(ws.tasks))
		used[head.Index] = true
		for i, n := range slices.Backward(ws.net.Nodes) {
			for _, in := range n.Inputs {
				used[in.Index] = used[in.Index] || used[i]
			}
			p.reached[i] = p.reached[i] && used[i]
		}
	}
	p.findFirst(ws)
	return p
}

// findFirst finds, for each buffer, the node that is the first in Backward to read or to change the
// gradient. If its op can overwrite the gradient, findFirst sets Fresh for it. Else the buffer is
// cleared before.
func (p *Pass) findFirst(ws *Workspace) {
	layout := ws.net.layout
	p.clears, p.fresh = make([][]int, len(ws.tasks)), make([][]bool, len(ws.tasks))
	found := make([]bool, len(ws.grads))
	first := func(buffer int) bool {
		is := !found[buffer] && !ws.grads[buffer].IsNil()
		found[buffer] = found[buffer] || is
		return is
	}
	for i, n := range slices.Backward(ws.net.Nodes) {
		p.fresh[i] = make([]bool, len(n.Inputs))
		if ws.isSkipped(n) || !p.reached[i] {
			continue
		}
		if out := layout.at[i].buffer; first(out) {
			p.clears[i] = append(p.clears[i], out)
		}
		writer, _ := n.Op.(op.GradientWriter)
		for j, in := range n.Inputs {
			buffer := layout.at[in.Index].buffer
			if !first(buffer) {
				continue
			}
			if writer != nil && writer.GradientWriting(j) != op.Adds &&
				in.Shape.Size() == layout.widths[buffer] {
				p.fresh[i][j] = true
			} else {
				p.clears[i] = append(p.clears[i], buffer)
			}
		}
	}
}

// has reports whether a head's loss is one of the pass.
func (p *Pass) has(head *Node) bool { return p.head == nil || p.head == head }

// Block returns a block whose gradient is that of the pass: only uses of the weight that the pass
// reaches count. It returns false if there are none.
func (p *Pass) Block(b WeightBlock) (WeightBlock, bool) {
	all := b.uses
	b.uses = nil
	for _, u := range all {
		if p.reached[u.node.Index] {
			b.uses = append(b.uses, u)
		}
	}
	return b, len(b.uses) > 0
}

// PassSparseBlock returns a block like b with memory of its own, whose gradient is that of the
// pass. Its IDs are those of b, also where the pass does not reach a use. It returns false if the
// pass reaches none.
func (team *Team) PassSparseBlock(p *Pass, b *SparseBlock, worker int) (s *SparseBlock, ok bool) {
	s = team.SparseBlock(b.WeightBlock, worker)
	reached, ok := p.Block(b.WeightBlock)
	s.reached = reached.uses
	return s, ok
}
