package tensorboard

import (
	"encoding/binary"
	"hash/crc32"
	"math"
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// checksum returns the masked CRC-32C of a record's part. The mask keeps a checksum of data that
// holds checksums from being a simple function of these.
func checksum(data []byte) uint32 {
	sum := crc32.Checksum(data, castagnoli)
	return (sum>>15 | sum<<17) + 0xa282ead8
}

// appendRecord appends a record with the given data.
func appendRecord(to, data []byte) []byte {
	length := binary.LittleEndian.AppendUint64(nil, uint64(len(data)))
	to = append(to, length...)
	to = binary.LittleEndian.AppendUint32(to, checksum(length))
	to = append(to, data...)
	return binary.LittleEndian.AppendUint32(to, checksum(data))
}

// message is an encoded protocol buffer. Its methods append a field with a number; fields that are
// 0 are written, too, since some say by their presence what a message holds.
type message []byte

// Types of fields in the encoding.
const (
	typeVarint = 0
	typeDouble = 1
	typeBytes  = 2
	typeFloat  = 5
)

func (m *message) key(field, kind int) {
	*m = binary.AppendUvarint(*m, uint64(field)<<3|uint64(kind))
}

func (m *message) int(field int, v int64) {
	m.key(field, typeVarint)
	*m = binary.AppendUvarint(*m, uint64(v))
}

func (m *message) double(field int, v float64) {
	m.key(field, typeDouble)
	*m = binary.LittleEndian.AppendUint64(*m, math.Float64bits(v))
}

func (m *message) float(field int, v float32) {
	m.key(field, typeFloat)
	*m = binary.LittleEndian.AppendUint32(*m, math.Float32bits(v))
}

// bytes appends bytes, a string or a message.
func (m *message) bytes(field int, v []byte) {
	m.key(field, typeBytes)
	*m = binary.AppendUvarint(*m, uint64(len(v)))
	*m = append(*m, v...)
}

func (m *message) text(field int, v string) { m.bytes(field, []byte(v)) }

// doubles appends a packed list.
func (m *message) doubles(field int, list []float64) {
	var packed []byte
	for _, v := range list {
		packed = binary.LittleEndian.AppendUint64(packed, math.Float64bits(v))
	}
	m.bytes(field, packed)
}
