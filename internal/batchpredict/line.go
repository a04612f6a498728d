package batchpredict

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// errLong is the error of a line that is too long.
var errLong = errors.New("line is too long")

// readLine appends the next line to line, without the line end. It skips a line of more than most
// bytes, and returns errLong. At the end of the file the error is io.EOF.
func readLine(r *bufio.Reader, line []byte, most int) ([]byte, error) {
	from, long := len(line), false
	for {
		chunk, err := r.ReadSlice('\n')
		if len(line)+len(chunk)-from > most+len("\r\n") {
			long = true
		} else {
			line = append(line, chunk...)
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
