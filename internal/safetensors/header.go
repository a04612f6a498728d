package safetensors

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"unicode/utf8"

	"braid/tensor"
)

// parseHeader reads a safetensors header.
func parseHeader(header []byte) (*Container, []span, error) {
	if !utf8.Valid(header) {
		return nil, nil, fmt.Errorf("it is not UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(header))
	c := &Container{}
	var spans []span
	err := members(d, "entries", func(name string) error {
		if name == reserved {
			c.Metadata = map[string]string{}
			if err := parseMetadata(d, c.Metadata); err != nil {
				return fmt.Errorf("%s: %w", reserved, err)
			}
			return nil
		}
		e, s, err := parseEntry(d)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", name, err)
		}
		e.Name = name
		c.Entries, spans = append(c.Entries, e), append(spans, s)
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, nil, fmt.Errorf("data follows its end")
	}
	return c, spans, nil
}

// members reads an object and calls value to read the value of each key. It reads tokens because
// encoding/json accepts duplicate keys and ignores the case of keys.
func members(d *json.Decoder, what string, value func(key string) error) error {
	if start, err := d.Token(); err != nil {
		return err
	} else if start != json.Delim('{') {
		return fmt.Errorf("it is %v, want an object", start)
	}
	seen := map[string]bool{}
	for d.More() {
		token, err := d.Token()
		if err != nil {
			return err
		}
		key, ok := token.(string)
		if !ok || seen[key] {
			return fmt.Errorf("two %s are named %q", what, key)
		}
		seen[key] = true
		if err := value(key); err != nil {
			return err
		}
	}
	_, err := d.Token()
	return err
}

func parseMetadata(d *json.Decoder, into map[string]string) error {
	return members(d, "texts", func(key string) error {
		var text *string
		if err := d.Decode(&text); err != nil {
			return err
		}
		if text == nil {
			return fmt.Errorf("%q is null, want a string", key)
		}
		into[key] = *text
		return nil
	})
}

// span is the byte range of a tensor's data, from the end of the header.
type span struct{ lo, hi int64 }

func parseEntry(d *json.Decoder) (Entry, span, error) {
	var dtype string
	var axes, offsets []*int64 // pointers, to detect null
	err := members(d, "fields", func(key string) error {
		switch key {
		case "dtype":
			return d.Decode(&dtype)
		case "shape":
			return d.Decode(&axes)
		case "data_offsets":
			return d.Decode(&offsets)
		}
		return d.Decode(new(json.RawMessage)) // the format ignores unknown fields
	})
	if err != nil {
		return Entry{}, span{}, err
	}
	if axes == nil {
		return Entry{}, span{}, fmt.Errorf("it has no shape")
	}
	e := Entry{DType: dtype, Shape: make(tensor.Shape, len(axes))}
	for i, n := range axes {
		if n == nil || *n < 0 || *n > math.MaxInt {
			return Entry{}, span{}, fmt.Errorf("axis %d of the shape is out of range", i)
		}
		e.Shape[i] = int(*n)
	}
	size, err := byteSize(dtype, e.Shape)
	if err != nil {
		return Entry{}, span{}, err
	}
	if len(offsets) != 2 || offsets[0] == nil || offsets[1] == nil ||
		*offsets[0] < 0 || *offsets[1] < *offsets[0] {
		return Entry{}, span{}, fmt.Errorf("data_offsets are not [start, end] with 0 <= start <= end")
	}
	s := span{*offsets[0], *offsets[1]}
	if size != s.hi-s.lo {
		return Entry{}, span{}, fmt.Errorf("%s of shape %v takes %d bytes, its data_offsets %v hold %d",
			dtype, e.Shape, size, []int64{s.lo, s.hi}, s.hi-s.lo)
	}
	return e, s, nil
}

// byteSize returns the size of a tensor's data in bytes.
func byteSize(dtype string, shape tensor.Shape) (int64, error) {
	size := int64(widths[dtype])
	if size == 0 {
		return 0, fmt.Errorf("unknown dtype %q", dtype)
	}
	for i, n := range shape {
		if n < 0 || n > 0 && size > math.MaxInt64/int64(n) {
			return 0, fmt.Errorf("axis %d of shape %v is out of range", i, shape)
		}
		size *= int64(n)
	}
	return size, nil
}

// sliceData sets the data of each entry, and checks that the entries cover all of data without gaps
// or overlaps.
func (c *Container) sliceData(data []byte, spans []span) error {
	order := make([]int, len(spans))
	for i, s := range spans {
		order[i] = i
		if s.hi > int64(len(data)) {
			return fmt.Errorf("tensor %q ends at byte %d of the data, the file has %d: it is cut short",
				c.Entries[i].Name, s.hi, len(data))
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(spans[a].lo, spans[b].lo), cmp.Compare(spans[a].hi, spans[b].hi))
	})
	end := int64(0)
	for _, i := range order {
		if spans[i].lo != end {
			return fmt.Errorf("tensor %q starts at byte %d of the data, want %d: "+
				"tensors overlap or leave a gap", c.Entries[i].Name, spans[i].lo, end)
		}
		end = spans[i].hi
		c.Entries[i].Data = data[spans[i].lo:end:end]
	}
	if end != int64(len(data)) {
		return fmt.Errorf("%d bytes follow the last tensor", int64(len(data))-end)
	}
	return nil
}
