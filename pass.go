package braid

import (
	"braid/internal/exec"
	"braid/internal/kernel"
	"braid/tensor"
)

// Mode is what a pass has memory for.
type Mode uint8

// The modes of a pass.
const (
	Predicting Mode = iota // the heads' outputs
	Evaluating             // their logits too
	Training               // and all that Backward and Gradient need
)

// Pass is the memory in which a model computes one batch at a time. It is the low door, for those
// who write a training loop of their own: package train and Predict stand on it.
//
// Fill the windows that Input and Tokens give, then call Forward. To train, write the gradient of
// the loss to each HeadGrad, call Backward with the same rows, and Gradient for every block of
// Blocks. Several goroutines may share a pass, each through a Worker of its own: for Forward and
// Backward on different rows at once, for Gradient on different blocks once all rows are done; see
// NewTeam.
type Pass struct {
	Worker // for those who use the pass alone
	model  *Model
	rows   int
	values []tensor.Rows[float32] // by buffer: what nodes compute
	tokens []tensor.Rows[int32]   // by node: of int32 inputs
	grads  []tensor.Rows[float32] // by buffer: what Backward clears first and adds to

	logits    []tensor.Rows[float32] // by node: of heads, before the activation
	headGrads []tensor.Rows[float32] // by node: of heads
	fromLogit []bool                 // by node: its HeadGrad is by the logits
	direct    []bool                 // by node: its HeadGrad is all of its OutGrad, in the same memory
	softmax   []softmax              // by node: what a softmax is made of
}

// softmax is what a softmax is made of, for each axis that it runs over: the largest logit, and the
// sum of exp(logit - largest) over all the others.
type softmax struct {
	axes          int // a row
	highest, rest []float32
}

// NewPass makes the memory for batches of up to rows rows.
func (m *Model) NewPass(rows int, mode Mode) *Pass {
	n := len(m.nodes)
	p := &Pass{
		model: m, rows: rows, logits: make([]tensor.Rows[float32], n), headGrads: make([]tensor.Rows[float32], n),
		fromLogit: make([]bool, n), direct: make([]bool, n), softmax: make([]softmax, n),
	}
	p.Worker = Worker{pass: p, tasks: make([]Task, n)}
	p.heads(mode)
	p.values = make([]tensor.Rows[float32], len(m.plan.widths))
	p.grads = make([]tensor.Rows[float32], len(m.plan.widths))
	p.tokens = make([]tensor.Rows[int32], n)
	kernels := kernel.Default()
	for i, node := range m.nodes {
		at := m.plan.places[i]
		if node.dtype == tensor.Int32 {
			p.tokens[i] = tensor.NewRows[int32](rows, node.shape.Size())
		} else if p.values[at.buffer].IsNil() {
			p.values[at.buffer] = newRows(rows, m.plan.widths[at.buffer])
		}
		wanted := mode == Training && m.plan.wanted[at.buffer].Hi > 0 && !p.direct[i]
		if wanted && p.grads[at.buffer].IsNil() {
			p.grads[at.buffer] = newRows(rows, m.plan.widths[at.buffer])
		}
	}
	for i, node := range m.nodes {
		p.tasks[i] = p.task(node, rows, mode == Training)
		p.tasks[i].Kernels = kernels
		if p.direct[i] {
			p.tasks[i].OutGrad = p.headGrads[i]
		}
		if node.activation == Softmax {
			axes := node.shape.Size() / last(node.shape)
			p.softmax[i] = softmax{axes, make([]float32, axes*rows), make([]float32, axes*rows)}
		}
	}
	return p
}

// heads makes what only heads have.
func (p *Pass) heads(mode Mode) {
	consumed := make([]bool, len(p.model.nodes))
	for _, node := range p.model.nodes {
		for _, in := range node.inputs {
			consumed[in.index] = true
		}
	}
	for i, node := range p.model.nodes {
		if !node.head || mode == Predicting {
			continue
		}
		p.logits[i] = newRows(p.rows, node.shape.Size())
		if mode == Training {
			p.headGrads[i] = newRows(p.rows, node.shape.Size())
			_, placed := node.op.(Placed)
			p.direct[i] = !consumed[i] && !placed
		}
	}
}

func newRows(rows, width int) tensor.Rows[float32] {
	stride := exec.Padded(width)
	return tensor.Rows[float32]{Data: exec.Floats(rows * stride), Width: width, Stride: stride}
}

// window is where a node's rows lie among buffers: the zero window where it has none there.
func (p *Pass) window(n *Node, buffers []tensor.Rows[float32]) tensor.Rows[float32] {
	at := p.model.plan.places[n.index]
	if buffers[at.buffer].IsNil() || n.dtype == tensor.Int32 {
		return tensor.Rows[float32]{}
	}
	return buffers[at.buffer].Columns(at.offset, at.offset+n.shape.Size())
}

// task makes the windows of one node.
func (p *Pass) task(n *Node, rows int, train bool) Task {
	t := Task{Train: train, OutGrad: p.window(n, p.grads)}
	p.look(n, &t, p.values, p.tokens)
	for _, in := range n.inputs {
		wanted := p.model.plan.wantedIn(in)
		t.Wanted = append(t.Wanted, wanted)
		var grad tensor.Rows[float32]
		if wanted.Hi > wanted.Lo {
			grad = p.window(in, p.grads)
		}
		t.InGrad = append(t.InGrad, grad)
	}
	for _, width := range n.saved {
		var saved tensor.Rows[float32]
		if train {
			saved = newRows(rows, width)
		}
		t.Saved = append(t.Saved, saved)
	}
	for _, width := range n.room {
		t.Room = append(t.Room, newRows(rows, width))
	}
	first := p.model.first[n.index]
	for _, w := range p.model.weights[first : first+len(n.weights)] {
		t.Weights = append(t.Weights, w.storage...)
	}
	return t
}

// look points a node's task at what it reads and computes.
func (p *Pass) look(n *Node, t *Task, values []tensor.Rows[float32], tokens []tensor.Rows[int32]) {
	t.Out, t.In, t.Tokens = p.window(n, values), nil, nil
	if n.layer == nil {
		t.Tokens = []tensor.Rows[int32]{tokens[n.index]}
	}
	for _, in := range n.inputs {
		t.In = append(t.In, p.window(in, values))
		t.Tokens = append(t.Tokens, tokens[in.index])
	}
}

// Rows is the largest batch the pass has memory for.
func (p *Pass) Rows() int { return p.rows }

// Kernels is the instruction set that the pass computes with.
func (p *Pass) Kernels() *kernel.Set { return p.tasks[0].Kernels }

// Output is what head i of Model.Heads answers.
func (p *Pass) Output(i int) tensor.Rows[float32] { return p.tasks[p.nth(i, true)].Out }

// Logits is what head i computed before its activation; not in a predicting pass.
func (p *Pass) Logits(i int) tensor.Rows[float32] { return p.logits[p.nth(i, true)] }

// SoftmaxOf tells, for head i with softmax, of what each axis of the output is made: the largest logit,
// and the sum of exp(logit - largest) over all the others.
func (p *Pass) SoftmaxOf(i int) (highest, rest []float32) {
	s := p.softmax[p.nth(i, true)]
	return s.highest, s.rest
}

// HeadGrad is the window to write the loss's gradient to before Backward: by head i's logits where
// fromLogits, else by its output.
func (p *Pass) HeadGrad(i int, fromLogits bool) tensor.Rows[float32] {
	n := p.nth(i, true)
	p.fromLogit[n] = fromLogits
	return p.headGrads[n]
}

// nth finds the node of head i, or of input i.
func (p *Pass) nth(i int, head bool) int {
	for _, n := range p.model.nodes {
		if head && n.head || !head && n.layer == nil {
			if i == 0 {
				return n.index
			}
			i--
		}
	}
	panic("braid: no such input or head")
}
