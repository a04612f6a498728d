package batchpredict

import (
	"bufio"
	"errors"
	"io"
	"strings"
	"testing"
)

func TestReadLine(t *testing.T) {
	text := "a\r\n\n123456\n1234567\n" + strings.Repeat("x", 100) + "\r\nb\r"
	r := bufio.NewReaderSize(strings.NewReader(text), 16)
	line := []byte("kept ")
	for _, want := range []string{"a", "", "123456", "too long", "too long", "b"} {
		var err error
		line, err = readLine(r, line[:5], 6)
		got := strings.TrimPrefix(string(line), "kept ")
		if errors.Is(err, errLong) {
			if got != "" || cap(line) > 50 {
				t.Errorf("of a line that is too long %q is left, and %d bytes of memory", got, cap(line))
			}
			got, err = "too long", nil
		}
		if got != want || err != nil {
			t.Errorf("got %q (%v), want %q", got, err, want)
		}
	}
	if _, err := readLine(r, nil, 6); err != io.EOF {
		t.Errorf("error at the end is %v", err)
	}
}
