package experiment

import (
	"fmt"
	"slices"

	"braid"
	"braid/feature"
	"braid/layer"
	"braid/modelfile"
	"braid/target"
	"braid/tensor"
)

// The default network: a branch for each input, their concatenation, a trunk of dense layers that
// all heads share, and the heads. Its numbers were chosen on validation over several data sets.
const (
	modalityRate = 0.15 // of texts and pictures that training drops as a whole
	trunkUnits   = 128
	trunkDropout = 0.3
)

// graph returns the default network of encoders and decoders.
func (b *Built) graph() *braid.Graph {
	g := braid.NewGraph(b.Name)
	var branches []*braid.Node
	for _, f := range b.Features {
		var inputs []*braid.Node
		for _, in := range f.Encoder.Inputs(f.Column) {
			dtype := in.DType
			if dtype == tensor.Uint8 {
				dtype = tensor.Float32 // standardized
			}
			inputs = append(inputs, g.Input(in.Name, dtype, in.Shape...))
		}
		branch := f.Encoder.Branch(g, f.Column, inputs)
		out := branch.Out
		if branch.Modality {
			out = g.Add(feature.Part(f.Column, "modality"), layer.ModalityDropout{Rate: modalityRate}, out)
		}
		branches = append(branches, out)
	}
	all := branches[0]
	if len(branches) > 1 {
		all = g.Add("inputs::all", layer.Concatenate{}, branches...)
	}
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
	if slices.ContainsFunc(b.Targets, skipsTrunk) { // a layer that no head reads is an error
		skip = g.Add("trunk::skip", layer.Concatenate{}, trunk, all)
	}
	for _, t := range b.Targets {
		t.Decoder.Head(g, feature.Name(t.Column), trunk, skip)
	}
	return g
}

// skipsTrunk reports whether a head may read the inputs past the trunk, as all but numbers do.
func skipsTrunk(t modelfile.Target) bool {
	_, isNumber := t.Decoder.(target.NumberDecoder)
	return !isNumber
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
