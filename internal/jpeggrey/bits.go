package jpeggrey

import (
	"encoding/binary"
	"errors"
)

// bitReader reads the bits of a scan: content up to the next marker, without the 0 after each 0xff.
type bitReader struct {
	content []byte
	at      int    // the next byte of content
	bits    uint64 // the next bit is the highest
	n       int    // number of bits at hand; negative if too many were taken
	short   bool   // more bits were taken than the scan has
}

// reserve loads bits until 32 are at hand, or all that are left. Missing bits are 0.
func (b *bitReader) reserve() {
	if b.n < 32 {
		b.fill()
	}
}

func (b *bitReader) fill() {
	if b.n < 0 {
		b.short, b.n, b.bits = true, 0, 0
	}
	if b.at+8 <= len(b.content) {
		v := binary.BigEndian.Uint64(b.content[b.at:])
		const ones, highs = 0x0101010101010101, 0x8080808080808080
		if (^v-ones)&v&highs == 0 { // no byte is 0xff
			b.bits |= v >> b.n
			b.at += (63 - b.n) >> 3
			b.n |= 56
			return
		}
	}
	for b.n <= 56 && b.at < len(b.content) {
		v := b.content[b.at]
		if v == 0xff {
			if b.at+1 >= len(b.content) || b.content[b.at+1] != 0 {
				return // a marker
			}
			b.at++
		}
		b.at++
		b.bits |= uint64(v) << (56 - b.n)
		b.n += 8
	}
}

// take returns the next bits, at most 16, all of which must be at hand.
func (b *bitReader) take(bits int) int32 {
	v := int32(b.bits >> 1 >> (63 - bits))
	b.bits <<= bits
	b.n -= bits
	return v
}

// bit returns one bit.
func (b *bitReader) bit() int32 {
	if b.n < 1 {
		b.fill()
	}
	return b.take(1)
}

// signed returns a value of the given number of bits: see T.81, F.2.2.1, EXTEND.
func (b *bitReader) signed(bits int) int32 {
	v := b.take(bits)
	if bits > 0 && v < 1<<(bits-1) {
		v += -1<<bits + 1
	}
	return v
}

// missing reports whether more bits were taken than the scan has.
func (b *bitReader) missing() bool { return b.short || b.n < 0 }

// restart drops the bits up to the next marker, which must be the restart marker with this number.
func (b *bitReader) restart(number int) error {
	j := Decoder{content: b.content, at: b.at}
	if marker := j.nextMarker(); marker != markerRST0+byte(number&7) {
		return errors.New("a restart marker is missing")
	}
	*b = bitReader{content: b.content, at: j.at}
	return nil
}

// codes is a Huffman table.
type codes struct {
	short   [1 << shortCode]uint16 // by the next bits: symbol and length, or 0 if the code is longer
	values  [1 << shortCode]value  // by the next bits: a coefficient, if they contain all its bits
	ends    [17]int32              // by length: the last code + 1, as 16 bits
	offset  [17]int32              // by length: the difference of a code's symbol index and the code
	symbols []byte
}

// value is a coefficient after a run of zeros: the run, the number of bits of code and value, and
// the value. The number is 0 if there is no value.
type value struct {
	run, bits uint8
	value     int16
}

// shortCode is the maximum length of the codes in lookup tables.
const shortCode = 9

var errNoTable = errors.New("a Huffman table is missing")

// newCodes builds a table from the numbers of codes by length, and symbols: see T.81, C.2.
func newCodes(table []byte) (*codes, error) {
	if len(table) <= 16 {
		return nil, errNoTable
	}
	c := &codes{symbols: table[16:]}
	code, index := int32(0), int32(0)
	for length := 1; length <= 16; length++ {
		c.offset[length] = index - code
		for range table[length-1] {
			if code >= 1<<length {
				return nil, errors.New("a Huffman table has too many codes")
			}
			if length <= shortCode {
				same := 1 << (shortCode - length)
				entry := uint16(c.symbols[index])<<8 | uint16(length)
				for i := range same {
					c.short[int(code)*same+i] = entry
				}
			}
			code++
			index++
		}
		c.ends[length] = code << (16 - length)
		code <<= 1
	}
	return c, nil
}

// withValues adds the lookup table of values.
func (c *codes) withValues() *codes {
	for next, e := range c.short {
		length, size := int(e&0xff), int(e>>8&15)
		if length == 0 || size == 0 || length+size > shortCode {
			continue
		}
		b := bitReader{bits: uint64(next) << (64 - shortCode + length)}
		c.values[next] = value{uint8(e >> 12), uint8(length + size), int16(b.signed(size))}
	}
	return c
}

// symbol reads a code. A code that is not in the table is symbol 0 and has the maximum length.
func (b *bitReader) symbol(c *codes) int {
	b.reserve()
	if e := c.short[b.bits>>(64-shortCode)]; e != 0 {
		length := int(e & 0xff)
		b.bits <<= length
		b.n -= length
		return int(e >> 8)
	}
	return b.longSymbol(c)
}

func (b *bitReader) longSymbol(c *codes) int {
	next := int32(b.bits >> 48)
	for length := shortCode + 1; length <= 16; length++ {
		if next < c.ends[length] {
			b.take(length)
			return int(c.symbols[c.offset[length]+next>>(16-length)])
		}
	}
	b.short = true
	return 0
}
