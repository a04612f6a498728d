package braid

import "braid/tensor"

// Worker is one goroutine's hold on a pass.
type Worker struct {
	pass  *Pass
	tasks []Task // by node
	own   own
}

// Forward computes rows lo to hi of every node from the inputs.
func (w *Worker) Forward(lo, hi int) {
	p := w.pass
	for i, n := range p.model.nodes {
		if n.layer == nil {
			continue
		}
		t := &w.tasks[i]
		t.Lo, t.Hi = lo, hi
		out, logits := t.Out, t.Out
		if !p.logits[i].IsNil() {
			logits = p.logits[i]
		}
		if _, ok := n.op.(Placed); ok {
			w.copyIn(n, t)
			for r := lo; r < hi && !p.logits[i].IsNil(); r++ {
				copy(logits.Row(r), out.Row(r))
			}
			continue
		}
		t.Out = logits
		n.op.Forward(t)
		t.Out = out
		n.activation.forward(t.Kernels, out, logits, lo, hi, last(n.shape), p.softmax[i])
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
func (w *Worker) copyIn(n *Node, t *Task) {
	for _, c := range w.pass.model.plan.copies[n.index] {
		in := t.In[c.input]
		for r := t.Lo; r < t.Hi; r++ {
			copy(t.Out.Row(r)[c.offset:], in.Row(r))
		}
	}
}

// Backward computes, for rows lo to hi, what the heads' gradients mean for every node that has
// weights or is computed from some.
func (w *Worker) Backward(lo, hi int) {
	p := w.pass
	for b, g := range p.grads {
		if g.IsNil() {
			continue
		}
		clearRows(g, p.model.plan.wanted[b], lo, hi)
	}
	for i := len(p.model.nodes) - 1; i >= 0; i-- {
		n := p.model.nodes[i]
		if n.layer == nil || !p.model.plan.trained[i] {
			continue
		}
		t := &w.tasks[i]
		t.Lo, t.Hi = lo, hi
		w.activate(n, t)
		if _, ok := n.op.(Placed); ok {
			w.addBack(n, t)
		} else {
			n.op.Backward(t)
		}
	}
}

// activate turns the gradient by a node's output into the gradient by what its op computed, and
// adds the head's own.
func (w *Worker) activate(n *Node, t *Task) {
	p := w.pass
	back := func() { n.activation.backward(t.Kernels, t.Out, t.OutGrad, t.Lo, t.Hi, last(n.shape)) }
	if !n.head {
		back()
		return
	}
	if p.fromLogit[n.index] && !p.direct[n.index] {
		back()
	}
	if !p.direct[n.index] {
		tensor.EachRow(t.OutGrad, p.headGrads[n.index], t.Lo, t.Hi, t.Kernels.Add)
	}
	if !p.fromLogit[n.index] {
		back()
	}
}

// clearRows makes zeros of the columns of rows lo to hi.
func clearRows(x tensor.Rows[float32], columns Span, lo, hi int) {
	if columns.Hi-columns.Lo == x.Stride {
		clear(x.Data[lo*x.Stride : hi*x.Stride])
		return
	}
	for r := lo; r < hi; r++ {
		clear(x.Row(r)[columns.Lo:columns.Hi])
	}
}

// addBack undoes copyIn: what was copied gets its share of the gradient.
func (w *Worker) addBack(n *Node, t *Task) {
	for _, c := range w.pass.model.plan.copies[n.index] {
		grad := t.InGrad[c.input]
		if grad.IsNil() {
			continue
		}
		for r := t.Lo; r < t.Hi; r++ {
			t.Kernels.Add(grad.Row(r), t.OutGrad.Row(r)[c.offset:][:grad.Width])
		}
	}
}

// Gradient writes the gradient of a block over the first rows rows of the batch to grad, which must
// hold it: row 0, column 0 of grad belongs to the block's first row and column.
func (w *Worker) Gradient(b WeightBlock, rows int, grad tensor.Rows[float32]) {
	t := &w.tasks[b.node]
	t.Lo, t.Hi = 0, rows
	w.pass.model.nodes[b.node].op.(Weighted).Gradient(t, b.weight, b.Block, grad)
}
