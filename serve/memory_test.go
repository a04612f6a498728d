package serve

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"braid"
	"braid/layer"
	"braid/modelfile"
	"braid/tensor"
)

// A request whose answer the client does not read still counts, and so does its memory.
func TestUnreadAnswers(t *testing.T) {
	g := braid.NewGraph("wide")
	g.Head("y", layer.Dense{Units: 400, Activation: layer.Softmax}, g.Input("x", tensor.Float32, 1))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "wide.safetensors")
	if err := modelfile.Save(path, &modelfile.File{Model: m}); err != nil {
		t.Fatal(err)
	}
	const rows = 3900 // 16 MB and more of JSON for 16 KB
	r := start(t, func(c *Config) { c.Models = []ModelPath{{Path: path}} })
	head := fmt.Sprintf(`{"inputs":[{"name":"x","datatype":"FP32","shape":[%d,1],`+
		`"parameters":{"binary_data_size":%d}}]}`, rows, 4*rows)
	c := r.dial(t)
	c.(*net.TCPConn).SetReadBuffer(4 << 10)
	io.WriteString(c, wire("POST", "/v2/models/wide/infer",
		head+strings.Repeat("\x00\x00\x80\x3f", rows),
		fmt.Sprintf("%s: %d", headerLength, len(head)),
		fmt.Sprintf("Content-Length: %d", len(head)+4*rows)))
	if _, err := c.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(20 * time.Millisecond)
	if held := r.memory.held(); r.inside() != 1 || held < 16<<20 {
		t.Errorf("%d are inside, with %d bytes", r.inside(), held)
	}
	c.Close()
	eventually(t, func() bool { return r.inside() == 0 && r.memory.held() == 0 })
}

// A request that takes more memory than the server has for all requests is refused for good: the
// client is not asked to try again.
func TestMemoryOfOne(t *testing.T) {
	r := start(t, func(c *Config) { c.Memory = 1 << 20 })
	for _, c := range []struct {
		name, path string
		body       []byte
	}{
		{"rows", inferPath, []byte(images(300))}, // 470 KB, and 1 MB as rows
		{"body", inferPath, bytes.Repeat([]byte(" "), 2<<20)},
		{"field", "/ask", // and its copy
			askJSON(`"`+strings.Repeat("A", 600<<10)+`"`, "odd number")},
	} {
		got := r.call(t, "POST", c.path, c.body, "Content-Type", asJSON)
		if got.status != http.StatusRequestEntityTooLarge ||
			!strings.Contains(got.text(t), "bytes of memory that there are for it") ||
			got.header.Get("Retry-After") != "" {
			t.Errorf("%s: status %d, %v: %s", c.name, got.status, got.header, got.body)
		}
	}
	if held := r.memory.held(); held != 0 {
		t.Errorf("%d bytes are held", held)
	}
	if c := (Config{Body: 100 << 20}).withDefaults(); c.Memory != 400<<20 {
		t.Errorf("for bodies of 100 MB there are %d bytes", c.Memory)
	}
}

// Decompression needs memory, also for a small body.
func TestMemoryOfGzip(t *testing.T) {
	body := gzipped(oneRow(t, 2, "odd number", ""))
	for less, want := range []int{http.StatusOK, http.StatusRequestEntityTooLarge} {
		r := start(t, func(c *Config) { c.Memory = 2 * (decompressorSize - int64(less)) })
		got := r.call(t, "POST", inferPath, body, "Content-Encoding", "gzip")
		if got.status != want {
			t.Errorf("status %d, want %d: %s", got.status, want, got.body)
		}
	}
}

// Requests that are large together wait for memory. They are refused when their deadline passes.
func TestMemory(t *testing.T) {
	r := start(t, func(c *Config) { c.Memory = 5 << 18 })
	batch := r.models[0].current.Load().batch
	free := batch.block()
	// 100 rows: 80 KB, and 4 KB each in memory
	const head = `{"inputs":[{"name":"image","datatype":"UINT8","shape":[100,28,28],` +
		`"parameters":{"binary_data_size":78400}},{"name":"question","datatype":"INT32",` +
		`"shape":[100,2],"parameters":{"binary_data_size":800}}]}`
	large := append([]byte(head), make([]byte, 79200)...)
	ask := func() response {
		return r.call(t, "POST", inferPath, large, headerLength, fmt.Sprint(len(head)))
	}
	answers := make(chan response, 3)
	for i := range 2 {
		go func() { answers <- ask() }()
		eventually(t, func() bool { return batch.length() == i+1 })
	}
	go func() { answers <- ask() }()
	eventually(t, func() bool {
		r.memory.mu.Lock()
		defer r.memory.mu.Unlock()
		return len(r.memory.waiting[forWork]) == 1
	})
	free()
	for range cap(answers) {
		if got := <-answers; got.status != http.StatusOK {
			t.Errorf("status %d: %s", got.status, got.body)
		}
	}
	if got := ask(); got.status != http.StatusOK {
		t.Errorf("afterwards: status %d: %s", got.status, got.body)
	}
	eventually(t, func() bool { return r.memory.held() == 0 })

	r = start(t, func(c *Config) { c.Memory, c.Deadline = 1<<20, 50*time.Millisecond })
	var other holding
	if !r.memory.now(&other, 900<<10, forWork) {
		t.Fatal("free memory is refused")
	}
	got := ask()
	if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" ||
		!strings.Contains(got.text(t), "large requests") {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	r.memory.give(&other, 900<<10, forWork)
	if held := r.memory.held(); held != 0 {
		t.Errorf("%d bytes are held", held)
	}
}
