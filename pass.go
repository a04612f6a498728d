package braid

import (
	"braid/internal/exec"
	"braid/internal/kernel"
	"braid/tensor"
)

// Pass is the memory in which a model computes one batch at a time. It is the low door, for those
// who write a training loop of their own: package train and Predict stand on it.
//
// Fill the windows that Input and Tokens give, then call Forward. To train, write the gradient of
// the loss to each HeadGrad, call Backward, and Gradient for every block of Blocks. Forward and
// Backward may run on different rows in different goroutines at once; Gradient on different blocks
// after all rows are done.
type Pass struct {
	model *Model
	rows  int
	tasks []Task                 // by node; their Lo and Hi are set in copies
	grads []tensor.Rows[float32] // by buffer

	logits    []tensor.Rows[float32] // by node: of heads, before the activation
	headGrads []tensor.Rows[float32] // by node: of heads
	fromLogit []bool                 // by node: its HeadGrad is by the logits
	consumed  []bool                 // by node: another layer reads it
}

// NewPass makes the memory for batches of up to rows rows; with train, for gradients too.
func (m *Model) NewPass(rows int, train bool) *Pass {
	n := len(m.nodes)
	p := &Pass{
		model: m, rows: rows, tasks: make([]Task, n), logits: make([]tensor.Rows[float32], n),
		headGrads: make([]tensor.Rows[float32], n), fromLogit: make([]bool, n), consumed: make([]bool, n),
	}
	values := make([]tensor.Rows[float32], len(m.plan.widths))
	p.grads = make([]tensor.Rows[float32], len(m.plan.widths))
	tokens := make([]tensor.Rows[int32], n)
	kernels := kernel.Default()
	for i, node := range m.nodes {
		for _, in := range node.inputs {
			p.consumed[in.index] = true
		}
		at := m.plan.places[i]
		if node.dtype == tensor.Int32 {
			tokens[i] = tensor.NewRows[int32](rows, node.shape.Size())
		} else if values[at.buffer].IsNil() {
			values[at.buffer] = newRows(rows, m.plan.widths[at.buffer])
		}
		if train && m.plan.wanted[at.buffer].Hi > 0 && p.grads[at.buffer].IsNil() {
			p.grads[at.buffer] = newRows(rows, m.plan.widths[at.buffer])
		}
	}
	for i, node := range m.nodes {
		p.tasks[i] = p.task(node, values, tokens, rows, train)
		p.tasks[i].Kernels = kernels
		if node.head && train {
			p.logits[i] = newRows(rows, node.shape.Size())
			p.headGrads[i] = newRows(rows, node.shape.Size())
		}
	}
	return p
}

func newRows(rows, width int) tensor.Rows[float32] {
	stride := exec.Padded(width)
	return tensor.Rows[float32]{Data: exec.Floats(rows * stride), Width: width, Stride: stride}
}

// task makes the windows of one node.
func (p *Pass) task(n *Node, values []tensor.Rows[float32], tokens []tensor.Rows[int32], rows int, train bool) Task {
	window := func(n *Node, buffers []tensor.Rows[float32]) tensor.Rows[float32] {
		at := p.model.plan.places[n.index]
		if buffers[at.buffer].IsNil() || n.dtype == tensor.Int32 {
			return tensor.Rows[float32]{}
		}
		return buffers[at.buffer].Columns(at.offset, at.offset+n.shape.Size())
	}
	t := Task{Train: train, Out: window(n, values), OutGrad: window(n, p.grads)}
	if n.layer == nil {
		t.Tokens = []tensor.Rows[int32]{tokens[n.index]}
	}
	for _, in := range n.inputs {
		t.In = append(t.In, window(in, values))
		t.Tokens = append(t.Tokens, tokens[in.index])
		wanted := p.model.plan.wantedIn(in)
		t.Wanted = append(t.Wanted, wanted)
		var grad tensor.Rows[float32]
		if wanted.Hi > wanted.Lo {
			grad = window(in, p.grads)
		}
		t.InGrad = append(t.InGrad, grad)
	}
	for _, width := range n.saved {
		t.Saved = append(t.Saved, newRows(rows, width))
	}
	first := p.model.first[n.index]
	for _, w := range p.model.weights[first : first+len(n.weights)] {
		t.Weights = append(t.Weights, w.storage)
	}
	return t
}

// Rows is the largest batch the pass has memory for.
func (p *Pass) Rows() int { return p.rows }

// Kernels is the instruction set that the pass computes with.
func (p *Pass) Kernels() *kernel.Set { return p.tasks[0].Kernels }

// Input is the window to fill for input i of Model.Inputs, where it is float32.
func (p *Pass) Input(i int) tensor.Rows[float32] { return p.tasks[p.nth(i, false)].Out }

// Tokens is the window to fill for input i of Model.Inputs, where it is int32.
func (p *Pass) Tokens(i int) tensor.Rows[int32] { return p.tasks[p.nth(i, false)].Tokens[0] }

// Output is what head i of Model.Heads answers.
func (p *Pass) Output(i int) tensor.Rows[float32] { return p.tasks[p.nth(i, true)].Out }

// Logits is what head i computed before its activation; in a training pass only.
func (p *Pass) Logits(i int) tensor.Rows[float32] { return p.logits[p.nth(i, true)] }

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

// Forward computes rows lo to hi of every node from the inputs.
func (p *Pass) Forward(lo, hi int) {
	for i, n := range p.model.nodes {
		if n.layer == nil {
			continue
		}
		t := p.tasks[i]
		t.Lo, t.Hi = lo, hi
		out, logits := t.Out, t.Out
		if !p.logits[i].IsNil() {
			logits = p.logits[i]
		}
		if _, ok := n.op.(Placed); ok {
			p.copyIn(n, &t)
			for r := lo; r < hi && !p.logits[i].IsNil(); r++ {
				copy(logits.Row(r), out.Row(r))
			}
			continue
		}
		t.Out = logits
		n.op.Forward(&t)
		n.activation.forward(t.Kernels, out, logits, lo, hi, last(n.shape))
	}
}

// last is the length of the last axis.
func last(s tensor.Shape) int {
	if len(s) == 0 {
		return 1
	}
	return s[len(s)-1]
}

// copyIn copies the inputs of a Placed op that could not be laid in place.
func (p *Pass) copyIn(n *Node, t *Task) {
	for _, c := range p.model.plan.copies[n.index] {
		in := t.In[c.input]
		for r := t.Lo; r < t.Hi; r++ {
			copy(t.Out.Row(r)[c.offset:], in.Row(r))
		}
	}
}

// Backward computes, for rows lo to hi, what the heads' gradients mean for every node that has
// weights or is computed from some.
func (p *Pass) Backward(lo, hi int) {
	for b, g := range p.grads {
		if g.IsNil() {
			continue
		}
		w := p.model.plan.wanted[b]
		for r := lo; r < hi; r++ {
			clear(g.Row(r)[w.Lo:w.Hi])
		}
	}
	for i := len(p.model.nodes) - 1; i >= 0; i-- {
		n := p.model.nodes[i]
		if n.layer == nil || !p.model.plan.trained[i] {
			continue
		}
		t := p.tasks[i]
		t.Lo, t.Hi = lo, hi
		p.activate(n, &t)
		if _, ok := n.op.(Placed); ok {
			p.addBack(n, &t)
		} else {
			n.op.Backward(&t)
		}
	}
}

// activate turns the gradient by a node's output into the gradient by what its op computed, and
// adds the head's own.
func (p *Pass) activate(n *Node, t *Task) {
	back := func() { n.activation.backward(t.Kernels, t.Out, t.OutGrad, t.Lo, t.Hi, last(n.shape)) }
	if !n.head {
		back()
		return
	}
	if p.fromLogit[n.index] && p.consumed[n.index] {
		back()
	}
	for r := t.Lo; r < t.Hi; r++ {
		t.Kernels.Add(t.OutGrad.Row(r), p.headGrads[n.index].Row(r))
	}
	if !p.fromLogit[n.index] {
		back()
	}
}

// addBack undoes copyIn: what was copied gets its share of the gradient.
func (p *Pass) addBack(n *Node, t *Task) {
	for _, c := range p.model.plan.copies[n.index] {
		grad := t.InGrad[c.input]
		if grad.IsNil() {
			continue
		}
		for r := t.Lo; r < t.Hi; r++ {
			t.Kernels.Add(grad.Row(r), t.OutGrad.Row(r)[c.offset:][:grad.Width])
		}
	}
}
