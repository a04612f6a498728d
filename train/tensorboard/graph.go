package tensorboard

import (
	"encoding/json"
	"fmt"

	"braid"
	"braid/tensor"
)

// graph returns a GraphDef of a model.
func graph(m *braid.Model) (message, error) {
	var g message
	for _, n := range m.Nodes() {
		var node message
		node.text(1, n.Name)
		kind := "Placeholder" // TensorFlow's name of an input
		if n.Layer != nil {
			kind = n.Layer.Kind()
		}
		node.text(2, kind)
		for _, in := range n.Inputs {
			node.text(3, in)
		}
		node.bytes(5, attribute("_output_shapes", shapes(n.Shape)))
		if n.Layer != nil {
			config, err := json.Marshal(n.Layer)
			if err != nil {
				return nil, fmt.Errorf("layer %q: %w", n.Name, err)
			}
			node.bytes(5, attribute("config", text(config)))
		}
		if n.Again != "" {
			node.bytes(5, attribute("weights_of", text([]byte(n.Again))))
		}
		if n.Head {
			node.bytes(5, attribute("head", text([]byte("true"))))
		}
		g.bytes(1, node)
	}
	const producer = 22 // a version that all readers know
	var versions message
	versions.int(1, producer)
	g.bytes(4, versions)
	return g, nil
}

// attribute returns an entry of a node's map of attributes.
func attribute(name string, value message) message {
	var entry message
	entry.text(1, name)
	entry.bytes(2, value)
	return entry
}

// text returns an AttrValue that is a string.
func text(content []byte) message {
	var v message
	v.bytes(2, content)
	return v
}

// shapes returns an AttrValue that is a list of one shape: a batch of rows.
func shapes(row tensor.Shape) message {
	var shape message
	for _, n := range append([]int{-1}, row...) {
		var axis message
		axis.int(1, int64(n))
		shape.bytes(2, axis)
	}
	var list, v message
	list.bytes(7, shape)
	v.bytes(1, list)
	return v
}
