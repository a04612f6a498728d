// Package inflate bounds the work of decompressing untrusted data.
package inflate

import (
	"errors"
	"io"
)

// ErrEmptyBlocks is the error of compressed data that is much larger than its content. Deflate
// allows any number of empty blocks: 8 MB of them take a second to read.
var ErrEmptyBlocks = errors.New(
	"the compressed data is larger than what it expands to: it has empty blocks")

// Compressed data may have at most maxRatio times as many bytes as its content, plus slack.
// Encoders stay below 1.01 times: they store data that they cannot compress.
const (
	maxRatio = 2
	slack    = 256 << 10
)

// Meter is a reader of compressed data that fails with ErrEmptyBlocks. A decompressor reads it, and
// Content counts what the decompressor returns.
type Meter struct {
	from               io.Reader
	compressed, expand int64 // bytes so far
}

// NewMeter returns a meter on compressed data.
func NewMeter(from io.Reader) *Meter { return &Meter{from: from} }

// Read reads compressed data.
func (m *Meter) Read(p []byte) (int, error) {
	if m.compressed > maxRatio*m.expand+slack {
		return 0, ErrEmptyBlocks
	}
	n, err := m.from.Read(p)
	m.compressed += int64(n)
	return n, err
}

// Content returns a reader of a decompressor's output, which it counts.
func (m *Meter) Content(decompressor io.Reader) io.Reader { return &content{m, decompressor} }

type content struct {
	*Meter
	from io.Reader
}

func (c *content) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.expand += int64(n)
	return n, err
}
