package data

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid/tensor"
)

// idx writes an IDX file whose header claims the axes, with the given data.
func idx(content []byte, axes ...uint32) []byte {
	file := []byte{0, 0, 8, byte(len(axes))}
	for _, n := range axes {
		file = binary.BigEndian.AppendUint32(file, n)
	}
	return append(file, content...)
}

func zipped(content []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write(content)
	w.Close()
	return b.Bytes()
}

func TestOpenIDX(t *testing.T) {
	content := []byte{1, 2, 3, 4, 5, 6}
	for name, file := range map[string][]byte{"plain": idx(content, 1, 3, 2), "packed.gz": zipped(idx(content, 1, 3, 2))} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := OpenIDX(path)
		if err != nil || !got.Shape().Equal(tensor.Shape{1, 3, 2}) || !slices.Equal(got.Uint8s(), content) {
			t.Errorf("%s: %v %v (%v)", name, got.Shape(), got.Uint8s(), err)
		}
	}
}

var badIDX = map[string]struct {
	file []byte
	want string
}{
	"empty":            {nil, "cut short"},
	"header cut":       {[]byte{0, 0, 8, 2, 0, 0}, "cut short"},
	"wrong magic":      {[]byte("PK\x03\x04...."), "no IDX file of bytes"},
	"floats":           {[]byte{0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0}, "no IDX file of bytes"},
	"no axes":          {[]byte{0, 0, 8, 0}, "no IDX file of bytes"},
	"five axes":        {idx(make([]byte, 1), 1, 1, 1, 1, 1), "no IDX file of bytes"},
	"short by one":     {idx(make([]byte, 5), 3, 2), "5 bytes of data, shape [3 2] needs 6"},
	"long by one":      {idx(make([]byte, 7), 3, 2), "after its end"},
	"zero rows":        {idx(nil, 0, 28, 28), "axis 0 is 0"},
	"2^31 images":      {idx(nil, 1<<31, 28, 28), "over 2147483648 bytes"},
	"2^60 bytes":       {idx(nil, 1<<31, 1<<29), "over 2147483648 bytes"},
	"2 GiB, not there": {idx(nil, 1<<31), "0 bytes of data"},
	"gzip cut short":   {zipped(idx(make([]byte, 5000), 5000))[:40], "cut short"},
	"gzip of garbage":  {zipped([]byte("hello, world")), "no IDX file of bytes"},
	"gzip header only": {[]byte{0x1f, 0x8b}, "EOF"},
}

func TestBadIDX(t *testing.T) {
	for name, c := range badIDX {
		path := filepath.Join(t.TempDir(), "bad")
		if err := os.WriteFile(path, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := OpenIDX(path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), path) {
			t.Errorf("%s: error is %v, want %q and the path", name, err, c.want)
		}
	}
	if _, err := OpenIDX(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is not a file") {
		t.Errorf("folder: error is %v", err)
	}
}

func FuzzReadIDX(f *testing.F) {
	f.Add(idx([]byte{1, 2}, 2, 1))
	for _, c := range badIDX {
		f.Add(c.file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := ReadIDX(bytes.NewReader(file))
		if same, other := ParseIDX(file); (err == nil) != (other == nil) || !slices.Equal(got.Uint8s(), same.Uint8s()) {
			t.Fatalf("read %v (%v), parsed %v (%v)", got.Shape(), err, same.Shape(), other)
		}
		if err == nil && (got.Check() != nil || got.Len() == 0 || got.Len() > len(file)) {
			t.Fatalf("shape %v of %d bytes from a file of %d", got.Shape(), got.Len(), len(file))
		}
	})
}
