package experiment

import (
	"fmt"
	"slices"
	"strings"

	"braid"
	"braid/feature"
	"braid/internal/suggest"
)

// Network lists the layers between the inputs and the heads. A layer reads inputs of the network
// and layers before it by name. Inputs and heads have the names that feature.Name makes of columns,
// which are those of the columns but for rare characters; further inputs of a column have names of
// feature.Part, such as title::grams. The layer with the name of a head is that head. In a file:
//
//	network:
//	  words: {type: Embedding, inputs: question, vocabulary: 8, width: 4}
//	  asked: {type: LSTM, inputs: words, units: 8}
//	  pixels: {type: Flatten, inputs: image}
//	  both: {type: Concatenate, inputs: [asked, pixels]}
//	  trunk: {type: Dense, inputs: both, units: 25, activation: relu}
//	  digit: {type: Dense, inputs: trunk, units: 10, activation: softmax}
//	  answer: {type: Dense, inputs: trunk, units: 1, activation: sigmoid}
//
// The other keys of a layer are its fields in JSON. A layer within a layer is a mapping too:
//
//	read: {type: Bidirectional, inputs: words, layer: {type: LSTM, units: 8}}
//
// A layer that computes with the weights of another one names it: {again: words, inputs: title}.
//
// A dense layer that is a head may leave out units and activation: it then has those that its
// target needs. Without units, and without settings of its bias, the bias starts where the head
// guesses without looking at the inputs, as in the default network.
type Network struct {
	Layers []Layer // in the file's order
}

// Layer is a layer of a Network.
type Layer struct {
	Name   string
	Inputs []string    // names of inputs and of layers before it
	Layer  braid.Layer // nil with Again
	Again  string      // the layer before it whose weights it uses
}

// network reads the section. Inputs and heads are read already.
func (r *reader) network(n *node, e *Experiment) {
	if n.form == emptyForm || n.form == mappingForm && len(n.keys) == 0 {
		r.fail(e.places["network"], "network has no layers, want NAME: {type: LAYER, inputs: NAME, ...}")
		return
	}
	if n.form != mappingForm {
		r.wrong(n, "network", "layers: {NAME: {type: LAYER, inputs: NAME, ...}}")
		return
	}
	e.Network = &Network{}
	known := &names{used: map[string]bool{}}
	for _, h := range e.Heads {
		known.heads = append(known.heads, feature.Name(h.Column))
	}
	for _, in := range e.Inputs {
		known.inputs = append(known.inputs, feature.Name(in.Column))
	}
	for _, key := range n.keys {
		known.layers = append(known.layers, key.text)
	}
	for i, key := range n.keys {
		l := Layer{Name: key.text}
		name := fmt.Sprintf("layer %q", shorten(key.text))
		if slices.Contains(known.inputs, key.text) {
			r.fail(key.place, "%s has the name of an input, want another", name)
		} else if err := suggest.CheckLabel(key.text); err != nil && !known.isHead(key.text) {
			r.fail(key.place, "%s: %v", name, err)
		}
		known.before = known.layers[:i]
		r.layer(n.items[i], &l, name, known)
		e.Network.Layers = append(e.Network.Layers, l)
	}
	for i, key := range n.keys {
		if name := known.layers[i]; !known.used[name] && !known.isHead(name) {
			r.fail(key.place, "no layer reads layer %q, and it is not a head", shorten(name))
		}
	}
	for _, head := range known.heads {
		if !slices.Contains(known.layers, head) {
			r.fail(e.places["network"], "network has no layer %q, which is a head", shorten(head))
		}
	}
	for _, in := range known.inputs {
		if !known.used[in] {
			r.fail(e.places["network"], "no layer reads input %q: remove it from inputs", shorten(in))
		}
	}
}

// names are what a network's layers may name.
type names struct {
	inputs, heads  []string
	layers, before []string        // all layers, and those before the one that is read
	used           map[string]bool // inputs and layers that another layer reads
}

func (k *names) isHead(name string) bool { return slices.Contains(k.heads, name) }

// input returns the first input of the column that an input belongs to: itself, or the longest name
// before two colons.
func (k *names) input(name string) (first string, ok bool) {
	for _, in := range k.inputs {
		if (name == in || strings.HasPrefix(name, in+feature.Separator)) && len(in) >= len(first) {
			first, ok = in, true
		}
	}
	return first, ok
}

// layer reads a layer: its type, its inputs and its settings.
func (r *reader) layer(n *node, l *Layer, name string, known *names) {
	if n.form != mappingForm {
		r.wrong(n, name, "{type: LAYER, inputs: NAME, ...}")
		return
	}
	if at := n.find("inputs"); at >= 0 {
		l.Inputs = r.layerInputs(n.items[at], name, known)
	} else {
		r.fail(n.place, "%s has no inputs, want inputs: NAME or inputs: [NAME, NAME]", name)
	}
	if at := n.find("again"); at >= 0 {
		r.again(n, l, name, known)
		return
	}
	if value := newMember(r, n, name, layers, nil); value.IsValid() {
		r.memberSettings(n, value, name, "inputs", "again")
		l.Layer = value.Interface().(braid.Layer)
	}
}

// again reads a layer with the weights of another one.
func (r *reader) again(n *node, l *Layer, name string, known *names) {
	other := n.items[n.find("again")]
	l.Again = r.text(other, "again in "+name)
	for _, key := range n.keys {
		if key.text != "again" && key.text != "inputs" {
			r.fail(key.place, "%s has again and %s, want again and inputs alone", name, key.text)
		}
	}
	switch {
	case l.Again == "":
	case known.isHead(l.Name):
		r.fail(other.place, "%s is a head, which needs weights of its own: want type", name)
	case !slices.Contains(known.before, l.Again):
		r.unknown(other, "layer", "before "+name, known.before)
	}
}

// layerInputs reads a name or a list of names.
func (r *reader) layerInputs(n *node, name string, known *names) []string {
	list := []*node{n}
	if n.form == listForm {
		list = n.items
	}
	var inputs []string
	for _, item := range list {
		if !item.scalar() {
			r.wrong(item, "an input of "+name, "the name of an input or a layer")
			continue
		}
		text := item.text
		first, isInput := known.input(text)
		switch {
		case slices.Contains(known.before, text):
			known.used[text] = true
		case slices.Contains(known.layers, text) && !slices.Contains(known.inputs, text):
			r.fail(item.place, "%s reads layer %q, which is not before it", name, shorten(text))
		case isInput:
			known.used[first] = true
		default:
			r.unknown(item, "input", "of "+name, slices.Concat(known.before, known.inputs))
		}
		inputs = append(inputs, text)
	}
	return inputs
}
