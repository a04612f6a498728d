package modelfile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"

	"braid/tensor"
)

// parseHeader reads a safetensors header. It reads token by token, for encoding/json would let the
// last of two equal keys win.
func parseHeader(header []byte) (*Container, []span, error) {
	d := json.NewDecoder(bytes.NewReader(header))
	c := &Container{}
	var spans []span
	seen := map[string]bool{}
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return nil, nil, err
		}
		name, ok := token.(string)
		if !ok || seen[name] {
			return nil, nil, fmt.Errorf("two entries are named %q", name)
		}
		seen[name] = true
		if name == "__metadata__" {
			if err := d.Decode(&c.Metadata); err != nil {
				return nil, nil, fmt.Errorf("__metadata__: %w", err)
			}
			continue
		}
		e, s, err := parseEntry(d)
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		e.Name = name
		c.Entries, spans = append(c.Entries, e), append(spans, s)
	}
	if _, err := d.Token(); err != nil {
		return nil, nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, nil, fmt.Errorf("something follows its end")
	}
	return c, spans, nil
}

// span is where a tensor's data lies, counted from the header's end.
type span struct{ lo, hi int }

func parseEntry(d *json.Decoder) (Entry, span, error) {
	var raw struct {
		DType   string  `json:"dtype"`
		Shape   []int64 `json:"shape"`
		Offsets []int64 `json:"data_offsets"`
	}
	if err := d.Decode(&raw); err != nil {
		return Entry{}, span{}, err
	}
	width := widths[raw.DType]
	if width == 0 {
		return Entry{}, span{}, fmt.Errorf("unknown dtype %q", raw.DType)
	}
	if len(raw.Offsets) != 2 || raw.Offsets[0] < 0 || raw.Offsets[1] < raw.Offsets[0] {
		return Entry{}, span{}, fmt.Errorf("data_offsets are %v, want a start and an end", raw.Offsets)
	}
	size := int64(width)
	shape := make(tensor.Shape, len(raw.Shape))
	for i, n := range raw.Shape {
		if n < 0 || n > 0 && size > math.MaxInt64/n {
			return Entry{}, span{}, fmt.Errorf("axis %d of shape %v is out of range", i, raw.Shape)
		}
		size *= n
		shape[i] = int(n)
	}
	if size != raw.Offsets[1]-raw.Offsets[0] {
		return Entry{}, span{}, fmt.Errorf("%s of shape %v takes %d bytes, its data_offsets %v hold %d",
			raw.DType, raw.Shape, size, raw.Offsets, raw.Offsets[1]-raw.Offsets[0])
	}
	return Entry{DType: raw.DType, Shape: shape}, span{int(raw.Offsets[0]), int(raw.Offsets[1])}, nil
}

// cut gives each entry its data and checks that together they are all of it, without gaps.
func (c *Container) cut(data []byte, spans []span) error {
	order := make([]int, len(spans))
	for i, s := range spans {
		order[i] = i
		if s.hi > len(data) {
			return fmt.Errorf("tensor %q ends at byte %d of the data, the file has %d: it is cut short",
				c.Entries[i].Name, s.hi, len(data))
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		if spans[a].lo != spans[b].lo {
			return spans[a].lo - spans[b].lo
		}
		return spans[a].hi - spans[b].hi
	})
	end := 0
	for _, i := range order {
		if spans[i].lo != end {
			return fmt.Errorf("tensor %q starts at byte %d of the data, want %d: tensors overlap or leave a gap",
				c.Entries[i].Name, spans[i].lo, end)
		}
		end = spans[i].hi
		c.Entries[i].Data = data[spans[i].lo:end:end]
	}
	if end != len(data) {
		return fmt.Errorf("%d bytes follow the last tensor", len(data)-end)
	}
	return nil
}
