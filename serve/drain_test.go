package serve

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A server that stops is no longer ready, and answers the requests that it has accepted.
func TestDrain(t *testing.T) {
	t.Parallel()
	r := start(t, func(c *Config) { c.DrainWait = 150 * time.Millisecond })
	free := r.models[0].current.Load().batch.block()
	answers := r.queued(t, 3)
	ended := make(chan error, 1)
	go func() { ended <- r.stop() }()
	eventually(t, r.leaving.Load)
	for path, want := range map[string]int{
		"/v2/health/ready":         http.StatusServiceUnavailable,
		"/v2/models/digitqa/ready": http.StatusServiceUnavailable,
		"/v2/health/live":          http.StatusOK,
	} {
		if got := r.call(t, "GET", path, nil); got.status != want {
			t.Errorf("%s: status %d, want %d", path, got.status, want)
		}
	}
	select {
	case err := <-ended:
		t.Fatalf("it ended with requests unanswered: %v", err)
	case <-time.After(300 * time.Millisecond):
	}
	if c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://")); err == nil {
		c.Close()
		t.Error("it still accepts connections")
	}
	free()
	for range cap(answers) {
		if got := <-answers; got.status != http.StatusOK {
			t.Errorf("status %d: %s", got.status, got.body)
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// DrainTimeout begins when no more requests are accepted, however long that takes.
func TestDrainTimeoutFollowsWait(t *testing.T) {
	t.Parallel()
	r := start(t, func(c *Config) {
		c.DrainWait, c.DrainTimeout = 800*time.Millisecond, 700*time.Millisecond
	})
	free := r.models[0].current.Load().batch.block()
	answer := r.queued(t, 1)
	time.AfterFunc(900*time.Millisecond, free)
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	if got := <-answer; got.status != http.StatusOK {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}

// An answer that is written while the server stops ends its connection, whenever its request began.
func TestDrainClosesConnections(t *testing.T) {
	r := start(t, func(c *Config) { c.DrainWait = 200 * time.Millisecond })
	batch := r.models[0].current.Load().batch
	free := batch.block()
	closes := make(chan bool, 2)
	for _, path := range []string{inferPath, "/v2/models/none/infer"} {
		go func() {
			body := bytes.NewReader(oneRow(t, 2, "odd number", ""))
			got, err := http.Post(r.url+path, asJSON, body)
			if err != nil {
				t.Error(err)
				closes <- false
				return
			}
			got.Body.Close()
			closes <- got.Close
		}()
		if path != inferPath && <-closes {
			t.Error("a connection is ended before the server stops")
		}
	}
	eventually(t, func() bool { return batch.length() == 1 })
	go r.stop()
	eventually(t, r.leaving.Load)
	free()
	if !<-closes {
		t.Error("the answer does not end its connection")
	}
}

// A request that began before the server stops and is completed during DrainWait is answered. So is
// one on a connection that is opened then. Both connections end.
func TestRequestsWhileDraining(t *testing.T) {
	t.Parallel()
	r := start(t, func(c *Config) { c.DrainWait = 500 * time.Millisecond })
	text := posted(string(oneRow(t, 3, "odd number", "")))
	early := r.dial(t)
	defer early.Close()
	if _, err := io.WriteString(early, text[:20]); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.stop() }()
	eventually(t, r.leaving.Load)
	late := r.dial(t)
	defer late.Close()
	for c, rest := range map[net.Conn]string{early: text[20:], late: text} {
		if _, err := io.WriteString(c, rest); err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReader(c)
		got, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer := read(t, got); answer.status != http.StatusOK || !got.Close {
			t.Errorf("status %d, the connection ends: %v", got.StatusCode, got.Close)
		}
		if _, err := in.ReadByte(); err != io.EOF {
			t.Errorf("after the last answer: %v, want the end", err)
		}
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// A request that is sent when the server stops gets a complete answer, or its connection ends
// without one.
func TestStopMeetsRequest(t *testing.T) {
	text := posted(string(oneRow(t, 3, "odd number", "")))
	answered := 0
	const rounds = 20
	for i := range rounds {
		r := start(t, func(c *Config) { c.DrainWait = time.Millisecond })
		r.call(t, "GET", "/v2/health/live", nil)
		c := r.dial(t)
		ended := make(chan error, 1)
		go func() { ended <- r.stop() }()
		time.Sleep(time.Duration(i) * 150 * time.Microsecond)
		io.WriteString(c, text)
		got, err := io.ReadAll(c)
		if len(got) > 0 {
			answer, err := http.ReadResponse(bufio.NewReader(bytes.NewReader(got)), nil)
			if err != nil {
				t.Fatalf("%v in %q", err, got)
			}
			if read(t, answer); answer.StatusCode != http.StatusOK {
				t.Errorf("status %d", answer.StatusCode)
			}
			answered++
		} else if err != nil && !errors.Is(err, syscall.ECONNRESET) {
			t.Error(err)
		}
		c.Close()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	t.Logf("%d of %d requests answered", answered, rounds)
}

// A connection without a request does not delay the server's end, and is no error.
func TestStopWithSilentConnections(t *testing.T) {
	t.Parallel()
	r := start(t, func(c *Config) { c.DrainTimeout = 3 * time.Second })
	before := r.dial(t)
	defer before.Close()
	half := r.dial(t)
	defer half.Close()
	io.WriteString(half, "GET /v2 HTTP/1.1\r\nHo")
	r.call(t, "GET", "/v2/health/live", nil)
	began := time.Now()
	if err := r.stop(); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 2500*time.Millisecond {
		t.Errorf("stopping took %v", took)
	}
}

// A request that never ends is cut off.
func TestDrainTimeout(t *testing.T) {
	r := start(t, func(c *Config) { c.DrainTimeout = 100 * time.Millisecond })
	conn := r.dial(t)
	defer conn.Close()
	io.WriteString(conn, wire("POST", inferPath, "not all of it", "Content-Length: 1000"))
	time.Sleep(50 * time.Millisecond)
	began := time.Now()
	if err := r.stop(); err == nil || !strings.Contains(err.Error(), "still open 100ms after") {
		t.Errorf("error is %v", err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("stopping took %v", took)
	}
	r.stop = func() error { return nil } // its error was checked above
}
