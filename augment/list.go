package augment

import (
	"encoding/json"
	"fmt"

	"braid/internal/kinds"
	"braid/op"
	"braid/tensor"
)

// List is applied in its order. In JSON it is a list of objects, each with a kind and its
// configuration: [{"kind": "flip", "config": {"mode": "horizontal"}}].
type List []Augment

// entry is a member of a List in JSON.
type entry struct {
	Kind   string          `json:"kind"`
	Config json.RawMessage `json:"config"`
}

const wantMember = "one such as Flip{}"

// MarshalJSON writes the list.
func (l List) MarshalJSON() ([]byte, error) {
	entries := make([]entry, len(l))
	for i, a := range l {
		if err := kinds.NotNil(a, wantMember); err != nil {
			return nil, fmt.Errorf("augment: member %d is %w", i, err)
		}
		config, err := json.Marshal(a)
		if err != nil {
			return nil, fmt.Errorf("augment: %s: %w", a.Kind(), err)
		}
		entries[i] = entry{a.Kind(), config}
	}
	return json.Marshal(entries)
}

// UnmarshalJSON reads a list of the members of this package; see DecodeList.
func (l *List) UnmarshalJSON(content []byte) error {
	list, err := DecodeList(content)
	*l = list
	return err
}

// DecodeList returns the list in JSON. Custom members are found by their Kind among custom. Unknown
// kinds and fields are errors.
func DecodeList(content []byte, custom ...Augment) (List, error) {
	var entries []json.RawMessage
	if err := kinds.Unmarshal(content, &entries); err != nil {
		return nil, fmt.Errorf("augment: %w", err)
	}
	var list List
	for i, content := range entries {
		var e entry
		err := kinds.Unmarshal(content, &e)
		if err == nil && e.Config == nil {
			e.Config = []byte("{}")
		}
		var a Augment
		if err == nil {
			a, err = Decode(e.Kind, e.Config, custom...)
		}
		if err != nil {
			return nil, fmt.Errorf("augment: member %d: %w", i, err)
		}
		list = append(list, a)
	}
	return list, nil
}

// Pipeline is a list for the images of one column.
type Pipeline struct {
	images Images
	funcs  []Func
}

// Bind checks the list for a column whose rows have a type and a shape, [height, width] or [height,
// width, channels].
func (l List) Bind(dtype tensor.DType, shape tensor.Shape) (*Pipeline, error) {
	images, err := newImages(dtype, shape)
	if err != nil {
		return nil, err
	}
	p := &Pipeline{images: images}
	for i, a := range l {
		if err := kinds.NotNil(a, wantMember); err != nil {
			return nil, fmt.Errorf("member %d is %w", i, err)
		}
		fn, err := a.Bind(images)
		if err == nil && kinds.IsNil(fn) {
			err = fmt.Errorf("Bind returned %w", kinds.NotNil(fn, "a Func or an error"))
		}
		if err != nil {
			return nil, fmt.Errorf("member %d: %s: %w", i, a.Kind(), err)
		}
		p.funcs = append(p.funcs, fn)
	}
	return p, nil
}

// Size is the number of numbers of an image.
func (p *Pipeline) Size() int { return p.images.size() }

// Apply changes an image with the random numbers of its row. pixels and scratch have Size numbers.
func (p *Pipeline) Apply(draws op.Draws, pixels, scratch []float32) {
	for i, fn := range p.funcs {
		fn.Apply(Draws{draws, uint64(i) << 32}, pixels, scratch)
	}
}
