package modelfile

import (
	"encoding/json"
	"fmt"
	"slices"

	"braid"
	"braid/feature"
	"braid/internal/kinds"
	"braid/target"
	"braid/tensor"
)

// Feature is a column of people's data that the model reads, with all that its encoder learnt.
type Feature struct {
	Column  string
	Encoder feature.Encoder
}

// Target is a column that the model predicts, a head of the same name, with all that its decoder
// learnt.
type Target struct {
	Column  string
	Decoder target.Decoder
}

// Keys of the metadata.
const (
	featuresKey = "features"
	targetsKey  = "targets"
)

// columnJSON is a Feature or a Target in the metadata.
type columnJSON struct {
	Column string          `json:"column"`
	Kind   string          `json:"kind"`
	Config json.RawMessage `json:"config"`
}

func columnOf(name string, member Custom) (columnJSON, error) {
	config, err := json.Marshal(member)
	if err != nil {
		return columnJSON{}, fmt.Errorf("column %q: %w", name, err)
	}
	return columnJSON{name, member.Kind(), config}, nil
}

// encodeColumns adds the features and targets to the metadata.
func (f *File) encodeColumns(metadata map[string]string) error {
	lists := map[string][]columnJSON{}
	add := func(key, name string, member Custom) error {
		c, err := columnOf(name, member)
		lists[key] = append(lists[key], c)
		return err
	}
	for _, c := range f.Features {
		if err := add(featuresKey, c.Column, c.Encoder); err != nil {
			return err
		}
	}
	for _, c := range f.Targets {
		if err := add(targetsKey, c.Column, c.Decoder); err != nil {
			return err
		}
	}
	for key, list := range lists {
		content, err := json.Marshal(list)
		if err != nil {
			return err
		}
		metadata[key] = string(content)
	}
	return nil
}

// decodeColumns reads the features and targets from the metadata.
func (f *File) decodeColumns(metadata map[string]string, custom []Custom) error {
	var features, targets []columnJSON
	for key, list := range map[string]*[]columnJSON{featuresKey: &features, targetsKey: &targets} {
		if content, ok := metadata[key]; ok {
			if err := json.Unmarshal([]byte(content), list); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
	}
	for _, c := range features {
		encoder, err := feature.DecodeEncoder(c.Kind, c.Config, only[feature.Encoder](custom)...)
		if err != nil {
			return fmt.Errorf("column %q: %w", c.Column, err)
		}
		f.Features = append(f.Features, Feature{c.Column, encoder})
	}
	for _, c := range targets {
		decoder, err := target.DecodeDecoder(c.Kind, c.Config, only[target.Decoder](custom)...)
		if err != nil {
			return fmt.Errorf("column %q: %w", c.Column, err)
		}
		f.Targets = append(f.Targets, Target{c.Column, decoder})
	}
	return nil
}

// checkCustom tests that each custom member is of a type that model files have.
func checkCustom(custom []Custom) error {
	for i, c := range custom {
		if err := kinds.NotNil(c, "an example of its type"); err != nil {
			return fmt.Errorf("custom %d is %w", i, err)
		}
		switch c.(type) {
		case braid.Layer, feature.Encoder, target.Decoder:
		default:
			return fmt.Errorf("custom %d has type %T, want a braid.Layer, a feature.Encoder or a "+
				"target.Decoder", i, c)
		}
	}
	return nil
}

// only returns the custom members that are of one type.
func only[M any](custom []Custom) (list []M) {
	for _, c := range custom {
		if m, ok := c.(M); ok {
			list = append(list, m)
		}
	}
	return list
}

// checkColumns tests that each feature fills inputs of the model that no other fills, and that each
// target is that of a head with as many outputs as it reads.
func (f *File) checkColumns() error {
	filled := map[string]string{} // the column, by input
	for i, c := range f.Features {
		if err := kinds.NotNil(c.Encoder, "what a feature has learnt"); err != nil {
			return fmt.Errorf("column %q: Encoder is %w", c.Column, err)
		}
		if err := feature.Check(c.Encoder); err != nil {
			return fmt.Errorf("column %q: %w", c.Column, err)
		}
		same := func(other Feature) bool { return other.Column == c.Column }
		if slices.IndexFunc(f.Features, same) < i {
			return fmt.Errorf("Features names %q twice, want each column once", c.Column)
		}
		for _, in := range c.Encoder.Inputs(c.Column) {
			spec, err := find("input", f.Model.Inputs(), in.Name)
			if err != nil {
				return fmt.Errorf("column %q: %w", c.Column, err)
			}
			if other, ok := filled[in.Name]; ok {
				return fmt.Errorf("columns %q and %q both fill the input %q", other, c.Column, in.Name)
			}
			filled[in.Name] = c.Column
			if err := fits(in, spec); err != nil {
				return fmt.Errorf("column %q: input %q: %w", c.Column, in.Name, err)
			}
		}
	}
	for i, c := range f.Targets {
		if err := kinds.NotNil(c.Decoder, "what a target has learnt"); err != nil {
			return fmt.Errorf("column %q: Decoder is %w", c.Column, err)
		}
		if err := target.Check(c.Decoder); err != nil {
			return fmt.Errorf("column %q: %w", c.Column, err)
		}
		head, err := find("head", f.Model.Heads(), feature.Name(c.Column))
		if err != nil {
			return fmt.Errorf("column %q: %w", c.Column, err)
		}
		same := func(other Target) bool { return other.Column == c.Column }
		if slices.IndexFunc(f.Targets, same) < i {
			return fmt.Errorf("Targets names %q twice, want each head once", c.Column)
		}
		if want := len(c.Decoder.Guess()); want != head.Shape.Size() {
			return fmt.Errorf("column %q: the target reads %d outputs, the head has %d", c.Column, want,
				head.Shape.Size())
		}
	}
	return nil
}

// fits tests that what an encoder makes is what the model's input takes.
func fits(in feature.Input, spec braid.Spec) error {
	dtype := in.DType
	if dtype == tensor.Uint8 {
		dtype = tensor.Float32 // standardized
	}
	if dtype != spec.DType || !in.Shape.Equal(spec.Shape) {
		return fmt.Errorf("the column gives %s of shape %v, the model takes %s of shape %v", dtype,
			in.Shape, spec.DType, spec.Shape)
	}
	if spec.Vocabulary > 0 && in.DType == tensor.Int32 && in.Vocabulary > spec.Vocabulary {
		return fmt.Errorf("the column gives ids up to %d, the model takes up to %d", in.Vocabulary-1,
			spec.Vocabulary-1)
	}
	return nil
}
