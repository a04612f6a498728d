package braid

// plan says, for each node, where its rows lie and who wants its gradient. It follows from the
// graph alone.
type plan struct {
	places  []place   // by node
	widths  []int     // by buffer
	wanted  []Span    // by buffer: the columns whose gradient anyone reads; empty where none
	copies  [][]moved // by node: inputs of a Placed op that could not be laid in place
	trained []bool    // by node: it has weights, or something below it has
}

// place is where a node's rows lie: columns offset and on of a buffer.
type place struct{ buffer, offset int }

// moved is an input of a Placed op that is copied: the input's number and where it goes.
type moved struct{ input, offset int }

func newPlan(nodes []*Node) *plan {
	p := &plan{
		places: make([]place, len(nodes)), copies: make([][]moved, len(nodes)), trained: make([]bool, len(nodes)),
	}
	// Each node's place is first told as an offset within its parent, the Placed node it was laid in.
	parent := make([]place, len(nodes))
	for i, n := range nodes {
		parent[i] = place{buffer: -1}
		p.trained[i] = len(n.weights) > 0
		for _, in := range n.inputs {
			p.trained[i] = p.trained[i] || p.trained[in.index]
		}
		placed, ok := n.op.(Placed)
		if !ok {
			continue
		}
		for j, offset := range placed.Places() {
			in := n.inputs[j]
			if parent[in.index].buffer >= 0 { // it lies in another's output already
				p.copies[i] = append(p.copies[i], moved{j, offset})
				continue
			}
			parent[in.index] = place{i, offset}
		}
	}
	p.lay(nodes, parent)
	p.want(nodes)
	return p
}

// lay turns parents into buffers, from the last node, which has none, to the first.
func (p *plan) lay(nodes []*Node, parent []place) {
	for i := len(nodes) - 1; i >= 0; i-- {
		if up := parent[i]; up.buffer >= 0 {
			at := p.places[up.buffer]
			p.places[i] = place{at.buffer, at.offset + up.offset}
			continue
		}
		p.places[i] = place{len(p.widths), 0}
		p.widths = append(p.widths, nodes[i].shape.Size())
	}
}

// want finds the columns of each buffer whose gradient is read: those of nodes that have weights
// or are computed from some. A Placed node reads nothing itself.
func (p *plan) want(nodes []*Node) {
	p.wanted = make([]Span, len(p.widths))
	for i, n := range nodes {
		if _, placed := n.op.(Placed); !p.trained[i] || placed && len(p.copies[i]) == 0 {
			continue
		}
		at := p.places[i]
		span := Span{at.offset, at.offset + n.shape.Size()}
		if w := p.wanted[at.buffer]; w.Hi > 0 {
			span = Span{min(span.Lo, w.Lo), max(span.Hi, w.Hi)}
		}
		p.wanted[at.buffer] = span
	}
}

// wantedIn is the part of a node's own columns whose gradient is read.
func (p *plan) wantedIn(n *Node) Span {
	if !p.trained[n.index] {
		return Span{}
	}
	at, w := p.places[n.index], p.wanted[p.places[n.index].buffer]
	lo := max(w.Lo-at.offset, 0)
	return Span{lo, max(min(w.Hi-at.offset, n.shape.Size()), lo)}
}
