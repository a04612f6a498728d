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
	for i := range w.pass.model.nodes {
		w.forward(i, lo, hi)
	}
}

// forward computes rows of one node.
func (w *Worker) forward(i, lo, hi int) {
	n := w.pass.model.nodes[i]
	if n.layer == nil {
		return
	}
	t := &w.tasks[i]
	t.Lo, t.Hi = lo, hi
	out, logits := t.Out, w.logits(i)
	if _, ok := n.op.(Placed); ok {
		w.copyIn(n, t)
		for r := lo; r < hi && !w.pass.logits[i].IsNil(); r++ {
			copy(logits.Row(r), out.Row(r))
		}
		return
	}
	t.Out = logits
	n.op.Forward(t)
	t.Out = out
	w.activateForward(i, lo, hi)
}

// logits is where a node's op writes: before the activation, which may take place there.
func (w *Worker) logits(i int) tensor.Rows[float32] {
	if logits := w.pass.logits[i]; !logits.IsNil() {
		return logits
	}
	return w.tasks[i].Out
}

func (w *Worker) activateForward(i, lo, hi int) {
	n, t := w.pass.model.nodes[i], &w.tasks[i]
	n.activation.forward(t.Kernels, t.Out, w.logits(i), lo, hi, last(n.shape), w.pass.softmax[i])
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
	w.clearGrads(lo, hi)
	for i := len(w.pass.model.nodes) - 1; i >= 0; i-- {
		if n := w.pass.model.nodes[i]; n.layer != nil && w.pass.model.plan.trained[i] {
			w.backward(i, lo, hi)
		}
	}
}

// clearGrads makes zeros of the gradients that Backward adds to.
func (w *Worker) clearGrads(lo, hi int) {
	for b, g := range w.pass.grads {
		if !g.IsNil() {
			clearRows(g, w.pass.model.plan.wanted[b], lo, hi)
		}
	}
}

// backward computes rows of one layer's gradients.
func (w *Worker) backward(i, lo, hi int) {
	n, t := w.pass.model.nodes[i], &w.tasks[i]
	t.Lo, t.Hi = lo, hi
	w.activate(n, t)
	if _, ok := n.op.(Placed); ok {
		w.addBack(n, t)
	} else {
		n.op.Backward(t)
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
