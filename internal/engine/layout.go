package engine

import "braid/op"

// layout says, for each node, which columns of which buffer its rows are, and who reads their gradient. It
// follows from the graph alone.
type layout struct {
	at      []position // by node
	widths  []int      // by buffer
	wanted  []op.Span  // by buffer: the columns whose gradient is read; empty where none
	copies  [][]copied // by node: inputs of a view that could not be placed in its output
	trained []bool     // by node: it has weights that are trained, or depends on some
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
		at: make([]position, len(nodes)), copies: make([][]copied, len(nodes)), trained: make([]bool, len(nodes)),
	}
	// A node's position is first that within its parent, the view whose output it is placed in.
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
			if parent[in].buffer >= 0 { // it is placed in another view's output already
				l.copies[i] = append(l.copies[i], copied{j, offset})
				continue
			}
			parent[in] = position{i, offset}
		}
	}
	l.place(nodes, parent)
	l.want(nodes)
	return l
}

// place turns parents into buffers, from the last node, which has no parent, to the first.
func (l *layout) place(nodes []*Node, parent []position) {
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

// want finds the columns of each buffer whose gradient is read: those of nodes that are trained or depend
// on trained ones. A view itself reads nothing.
func (l *layout) want(nodes []*Node) {
	l.wanted = make([]op.Span, len(l.widths))
	for i, n := range nodes {
		if !l.trained[i] || l.moves(i, n) {
			continue
		}
		at := l.at[i]
		l.wanted[at.buffer] = l.wanted[at.buffer].Union(op.Span{Lo: at.offset, Hi: at.offset + n.Shape.Size()})
	}
}

// moves reports whether a node is a view that copies nothing.
func (l *layout) moves(i int, n *Node) bool { return n.isView() && len(l.copies[i]) == 0 }

// wantedOf returns the columns of a node's own output whose gradient is read.
func (l *layout) wantedOf(n *Node) op.Span {
	if !l.trained[n.Index] {
		return op.Span{}
	}
	at := l.at[n.Index]
	own := op.Span{Lo: at.offset, Hi: at.offset + n.Shape.Size()}
	columns := own.Intersect(l.wanted[at.buffer])
	if columns == (op.Span{}) {
		return columns
	}
	return columns.Shift(-at.offset)
}

// area is columns of a buffer.
type area struct {
	buffer  int
	columns op.Span
}

// areaOf returns where a node's rows are.
func (l *layout) areaOf(n *Node) area {
	at := l.at[n.Index]
	return area{at.buffer, op.Span{Lo: at.offset, Hi: at.offset + n.Shape.Size()}}
}
