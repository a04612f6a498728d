package data

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"braid/internal/braidtest"
	"braid/tensor"
)

// stream reads a file in blocks of the given number of bytes.
func stream(r io.Reader, block int) (tensor.Shape, []uint8, error) {
	s, err := NewIDXReader(r)
	if err != nil {
		return nil, nil, err
	}
	var all []uint8
	to := make([]uint8, block)
	for {
		rows, err := s.Next(to)
		if err == io.EOF {
			return s.Shape(), all, nil
		}
		if err != nil {
			if _, again := s.Next(to); again == nil || again.Error() != err.Error() {
				return nil, nil, errors.New("another error the second time")
			}
			return nil, nil, err
		}
		all = append(all, to[:rows*s.row]...)
	}
}

func TestIDXReader(t *testing.T) {
	content := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}
	for block := 2; block < 13; block++ {
		for name, r := range map[string]io.Reader{
			"whole":       bytes.NewReader(braidtest.IDX(content, 5, 2)),
			"byte a time": iotest.OneByteReader(bytes.NewReader(braidtest.IDX(content, 5, 2))),
			"early end":   iotest.DataErrReader(bytes.NewReader(braidtest.IDX(content, 5, 2))),
		} {
			shape, got, err := stream(r, block)
			if err != nil || !shape.Equal(tensor.Shape{5, 2}) || !slices.Equal(got, content) {
				t.Errorf("%s in blocks of %d: %v %v (%v)", name, block, shape, got, err)
			}
		}
	}
	s, err := NewIDXReader(bytes.NewReader(braidtest.IDX(content, 5, 2)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{2, 2, 1} {
		if rows, err := s.Next(make([]uint8, 5)); rows != want || err != nil {
			t.Errorf("%d rows (%v), want %d", rows, err, want)
		}
	}
	if rows, err := s.Next(make([]uint8, 5)); rows != 0 || err != io.EOF {
		t.Errorf("%d rows (%v) after the end", rows, err)
	}
	if _, _, err := stream(bytes.NewReader(braidtest.IDX(content, 5, 2)), 1); err == nil ||
		!strings.Contains(err.Error(), "a row of 2 bytes does not fit into 1") {
		t.Errorf("error is %v", err)
	}
}

// IDXReader returns the same errors as readIDX.
func TestBadIDXReader(t *testing.T) {
	for name, c := range badIDX {
		_, _, err := stream(bytes.NewReader(c.file), 1<<20)
		_, want := readIDX(bytes.NewReader(c.file), -1)
		if err == nil || err.Error() != want.Error() {
			t.Errorf("%s: error is %v, readIDX says %v", name, err, want)
		}
	}
	planted := errors.New("planted")
	file := braidtest.IDX([]byte{1, 2, 3}, 3)
	for n := range file {
		r := io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(planted))
		if _, _, err := stream(r, 2); !errors.Is(err, planted) {
			t.Errorf("after %d bytes: error is %v, want the planted one", n, err)
		}
	}
	r := io.MultiReader(bytes.NewReader(file), iotest.ErrReader(io.ErrUnexpectedEOF))
	if _, _, err := stream(r, 2); err == nil ||
		!strings.Contains(err.Error(), "compressed file is cut short after 3 of 3 bytes") {
		t.Errorf("a compressed file without its checksum: %v", err)
	}
}

func FuzzIDXReader(f *testing.F) {
	for _, c := range badIDX {
		f.Add(c.file, 7)
	}
	f.Add(braidtest.IDX([]byte{1, 2, 3, 4}, 2, 2), 3)
	f.Fuzz(func(t *testing.T, file []byte, block int) {
		want, wanted := readIDX(bytes.NewReader(file), -1)
		row := 1
		if wanted == nil {
			row = want.Len() / want.Shape()[0]
		}
		shape, got, err := stream(bytes.NewReader(file), row+int(uint(block)%100))
		if (err == nil) != (wanted == nil) || !slices.Equal(got, want.Uint8s()) ||
			err == nil && !shape.Equal(want.Shape()) {
			t.Fatalf("rows %v %v (%v), readIDX %v %v (%v)", shape, got, err, want.Shape(), want.Uint8s(),
				wanted)
		}
	})
}
