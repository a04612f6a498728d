package tfjs_test

import (
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/internal/random"
	"braid/loss"
	"braid/tensor"
)

// prepare draws inputs, weights and targets of a network, and returns its graph.
func (n *network) prepare(t *testing.T) *braid.Graph {
	t.Helper()
	n.Steps = steps
	n.Inputs, n.Nodes, n.Heads = slices.Clone(n.Inputs), slices.Clone(n.Nodes), slices.Clone(n.Heads)
	for i := range n.Inputs {
		in := &n.Inputs[i]
		draw := random.New(1, n.Name+"/"+in.Name)
		in.Shape = append([]int{n.rows}, in.Shape...)
		in.fill(func(at uint64) float32 {
			if in.DType == tensor.Int32 {
				return float32(draw.Bits(at) % uint64(in.vocabulary))
			}
			return draw.Normal(at)
		})
	}
	g := n.graph()
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n.Nodes {
		n.Nodes[i].Weights = spread(m, n.Nodes[i].Name)
	}
	for i, spec := range m.Heads() {
		n.Heads[i].target(n.rows, spec)
	}
	return g
}

func (a *array) fill(value func(at uint64) float32) {
	a.Values = make([]float32, tensor.Shape(a.Shape).Size())
	for i := range a.Values {
		a.Values[i] = value(uint64(i))
	}
}

// graph returns the network as a graph. It fills in the nodes' inputs.
func (n *network) graph() *braid.Graph {
	g := braid.NewGraph(n.Name)
	nodes := map[string]*braid.Node{}
	for _, in := range n.Inputs {
		nodes[in.Name] = g.Input(in.Name, in.DType, in.Shape[1:]...)
	}
	before := n.Inputs[0].Name
	for i := range n.Nodes {
		node := &n.Nodes[i]
		if node.Inputs == nil {
			node.Inputs = []string{before}
		}
		before = node.Name
		var inputs []*braid.Node
		for _, name := range node.Inputs {
			inputs = append(inputs, nodes[name])
		}
		add := g.Add
		if slices.ContainsFunc(n.Heads, func(h head) bool { return h.Name == node.Name }) {
			add = g.Head
		}
		nodes[node.Name] = add(node.Name, node.layer, inputs...)
	}
	return g
}

// spread adds random numbers to a new model's weights of a node, and returns them: biases of zero
// would hide mistakes.
func spread(m *braid.Model, node string) (list []array) {
	for _, w := range weights(m, node) {
		draw := random.New(2, m.Name()+"/"+w.Name())
		values := w.Values()
		for i := range values {
			values[i] += 0.2 * draw.Normal(uint64(i))
			if strings.HasSuffix(w.Name(), "variance") {
				values[i] = max(values[i], 0.2)
			}
		}
		list = append(list, array{tensor.Float32, w.Shape(), values})
	}
	return list
}

// weights returns a node's weights, and then its state.
func weights(m *braid.Model, node string) []*braid.Weight {
	return slices.DeleteFunc(m.Weights(), func(w *braid.Weight) bool {
		return !strings.HasPrefix(w.Name(), node+".")
	})
}

// target draws the targets that fit a head's loss.
func (h *head) target(rows int, spec braid.Spec) {
	h.Loss = h.loss.Kind()
	draw := random.New(3, spec.Name)
	classes := uint64(spec.Shape[len(spec.Shape)-1])
	h.Target = array{DType: tensor.Float32, Shape: append([]int{rows}, spec.Shape...)}
	switch h.loss.(type) {
	case loss.SparseCategoricalCrossentropy:
		h.Target.Shape = []int{rows, 1}
		h.Target.fill(func(at uint64) float32 { return float32(draw.Bits(at) % classes) })
	case loss.CategoricalCrossentropy:
		h.Target.fill(func(at uint64) float32 {
			if draw.Bits(at/classes)%classes == at%classes {
				return 1
			}
			return 0
		})
	case loss.BinaryCrossentropy:
		h.Target.fill(func(at uint64) float32 { return float32(draw.Bits(at) % 2) })
	default:
		h.Target.fill(draw.Normal)
	}
}
