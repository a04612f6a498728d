package serve

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// block lets no batch begin until free is called.
func (b *batcher) block() (free func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	before := b.free
	b.free = 0
	return func() { b.release(before) }
}

// queued sends inference requests, and returns when all of them wait for a batch.
func (r *running) queued(t *testing.T, requests int) <-chan response {
	t.Helper()
	answers := make(chan response, requests)
	for range requests {
		go func() { answers <- r.call(t, "POST", inferPath, oneRow(t, 2, "odd number", "")) }()
	}
	batch := r.models[0].current.Load().batch
	eventually(t, func() bool { return batch.length() == requests })
	return answers
}

// Requests that find the queue full get an error at once. Those in the queue are answered.
func TestOverload(t *testing.T) {
	r := start(t, func(c *Config) { c.Queue = 2 })
	free := r.models[0].current.Load().batch.block()
	answers := r.queued(t, 2)
	for _, path := range []string{inferPath, "/ask"} {
		got := r.call(t, "POST", path, oneRow(t, 2, "odd number", ""), "Content-Type", asJSON)
		if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") != "1" ||
			!strings.Contains(got.text(t), "2 requests wait") {
			t.Errorf("%s: status %d, %v: %s", path, got.status, got.header, got.body)
		}
	}
	free()
	for range cap(answers) {
		if got := <-answers; got.status != http.StatusOK {
			t.Errorf("status %d: %s", got.status, got.body)
		}
	}
	got := r.call(t, "POST", inferPath, oneRow(t, 2, "odd number", ""))
	if got.status != http.StatusOK {
		t.Errorf("afterwards: status %d: %s", got.status, got.body)
	}
	metrics := string(r.call(t, "GET", "/metrics", nil).body)
	for _, want := range []string{
		`braid_rejected_total{reason="queue"} 2`,
		`braid_requests_total{route="/v2/models/{model}/infer",status="503"} 1`,
		`braid_requests_total{route="/v2/models/{model}/infer",status="200"} 3`,
		`braid_request_seconds_count{route="/v2/models/{model}/infer",status="503"} 1`,
		"braid_requests_inside 0",
		"braid_queue_length 0",
	} {
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
}

// The server's deadline ends the wait, and so does a shorter one of the request.
func TestDeadline(t *testing.T) {
	r := start(t, func(c *Config) { c.Deadline = 50 * time.Millisecond })
	free := r.models[0].current.Load().batch.block()
	defer free()
	for _, more := range []string{"", `"parameters":{"timeout":1000},`} {
		got := r.call(t, "POST", inferPath, oneRow(t, 2, "odd number", more))
		if got.status != http.StatusGatewayTimeout || !strings.Contains(got.text(t), "deadline") {
			t.Errorf("%q: status %d: %s", more, got.status, got.body)
		}
	}
}

// trace is a Traceparent header.
const trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

// The client's request id and trace are in the reply and in the log. An id that could harm the log
// is replaced.
func TestRequestIDs(t *testing.T) {
	r := start(t)
	body := oneRow(t, 2, "odd number", "")
	got := r.call(t, "POST", inferPath, body, "X-Request-Id", "mine-7", "Traceparent", trace)
	span := got.header.Get("Traceparent")
	if got.header.Get("X-Request-Id") != "mine-7" || span == trace ||
		!strings.HasPrefix(span, trace[:36]) || !strings.HasSuffix(span, "-01") {
		t.Errorf("headers are %v", got.header)
	}
	invalid := "00-" + strings.Repeat("0", 32) + "-00f067aa0ba902b7-01"
	for _, id := range []string{"", strings.Repeat("x", 129), "two words", "tab\tx"} {
		got := r.call(t, "GET", "/v2", nil, "X-Request-Id", id, "Traceparent", invalid)
		if len(got.header.Get("X-Request-Id")) != 16 || got.header.Get("Traceparent") != "" {
			t.Errorf("%q: headers are %v", id, got.header)
		}
	}
	type entry struct {
		Msg, ID, Route, Method, Traceparent string
		Status                              int
	}
	want := entry{"request", "mine-7", "/v2/models/{model}/infer", "POST", span, 200}
	found := false
	for line := range strings.Lines(r.logs.String()) {
		var got entry
		if err := json.Unmarshal([]byte(line), &got); err != nil {
			t.Fatal(err)
		}
		found = found || got == want
	}
	if !found {
		t.Errorf("the log lacks %+v: %s", want, r.logs)
	}
}

// A panic fails its request, not the server. The log has its stack.
func TestPanic(t *testing.T) {
	r := start(t)
	r.route("GET", "/crash", open, func(http.ResponseWriter, *http.Request) error {
		panic("of the test")
	})
	got := r.call(t, "GET", "/crash", nil)
	if got.status != http.StatusInternalServerError || strings.Contains(got.text(t), "of the test") {
		t.Errorf("status %d: %s", got.status, got.body)
	}
	log := r.logs.String()
	if !strings.Contains(log, "panic: of the test") || !strings.Contains(log, "run_test.go") {
		t.Errorf("the log is %s", log)
	}
	got = r.call(t, "POST", inferPath, oneRow(t, 2, "odd number", ""))
	if got.status != http.StatusOK {
		t.Errorf("afterwards: status %d", got.status)
	}
}

// Each server error is in the log, however many there are. The client does not see its text.
func TestFailuresAreLogged(t *testing.T) {
	r := start(t)
	r.route("GET", "/fail", open, func(http.ResponseWriter, *http.Request) error {
		return errors.New("of the test")
	})
	const many = 20
	for range many {
		got := r.call(t, "GET", "/fail", nil)
		if got.status != http.StatusInternalServerError ||
			strings.Contains(got.text(t), "of the test") {
			t.Errorf("status %d: %s", got.status, got.body)
		}
	}
	logs := r.logs.String()
	requests := strings.Count(logs, `"level":"ERROR","msg":"request"`)
	errors := strings.Count(logs, `"error":"of the test"`)
	if requests != many || errors != many {
		t.Errorf("the log has %d failed requests with %d errors, want %d: %s",
			requests, errors, many, logs)
	}
}

// A request for the server itself, not for a path, is answered in JSON, too.
func TestOptions(t *testing.T) {
	r := start(t)
	c := r.dial(t)
	defer c.Close()
	fmt.Fprint(c, "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	got, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	answer := read(t, got)
	if answer.status != http.StatusNotFound || !strings.Contains(answer.text(t), "not clean") {
		t.Errorf("status %d: %s", answer.status, answer.body)
	}
}

// A client that leaves while its request waits gets no answer, not an empty one.
func TestGoneGetsNothing(t *testing.T) {
	r := start(t)
	free := r.models[0].current.Load().batch.block()
	defer free()
	c := r.dial(t)
	defer c.Close()
	body := oneRow(t, 3, "odd number", "")
	io.WriteString(c, posted(string(body)))
	c.(*net.TCPConn).CloseWrite()
	if got, err := io.ReadAll(c); err != nil || len(got) > 0 {
		t.Errorf("got %q, %v", got, err)
	}
	eventually(t, func() bool { return r.inside() == 0 })
	if n := r.rejected(t, "gone"); n != 1 {
		t.Errorf("the metrics count %d, want 1", n)
	}
}
