package engine

import (
	"braid/op"
	"braid/tensor"
)

// Node is an input of a graph, or an op with the weights, state and memory that it declared.
type Node struct {
	Name       string
	Op         op.Op // nil for an input
	Inputs     []*Node
	Index      int // in Network.Nodes
	DType      tensor.DType
	Shape      tensor.Shape // of one row
	Head       bool
	Activation op.Activation
	Weights    []*Weight
	State      [][]float32 // arrays that are saved, but not trained
	Saved      []int       // widths, in numbers per row
	Scratch    []int       // lengths
	Random     bool        // the op draws random numbers

	purpose string // names the stream of its random numbers
}

// Weight is the memory of one weight. Its storage is one or more matrices with the same number of
// rows.
type Weight struct {
	Storage []tensor.Rows[float32]
	Rows    int
	Frozen  bool // it has no gradient and is not updated
}

// Size returns how many numbers the weight has.
func (w *Weight) Size() int {
	size := 0
	for _, matrix := range w.Storage {
		size += w.Rows * matrix.Width
	}
	return size
}

// Network is a compiled graph.
type Network struct {
	Nodes  []*Node
	Inputs []*Node // in the order of Nodes
	Heads  []*Node

	seed    uint64
	layout  *layout
	coupled bool // an op couples rows
	chunk   int  // rows in one chunk of a gradient, a power of two

	predictRows int // rows of a prediction pass
}

// Compile makes a network from a graph's nodes. Each node must come after its inputs. The seed is
// for ops that draw random numbers.
func Compile(nodes []*Node, seed uint64) *Network {
	moveActivations(nodes)
	n := &Network{Nodes: nodes, seed: seed, layout: newLayout(nodes), chunk: gradientRows}
	for i, node := range nodes {
		node.Index, node.purpose = i, "op/"+node.Name
		if node.Op == nil {
			n.Inputs = append(n.Inputs, node)
		}
		if node.Head {
			n.Heads = append(n.Heads, node)
		}
		if _, ok := node.Op.(op.RowCoupled); ok {
			n.coupled = true
		}
	}
	n.predictRows = n.rowsByBytes()
	return n
}

// PredictRows returns the number of rows of a prediction pass.
func (n *Network) PredictRows() int { return n.predictRows }

// weightCount returns the total size of a node's weights.
func (n *Node) weightCount() int {
	count := 0
	for _, w := range n.Weights {
		count += w.Size()
	}
	return count
}

// isView reports whether a node's op is a view.
func (n *Node) isView() bool {
	_, ok := n.Op.(op.View)
	return ok
}

// lastAxis returns the length of the last axis, 1 for the empty shape.
func lastAxis(s tensor.Shape) int {
	if len(s) == 0 {
		return 1
	}
	return s[len(s)-1]
}

// Mode selects the memory that a workspace has.
type Mode uint8

// The modes.
const (
	Predict  Mode = iota // the heads' outputs
	Evaluate             // their logits too
	Train                // and everything that Backward and Gradient need
)

// moveActivations moves the activation of a node that computes nothing else to the node before it,
// if that has none and no other node reads it. The two then share one buffer.
func moveActivations(nodes []*Node) {
	readers := map[*Node]int{}
	for _, n := range nodes {
		for _, in := range n.Inputs {
			readers[in]++
		}
	}
	for _, n := range nodes {
		if _, ok := n.Op.(op.Identity); !ok || n.Head {
			continue
		}
		in := n.Inputs[0]
		if in.Op == nil || in.isView() || in.Head || in.Activation != op.Linear || readers[in] > 1 {
			continue
		}
		in.Activation, n.Activation, n.Op = n.Activation, op.Linear, same{}
	}
}

// same is a view of one node.
type same struct{}

func (same) Offsets() []int    { return []int{0} }
func (same) Forward(*op.Task)  {}
func (same) Backward(*op.Task) {}
