package braidtest

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
)

// IDX returns an IDX file of bytes with the given axes.
func IDX(content []byte, axes ...int) []byte {
	const unsigned = 8
	file := []byte{0, 0, unsigned, byte(len(axes))}
	for _, n := range axes {
		file = binary.BigEndian.AppendUint32(file, uint32(n))
	}
	return append(file, content...)
}

// Gzip returns content compressed.
func Gzip(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(content)
	w.Close()
	return b.Bytes()
}
