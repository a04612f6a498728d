package inflate_test

import (
	"bytes"
	"compress/flate"
	"errors"
	"io"
	"math/rand/v2"
	"testing"

	"braid/internal/inflate"
)

// emptyBlock is a stored block of deflate without content that is not the last.
const emptyBlock = "\x00\x00\x00\xff\xff"

// A meter reads the output of an encoder at every level. It fails soon after empty blocks begin.
func TestMeter(t *testing.T) {
	random := make([]byte, 3<<20)
	source := rand.NewChaCha8([32]byte{1})
	source.Read(random)
	for name, plain := range map[string][]byte{
		"zeros": make([]byte, 3<<20), "random": random, "nothing": nil,
	} {
		for level := flate.HuffmanOnly; level <= flate.BestCompression; level++ {
			var b bytes.Buffer
			w, err := flate.NewWriter(&b, level)
			if err != nil {
				t.Fatal(err)
			}
			for rest := plain; len(rest) > 0; { // flushes add empty blocks
				n := min(len(rest), 4096)
				w.Write(rest[:n])
				w.Flush()
				rest = rest[n:]
			}
			w.Close()
			m := inflate.NewMeter(&b)
			got, err := io.ReadAll(m.Content(flate.NewReader(m)))
			if err != nil || !bytes.Equal(got, plain) {
				t.Errorf("%s, level %d: %d bytes of %d, error %v", name, level, len(got), len(plain), err)
			}
		}
	}
	for _, before := range []int{0, 1 << 20} {
		var b bytes.Buffer
		w, err := flate.NewWriter(&b, flate.NoCompression)
		if err != nil {
			t.Fatal(err)
		}
		w.Write(random[:before])
		w.Flush()
		b.WriteString(string(bytes.Repeat([]byte(emptyBlock), 8<<20/len(emptyBlock))))
		all := b.Len()
		m := inflate.NewMeter(&b)
		got, err := io.ReadAll(m.Content(flate.NewReader(m)))
		if !errors.Is(err, inflate.ErrEmptyBlocks) || len(got) != before {
			t.Errorf("after %d bytes: %d were read, error %v", before, len(got), err)
		}
		if read := all - b.Len(); read > 3*before+1<<20 {
			t.Errorf("after %d bytes %d of compressed data were read", before, read)
		}
	}
}
