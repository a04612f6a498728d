package engine

import (
	"slices"

	"braid/op"
)

// layout assigns each node columns of a buffer, and finds the gradients that are read. It depends
// on the graph alone.
type layout struct {
	at      []position // by node
	widths  []int      // by buffer
	wanted  []op.Span  // by buffer: the columns whose gradient is read; empty where none
	copies  [][]copied // by node: inputs of a view that do not share its buffer
	trained []bool     // by node: it has trained weights, or depends on a node that has

	// gradient is, by buffer, the buffer whose memory its gradient is in: its own, or that of the
	// output of the only op that reads it.
	gradient []int
}

// position is a column of a buffer.
type position struct{ buffer, offset int }

// copied is an input of a view that is copied to an offset.
type copied struct{ input, offset int }

func newLayout(nodes []*Node) *layout {
	index := make(map[*Node]int, len(nodes))
	for i, n := range nodes {
		index[n] = i
	}
	l := &layout{
		at:      make([]position, len(nodes)),
		copies:  make([][]copied, len(nodes)),
		trained: make([]bool, len(nodes)),
	}
	// parent holds, by node, the view whose buffer the node shares, and the offset there.
	parent := make([]position, len(nodes))
	for i, n := range nodes {
		parent[i] = position{buffer: -1}
		for _, w := range n.Weights {
			l.trained[i] = l.trained[i] || !w.Frozen
		}
		for _, in := range n.Inputs {
			l.trained[i] = l.trained[i] || l.trained[index[in]]
		}
		view, ok := n.Op.(op.View)
		if !ok {
			continue
		}
		for j, offset := range view.Offsets() {
			in := index[n.Inputs[j]]
			if parent[in].buffer >= 0 { // it shares another view's buffer already
				l.copies[i] = append(l.copies[i], copied{j, offset})
				continue
			}
			parent[in] = position{i, offset}
		}
	}
	l.assignBuffers(nodes, parent)
	l.findWanted(nodes)
	l.shareGradients(nodes, index)
	return l
}

// assignBuffers sets at and widths. It starts at the last node, because a parent comes after its
// inputs.
func (l *layout) assignBuffers(nodes []*Node, parent []position) {
	for i := len(nodes) - 1; i >= 0; i-- {
		if up := parent[i]; up.buffer >= 0 {
			at := l.at[up.buffer]
			l.at[i] = position{at.buffer, at.offset + up.offset}
			continue
		}
		l.at[i] = position{len(l.widths), 0}
		l.widths = append(l.widths, nodes[i].Shape.Size())
	}
}

// findWanted finds the columns of each buffer whose gradient is read: those of trained nodes. A
// view that copies nothing reads no gradient itself.
func (l *layout) findWanted(nodes []*Node) {
	l.wanted = make([]op.Span, len(l.widths))
	for i, n := range nodes {
		if !l.trained[i] || l.copiesNothing(i, n) {
			continue
		}
		at := l.at[i]
		columns := op.Span{Lo: at.offset, Hi: at.offset + n.Shape.Size()}
		l.wanted[at.buffer] = l.wanted[at.buffer].Union(columns)
	}
}

// shareGradients sets gradient. The gradient of a node's input can be in the memory of that of its
// output if no other node reads the input's buffer.
func (l *layout) shareGradients(nodes []*Node, index map[*Node]int) {
	readers := make([]int, len(l.widths)) // by buffer
	for i, n := range nodes {
		for _, in := range n.Inputs {
			if !l.copiesNothing(i, n) {
				readers[l.at[index[in]].buffer]++
			}
		}
	}
	l.gradient = make([]int, len(l.widths))
	for b := range l.gradient {
		l.gradient[b] = b
	}
	for i, n := range slices.Backward(nodes) {
		writer, ok := n.Op.(op.GradientWriter)
		out := l.at[i].buffer
		if !ok || n.Shape.Size() != l.widths[out] {
			continue
		}
		for j, in := range n.Inputs {
			b := l.at[index[in]].buffer
			if writer.GradientWriting(j) == op.InPlace && readers[b] == 1 &&
				l.wanted[b] == l.wanted[out] && l.widths[b] == l.widths[out] {
				l.gradient[b] = l.gradient[out]
				break
			}
		}
	}
}

// copiesNothing reports whether node i is a view whose inputs all share its buffer.
func (l *layout) copiesNothing(i int, n *Node) bool {
	return n.isView() && len(l.copies[i]) == 0
}

// wantedOf returns the columns of a node's output whose gradient is read.
func (l *layout) wantedOf(n *Node) op.Span {
	if !l.trained[n.Index] {
		return op.Span{}
	}
	a := l.areaOf(n)
	columns := a.columns.Intersect(l.wanted[a.buffer])
	if columns == (op.Span{}) {
		return columns
	}
	return columns.Shift(-a.columns.Lo)
}

// area is a range of columns of a buffer.
type area struct {
	buffer  int
	columns op.Span
}

// areaOf returns the columns that hold a node's rows.
func (l *layout) areaOf(n *Node) area {
	at := l.at[n.Index]
	return area{at.buffer, op.Span{Lo: at.offset, Hi: at.offset + n.Shape.Size()}}
}
