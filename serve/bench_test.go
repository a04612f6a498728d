package serve

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"testing"
)

// discard is an http.ResponseWriter that drops the body.
type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

// One row through the server's handler, without net/http's server.
func BenchmarkInfer(b *testing.B) {
	path := filepath.Join(b.TempDir(), "model.safetensors")
	saveModel(b, path, 1)
	s, err := New(Config{Models: []ModelPath{{Path: path}}})
	if err != nil {
		b.Fatal(err)
	}
	binary, length := binaryImage(3, "")
	for name, q := range map[string]struct {
		body   []byte
		header string
	}{
		"json":   {oneRow(b, 3, "odd number", ""), ""},
		"binary": {binary, length},
	} {
		b.Run(fmt.Sprintf("body=%s", name), func(b *testing.B) {
			body := bytes.NewReader(q.body)
			r, err := http.NewRequest("POST", inferPath, io.NopCloser(body))
			if err != nil {
				b.Fatal(err)
			}
			r.ContentLength = int64(len(q.body))
			if q.header != "" {
				r.Header.Set(headerLength, q.header)
			}
			w := &discard{http.Header{}}
			b.SetBytes(int64(len(q.body)))
			b.ReportAllocs()
			for b.Loop() {
				body.Seek(0, io.SeekStart)
				clear(w.header)
				s.ServeHTTP(w, r)
			}
		})
	}
}
