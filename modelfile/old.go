package modelfile

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"braid"
	"braid/data"
	"braid/feature"
	"braid/target"
	"braid/tensor"
	"braid/text"
)

// This file reads the metadata of formats 1 and 2, whose models of pictures and texts had no
// features and targets. They had lists of inputs and of labels in their place, and rules, which are
// not read.

// oldInput describes how an input is made.
type oldInput struct {
	Name   string         `json:"name"`
	Pixels *data.Standard `json:"pixels"` // pixels from 0 to 255 are standardized
	Text   *oldText       `json:"text"`
}

// oldText describes how an input is made from text.
type oldText struct {
	Tokenizer *text.Tokenizer `json:"tokenizer"`
	Padding   text.Padding    `json:"padding"`
	Questions []string        `json:"questions"` // the texts of the training data, if few
}

// oldLabels has the labels of a head's output: one for each class, or no and yes.
type oldLabels struct {
	Head   string   `json:"head"`
	Labels []string `json:"labels"`
}

// decodeOld reads features and targets from lists of inputs and labels. Models of people's own data
// have neither.
func (f *File) decodeOld(metadata map[string]string) error {
	var inputs []oldInput
	var labels []oldLabels
	for _, list := range []struct {
		key string
		to  any
	}{{"inputs", &inputs}, {"labels", &labels}} {
		if content, ok := metadata[list.key]; ok {
			if err := json.Unmarshal([]byte(content), list.to); err != nil {
				return fmt.Errorf("%s: %w", list.key, err)
			}
		}
	}
	for _, in := range inputs {
		spec, err := find("input", f.Model.Inputs(), in.Name)
		if err != nil {
			return err
		}
		encoder, err := in.encoder(spec)
		if err != nil {
			return fmt.Errorf("input %q: %w", in.Name, err)
		}
		if encoder != nil {
			f.Features = append(f.Features, Feature{in.Name, encoder})
		}
	}
	for _, l := range labels {
		head, err := find("head", f.Model.Heads(), l.Head)
		if err != nil {
			return err
		}
		switch {
		case head.IsBinary() && len(l.Labels) != 2:
			return fmt.Errorf("head %q has %d labels, want no and yes", l.Head, len(l.Labels))
		case head.IsBinary():
			f.Targets = append(f.Targets, Target{l.Head, target.BinaryDecoder{
				False: l.Labels[0], True: l.Labels[1], Declared: true, Threshold: 0.5}})
		case head.IsClassifier():
			f.Targets = append(f.Targets, Target{l.Head, target.CategoryDecoder{Classes: l.Labels}})
		}
	}
	return nil
}

// encoder returns the encoder of an input, nil if it is made from numbers.
func (in oldInput) encoder(spec braid.Spec) (feature.Encoder, error) {
	switch {
	case in.Pixels != nil && len(spec.Shape) == 2:
		return &feature.DigitEncoder{
			Height: spec.Shape[0], Width: spec.Shape[1], Standard: *in.Pixels}, nil
	case in.Pixels != nil:
		return &feature.NumbersEncoder{DType: tensor.Uint8, Shape: spec.Shape, Standard: *in.Pixels}, nil
	case in.Text != nil && in.Text.Tokenizer == nil:
		return nil, errors.New("text without a tokenizer")
	case in.Text != nil:
		return feature.NewTokensEncoder(in.Text.Tokenizer, in.Text.Padding, spec.Vocabulary,
			in.Text.Questions)
	}
	return nil, nil
}

// isOld reports whether a format has lists of inputs and labels.
func isOld(format string) bool { return slices.Contains([]string{"braid 1", "braid 2"}, format) }
