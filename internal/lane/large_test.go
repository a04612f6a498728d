package lane

import (
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A large answer of known length is the handler's until the client has taken it: who bounds what handlers hold,
// bounds what waits to be read.
func TestLargeAnswersWait(t *testing.T) {
	body := strings.Repeat("large", 4<<20) // more than the buffers on the way take
	returned := make(chan error, 1)
	s := startLane(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/large" {
			w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
			_, err := io.WriteString(w, body)
			returned <- err
			return
		}
		echo(w, r)
	}))
	c := s.dial(t)
	c.send(t, get("/large")+get("/next"))
	select {
	case err := <-returned:
		t.Fatalf("the handler returns before anything is read: %v", err)
	case <-time.After(100 * time.Millisecond):
	}
	if got := c.want(t, 200); got.body != body {
		t.Errorf("the answer has %d bytes, want %d", len(got.body), len(body))
	}
	if err := <-returned; err != nil {
		t.Error(err)
	}
	c.want(t, 200)
	c.send(t, get("/large"))
	time.Sleep(10 * time.Millisecond)
	c.Close()
	if err := <-returned; err == nil {
		t.Error("the handler is not told that the client has left")
	}
}

// Who has just connected when the end begins is given time to ask.
func TestShutdownMeetsNew(t *testing.T) {
	s := startLane(t, http.HandlerFunc(echo), func(l *Lane) { l.HeaderTime = enough })
	c := s.dial(t)
	eventually(t, func() bool {
		s.lane.mu.Lock()
		defer s.lane.mu.Unlock()
		return len(s.lane.sessions) == 1
	})
	ended := make(chan error, 1)
	go func() { ended <- s.lane.Shutdown(context.Background()) }()
	eventually(t, s.lane.closing.Load)
	time.Sleep(firstLook / 10)
	c.send(t, get("/"))
	if got := c.want(t, 200); !got.close {
		t.Error("the answer does not say that it is the last")
	}
	c.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Take tells when nobody accepts any more.
func TestHanded(t *testing.T) {
	h := NewHanded(&net.TCPAddr{Port: 7})
	here, there := net.Pipe()
	defer there.Close()
	go h.Take(here)
	if c, err := h.Accept(); c != here || err != nil || h.Addr().String() != ":7" {
		t.Errorf("%v, %v at %v", c, err, h.Addr())
	}
	for range 2 {
		h.Close()
		if _, err := h.Accept(); err != net.ErrClosed || h.Take(here) {
			t.Errorf("error is %v", err)
		}
	}
}
