package datafile

import (
	"errors"
	"fmt"
	"io"

	"github.com/parquet-go/parquet-go/format"
)

// Limits of pages. Writers make pages of about a megabyte, and put all values of a row group into
// one page at most.
const (
	mostPageBytes  = 1 << 28
	mostPageValues = 1 << 26
	mostPageHeader = 1 << 24 // bytes; it has the least and the greatest value
	headerBytes    = 1 << 12 // that are read at first
)

var errPageHeader = errors.New("a damaged Parquet file: the header of a page is not valid")

// checkPages checks the headers of a column's pages in a row group. The library takes memory for
// what they claim, as it does for the footer.
func checkPages(r io.ReaderAt, size int64, c *format.ColumnMetaData) error {
	at, left := c.DataPageOffset, c.TotalCompressedSize
	if c.DictionaryPageOffset != 0 {
		at = c.DictionaryPageOffset
	}
	if at < 0 || left < 0 || at > size || left > size-at {
		return fmt.Errorf("a damaged Parquet file: pages of %d bytes from byte %d in a file of %d", left,
			at, size)
	}
	for left > 0 {
		compressed, length, err := readPageHeader(io.NewSectionReader(r, at, left))
		if err != nil {
			return err
		}
		if compressed > left-length {
			return fmt.Errorf("a damaged Parquet file: a page claims %d bytes, and %d are left",
				compressed, left-length)
		}
		at, left = at+length+compressed, left-length-compressed
	}
	return nil
}

// readPageHeader reads the header with which pages begin, and returns its length and that of the
// page.
func readPageHeader(pages *io.SectionReader) (compressed, length int64, err error) {
	for window := int64(headerBytes); ; window *= 16 {
		window = min(window, pages.Size(), mostPageHeader)
		text := make([]byte, window)
		if _, err := pages.ReadAt(text, 0); err != nil && err != io.EOF {
			return 0, 0, err
		}
		c := compact{text}
		compressed, err = c.pageHeader()
		if err == errCompact && window < min(pages.Size(), mostPageHeader) {
			continue // it may go on behind the window
		}
		if err == errCompact {
			err = errPageHeader
		}
		return compressed, window - int64(len(c.rest)), err
	}
}

// The fields of headers: of a page, and of the structures in it for each type of page, which all
// begin with the number of values.
const (
	fieldUncompressed = 2
	fieldCompressed   = 3
	fieldData         = 5
	fieldDictionary   = 7
	fieldDataV2       = 8
	fieldValues       = 1
)

// pageHeader reads the header of a page, and returns the length of the page.
func (c *compact) pageHeader() (compressed int64, err error) {
	values := func(id int64, kind byte) (bool, error) {
		if id != fieldValues {
			return false, nil
		}
		_, err := c.claim(kind, "values", mostPageValues)
		return true, err
	}
	err = c.structure(0, func(id int64, kind byte) (bool, error) {
		var err error
		switch id {
		case fieldUncompressed:
			_, err = c.claim(kind, "bytes", mostPageBytes)
		case fieldCompressed:
			compressed, err = c.claim(kind, "compressed bytes", mostPageBytes)
		case fieldData, fieldDictionary, fieldDataV2:
			if kind != thriftStruct {
				return false, errPageHeader
			}
			err = c.structure(1, values)
		default:
			return false, nil
		}
		return true, err
	})
	return compressed, err
}

// claim reads a number of a header that is at most most.
func (c *compact) claim(kind byte, of string, most int64) (int64, error) {
	if kind != thriftInt32 {
		return 0, errPageHeader
	}
	n, err := c.integer()
	if err == nil && (n < 0 || n > most) {
		err = fmt.Errorf("the header of a page claims %d %s, want 0 to %d", n, of, most)
	}
	return n, err
}
