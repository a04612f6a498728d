package safetensors

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"strings"
)

// sumsKey is the metadata key of the checksums. Its value lists CRC-32C sums in hexadecimal: first
// the header's, computed with zeros in its own position, then each tensor's in the order of the
// entries.
const sumsKey = "crc32c"

var (
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
	// prefixes precede the header's sum. They cannot occur inside a JSON string, where quotes are
	// escaped.
	prefixes = []string{`{"` + sumsKey + `":"`, `,"` + sumsKey + `":"`}
	zeroSum  = []byte("00000000")
)

// sums returns the checksums, with zeros for the header's.
func (c *Container) sums() string {
	list := []string{string(zeroSum)}
	for _, e := range c.Entries {
		list = append(list, fmt.Sprintf("%08x", crc32.Checksum(e.Data, castagnoli)))
	}
	return strings.Join(list, " ")
}

// headerSum returns the bytes of a header that hold its sum, nil if it has none.
func headerSum(header []byte) []byte {
	for _, prefix := range prefixes {
		_, after, ok := bytes.Cut(header, []byte(prefix))
		if ok && len(after) >= len(zeroSum) {
			return after[:len(zeroSum)]
		}
	}
	return nil
}

// addHeaderSum replaces the zeros by the header's sum.
func addHeaderSum(header []byte) {
	sum := headerSum(header)
	copy(sum, fmt.Sprintf("%08x", crc32.Checksum(header, castagnoli)))
}

// verify compares the checksums and removes them from the metadata.
func (c *Container) verify(header []byte) error {
	have, ok := c.Metadata[sumsKey]
	if !ok {
		return nil
	}
	delete(c.Metadata, sumsKey)
	want := headerSum(header)
	if want == nil || !strings.HasPrefix(have, string(want)) {
		return fmt.Errorf("the checksums %.40q do not have Braid's format", have)
	}
	zeroed := bytes.Clone(header)
	copy(headerSum(zeroed), zeroSum)
	if got := fmt.Sprintf("%08x", crc32.Checksum(zeroed, castagnoli)); got != string(want) {
		return fmt.Errorf("the header is damaged: its CRC-32C is %s, the file says %s", got, want)
	}
	list := strings.Split(have, " ")[1:]
	if len(list) != len(c.Entries) {
		return fmt.Errorf("%d checksums for %d tensors", len(list), len(c.Entries))
	}
	for i, e := range c.Entries {
		if got := fmt.Sprintf("%08x", crc32.Checksum(e.Data, castagnoli)); got != list[i] {
			return fmt.Errorf("tensor %q is damaged: its CRC-32C is %s, the file says %s",
				e.Name, got, list[i])
		}
	}
	c.checked = true
	return nil
}
