package engine

import (
	"slices"

	"braid/internal/kernel"
	"braid/internal/parallel"
	"braid/op"
	"braid/tensor"
)

// Worker is one goroutine's state in a workspace: its tasks, scratch and private copies.
type Worker struct {
	ws        *Workspace
	tasks     []op.Task // by node
	pass      *Pass     // of Backward
	private   private
	tmp       []float32 // for activations
	partials  []rows32  // of gradients: one for each level of the chunk tree
	secondUse []float32 // a chunk's gradient from a later use of the weight
}

// newWorker makes a worker with its own scratch memory.
func (ws *Workspace) newWorker() *Worker {
	w := &Worker{ws: ws, tasks: slices.Clone(ws.tasks), tmp: make([]float32, op.TemporarySize)}
	for i, n := range ws.net.Nodes {
		w.tasks[i].Scratch = nil
		for _, length := range n.Scratch {
			w.tasks[i].Scratch = append(w.tasks[i].Scratch, parallel.Floats(length))
		}
	}
	return w
}

// forward computes rows lo to hi of one node.
func (w *Worker) forward(n *Node, lo, hi int) {
	if n.Op == nil {
		return
	}
	t := &w.tasks[n.Index]
	t.Lo, t.Hi = lo, hi
	if n.isView() {
		w.copyIn(n, t)
		return
	}
	out := t.Out
	t.Out = w.result(n)
	n.Op.Forward(t)
	t.Out = out
	w.activate(n, lo, hi)
}

// result returns the window that a node's op writes. Without logits the activation works in place.
func (w *Worker) result(n *Node) tensor.Rows[float32] {
	if logits := w.ws.logits[n.Index]; !logits.IsNil() {
		return logits
	}
	return w.tasks[n.Index].Out
}

// activate applies a node's activation to rows lo to hi.
func (w *Worker) activate(n *Node, lo, hi int) {
	out, sums := w.tasks[n.Index].Out, w.ws.sums[n.Index]
	n.Activation.Forward(out, w.result(n), lo, hi, lastAxis(n.Shape), sums, w.tmp)
}

// copyIn copies the inputs of a view that do not share its buffer. A head has logits too.
func (w *Worker) copyIn(n *Node, t *op.Task) {
	for _, c := range w.ws.net.layout.copies[n.Index] {
		in := t.In[c.input]
		for r := t.Lo; r < t.Hi; r++ {
			copy(t.Out.Row(r)[c.offset:], in.Row(r))
		}
	}
	if logits := w.ws.logits[n.Index]; !logits.IsNil() {
		for r := t.Lo; r < t.Hi; r++ {
			copy(logits.Row(r), t.Out.Row(r))
		}
	}
}

// clearGrads zeroes the gradients that a node's Backward is the first to read or to add to.
func (w *Worker) clearGrads(n *Node, lo, hi int) {
	for _, buffer := range w.pass.clears[n.Index] {
		clearRows(w.ws.grads[buffer], w.ws.net.layout.wanted[buffer], lo, hi)
	}
}

// clearRows zeroes columns of rows lo to hi.
func clearRows(x tensor.Rows[float32], columns op.Span, lo, hi int) {
	if columns.Len() == x.Stride {
		clear(x.Data[lo*x.Stride : hi*x.Stride])
		return
	}
	for r := lo; r < hi; r++ {
		clear(x.Row(r)[columns.Lo:columns.Hi])
	}
}

// backward computes rows lo to hi of the gradients of one node's inputs.
func (w *Worker) backward(n *Node, lo, hi int) {
	t := &w.tasks[n.Index]
	t.Lo, t.Hi = lo, hi
	w.outGrad(n, t)
	if n.isView() {
		w.addBack(n, t)
	} else {
		n.Op.Backward(t)
	}
}

// outGrad turns ∂L/∂output of a node into the gradient before its activation, and adds the
// loss's gradient.
func (w *Worker) outGrad(n *Node, t *op.Task) {
	i := n.Index
	slope := func() {
		axis := lastAxis(n.Shape)
		n.Activation.Backward(t.OutGrad, t.Out, w.result(n), t.Lo, t.Hi, axis, w.tmp)
	}
	head, fromLogits := w.ws.headGrads[i], w.ws.fromLogits[i]
	switch {
	case !n.Head || !w.pass.has(n):
		slope()
	case w.ws.direct[i] && fromLogits: // the loss wrote to OutGrad
	case w.ws.direct[i]:
		tensor.EachRow(t.OutGrad, head, t.Lo, t.Hi, func(to, from []float32) { copy(to, from) })
		slope()
	case fromLogits:
		slope()
		tensor.EachRow(t.OutGrad, head, t.Lo, t.Hi, kernel.Default().Add)
	default:
		tensor.EachRow(t.OutGrad, head, t.Lo, t.Hi, kernel.Default().Add)
		slope()
	}
}

// addBack adds the gradient's columns to the inputs that copyIn copied.
func (w *Worker) addBack(n *Node, t *op.Task) {
	for _, c := range w.ws.net.layout.copies[n.Index] {
		grad := t.InGrad[c.input]
		if grad.IsNil() {
			continue
		}
		for r := t.Lo; r < t.Hi; r++ {
			kernel.Default().Add(grad.Row(r), t.OutGrad.Row(r)[c.offset:][:grad.Width])
		}
	}
}
