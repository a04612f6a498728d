package engine

import (
	"braid/internal/parallel"
	"braid/op"
	"braid/tensor"
)

// Workspace is the memory for one batch of a network.
//
// Fill the windows that Worker.Input and Worker.IDs return, then call Team.Forward. To train, write
// the loss's gradient to each HeadGrad, call Team.Backward for the same rows, and Team.Gradient for
// every block of Network.Blocks. The goroutines that share a workspace are the workers of one Team.
type Workspace struct {
	net    *Network
	rows   int
	mode   Mode
	tasks  []op.Task              // by node; each worker has a copy
	values []tensor.Rows[float32] // by buffer: nodes' outputs
	ids    []tensor.Rows[int32]   // by node: int32 inputs
	grads  []tensor.Rows[float32] // by buffer: Backward clears or overwrites it, then adds to it
	all    *Pass                  // from all heads

	// By node; zero where the node has none.
	logits     []tensor.Rows[float32] // the output before the activation, if it is kept
	sums       []op.LogSumExp         // of Softmax
	headGrads  []tensor.Rows[float32]
	fromLogits []bool // HeadGrad is ∂L/∂logits
	direct     []bool // HeadGrad is the memory of OutGrad
}

// NewWorkspace allocates the memory for batches of up to rows rows.
func (n *Network) NewWorkspace(rows int, mode Mode) *Workspace {
	count := len(n.Nodes)
	ws := &Workspace{
		net: n, rows: rows, mode: mode, tasks: make([]op.Task, count),
		ids: make([]tensor.Rows[int32], count), logits: make([]tensor.Rows[float32], count),
		sums: make([]op.LogSumExp, count), headGrads: make([]tensor.Rows[float32], count),
		fromLogits: make([]bool, count), direct: make([]bool, count),
	}
	if mode == Predict {
		ws.values = n.reusedBuffers(rows)
	} else {
		ws.values = make([]tensor.Rows[float32], len(n.layout.widths))
		for i, width := range n.layout.widths {
			ws.values[i] = newRows(rows, width)
		}
	}
	ws.addHeads()
	ws.addGradients()
	for i, node := range n.Nodes {
		if node.DType == tensor.Int32 {
			ws.ids[i] = tensor.NewRows[int32](rows, node.Shape.Size())
		}
		if node.Activation == op.Softmax {
			runs := rows * node.Shape.Size() / lastAxis(node.Shape)
			ws.sums[i] = op.LogSumExp{Max: make([]float32, runs), Rest: make([]float32, runs)}
		}
	}
	for i, node := range n.Nodes {
		ws.tasks[i] = ws.task(node)
	}
	ws.all = ws.newPass(nil)
	return ws
}

// addHeads allocates logits and the heads' gradients.
func (ws *Workspace) addHeads() {
	read := make([]bool, len(ws.net.Nodes))
	for _, node := range ws.net.Nodes {
		for _, in := range node.Inputs {
			read[in.Index] = true
		}
	}
	for i, node := range ws.net.Nodes {
		if node.Head && ws.mode != Predict || node.Activation.KeepsInput() && ws.mode == Train {
			ws.logits[i] = newRows(ws.rows, node.Shape.Size())
		}
		if node.Head && ws.mode == Train {
			ws.headGrads[i] = newRows(ws.rows, node.Shape.Size())
			ws.direct[i] = !read[i] && !node.isView()
		}
	}
}

// addGradients allocates the gradient buffers that are read.
func (ws *Workspace) addGradients() {
	ws.grads = make([]tensor.Rows[float32], len(ws.net.layout.widths))
	if ws.mode != Train {
		return
	}
	layout := ws.net.layout
	for i, node := range ws.net.Nodes {
		buffer := layout.gradient[layout.at[i].buffer]
		wanted := layout.wanted[buffer].Len() > 0
		separate := !ws.direct[i] && node.DType != tensor.Int32
		if wanted && separate && ws.grads[buffer].IsNil() {
			ws.grads[buffer] = newRows(ws.rows, layout.widths[buffer])
		}
	}
	for buffer, shared := range layout.gradient {
		ws.grads[buffer] = ws.grads[shared]
	}
}

func newRows(rows, width int) tensor.Rows[float32] {
	stride := parallel.Padded(width)
	return tensor.Rows[float32]{Data: parallel.Floats(rows * stride), Width: width, Stride: stride}
}

// NewWeight allocates a weight: one matrix of rows rows for each width.
func NewWeight(rows int, widths ...int) *Weight {
	w := &Weight{Rows: rows}
	for _, width := range widths {
		w.Storage = append(w.Storage, newRows(rows, width))
	}
	return w
}

// window returns a node's columns of its buffer, or the zero window if there is no buffer.
func (ws *Workspace) window(n *Node, buffers []tensor.Rows[float32]) tensor.Rows[float32] {
	at := ws.net.layout.at[n.Index]
	if buffers[at.buffer].IsNil() || n.DType == tensor.Int32 {
		return tensor.Rows[float32]{}
	}
	return buffers[at.buffer].Columns(at.offset, at.offset+n.Shape.Size())
}

// task returns the task of one node, without scratch.
func (ws *Workspace) task(n *Node) op.Task {
	t := op.Task{Train: ws.mode == Train, OutGrad: ws.window(n, ws.grads), State: n.State}
	if ws.direct[n.Index] {
		t.OutGrad = ws.headGrads[n.Index]
	}
	ws.read(n, &t, ws.values, ws.ids)
	for _, in := range n.Inputs {
		wanted := ws.net.layout.wantedOf(in)
		t.Wanted = append(t.Wanted, wanted)
		var grad tensor.Rows[float32]
		if wanted.Len() > 0 {
			grad = ws.window(in, ws.grads)
		}
		t.InGrad = append(t.InGrad, grad)
	}
	for _, width := range n.Saved {
		var saved tensor.Rows[float32]
		if ws.mode == Train {
			saved = newRows(ws.rows, width)
		}
		t.Saved = append(t.Saved, saved)
	}
	for _, w := range n.Weights {
		t.Weights = append(t.Weights, w.Storage...)
	}
	return t
}

// read sets the task's input and output windows.
func (ws *Workspace) read(n *Node, t *op.Task, values []rows32, ids []rowsOfIDs) {
	t.Out, t.In, t.IDs = ws.window(n, values), nil, nil
	if n.Op == nil {
		t.IDs = []tensor.Rows[int32]{ids[n.Index]}
	}
	for _, in := range n.Inputs {
		t.In = append(t.In, ws.window(in, values))
		t.IDs = append(t.IDs, ids[in.Index])
	}
}

// Rows returns the largest batch that the workspace has memory for.
func (ws *Workspace) Rows() int { return ws.rows }

// Output returns the rows of head i of Network.Heads.
func (ws *Workspace) Output(i int) tensor.Rows[float32] {
	return ws.tasks[ws.net.Heads[i].Index].Out
}

// Logits returns head i before its activation. A workspace for prediction has no logits.
func (ws *Workspace) Logits(i int) tensor.Rows[float32] {
	return ws.logits[ws.net.Heads[i].Index]
}

// LogSumExp returns the sums of head i's Softmax, for each run of its last axis.
func (ws *Workspace) LogSumExp(i int) op.LogSumExp {
	return ws.sums[ws.net.Heads[i].Index]
}

// HeadGrad returns the window to which the loss writes its gradient before Backward: ∂L/∂logits
// of head i if fromLogits, else ∂L/∂output. Backward does not change it.
func (ws *Workspace) HeadGrad(i int, fromLogits bool) tensor.Rows[float32] {
	n := ws.net.Heads[i]
	ws.fromLogits[n.Index] = fromLogits
	if ws.direct[n.Index] && !fromLogits { // the activation's Backward overwrites OutGrad
		ws.headGrads[n.Index] = newRows(ws.rows, n.Shape.Size())
	}
	return ws.headGrads[n.Index]
}
