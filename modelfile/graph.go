package modelfile

import (
	"encoding/json"
	"errors"
	"fmt"

	"braid"
	"braid/internal/safetensors"
	"braid/layer"
	"braid/tensor"
)

// graphJSON is a graph, its nodes in the order they were declared.
type graphJSON struct {
	Name  string     `json:"name"`
	Nodes []nodeJSON `json:"nodes,omitempty"`
	Old   []nodeJSON `json:"places,omitempty"` // the nodes of an older file
}

// nodeJSON is an input, a layer or a head.
type nodeJSON struct {
	Name   string          `json:"name"`
	Kind   string          `json:"kind"` // of the layer; "Input" for an input
	DType  *tensor.DType   `json:"dtype,omitempty"`
	Shape  tensor.Shape    `json:"shape,omitempty"` // of one row, for an input
	Config json.RawMessage `json:"config,omitempty"`
	Inputs []string        `json:"inputs,omitempty"`
	// name of the node whose layer and weights it shares
	Again string `json:"again,omitempty"`
	Head  bool   `json:"head,omitempty"`
}

const inputKind = "Input"

func encodeGraph(m *braid.Model) (string, error) {
	g := graphJSON{Name: m.Name()}
	for _, p := range m.Nodes() {
		entry := nodeJSON{Name: p.Name, Kind: inputKind, Inputs: p.Inputs, Again: p.Again, Head: p.Head}
		switch {
		case p.Layer == nil:
			entry.DType, entry.Shape = &p.DType, p.Shape
		case p.Again != "":
			entry.Kind = p.Layer.Kind()
		default:
			config, err := json.Marshal(p.Layer)
			if err != nil {
				return "", fmt.Errorf("model file: layer %q: %w", p.Name, err)
			}
			entry.Kind, entry.Config = p.Layer.Kind(), config
		}
		g.Nodes = append(g.Nodes, entry)
	}
	content, err := json.Marshal(g)
	return string(content), err
}

// decodeGraph builds the model and sets its weights from the container. It checks that the file has
// all weights that the graph declares before it allocates them.
func decodeGraph(
	content string, seed uint64, c *safetensors.Container, custom []Custom,
) (*braid.Model, error) {
	var g graphJSON
	if err := json.Unmarshal([]byte(content), &g); err != nil {
		return nil, err
	}
	if g.Nodes == nil {
		g.Nodes = g.Old
	}
	graph := braid.NewGraph(g.Name)
	nodes := map[string]*braid.Node{}
	for _, p := range g.Nodes {
		if p.Kind == inputKind {
			if p.DType == nil {
				return nil, fmt.Errorf("input %q has no dtype", p.Name)
			}
			nodes[p.Name] = graph.Input(p.Name, *p.DType, p.Shape...)
			continue
		}
		var inputs []*braid.Node
		for _, name := range p.Inputs {
			if nodes[name] == nil {
				return nil, fmt.Errorf("layer %q reads %q, which is not declared before it", p.Name, name)
			}
			inputs = append(inputs, nodes[name])
		}
		if p.Again != "" {
			if nodes[p.Again] == nil {
				return nil, fmt.Errorf("layer %q shares the weights of %q, which is not declared before it",
					p.Name, p.Again)
			}
			nodes[p.Name] = graph.Again(p.Name, nodes[p.Again], inputs...)
			continue
		}
		l, err := layer.Decode(p.Kind, p.Config, only[braid.Layer](custom)...)
		if err != nil {
			return nil, fmt.Errorf("layer %q: %w", p.Name, err)
		}
		add := graph.Add
		if p.Head {
			add = graph.Head
		}
		nodes[p.Name] = add(p.Name, l, inputs...)
	}
	if err := checkWeights(graph, c); err != nil {
		return nil, err
	}
	m, err := graph.Build(seed)
	if err != nil {
		return nil, err
	}
	for _, w := range m.Weights() {
		e, _ := c.Entry(w.Name()) // checkWeights has found it
		values, err := e.Float32s()
		if err != nil {
			return nil, err
		}
		if err := w.Set(values); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// checkWeights checks that the file's tensors are the weights that the graph declares.
func checkWeights(g *braid.Graph, c *safetensors.Container) error {
	declared, err := g.Declared()
	if err != nil {
		return err
	}
	for _, w := range declared {
		e, ok := c.Entry(w.Name)
		if !ok {
			return fmt.Errorf("tensor %q is missing", w.Name)
		}
		if !e.Shape.Equal(w.Shape) {
			return fmt.Errorf("tensor %q has shape %v, the graph wants %v", w.Name, e.Shape, w.Shape)
		}
	}
	if len(c.Entries) != len(declared) {
		return errors.New("the file has tensors that are no weights of the graph")
	}
	return nil
}
