package data

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"braid/internal/braidtest"
	"braid/tensor"
)

// damaged changes the checksum at the end of a compressed file.
func damaged(zipped []byte) []byte {
	zipped[len(zipped)-8] ^= 1
	return zipped
}

func TestOpenIDX(t *testing.T) {
	content := []byte{1, 2, 3, 4, 5, 6}
	plain := braidtest.IDX(content, 1, 3, 2)
	for name, file := range map[string][]byte{
		"plain": plain, "plain.gz": plain,
		"packed": braidtest.Gzip(plain), "packed.gz": braidtest.Gzip(plain),
		"padded": append(braidtest.Gzip(plain), make([]byte, 600)...),
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := OpenIDX(path)
		if err != nil || !got.Shape().Equal(tensor.Shape{1, 3, 2}) ||
			!slices.Equal(got.Uint8s(), content) {
			t.Errorf("%s: %v %v (%v)", name, got.Shape(), got.Uint8s(), err)
		}
	}
}

var badIDX = map[string]struct {
	file []byte
	want string
}{
	"empty":       {nil, "cut short"},
	"header cut":  {[]byte{0, 0, 8, 2, 0, 0}, "header is cut short after 6 bytes"},
	"wrong magic": {[]byte("PK\x03\x04...."), "begins with 50 4b 03 04, want 00 00 08"},
	"floats":      {[]byte{0, 0, 13, 1, 0, 0, 0, 1, 0, 0, 0, 0}, "holds float32 (type 0d)"},
	"no axes":     {[]byte{0, 0, 8, 0}, "no IDX file of bytes"},
	"five axes":   {braidtest.IDX(make([]byte, 1), 1, 1, 1, 1, 1), "no IDX file of bytes"},
	"short by one": {
		braidtest.IDX(make([]byte, 5), 3, 2),
		"5 bytes of data, shape [3 2] needs 6: 1 missing",
	},
	"long by one":      {braidtest.IDX(make([]byte, 7), 3, 2), "after its end: more than the 6"},
	"zero rows":        {braidtest.IDX(nil, 0, 28, 28), "axis 0 of 3 is 0"},
	"2^31 images":      {braidtest.IDX(nil, 1<<31, 28, 28), "over 2147483647 bytes"},
	"2^60 bytes":       {braidtest.IDX(nil, 1<<30, 1<<30), "axis 1 of 2 is 1073741824"},
	"2^128 bytes":      {braidtest.IDX(nil, 1<<31, 1<<31, 1<<31, 1<<31), "axis 0 of 4 is 2147483648"},
	"2 GiB, not there": {braidtest.IDX(nil, 1<<31-1), "0 bytes of data"},
	"gzip, not there":  {braidtest.Gzip(braidtest.IDX(nil, 1<<31-1)), "0 bytes of data"},
	"gzip too long": {braidtest.Gzip(braidtest.IDX(make([]byte, 7), 3, 2)),
		"after its end: more than the 6"},
	"gzip damaged": {damaged(braidtest.Gzip(braidtest.IDX(make([]byte, 6), 3, 2))),
		"invalid checksum"},
	"gzip cut short": {braidtest.Gzip(braidtest.IDX(make([]byte, 5000), 5000))[:40],
		"compressed file is cut short"},
	"gzip and junk": {
		append(braidtest.Gzip(braidtest.IDX(make([]byte, 6), 3, 2)), "junk"...),
		"other bytes follow the compressed data",
	},
	"gzip of garbage":  {braidtest.Gzip([]byte("hello, world")), "no IDX file of bytes"},
	"gzip header only": {[]byte{0x1f, 0x8b}, "header of the compressed file"},
}

func TestBadIDX(t *testing.T) {
	for name, c := range badIDX {
		path := filepath.Join(t.TempDir(), "bad")
		if err := os.WriteFile(path, c.file, 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := OpenIDX(path)
		if err == nil || !strings.Contains(err.Error(), c.want) ||
			!strings.HasPrefix(err.Error(), path+": ") {
			t.Errorf("%s: error is %v, want %q and the path", name, err, c.want)
		}
	}
	_, err := OpenIDX(t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "not a regular file") {
		t.Errorf("folder: error is %v", err)
	}
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := OpenIDX(missing); !errors.Is(err, fs.ErrNotExist) ||
		strings.Count(err.Error(), missing) != 1 {
		t.Errorf("missing file: error is %v, want the path once", err)
	}
}

// A header with a large size allocates little, from a file, a stream or a compressed file.
func TestClaimsCostNothing(t *testing.T) {
	const most = 256 << 10 // bytes; gzip's own tables take 40 KB
	for name, file := range map[string][]byte{
		"claim": braidtest.IDX(nil, 1<<31-1), "few bytes": braidtest.IDX(make([]byte, 100), 1<<15, 1<<15),
		"zipped": braidtest.Gzip(braidtest.IDX(nil, 1<<31-1)),
	} {
		path := filepath.Join(t.TempDir(), "claim")
		if err := os.WriteFile(path, file, 0o600); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, opened := OpenIDX(path)
		_, read := readIDX(bytes.NewReader(file), -1)
		_, parsed := ParseIDX(file)
		runtime.ReadMemStats(&after)
		if opened == nil || read == nil || parsed == nil {
			t.Errorf("%s: no error: %v, %v, %v", name, opened, read, parsed)
		}
		if took := after.TotalAlloc - before.TotalAlloc; took > most {
			t.Errorf("%s: took %d bytes of memory, want %d or less", name, took, most)
		}
	}
}

// An error of the reader is returned, not taken for the end of the file.
func TestReaderFails(t *testing.T) {
	planted := errors.New("planted")
	file := braidtest.IDX([]byte{1, 2, 3}, 3)
	for n := range file {
		r := io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(planted))
		if _, err := readIDX(r, -1); !errors.Is(err, planted) {
			t.Errorf("after %d bytes: error is %v, want the planted one", n, err)
		}
	}
}

func FuzzReadIDX(f *testing.F) {
	f.Add(braidtest.IDX([]byte{1, 2}, 2, 1))
	for _, c := range badIDX {
		f.Add(c.file)
	}
	f.Fuzz(func(t *testing.T, file []byte) {
		got, err := readIDX(bytes.NewReader(file), -1)
		same, other := ParseIDX(file)
		if (err == nil) != (other == nil) || !slices.Equal(got.Uint8s(), same.Uint8s()) {
			t.Fatalf("read %v (%v), parsed %v (%v)", got.Shape(), err, same.Shape(), other)
		}
		if err == nil && (got.Check() != nil || got.Len() == 0 || got.Len() > len(file)) {
			t.Fatalf("shape %v of %d bytes from a file of %d", got.Shape(), got.Len(), len(file))
		}
	})
}

func BenchmarkOpenIDX(b *testing.B) {
	path := filepath.Join(b.TempDir(), "images")
	content := braidtest.IDX(make([]byte, 60000*28*28), 60000, 28, 28)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(60000 * 28 * 28)
	for b.Loop() {
		if _, err := OpenIDX(path); err != nil {
			b.Fatal(err)
		}
	}
}
