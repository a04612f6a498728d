package datafile

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// maxDepth is the largest depth of structures within a footer; the format has about ten.
const maxDepth = 32

// errCompact is the error of a text that is not in Thrift's compact encoding.
var errCompact = errors.New("not valid")

// checkFooter checks that the footer is Thrift's compact encoding, and claims no lists that are
// longer than it is. The library takes memory for each claim, and recurses as deep as a footer is
// nested; neither failure can be recovered from.
func checkFooter(r io.ReaderAt, size int64) error {
	var end [8]byte
	if size < 12 {
		return fmt.Errorf("a Parquet file of %d bytes is cut short", size)
	}
	if _, err := r.ReadAt(end[:], size-8); err != nil {
		return err
	}
	switch string(end[4:]) {
	case "PAR1":
	case "PARE":
		return errors.New("the Parquet file is encrypted, want it decrypted")
	default:
		return fmt.Errorf("the Parquet file ends in %q, want %q: it is cut short", end[4:], "PAR1")
	}
	length := int64(binary.LittleEndian.Uint32(end[:4]))
	if length > size-12 {
		return fmt.Errorf("a damaged Parquet file: a footer of %d bytes in a file of %d", length, size)
	}
	footer := make([]byte, length)
	if _, err := r.ReadAt(footer, size-8-length); err != nil {
		return err
	}
	c := compact{footer}
	if err := c.structure(0, nil); err != nil {
		return errors.New("a damaged Parquet file: its footer is not valid")
	}
	return nil
}

// compact is what is left of a text in Thrift's compact encoding.
type compact struct{ rest []byte }

// The types of fields and elements.
const (
	thriftStop = iota
	thriftTrue
	thriftFalse
	thriftByte
	thriftInt16
	thriftInt32
	thriftInt64
	thriftDouble
	thriftBinary
	thriftList
	thriftSet
	thriftMap
	thriftStruct
)

func (c *compact) skip(n uint64) error {
	if n > uint64(len(c.rest)) {
		return errCompact
	}
	c.rest = c.rest[n:]
	return nil
}

func (c *compact) byte() (byte, error) {
	if len(c.rest) == 0 {
		return 0, errCompact
	}
	b := c.rest[0]
	c.rest = c.rest[1:]
	return b, nil
}

func (c *compact) uvarint() (uint64, error) {
	v, n := binary.Uvarint(c.rest)
	if n <= 0 {
		return 0, errCompact
	}
	c.rest = c.rest[n:]
	return v, nil
}

// integer returns an integer of any width.
func (c *compact) integer() (int64, error) {
	v, err := c.uvarint()
	return int64(v>>1) ^ -int64(v&1), err
}

// structure skips the fields of a structure. visit, if it is not nil, is called before each value
// with the field's number and type, and may read the value instead: it then returns true.
func (c *compact) structure(depth int, visit func(id int64, kind byte) (bool, error)) error {
	if depth > maxDepth {
		return errCompact
	}
	var id int64
	for {
		head, err := c.byte()
		if err != nil || head == thriftStop {
			return err
		}
		id += int64(head >> 4)
		if head>>4 == 0 { // the field's number follows
			if id, err = c.integer(); err != nil {
				return err
			}
		}
		kind, isRead := head&15, false
		if visit != nil {
			if isRead, err = visit(id, kind); err != nil {
				return err
			}
		}
		if isRead || kind == thriftTrue || kind == thriftFalse { // these are the value
			continue
		}
		if err := c.value(kind, depth); err != nil {
			return err
		}
	}
}

// value skips a value.
func (c *compact) value(kind byte, depth int) error {
	switch kind {
	case thriftTrue, thriftFalse, thriftByte:
		return c.skip(1)
	case thriftInt16, thriftInt32, thriftInt64:
		_, err := c.uvarint()
		return err
	case thriftDouble:
		return c.skip(8)
	case thriftBinary:
		n, err := c.uvarint()
		if err != nil {
			return err
		}
		return c.skip(n)
	case thriftList, thriftSet:
		return c.list(depth)
	case thriftMap:
		n, err := c.uvarint()
		if err != nil || n == 0 {
			return err
		}
		kinds, err := c.byte()
		if err != nil {
			return err
		}
		for range n {
			if err := c.value(kinds>>4, depth+1); err != nil {
				return err
			}
			if err := c.value(kinds&15, depth+1); err != nil {
				return err
			}
		}
		return nil
	case thriftStruct:
		return c.structure(depth+1, nil)
	}
	return errCompact
}

// list skips a list, whose elements have a byte each at least.
func (c *compact) list(depth int) error {
	head, err := c.byte()
	if err != nil {
		return err
	}
	n := uint64(head >> 4)
	if n == 15 {
		if n, err = c.uvarint(); err != nil {
			return err
		}
	}
	if depth > maxDepth {
		return errCompact
	}
	for range n {
		if err := c.value(head&15, depth+1); err != nil {
			return err
		}
	}
	return nil
}
