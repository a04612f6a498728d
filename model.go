package braid

import (
	"slices"
	"sync"

	"braid/internal/engine"
	"braid/internal/suggest"
	"braid/tensor"
)

// Numerics is the version of the arithmetic. Two builds of Braid with the same Numerics compute the
// same bytes from the same inputs, weights and plan. Every change of the bytes of training or
// prediction raises it.
//
//	1  a gradient sums all rows of a batch in their order
//	2  a gradient sums chunks of 64 rows, which one fixed balanced binary tree adds up
//	3  GELU is a density times a polynomial
//	4  convolutions leave padding out, and sum the input's gradient tap by tap; normalization sums
//	   in lanes or by groups of positions; it, pooling and activations fuse products with sums;
//	   sums of attention's gradients ascend along the units, those of softmax run in lanes
//	5  schedules and TF-IDF take sines, powers and logarithms that no processor rounds otherwise;
//	   the gradients of softmax and of LayerNormalization keep the sign of zeros
const Numerics = 5

// Model is a built graph with its weights. Any number of goroutines may predict with it at once.
// Training and Weight.Set must not run beside any other use.
type Model struct {
	name    string
	seed    uint64
	nodes   []*Node
	network *engine.Network
	weights []*Weight
	size    int    // numbers in all weights
	inputs  []Spec // in the order of nodes
	heads   []Spec

	sessions sync.Pool // *session
}

func newModel(g *Graph, seed uint64) *Model {
	m := &Model{name: g.name, seed: seed, nodes: slices.Clone(g.nodes)}
	nodes := make([]*engine.Node, len(m.nodes))
	for i, n := range m.nodes {
		if n.layer == nil {
			m.inputs = append(m.inputs, n.spec())
		}
		if n.head {
			m.heads = append(m.heads, n.spec())
		}
		nodes[i] = n.compiled(nodes)
		if n.again != nil {
			nodes[i].Weights, nodes[i].State = nodes[n.again.index].Weights, nodes[n.again.index].State
			continue
		}
		for _, spec := range n.weights {
			w := newWeight(n.name, spec, seed)
			w.memory.Frozen = n.frozen
			m.weights = append(m.weights, w)
			m.size += spec.shape.Size()
			nodes[i].Weights = append(nodes[i].Weights, w.memory)
		}
		for _, spec := range n.state {
			w := newWeight(n.name, spec, seed)
			w.state, w.memory.Frozen = true, n.frozen
			m.weights = append(m.weights, w)
			nodes[i].State = append(nodes[i].State, w.memory.Storage[0].Row(0))
		}
	}
	m.network = engine.Compile(nodes, seed)
	m.sessions.New = func() any { return m.newSession() }
	return m
}

// compiled returns the engine's form of the node; nodes holds the nodes before it.
func (n *Node) compiled(nodes []*engine.Node) *engine.Node {
	c := &engine.Node{
		Name: n.name, Op: n.op, DType: n.dtype, Shape: n.shape, Head: n.head, Activation: n.activation,
		Saved: n.saved, Scratch: n.scratch, Random: n.random,
	}
	for _, in := range n.inputs {
		c.Inputs = append(c.Inputs, nodes[in.index])
	}
	return c
}

// Network returns the compiled graph. It is for package train: its type is internal to this module.
func (m *Model) Network() *engine.Network { return m.network }

// Name is the graph's name.
func (m *Model) Name() string { return m.name }

// Seed is the seed of the model's first weights.
func (m *Model) Seed() uint64 { return m.seed }

// Weights lists all weights in the order the graph declared them.
func (m *Model) Weights() []*Weight { return slices.Clone(m.weights) }

// Weight finds a weight by its name, "trunk.kernel".
func (m *Model) Weight(name string) (*Weight, error) {
	have := make([]string, len(m.weights))
	for i, w := range m.weights {
		if w.name == name {
			return w, nil
		}
		have[i] = w.name
	}
	return nil, suggest.Unknown("weight", name, have)
}

// Spec describes an input or a head.
type Spec struct {
	Name       string
	DType      tensor.DType
	Shape      tensor.Shape // of one row
	Vocabulary int          // of an int32 input: ids run from 0 to Vocabulary-1; 0: no limit
	Activation Activation   // of a head
}

// IsBinary reports whether a head's output is one probability of yes. That of a softmax over one
// class is not.
func (s Spec) IsBinary() bool { return s.Activation == Sigmoid && s.Shape.Size() == 1 }

// IsClassifier reports whether a head's output is the probabilities of labels: it is binary, or a
// softmax over one axis.
func (s Spec) IsClassifier() bool {
	return s.IsBinary() || s.Activation == Softmax && len(s.Shape) == 1
}

func (n *Node) spec() Spec {
	return Spec{Name: n.name, DType: n.dtype, Shape: n.shape, Vocabulary: n.vocabulary,
		Activation: n.activation}
}

// Inputs lists the inputs in the order the graph declared them.
func (m *Model) Inputs() []Spec { return slices.Clone(m.inputs) }

// Heads lists the heads in the order the graph declared them.
func (m *Model) Heads() []Spec { return slices.Clone(m.heads) }

// NodeSpec describes one node of a graph: an input, a layer or a head.
type NodeSpec struct {
	Spec
	Layer  Layer    // nil for an input
	Inputs []string // names of the nodes that a layer reads
	Again  string   // name of the node whose weights it shares; "": none
	Head   bool
}

// Nodes lists the graph in the order it was declared: enough to build it again.
func (m *Model) Nodes() []NodeSpec {
	list := make([]NodeSpec, len(m.nodes))
	for i, n := range m.nodes {
		list[i] = NodeSpec{Spec: n.spec(), Layer: n.layer, Head: n.head}
		if n.again != nil {
			list[i].Again = n.again.name
		}
		for _, in := range n.inputs {
			list[i].Inputs = append(list[i].Inputs, in.name)
		}
	}
	return list
}
