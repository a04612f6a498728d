package safetensors

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"strings"
)

// sumsKey is the metadata that holds the checksums: CRC-32C in hexadecimal, first that of the
// header with zeros in its own place, then each tensor's in the order of the entries. A reader that
// does not know of them takes them for text.
const sumsKey = "crc32c"

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	// marks are what stands before the header's own sum: within a text, a quote would have a backslash
	// before it.
	marks    = []string{`{"` + sumsKey + `":"`, `,"` + sumsKey + `":"`}
	unsealed = []byte("00000000")
)

// sums is the checksums, the header's not yet made.
func (c *Container) sums() string {
	list := []string{string(unsealed)}
	for _, e := range c.Entries {
		list = append(list, fmt.Sprintf("%08x", crc32.Checksum(e.Data, castagnoli)))
	}
	return strings.Join(list, " ")
}

// sealOf finds the place of a header's own sum; nil where it has none.
func sealOf(header []byte) []byte {
	for _, mark := range marks {
		if _, after, ok := bytes.Cut(header, []byte(mark)); ok && len(after) >= len(unsealed) {
			return after[:len(unsealed)]
		}
	}
	return nil
}

// seal puts the header's sum into its place.
func seal(header []byte) {
	place := sealOf(header)
	copy(place, fmt.Sprintf("%08x", crc32.Checksum(header, castagnoli)))
}

// verify compares the checksums, which are then no longer among the metadata.
func (c *Container) verify(header []byte) error {
	have, ok := c.Metadata[sumsKey]
	if !ok {
		return nil
	}
	delete(c.Metadata, sumsKey)
	place := sealOf(header)
	if place == nil || !strings.HasPrefix(have, string(place)) {
		return fmt.Errorf("the checksums %.40q are not written as Braid writes them", have)
	}
	bare := bytes.Clone(header)
	copy(sealOf(bare), unsealed)
	if got := fmt.Sprintf("%08x", crc32.Checksum(bare, castagnoli)); got != string(place) {
		return fmt.Errorf("the header is damaged: its CRC-32C is %s, the file says %s", got, place)
	}
	list := strings.Split(have, " ")[1:]
	if len(list) != len(c.Entries) {
		return fmt.Errorf("%d checksums for %d tensors", len(list), len(c.Entries))
	}
	for i, e := range c.Entries {
		if got := fmt.Sprintf("%08x", crc32.Checksum(e.Data, castagnoli)); got != list[i] {
			return fmt.Errorf("tensor %q is damaged: its CRC-32C is %s, the file says %s", e.Name, got, list[i])
		}
	}
	c.checked = true
	return nil
}
