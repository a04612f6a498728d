package braid

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"braid/internal/kinds"
	"braid/internal/suggest"
	"braid/op"
	"braid/tensor"
)

// Graph describes a network: inputs, layers and heads. It records the first mistake, which Build
// reports with file, line, layer and shapes.
type Graph struct {
	name  string
	place string // of errors, in place of the caller
	nodes []*Node
	err   error
}

// Node is an input or a layer of a graph. Layers take nodes as their inputs.
type Node struct {
	graph      *Graph
	name       string
	where      string // file:line of the call that made it, or that of SetPlace
	layer      Layer  // nil for an input
	inputs     []*Node
	index      int
	dtype      tensor.DType
	shape      tensor.Shape // of one row
	vocabulary int          // of an int32 input: ids run from 0 to vocabulary-1; 0: no limit
	head       bool

	op         op.Op
	activation Activation
	again      *Node // the node whose weights this one shares; nil: none
	weights    []weightSpec
	state      []weightSpec
	frozen     bool
	random     bool
	saved      []int // widths, from Builder.Save
	scratch    []int // lengths, from Builder.Scratch
}

// NewGraph returns an empty graph. Its name is the model's: letters and digits of any script, - and
// _.
func NewGraph(name string) *Graph {
	g := &Graph{name: name}
	if err := suggest.CheckName(name); err != nil {
		g.fail(g.caller(), "graph", name, err)
	}
	return g
}

// Input declares an input with the type and the shape of one row.
func (g *Graph) Input(name string, dtype tensor.DType, shape ...int) *Node {
	n := &Node{graph: g, name: name, where: g.caller(), dtype: dtype,
		shape: append(tensor.Shape(nil), shape...)}
	var err error
	switch {
	case dtype != tensor.Float32 && dtype != tensor.Int32:
		err = fmt.Errorf("type is %s, want float32 or int32 (bytes become float32 as a table is read)",
			dtype)
	default:
		err = n.shape.Check()
	}
	if err != nil {
		g.fail(n.where, "input", name, err)
	}
	return g.add(n)
}

// Add adds a layer that reads the inputs. Names are unique among inputs, layers and heads. They
// have printable characters, and no space at the ends.
func (g *Graph) Add(name string, layer Layer, inputs ...*Node) *Node {
	return g.layer(name, layer, inputs, false)
}

// Head adds a layer whose output is one of the model's outputs.
func (g *Graph) Head(name string, layer Layer, inputs ...*Node) *Node {
	return g.layer(name, layer, inputs, true)
}

// Again adds a node with the layer and the weights of another node. Both nodes compute; the
// gradient of their weights is the sum over both.
func (g *Graph) Again(name string, node *Node, inputs ...*Node) *Node {
	if node == nil || node.graph != g || node.layer == nil {
		n := &Node{graph: g, name: name, where: g.caller()}
		g.fail(n.where, "layer", name, errors.New("Again: want a node of this graph that is a layer"))
		return g.add(n)
	}
	n := &Node{graph: g, name: name, where: g.caller(), layer: node.layer,
		inputs: slices.Clone(inputs), again: node.original()}
	return g.finish(n)
}

// original returns the node that declared the weights of n.
func (n *Node) original() *Node {
	if n.again != nil {
		return n.again
	}
	return n
}

func (g *Graph) layer(name string, layer Layer, inputs []*Node, head bool) *Node {
	return g.finish(&Node{graph: g, name: name, where: g.caller(), layer: layer,
		inputs: slices.Clone(inputs), head: head})
}

// finish builds a node and adds it.
func (g *Graph) finish(n *Node) *Node {
	if g.err == nil {
		if err := n.build(); err != nil {
			g.fail(n.where, "layer", n.name, err)
		}
	}
	return g.add(n)
}

// build calls the layer's Build and checks what it declared.
func (n *Node) build() error {
	if err := kinds.NotNil(n.layer, "one such as layer.Dense{...}"); err != nil {
		return fmt.Errorf("the layer is %w", err)
	}
	for i, in := range n.inputs {
		if in == nil || in.graph != n.graph {
			return fmt.Errorf("input %d is not a node of this graph", i)
		}
	}
	b := &Builder{node: n}
	built, err := n.layer.Build(b)
	if err == nil && kinds.IsNil(built) {
		err = fmt.Errorf("Build returned %w", kinds.NotNil(built, "an op or an error"))
	}
	if err == nil {
		n.op, n.shape = built, b.output
		err = n.check()
	}
	if err != nil {
		return fmt.Errorf("%s: %w%s", n.layer.Kind(), err, n.shapes())
	}
	return nil
}

// check tests a layer's declarations before the engine relies on them.
func (n *Node) check() error {
	if err := n.activation.Check(); err != nil {
		return err
	}
	if err := n.shape.Check(); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	if view, ok := n.op.(op.View); ok && len(view.Offsets()) != len(n.inputs) {
		return fmt.Errorf("Offsets has %d offsets for %d inputs", len(view.Offsets()), len(n.inputs))
	} else if ok && n.activation != Linear {
		return fmt.Errorf("has activation %s, but its op is a view: the output is the inputs' memory, "+
			"want a layer after it for the activation", n.activation)
	}
	if _, ok := n.op.(op.Weighted); !ok && len(n.weights) > 0 {
		return errors.New("declares weights, but its op has no Gradient method")
	}
	for _, w := range slices.Concat(n.weights, n.state) {
		if err := w.shape.Check(); err != nil {
			return fmt.Errorf("weight %q: %w", w.name, err)
		}
		if w.init == nil {
			return fmt.Errorf("weight %q: the initializer is nil", w.name)
		}
	}
	if n.again == nil {
		return nil
	}
	same := func(a, b weightSpec) bool { return a.name == b.name && a.shape.Equal(b.shape) }
	if !slices.EqualFunc(n.weights, n.again.weights, same) ||
		!slices.EqualFunc(n.state, n.again.state, same) {
		return fmt.Errorf("on these inputs its weights are not those of %q", n.again.name)
	}
	return nil
}

// shapes lists the inputs' shapes for an error.
func (n *Node) shapes() string {
	var list []string
	for _, in := range n.inputs {
		if in != nil {
			list = append(list, fmt.Sprintf("%s %v %s", in.name, in.shape, in.dtype))
		}
	}
	if len(list) == 0 {
		return ""
	}
	return " (inputs: " + strings.Join(list, ", ") + ")"
}

func (g *Graph) add(n *Node) *Node {
	if err := suggest.CheckLabel(n.name); err != nil {
		g.fail(n.where, "name", n.name, err)
	}
	for _, other := range g.nodes {
		if other.name == n.name {
			g.fail(n.where, "name", n.name, fmt.Errorf("is already taken at %s", other.where))
		}
	}
	n.index = len(g.nodes)
	g.nodes = append(g.nodes, n)
	return n
}

// Build checks the graph and returns a model with new weights. A weight's first values depend on
// the seed and on the weight's name alone.
func (g *Graph) Build(seed uint64) (*Model, error) {
	if g.err != nil {
		return nil, g.err
	}
	used := make([]bool, len(g.nodes))
	heads := 0
	for _, n := range g.nodes {
		for _, in := range n.inputs {
			used[in.index] = true
		}
		if n.head {
			used[n.index] = true
			heads++
		}
	}
	if heads == 0 {
		return nil, fmt.Errorf("graph %q has no head, want at least one call of Head", g.name)
	}
	for i, n := range g.nodes {
		if !used[i] {
			return nil, fmt.Errorf("%s: no layer uses %q: remove it, or make it a head", n.where, n.name)
		}
	}
	if err := g.checkWeights(); err != nil {
		return nil, err
	}
	return newModel(g, seed), nil
}

// checkWeights returns an error if two weights have one name, as b.c of layer a and c of layer a.b.
func (g *Graph) checkWeights() error {
	declared := map[string]*Node{}
	for _, n := range g.nodes {
		if n.again != nil {
			continue
		}
		for _, w := range slices.Concat(n.weights, n.state) {
			name := weightName(n.name, w.name)
			if other := declared[name]; other != nil {
				return fmt.Errorf("%s: layer %q: its weight %q has the name of one of layer %q, at %s",
					n.where, n.name, name, other.name, other.where)
			}
			declared[name] = n
		}
	}
	return nil
}

func (g *Graph) fail(where, what, name string, err error) {
	if g.err == nil {
		g.err = fmt.Errorf("%s: %s %q: %w", where, what, name, err)
	}
}

// SetPlace sets where the nodes that follow come from, such as a line of a configuration. Errors
// begin with it in place of the file and line of the call. "" returns to these.
func (g *Graph) SetPlace(place string) { g.place = place }

// caller returns the place of SetPlace, else the file and line of the nearest caller outside this
// file.
func (g *Graph) caller() string {
	if g.place != "" {
		return g.place
	}
	var pcs [8]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	_, self, _, _ := runtime.Caller(0)
	for {
		frame, more := frames.Next()
		if frame.File != self {
			return fmt.Sprintf("%s:%d", filepath.Base(frame.File), frame.Line)
		}
		if !more {
			return "unknown"
		}
	}
}

// WeightSpec is the name and the shape of a weight that a graph declares.
type WeightSpec struct {
	Name  string
	Shape tensor.Shape
}

// Declared lists the weights that Build would allocate, without allocating them, or returns the
// graph's first mistake.
func (g *Graph) Declared() ([]WeightSpec, error) {
	var list []WeightSpec
	for _, n := range g.nodes {
		if n.again != nil {
			continue
		}
		for _, w := range slices.Concat(n.weights, n.state) {
			list = append(list, WeightSpec{weightName(n.name, w.name), w.shape})
		}
	}
	return list, g.err
}
