// Package safetensors reads and writes the safetensors format: named tensors and text metadata. It
// adds checksums to the metadata, which other readers ignore.
package safetensors

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"unicode/utf8"

	"braid/tensor"
)

// maxHeader is the longest header that the reference reader of safetensors accepts.
const maxHeader = 100_000_000

// reserved is the key of the metadata in a header.
const reserved = "__metadata__"

// widths holds the size in bytes of one element, by dtype.
var widths = map[string]int{
	"BOOL": 1, "U8": 1, "I8": 1, "F8_E4M3": 1, "F8_E5M2": 1, "I16": 2, "U16": 2, "F16": 2, "BF16": 2,
	"I32": 4, "U32": 4, "F32": 4, "I64": 8, "U64": 8, "F64": 8,
}

// Container is the content of a safetensors file: named tensors and text metadata.
type Container struct {
	Metadata map[string]string
	Entries  []Entry

	checked bool
}

// Checked reports whether the container was read from a file with checksums that match.
func (c *Container) Checked() bool { return c.checked }

// Entry is one tensor of a container.
type Entry struct {
	Name  string
	DType string // in the format's spelling: "F32", "I32", "F64", ...
	Shape tensor.Shape
	Data  []byte // little-endian, row-major
}

// Floats returns an F32 entry.
func Floats(name string, values []float32, shape ...int) Entry {
	data := make([]byte, 4*len(values))
	for i, v := range values {
		binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(v))
	}
	return Entry{Name: name, DType: "F32", Shape: shape, Data: data}
}

// Doubles returns an F64 entry.
func Doubles(name string, values []float64, shape ...int) Entry {
	data := make([]byte, 0, 8*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, math.Float64bits(v))
	}
	return Entry{Name: name, DType: "F64", Shape: shape, Data: data}
}

// Longs returns an I64 entry.
func Longs(name string, values []int64, shape ...int) Entry {
	data := make([]byte, 0, 8*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint64(data, uint64(v))
	}
	return Entry{Name: name, DType: "I64", Shape: shape, Data: data}
}

// Ints returns an I32 entry.
func Ints(name string, values []int32, shape ...int) Entry {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, uint32(v))
	}
	return Entry{Name: name, DType: "I32", Shape: shape, Data: data}
}

// Bytes returns a U8 entry, which keeps values.
func Bytes(name string, values []uint8, shape ...int) Entry {
	return Entry{Name: name, DType: "U8", Shape: shape, Data: values}
}

// Float32s returns the values of an F32 entry.
func (e Entry) Float32s() ([]float32, error) {
	if e.DType != "F32" {
		return nil, fmt.Errorf("tensor %q is %s, want F32", e.Name, e.DType)
	}
	values := make([]float32, len(e.Data)/4)
	for i := range values {
		values[i] = math.Float32frombits(binary.LittleEndian.Uint32(e.Data[4*i:]))
	}
	return values, nil
}

// Float64s returns the values of an F64 or F32 entry.
func (e Entry) Float64s() ([]float64, error) {
	if e.DType == "F64" {
		values := make([]float64, len(e.Data)/8)
		for i := range values {
			values[i] = math.Float64frombits(binary.LittleEndian.Uint64(e.Data[8*i:]))
		}
		return values, nil
	}
	if e.DType != "F32" {
		return nil, fmt.Errorf("tensor %q is %s, want F32 or F64", e.Name, e.DType)
	}
	narrow, err := e.Float32s()
	values := make([]float64, len(narrow))
	for i, v := range narrow {
		values[i] = float64(v)
	}
	return values, err
}

// Int64s returns the values of an I64 entry.
func (e Entry) Int64s() ([]int64, error) {
	if e.DType != "I64" {
		return nil, fmt.Errorf("tensor %q is %s, want I64", e.Name, e.DType)
	}
	values := make([]int64, len(e.Data)/8)
	for i := range values {
		values[i] = int64(binary.LittleEndian.Uint64(e.Data[8*i:]))
	}
	return values, nil
}

// Int32s returns the values of an I32 entry.
func (e Entry) Int32s() ([]int32, error) {
	if e.DType != "I32" {
		return nil, fmt.Errorf("tensor %q is %s, want I32", e.Name, e.DType)
	}
	values := make([]int32, len(e.Data)/4)
	for i := range values {
		values[i] = int32(binary.LittleEndian.Uint32(e.Data[4*i:]))
	}
	return values, nil
}

// Entry returns the tensor of a name.
func (c *Container) Entry(name string) (Entry, bool) {
	i := slices.IndexFunc(c.Entries, func(e Entry) bool { return e.Name == name })
	if i < 0 {
		return Entry{}, false
	}
	return c.Entries[i], true
}

// Write writes the container: the metadata with the checksums, sorted by key, then the tensors in
// the order of Entries. The data starts at a multiple of 64 bytes. The same container always gives
// the same bytes.
func (c *Container) Write(w io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	header, err := c.header()
	if err != nil {
		return err
	}
	if len(header) > maxHeader {
		return fmt.Errorf("the header has %d bytes, at most %d are allowed", len(header), maxHeader)
	}
	if _, err := w.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(header)))); err != nil {
		return err
	}
	if _, err := w.Write(header); err != nil {
		return err
	}
	for _, e := range c.Entries {
		if _, err := w.Write(e.Data); err != nil {
			return err
		}
	}
	return nil
}

// header returns the header, padded, with its checksum.
func (c *Container) header() ([]byte, error) {
	metadata := maps.Clone(c.Metadata)
	if metadata == nil {
		metadata = map[string]string{}
	}
	metadata[sumsKey] = c.sums()
	text, err := json.Marshal(metadata) // sorted by key
	if err != nil {
		return nil, err
	}
	var header bytes.Buffer
	fmt.Fprintf(&header, `{%q:%s`, reserved, text)
	offset := 0
	for _, e := range c.Entries {
		name, err := json.Marshal(e.Name)
		if err != nil {
			return nil, err
		}
		shape, _ := json.Marshal(append([]int{}, e.Shape...))
		fmt.Fprintf(&header, `,%s:{"dtype":%q,"shape":%s,"data_offsets":[%d,%d]}`,
			name, e.DType, shape, offset, offset+len(e.Data))
		offset += len(e.Data)
	}
	header.WriteByte('}')
	for (8+header.Len())%64 != 0 {
		header.WriteByte(' ')
	}
	addHeaderSum(header.Bytes())
	return header.Bytes(), nil
}

// check returns an error for content that a reader would reject or misread.
func (c *Container) check() error {
	for _, key := range slices.Sorted(maps.Keys(c.Metadata)) {
		if key == sumsKey {
			return fmt.Errorf("the metadata key %q is reserved for the checksums", key)
		}
		if !utf8.ValidString(key) || !utf8.ValidString(c.Metadata[key]) {
			return fmt.Errorf("the metadata %q is not UTF-8", key)
		}
	}
	seen := map[string]bool{reserved: true}
	for _, e := range c.Entries {
		if seen[e.Name] {
			return fmt.Errorf("tensor %q: the name is taken", e.Name)
		}
		seen[e.Name] = true
		if !utf8.ValidString(e.Name) {
			return fmt.Errorf("tensor %q: the name is not UTF-8", e.Name)
		}
		size, err := byteSize(e.DType, e.Shape)
		if err != nil {
			return fmt.Errorf("tensor %q: %w", e.Name, err)
		}
		if size != int64(len(e.Data)) {
			return fmt.Errorf("tensor %q: got %d bytes for %s of shape %v, want %d",
				e.Name, len(e.Data), e.DType, e.Shape, size)
		}
	}
	return nil
}

// MaxFile is the size in bytes of the largest file that callers read.
const MaxFile = 16 << 30

// Parse reads a safetensors file from memory. The entries' data are slices of content. If the file
// has checksums, Parse verifies each.
func Parse(content []byte) (*Container, error) {
	if len(content) < 8 {
		return nil, fmt.Errorf("not a safetensors file: %d bytes, want 8 or more", len(content))
	}
	length := binary.LittleEndian.Uint64(content)
	if length > maxHeader || length > uint64(len(content)-8) {
		return nil, fmt.Errorf("not a safetensors file: "+
			"the first 8 bytes claim a header of %d bytes, the file has %d", length, len(content))
	}
	header, data := content[8:8+length], content[8+length:]
	if !bytes.HasPrefix(header, []byte("{")) {
		return nil, fmt.Errorf("not a safetensors file: the header does not begin with {")
	}
	c, spans, err := parseHeader(header)
	if err != nil {
		return nil, fmt.Errorf("safetensors header: %w", err)
	}
	if err := c.sliceData(data, spans); err != nil {
		return nil, err
	}
	if err := c.verify(header); err != nil {
		return nil, err
	}
	return c, nil
}
