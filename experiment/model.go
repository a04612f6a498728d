package experiment

import (
	"errors"
	"fmt"
	"slices"

	"braid"
	"braid/feature"
	"braid/internal/suggest"
	"braid/layer"
	"braid/modelfile"
	"braid/target"
	"braid/tensor"
)

// buildModel builds the network that the experiment lists, or the default one, with new weights.
func (b *Built) buildModel() (err error) {
	heads, err := b.defaultHeads()
	if err != nil {
		return err
	}
	if b.Network != nil {
		return b.buildListed(heads)
	}
	if b.Model, err = b.defaultGraph(heads).Build(b.seed()); err != nil {
		return err
	}
	for _, t := range b.Targets {
		if err := b.startBias(t); err != nil {
			return err
		}
	}
	return nil
}

// startBias sets the bias of a head to that at which it guesses without looking at the inputs.
func (b *Built) startBias(t modelfile.Target) error {
	biases := t.Decoder.Biases()
	if biases == nil {
		return nil
	}
	name := feature.Name(t.Column)
	w, err := b.Model.Weight(name + ".bias")
	if deep, found := b.Model.Weight(target.DeepName(name) + ".bias"); found == nil {
		w, err = deep, nil
	}
	if err == nil {
		err = w.Set(biases)
	}
	if err != nil {
		return fmt.Errorf("head %q: %w", t.Column, err)
	}
	return nil
}

// DefaultNetwork returns the layers of the default network, as a section network of the experiment
// file lists them. An experiment with them trains the same model.
func (b *Built) DefaultNetwork() (*Network, error) {
	heads, err := b.defaultHeads()
	if err != nil {
		return nil, err
	}
	m, err := b.defaultGraph(heads).Build(b.seed())
	if err != nil {
		return nil, err
	}
	list := &Network{}
	for _, n := range m.Nodes() {
		if n.Layer == nil {
			continue // an input
		}
		l := Layer{Name: n.Name, Inputs: n.Inputs, Layer: n.Layer, Again: n.Again}
		if n.Again != "" {
			l.Layer = nil
		}
		if dense, ok := n.Layer.(layer.Dense); ok && n.Head {
			dense.Units, dense.Activation = 0, braid.Linear // those that the target needs
			l.Layer = dense
		}
		list.Layers = append(list.Layers, l)
	}
	return list, nil
}

// buildListed builds the network that the experiment lists. Mistakes have the places of the layers
// in its file.
func (b *Built) buildListed(heads map[string]*defaultHead) error {
	err := b.checkNames()
	if err != nil {
		return err
	}
	if b.Model, err = b.listedGraph(heads).Build(b.seed()); err != nil {
		return err
	}
	var list []error
	for _, spec := range b.Model.Heads() {
		if err := heads[spec.Name].check(spec); err != nil {
			list = append(list, b.at("network", spec.Name, err))
		}
	}
	list = append(list, b.checkVocabularies()...)
	if err := errors.Join(list...); err != nil {
		return err
	}
	for _, l := range b.Network.Layers {
		for name, h := range heads {
			if (l.Name != name && l.Name != target.DeepName(name)) || !h.starts(l) {
				continue
			}
			if err := b.startBias(h.target); err != nil {
				return err
			}
		}
	}
	return nil
}

// listedGraph returns the graph that the experiment lists.
func (b *Built) listedGraph(heads map[string]*defaultHead) *braid.Graph {
	g := braid.NewGraph(b.graphName())
	nodes := map[string]*braid.Node{}
	for _, f := range b.Features {
		g.SetPlace(b.Place("inputs." + f.Column))
		inputs := f.Encoder.Inputs(f.Column)
		for i, n := range addInputs(g, f) {
			nodes[inputs[i].Name] = n
		}
	}
	for _, l := range b.Network.Layers {
		g.SetPlace(b.Place("network." + l.Name))
		var inputs []*braid.Node
		for _, name := range l.Inputs {
			inputs = append(inputs, nodes[name])
		}
		switch h := heads[l.Name]; {
		case h != nil:
			nodes[l.Name] = g.Head(l.Name, h.complete(l.Layer), inputs...)
		case l.Layer == nil:
			nodes[l.Name] = g.Again(l.Name, nodes[l.Again], inputs...)
		default:
			nodes[l.Name] = g.Add(l.Name, l.Layer, inputs...)
		}
	}
	return g
}

// checkNames tests that each layer reads what is before it, and that each input is read. The errors
// are joined.
func (b *Built) checkNames() error {
	var known, unread []string
	for _, f := range b.Features {
		for _, in := range f.Encoder.Inputs(f.Column) {
			known = append(known, in.Name)
		}
	}
	unread = slices.Clone(known)
	var list []error
	for _, l := range b.Network.Layers {
		for _, name := range l.Inputs {
			if !slices.Contains(known, name) {
				err := fmt.Errorf("layer %q: %w", l.Name, suggest.Unknown("input", name, known))
				list = append(list, b.at("network", l.Name, err))
			}
			unread = slices.DeleteFunc(unread, func(in string) bool { return in == name })
		}
		known = append(known, l.Name)
	}
	for _, name := range unread {
		list = append(list, b.at("network", "", fmt.Errorf("no layer reads the input %q", name)))
	}
	return errors.Join(list...)
}

// checkVocabularies tests that the network takes all ids that the encoders give.
func (b *Built) checkVocabularies() (list []error) {
	takes := map[string]int{}
	for _, in := range b.Model.Inputs() {
		takes[in.Name] = in.Vocabulary
	}
	for _, f := range b.Features {
		for _, in := range f.Encoder.Inputs(f.Column) {
			if most := takes[in.Name]; most > 0 && in.Vocabulary > most {
				list = append(list, b.at("inputs", f.Column, fmt.Errorf("input %q has ids up to %d, but a "+
					"layer that reads it has a vocabulary of %d, want %d", in.Name, in.Vocabulary-1, most,
					in.Vocabulary)))
			}
		}
	}
	return list
}

// defaultHead is the head that a target adds to the default network.
type defaultHead struct {
	target    modelfile.Target
	readsSkip bool // the trunk together with all branches
	braid.NodeSpec
}

// defaultHeads returns the heads of the default network, by name.
func (b *Built) defaultHeads() (map[string]*defaultHead, error) {
	heads := map[string]*defaultHead{}
	for _, t := range b.Targets {
		h, err := newDefaultHead(t)
		if err != nil {
			return nil, b.at("heads", t.Column, fmt.Errorf("head %q: %w", t.Column, err))
		}
		heads[feature.Name(t.Column)] = h
	}
	return heads, nil
}

// newDefaultHead builds a small network with the head of a target.
func newDefaultHead(t modelfile.Target) (*defaultHead, error) {
	const name, all = "head", "all"
	g := braid.NewGraph("head")
	trunk, skip := g.Input("trunk", tensor.Float32, 1), g.Input("skip", tensor.Float32, 1)
	t.Decoder.Head(g, name, trunk, skip)
	g.Head(all, layer.Concatenate{}, trunk, skip) // all inputs of a graph are read
	m, err := g.Build(1)
	if err != nil {
		return nil, err
	}
	h := &defaultHead{target: t}
	for _, n := range m.Nodes() {
		if n.Name == all {
			continue
		}
		h.readsSkip = h.readsSkip || slices.Contains(n.Inputs, "skip")
		if n.Head {
			h.NodeSpec = n
		}
	}
	if h.Name != name {
		return nil, fmt.Errorf("its decoder, of kind %q, adds no head of the given name",
			t.Decoder.Kind())
	}
	return h, nil
}

// complete returns a layer with the units and the activation of the default head, if it is a dense
// layer that leaves them out.
func (h *defaultHead) complete(l braid.Layer) braid.Layer {
	dense, ok := l.(layer.Dense)
	if !ok || len(h.Shape) != 1 {
		return l
	}
	if dense.Units == 0 {
		dense.Units = h.Shape[0]
	}
	if dense.Activation == braid.Linear {
		dense.Activation = h.Activation
	}
	return dense
}

// check tests that a head fits its target.
func (h *defaultHead) check(spec braid.Spec) error {
	if !spec.Shape.Equal(h.Shape) {
		return fmt.Errorf("head %q gives %v numbers, want %v for its %s", h.target.Column, spec.Shape,
			h.Shape, h.target.Decoder.Kind())
	}
	if h.Activation != braid.Linear && spec.Activation != h.Activation {
		return fmt.Errorf("head %q has activation %v, want %v for its %s", h.target.Column,
			spec.Activation, h.Activation, h.target.Decoder.Kind())
	}
	_, err := h.target.Decoder.Loss().Bind(spec)
	return err
}

// starts reports whether the bias of a head starts as that of the default head: that of a dense
// layer which leaves its units to the target, or the deep part of a wide head.
func (h *defaultHead) starts(l Layer) bool {
	dense, ok := l.Layer.(layer.Dense)
	isDeep := l.Name != feature.Name(h.target.Column)
	return ok && (isDeep || dense.Units == 0) && !dense.NoBias && dense.Bias == layer.Weight{} &&
		h.complete(dense).(layer.Dense).Activation == h.Activation
}
