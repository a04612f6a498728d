package batchpredict

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// byteOrderMark is Windows' mark of UTF-8, before the first line of a file.
const byteOrderMark = "\ufeff"

// errLong is the error of a line that is too long.
var errLong = errors.New("line is too long")

// readLine appends the next line, without its end, to line. A line that is too long is read past. At the end of
// the file the error is io.EOF.
func readLine(r *bufio.Reader, line []byte, most int) ([]byte, error) {
	from, long := len(line), false
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part)-from > most+len("\r\n") {
			long = true
		} else {
			line = append(line, part...)
		}
		switch {
		case err == bufio.ErrBufferFull:
			continue
		case err == io.EOF && (len(line) > from || long):
		case err != nil:
			return line[:from], err
		}
		end := len(bytes.TrimSuffix(bytes.TrimSuffix(line[from:], []byte("\n")), []byte("\r")))
		if long || end > most {
			return line[:from], fmt.Errorf("%w: want %d bytes or less", errLong, most)
		}
		return line[:from+end], nil
	}
}
