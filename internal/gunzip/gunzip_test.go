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

// TestReader checks the bytes after a member. Comments name where zcat (gzip 1.12) or Python's gzip
// module differ.
func TestReader(t *testing.T) {
	a, b, zeros := zipped(t, "hello "), zipped(t, "world"), make([]byte, 1000)
	nothing := zipped(t, "")
	join := func(members ...[]byte) []byte { return slices.Concat(members...) }
	junk, anyVersion := []byte("junk"), append([]byte(Magic), make([]byte, 20)...)
	damaged := slices.Clone(a)
	damaged[len(damaged)-5] ^= 1
	for name, c := range map[string]struct {
		content []byte
		want    string
		err     error
	}{
		"one member":                   {a, "hello ", nil},
		"two members":                  {join(a, b), "hello world", nil},
		"an empty member":              {nothing, "", nil},
		"many empty members":           {join(a, bytes.Repeat(nothing, 1000), b), "hello world", nil},
		"a zero":                       {join(a, []byte{0}), "hello ", nil},
		"zeros":                        {join(a, zeros), "hello ", nil},
		"zeros and a member":           {join(a, zeros, b), "hello world", nil}, // zcat warns
		"a byte":                       {join(a, []byte("x")), "hello ", ErrTrailing},
		"junk":                         {join(a, junk), "hello ", ErrTrailing}, // zcat warns
		"zeros and junk":               {join(a, zeros, junk), "hello ", ErrTrailing},
		"half of a magic":              {join(a, []byte(Magic[:1])), "hello ", ErrTrailing},
		"a magic":                      {join(a, []byte(Magic)), "hello ", io.ErrUnexpectedEOF},
		"a header cut short":           {join(a, b[:7]), "hello ", io.ErrUnexpectedEOF},
		"a second member cut short":    {join(a, b[:len(b)-3]), "hello world", io.ErrUnexpectedEOF},
		"a wrong checksum":             {damaged, "hello ", gzip.ErrChecksum},
		"a wrong checksum and zeros":   {join(damaged, zeros), "hello ", gzip.ErrChecksum},
		"a second member of a version": {join(a, anyVersion), "hello ", gzip.ErrHeader},
	} {
		for way, from := range map[string]io.Reader{
			"at once":  bytes.NewReader(c.content),
			"bytes":    iotest.OneByteReader(bytes.NewReader(c.content)),
			"with EOF": iotest.DataErrReader(bytes.NewReader(c.content)),
		} {
			r, err := NewReader(from)
			if err != nil {
				t.Errorf("%s, %s: %v", name, way, err)
				continue
			}
			got, err := io.ReadAll(r)
			if string(got) != c.want || !errors.Is(err, c.err) {
				const format = "%s, %s: got %q and the error %v, want %q and %v"
				t.Errorf(format, name, way, got, err, c.want, c.err)
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
	r, err := NewReader(bytes.NewReader(join(a, zeros, b)))
	if err != nil {
		t.Fatal(err)
	}
	if err := iotest.TestReader(r, []byte("hello world")); err != nil {
		t.Error(err)
	}
}

// FuzzReader compares with compress/gzip if that reads all content.
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
