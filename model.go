package braid

import (
	"slices"
	"sync"

	"braid/internal/names"
	"braid/tensor"
)

// Model is a built graph with its weights. Any number of goroutines may predict with it at once;
// training, and setting weights, must have it alone.
type Model struct {
	name    string
	seed    uint64
	nodes   []*Node
	plan    *plan
	weights []*Weight
	first   []int  // by node: its first weight in weights
	size    int    // numbers in all weights
	inputs  []Spec // in the order of nodes
	heads   []Spec

	predictors sync.Pool // *predictor
}

func newModel(g *Graph, seed uint64) *Model {
	m := &Model{name: g.name, seed: seed, nodes: slices.Clone(g.nodes)}
	m.plan = newPlan(m.nodes)
	for _, n := range m.nodes {
		if n.layer == nil {
			m.inputs = append(m.inputs, n.spec())
		}
		if n.head {
			m.heads = append(m.heads, n.spec())
		}
		m.first = append(m.first, len(m.weights))
		for _, spec := range n.weights {
			m.weights = append(m.weights, newWeight(n.name, spec, seed))
			m.size += spec.shape.Size()
		}
	}
	m.predictors.New = func() any { return m.newPredictor() }
	return m
}

// Name is the graph's name.
func (m *Model) Name() string { return m.name }

// Seed is what the model was built with.
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
	return nil, names.Unknown("weight", name, have)
}

// Spec tells what an input takes or a head gives.
type Spec struct {
	Name       string
	DType      tensor.DType
	Shape      tensor.Shape // of one row
	Limit      int          // of an int32 input: ids run from 0 up to below it; 0: no limit
	Activation Activation   // of a head
}

func (n *Node) spec() Spec {
	return Spec{Name: n.name, DType: n.dtype, Shape: n.shape, Limit: n.limit, Activation: n.activation}
}

// Inputs lists the inputs in the order the graph declared them.
func (m *Model) Inputs() []Spec { return slices.Clone(m.inputs) }

// Heads lists the heads in the order the graph declared them.
func (m *Model) Heads() []Spec { return slices.Clone(m.heads) }

// Place is one entry of a graph as it was declared: an input, a layer or a head.
type Place struct {
	Spec
	Layer  Layer    // nil for an input
	Inputs []string // the names of what a layer reads
	Head   bool
}

// Places lists the whole graph in the order it was declared: enough to build it again.
func (m *Model) Places() []Place {
	list := make([]Place, len(m.nodes))
	for i, n := range m.nodes {
		list[i] = Place{Spec: n.spec(), Layer: n.layer, Head: n.head}
		for _, in := range n.inputs {
			list[i].Inputs = append(list[i].Inputs, in.name)
		}
	}
	return list
}
