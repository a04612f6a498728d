package experiment

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"braid"
	"braid/feature"
	"braid/internal/suggest"
	"braid/layer"
	"braid/modelfile"
	"braid/target"
	"braid/tensor"
)

// The default network: a branch for each input, their concatenation, a trunk of dense layers that
// all heads share, and the heads. Heads of classes also read the parts of short texts directly. Its
// numbers were chosen on validation over several data sets.
const (
	modalityRate = 0.15 // of texts and pictures that training drops as a whole
	trunkUnits   = 128
	trunkDropout = 0.3
)

// defaultGraph returns the default network of encoders and decoders.
func (b *Built) defaultGraph(heads map[string]*defaultHead) *braid.Graph {
	g := braid.NewGraph(b.graphName())
	inputs := make([][]*braid.Node, len(b.Features))
	for i, f := range b.Features {
		b.setPlace(g, "inputs", f.Column)
		inputs[i] = addInputs(g, f)
	}
	var branches []*braid.Node
	var wide []feature.Wide
	for i, f := range b.Features {
		b.setPlace(g, "inputs", f.Column)
		branch := f.Encoder.Branch(g, f.Column, inputs[i])
		out := branch.Out
		if branch.Modality {
			out = g.Add(feature.Part(f.Column, "modality"), layer.ModalityDropout{Rate: modalityRate}, out)
		}
		branches = append(branches, out)
		if branch.Wide != nil {
			wide = append(wide, *branch.Wide)
		}
	}
	b.setPlace(g, "inputs", "")
	all := branches[0]
	if len(branches) > 1 {
		all = g.Add("inputs::all", layer.Concatenate{}, branches...)
	}
	b.setPlace(g, "trunk", "units")
	trunk := all
	for i, units := range b.Trunk.units() {
		dense := layer.Dense{
			Units: units, Activation: layer.ReLU, Kernel: layer.Weight{Init: layer.HeNormal},
		}
		trunk = g.Add(fmt.Sprint("trunk::", i+1), dense, trunk)
		if rate := b.Trunk.dropout(); rate > 0 {
			trunk = g.Add(fmt.Sprint("trunk::", i+1, "::dropout"), layer.Dropout{Rate: rate}, trunk)
		}
	}
	skip := trunk
	for _, h := range heads {
		if h.readsSkip {
			skip = g.Add("trunk::skip", layer.Concatenate{}, trunk, all)
			break
		}
	}
	for _, t := range b.Targets {
		b.setPlace(g, "heads", t.Column)
		name := feature.Name(t.Column)
		if d, ok := t.Decoder.(target.WideDecoder); ok && wide != nil {
			d.WideHead(g, name, skip, wide)
		} else {
			t.Decoder.Head(g, name, trunk, skip)
		}
	}
	return g
}

// setPlace sets the place of a section's key for the errors of the nodes that follow. An experiment
// without a file has the section's name.
func (b *Built) setPlace(g *braid.Graph, section, key string) {
	g.SetPlace(cmp.Or(b.Place(b.pathOf(section, key)), section))
}

// addInputs adds the inputs that an encoder fills.
func addInputs(g *braid.Graph, f modelfile.Feature) []*braid.Node {
	var inputs []*braid.Node
	for _, in := range f.Encoder.Inputs(f.Column) {
		dtype := in.DType
		if dtype == tensor.Uint8 {
			dtype = tensor.Float32 // standardized
		}
		inputs = append(inputs, g.Input(in.Name, dtype, in.Shape...))
	}
	return inputs
}

// graphName returns the experiment's name without the characters that the name of a graph cannot
// have.
func (b *Built) graphName() string {
	name := strings.Map(func(c rune) rune {
		if suggest.CheckName(string(c)) != nil {
			return '_'
		}
		return c
	}, b.Name)
	return cmp.Or(name, "network")
}

// narrow leaves out the inputs that only wide heads read, if there are none. A network that the
// experiment lists reads them if it names them.
func (b *Built) narrow() {
	for _, f := range b.Features {
		if e, ok := f.Encoder.(feature.Narrower); ok && !b.readsWide(f) {
			e.Narrow()
		}
	}
}

// readsWide reports whether the network reads all inputs of an encoder.
func (b *Built) readsWide(f modelfile.Feature) bool {
	if b.Network == nil {
		return slices.ContainsFunc(b.Targets, isWide)
	}
	inputs := f.Encoder.Inputs(f.Column)
	return slices.ContainsFunc(b.Network.Layers, func(l Layer) bool {
		return slices.Contains(l.Inputs, inputs[len(inputs)-1].Name)
	})
}

func isWide(t modelfile.Target) bool {
	_, ok := t.Decoder.(target.WideDecoder)
	return ok
}

// units returns the units of the trunk's layers.
func (t Trunk) units() []int {
	if t.Units == nil {
		return []int{trunkUnits, trunkUnits}
	}
	return t.Units
}

// dropout returns the rate after each layer.
func (t Trunk) dropout() float64 {
	if t.Dropout == nil {
		return trunkDropout
	}
	return *t.Dropout
}
