package gunzip

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
)

func zipped(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestReader holds what follows a member against zcat (gzip 1.12) and Python's gzip module.
func TestReader(t *testing.T) {
	a, b, zeros := zipped(t, "hello "), zipped(t, "world"), make([]byte, 1000)
	nothing := zipped(t, "")
	damaged := slices.Clone(a)
	damaged[len(damaged)-5] ^= 1
	for name, c := range map[string]struct {
		content []byte
		want    string
		err     error
	}{
		"one member":                   {a, "hello ", nil},
		"two members":                  {slices.Concat(a, b), "hello world", nil},
		"an empty member":              {nothing, "", nil},
		"many empty members":           {slices.Concat(a, bytes.Repeat(nothing, 1000), b), "hello world", nil},
		"a zero":                       {append(slices.Clone(a), 0), "hello ", nil},
		"zeros":                        {slices.Concat(a, zeros), "hello ", nil},
		"zeros and a member":           {slices.Concat(a, zeros, b), "hello world", nil}, // as Python; zcat warns
		"a byte":                       {append(slices.Clone(a), 'x'), "hello ", ErrTrailing},
		"junk":                         {slices.Concat(a, []byte("junk")), "hello ", ErrTrailing}, // zcat warns; Python refuses
		"zeros and junk":               {slices.Concat(a, zeros, []byte("junk")), "hello ", ErrTrailing},
		"half of a magic":              {append(slices.Clone(a), Magic[0]), "hello ", ErrTrailing},
		"a magic":                      {append(slices.Clone(a), Magic...), "hello ", io.ErrUnexpectedEOF},
		"a header cut short":           {slices.Concat(a, b[:7]), "hello ", io.ErrUnexpectedEOF},
		"a second member cut short":    {slices.Concat(a, b[:len(b)-3]), "hello world", io.ErrUnexpectedEOF},
		"a wrong checksum":             {damaged, "hello ", gzip.ErrChecksum},
		"a wrong checksum and zeros":   {slices.Concat(damaged, zeros), "hello ", gzip.ErrChecksum},
		"a second member of a version": {slices.Concat(a, []byte(Magic), make([]byte, 20)), "hello ", gzip.ErrHeader},
	} {
		for way, from := range map[string]io.Reader{
			"whole": bytes.NewReader(c.content), "bytes": iotest.OneByteReader(bytes.NewReader(c.content)),
			"with EOF": iotest.DataErrReader(bytes.NewReader(c.content)),
		} {
			r, err := NewReader(from)
			if err != nil {
				t.Errorf("%s, %s: %v", name, way, err)
				continue
			}
			got, err := io.ReadAll(r)
			if string(got) != c.want || !errors.Is(err, c.err) {
				t.Errorf("%s, %s: got %q and the error %v, want %q and %v", name, way, got, err, c.want, c.err)
			}
			if n, again := r.Read(make([]byte, 9)); n > 0 || again == nil {
				t.Errorf("%s, %s: read again %d bytes and %v", name, way, n, again)
			}
		}
	}
	for _, content := range []string{"", "x", "\x1f", "no gzip at all"} {
		if _, err := NewReader(strings.NewReader(content)); err == nil {
			t.Errorf("%q: want an error", content)
		}
	}
	if err := iotest.TestReader(must(NewReader(bytes.NewReader(slices.Concat(a, zeros, b)))), []byte("hello world")); err != nil {
		t.Error(err)
	}
}

func must(r *Reader, err error) *Reader {
	if err != nil {
		panic(err)
	}
	return r
}

// FuzzReader compares with gzip's own reader where that reads all.
func FuzzReader(f *testing.F) {
	a := zipped(f, "hello ")
	f.Add(a)
	f.Add(slices.Concat(a, a))
	f.Add(slices.Concat(a, make([]byte, 3), a))
	f.Fuzz(func(t *testing.T, content []byte) {
		const most = 1 << 20
		std, err := gzip.NewReader(bytes.NewReader(content))
		r, ours := NewReader(bytes.NewReader(content))
		if (err == nil) != (ours == nil) {
			t.Fatalf("header: %v, want %v", ours, err)
		}
		if err != nil {
			return
		}
		want, err := io.ReadAll(io.LimitReader(std, most))
		got, ours := io.ReadAll(io.LimitReader(r, most))
		if err == nil && (ours != nil || !bytes.Equal(got, want)) {
			t.Errorf("got %d bytes and %v, want %d", len(got), ours, len(want))
		}
	})
}
