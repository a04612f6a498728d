package lane

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"
)

// Connections on which nothing is asked end at once; those that are new as those that are between requests.
func TestShutdownOfIdle(t *testing.T) {
	s := startLane(t, http.HandlerFunc(echo), func(l *Lane) { l.HeaderTime, l.IdleTime = enough, enough })
	var clients []*client
	for i := range 6 {
		c := s.dial(t)
		for range i / 2 {
			c.send(t, get("/"))
			c.want(t, 200)
		}
		clients = append(clients, c)
	}
	eventually(t, func() bool {
		s.lane.mu.Lock()
		defer s.lane.mu.Unlock()
		return len(s.lane.sessions) == len(clients)
	})
	began := time.Now()
	if err := s.lane.Shutdown(context.Background()); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > enough/2 {
		t.Errorf("it took %v", took)
	}
	for _, c := range clients {
		c.ended(t)
	}
	if err := s.lane.Shutdown(context.Background()); err != nil {
		t.Errorf("without connections: %v", err)
	}
}

// slowed is a connection on which Shutdown sets its deadline just after the session, which knows of the end already,
// has set that of its first look.
type slowed struct {
	net.Conn
	lane   *Lane
	sets   int           // by the session
	looked chan struct{} // it has set the look's
}

func (c *slowed) SetReadDeadline(at time.Time) error {
	if at.Equal(past) {
		<-c.looked
		return c.Conn.SetReadDeadline(at)
	}
	c.sets++
	err := c.Conn.SetReadDeadline(at)
	switch c.sets {
	case 1: // HeaderTime's
		go c.lane.Shutdown(context.Background())
		for !c.lane.closing.Load() {
			time.Sleep(time.Millisecond)
		}
	case 2:
		close(c.looked)
	}
	return err
}

// A client that has just connected is waited for, also where its session and Shutdown begin at the same moment.
func TestShutdownWhileLooking(t *testing.T) {
	l := &Lane{
		Handler: http.HandlerFunc(echo), Takes: func(string) bool { return true }, State: func(net.Conn, http.ConnState) {},
		Most: most, HeaderTime: enough, IdleTime: enough,
	}
	front := listen(t)
	c := (&site{addr: front.Addr().String()}).dial(t)
	accepted, err := front.Accept()
	if err != nil {
		t.Fatal(err)
	}
	go l.Serve(&slowed{Conn: accepted, lane: l, looked: make(chan struct{})})
	time.Sleep(firstLook / 10)
	c.send(t, get("/"))
	c.want(t, 200)
	c.ended(t)
}

// blocked is a handler that tells when it runs and waits until it may answer.
type blocked struct{ began, let chan struct{} }

func newBlocked() *blocked { return &blocked{make(chan struct{}, 10), make(chan struct{})} }

func (h *blocked) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.began <- struct{}{}
	<-h.let
	echo(w, r)
}

// Requests that are being answered get their answers, and what was sent along with them does, too. The last says so,
// and who is told does not send another one into the end.
func TestShutdownOfBusy(t *testing.T) {
	h := newBlocked()
	s := startLane(t, h, func(l *Lane) { l.HeaderTime, l.IdleTime = enough, enough })
	var clients []*client
	for _, text := range []string{get("/"), post("/", "some"), get("/") + post("/", "more"), get("/large")} {
		c := s.dial(t)
		c.send(t, text)
		clients = append(clients, c)
		<-h.began
	}
	ended := make(chan error, 1)
	go func() { ended <- s.lane.Shutdown(context.Background()) }()
	eventually(t, s.lane.closing.Load)
	time.Sleep(5 * time.Millisecond)
	if len(ended) > 0 {
		t.Fatal("it does not wait")
	}
	close(h.let)
	for i, c := range clients {
		got := c.want(t, 200)
		if i == 2 {
			got = c.want(t, 200)
		}
		if !got.close {
			t.Error("the last answer does not say that it is, as net/http's does")
		}
		c.ended(t)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// Where the context ends first, connections are cut off, and handlers that wait for their clients are told.
func TestShutdownCutsOff(t *testing.T) {
	h := newWaiting()
	s := startLane(t, h)
	c := s.dial(t)
	c.send(t, get("/"))
	h.begins(t)
	eventually(t, func() bool { return looking() == 1 })
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Millisecond)
	defer cancel()
	if err := s.lane.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error is %v", err)
	}
	select {
	case <-h.gone:
	case <-time.After(time.Second):
		t.Error("the handler is not told")
		h.let <- struct{}{}
	}
	if got, err := io.ReadAll(c.in); len(got) > 0 || isTimeout(err) {
		t.Errorf("got %q, %v", got, err)
	}
}

// All who shut a lane down wait for the same end.
func TestShutdownTwice(t *testing.T) {
	h := newBlocked()
	s := startLane(t, h)
	c := s.dial(t)
	c.send(t, get("/"))
	<-h.began
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	ended := make(chan error, 2)
	for range cap(ended) {
		go func() { ended <- s.lane.Shutdown(ctx) }()
	}
	time.Sleep(10 * time.Millisecond)
	close(h.let)
	c.want(t, 200)
	c.ended(t)
	for range cap(ended) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// A connection that comes after the end began is answered, or ends, and does not hang.
func TestServeAfterShutdown(t *testing.T) {
	s := startLane(t, http.HandlerFunc(echo), func(l *Lane) { l.HeaderTime, l.IdleTime = time.Hour, time.Hour })
	s.lane.Shutdown(context.Background())
	for _, text := range []string{"", get("/"), get("/") + get("/"), get("/")[:10], get("/?other") + get("/")} {
		for _, wait := range []time.Duration{0, 3 * time.Millisecond} {
			c := s.dial(t)
			time.Sleep(wait)
			io.WriteString(c, text)
			if strings.Contains(text, "?") || !strings.HasSuffix(text, "\n") {
				c.CloseWrite() // for net/http goes on
			}
			wholeAnswers(t, c)
		}
	}
}

// wholeAnswers wants the connection to end after some answers, the last as whole as the first.
func wholeAnswers(t *testing.T, c *client) (n int) {
	t.Helper()
	for ; ; n++ {
		if _, err := c.in.Peek(1); err != nil {
			if isTimeout(err) {
				t.Errorf("the connection hangs: %v", err)
			}
			return n
		}
		if _, err := c.next("GET"); err != nil {
			t.Errorf("an answer is not whole: %v", err)
			return n
		}
	}
}

// A request that is written when Shutdown begins is answered, or its connection ends. No answer is halved, and none
// goes to half a request.
func TestShutdownMeetsRequest(t *testing.T) {
	answered := 0
	for round := range 150 {
		l, n := listen(t), 0
		var calls sync.WaitGroup
		lane := &Lane{
			Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if round%3 == 0 {
					r.Context().Done()
				}
				if body, err := io.ReadAll(r.Body); err != nil || string(body) != "the body" {
					t.Errorf("the body is %q, %v", body, err)
				}
				w.Write(large[:100_000])
			}),
			Takes: func(string) bool { return true }, State: func(net.Conn, http.ConnState) {}, Most: most,
			Other:      func(c net.Conn, _ []byte) { c.Close() }, // as if it were answered
			HeaderTime: enough, IdleTime: enough, WriteTime: enough,
		}
		calls.Go(func() {
			c, err := l.Accept()
			if err == nil {
				lane.Serve(c)
			}
		})
		c := (&site{addr: l.Addr().String()}).dial(t)
		text := post("/", "the body")
		if round%2 == 0 {
			c.send(t, text)
			c.want(t, 200)
		}
		calls.Go(func() {
			time.Sleep(time.Duration(round%7) * 50 * time.Microsecond)
			io.WriteString(c, text)
		})
		calls.Go(func() {
			n += wholeAnswers(t, c)
			c.Close()
		})
		time.Sleep(time.Duration(round%5) * 50 * time.Microsecond)
		ctx, cancel := context.WithTimeout(context.Background(), enough)
		if err := lane.Shutdown(ctx); err != nil {
			t.Errorf("round %d: %v", round, err)
		}
		cancel()
		l.Close()
		calls.Wait()
		answered += n
	}
	t.Logf("%d requests were answered", answered)
}

// A connection that was handed on is not Shutdown's any more, even while it is.
func TestShutdownMeetsOther(t *testing.T) {
	read := make(chan error, 1)
	var lane *Lane
	over, cancel := context.WithCancel(context.Background())
	s := startLane(t, http.HandlerFunc(echo), func(l *Lane) {
		lane = l
		l.Other = func(c net.Conn, _ []byte) {
			go lane.Shutdown(over)
			eventually(t, lane.closing.Load)
			cancel()
			time.Sleep(5 * time.Millisecond)
			go func() {
				_, err := c.Read(make([]byte, 10))
				read <- err
				c.Close()
			}()
		}
	})
	c := s.dial(t)
	c.send(t, get("/?other"))
	time.Sleep(10 * time.Millisecond)
	io.WriteString(c, "more")
	if err := <-read; err != nil {
		t.Errorf("what comes is not read: %v", err)
	}
}

// A client that still sends when it is told that its answer was the last reads all of it and the end, no reset, also
// while all connections are ended.
func TestShutdownLetsLinger(t *testing.T) {
	s := startLane(t, http.HandlerFunc(echo))
	c := s.dial(t)
	c.send(t, get("/", "Connection: close"))
	eventually(t, func() bool {
		s.lane.mu.Lock()
		defer s.lane.mu.Unlock()
		for session := range s.lane.sessions {
			return session.lingers
		}
		return false
	})
	ended := make(chan error, 1)
	go func() { ended <- s.lane.Shutdown(context.Background()) }()
	eventually(t, s.lane.closing.Load)
	for range 3 {
		time.Sleep(5 * time.Millisecond)
		c.send(t, "more")
	}
	c.want(t, 200)
	c.ended(t)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
