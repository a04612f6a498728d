package data_test

import (
	"bytes"
	"strings"
	"testing"
	"testing/iotest"

	"braid/data"
)

func TestIDXRows(t *testing.T) {
	for _, c := range []struct{ name, file, rows, err string }{
		{"a/y-idx1-ubyte", "\x00\x00\x08\x01\x00\x00\x00\x03\x07\x00\xff",
			"y-idx1-ubyte|1: 7|2: 0|3: 255", ""},
		{"a/y.idx.gz", "\x00\x00\x08\x02\x00\x00\x00\x02\x00\x00\x00\x03abcdef",
			"y.0·y.1·y.2|1: 97·98·99|2: 100·101·102", ""},
		{"a/x.idx3-ubyte.gz", "\x00\x00\x08\x03\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x03abcdef",
			"x|1: x.idx3-ubyte.gz#0|2: x.idx3-ubyte.gz#1", ""},
		{"a/x", "\x00\x00\x08\x03\x00\x00\x00\x02\x00\x00\x00\x01\x00\x00\x00\x03abcde",
			"", "a/x:2: the file is cut short: 5 bytes of data, shape [2 1 3] needs 6: 1 missing"},
		{"a/x", "\x00\x00\x08\x01\x00\x00\x00\x02abc", "", "the file has bytes after its end"},
		{"a/x", "\x00\x00\x0b\x01\x00\x00\x00\x01ab", "", "a/x: IDX file holds int16"},
		{"a/x", "\x00\x00\x08\x04" + strings.Repeat("\x00\x00\x00\x01", 4) + "a", "",
			"a/x: the array has shape [1 1 1 1], want rows of a number, of up to 65536 numbers, or of grey"},
		{"a/x", "\x00\x00\x08\x02\x00\x00\x00\x01\x00\x01\x00\x01", "", "of up to 65536 numbers"},
	} {
		var rows []string
		s, err := data.NewIDX(iotest.HalfReader(bytes.NewReader([]byte(c.file))), c.name)
		if err == nil {
			rows, err = rowsOf(s)
		}
		switch {
		case c.err != "" && (err == nil || !strings.Contains(err.Error(), c.err)):
			t.Errorf("%s: got error %v, want %s", c.name, err, c.err)
		case c.err == "" && (err != nil || strings.Join(rows, "|") != c.rows):
			t.Errorf("%s: got %q and error %v, want %q", c.name, rows, err, c.rows)
		}
	}
}
