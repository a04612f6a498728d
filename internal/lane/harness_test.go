package lane

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// most is the size of requests in these tests: no multiple of the first buffer.
const most = 10_000

// site is a server on loopback: the lane with net/http behind it, or net/http alone.
type site struct {
	addr   string
	lane   *Lane        // nil: net/http alone
	passed atomic.Int32 // connections that the lane handed on
	serves sync.WaitGroup

	mu     sync.Mutex
	states map[string][]http.ConnState // by the client's address
}

func (s *site) note(c net.Conn, state http.ConnState) {
	if state == http.StateNew {
		return // the lane does not tell it
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	at := c.RemoteAddr().String()
	s.states[at] = append(s.states[at], state)
}

// seen are the states of a client's connection so far.
func (s *site) seen(c *client) []http.ConnState {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]http.ConnState(nil), s.states[c.LocalAddr().String()]...)
}

func listen(t testing.TB) net.Listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

var noLog = log.New(io.Discard, "", 0)

// startLane serves as package serve does. All but /other is for the lane.
func startLane(t testing.TB, h http.Handler, change ...func(*Lane)) *site {
	front := listen(t)
	behind := NewHanded(front.Addr())
	s := &site{addr: front.Addr().String(), states: map[string][]http.ConnState{}}
	server := &http.Server{Handler: h, ErrorLog: noLog}
	s.lane = &Lane{
		Handler: h, Takes: func(path string) bool { return path != "/other" }, State: s.note, Most: most,
		Other: func(c net.Conn, read []byte) {
			s.passed.Add(1)
			if !behind.Take(&again{c.(*net.TCPConn), read}) {
				c.Close()
			}
		},
	}
	for _, f := range change {
		f(s.lane)
	}
	go server.Serve(behind)
	s.serves.Add(1)
	go func() {
		defer s.serves.Done()
		for {
			c, err := front.Accept()
			if err != nil {
				return
			}
			s.serves.Go(func() { s.lane.Serve(c) })
		}
	}()
	t.Cleanup(func() {
		front.Close()
		over, cancel := context.WithCancel(context.Background())
		cancel()
		s.lane.Shutdown(over)
		ended := make(chan struct{})
		go func() {
			s.serves.Wait()
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			t.Error("a connection is served though it was cut off")
		}
		server.Close()
	})
	return s
}

// startHTTP serves with net/http alone.
func startHTTP(t testing.TB, h http.Handler) *site {
	l := listen(t)
	s := &site{addr: l.Addr().String(), states: map[string][]http.ConnState{}}
	server := &http.Server{Handler: h, ErrorLog: noLog, ConnState: s.note}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	return s
}

// again is a connection of which something is to be read again.
type again struct {
	*net.TCPConn
	ahead []byte
}

func (c *again) Read(p []byte) (int, error) {
	if len(c.ahead) == 0 {
		return c.TCPConn.Read(p)
	}
	n := copy(p, c.ahead)
	c.ahead = c.ahead[n:]
	return n, nil
}

// client is a connection to a site. It hangs for no longer than enough.
type client struct {
	*net.TCPConn
	in *bufio.Reader
}

// enough is what no slow machine needs, and a test that fails waits for.
const enough = 10 * time.Second

func (s *site) dial(t testing.TB) *client {
	t.Helper()
	c, err := net.Dial("tcp", s.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(enough))
	return &client{c.(*net.TCPConn), bufio.NewReader(c)}
}

func (c *client) send(t testing.TB, text string) {
	t.Helper()
	if _, err := io.WriteString(c, text); err != nil {
		t.Fatal(err)
	}
}

// told is an answer, without what depends on when it was given.
type told struct {
	status int
	header http.Header
	body   string
	close  bool
}

// next reads an answer to a method.
func (c *client) next(method string) (told, error) {
	r, err := http.ReadResponse(c.in, &http.Request{Method: method})
	if err != nil {
		return told{}, err
	}
	body, err := io.ReadAll(r.Body)
	r.Header.Del("Date")
	return told{r.StatusCode, r.Header, string(body), r.Close}, err
}

// want reads an answer that has a status.
func (c *client) want(t testing.TB, status int) told {
	t.Helper()
	got, err := c.next("GET")
	if err != nil {
		t.Fatal(err)
	}
	if got.status != status {
		t.Fatalf("status %d, want %d: %v %q", got.status, status, got.header, got.body)
	}
	return got
}

// ended wants the connection to end now, without an answer.
func (c *client) ended(t testing.TB) {
	t.Helper()
	defer c.Close()
	if rest, err := io.ReadAll(c.in); err != nil || len(rest) > 0 {
		t.Errorf("got %q, %v, want the end", rest, err)
	}
}

func isTimeout(err error) bool {
	var e net.Error
	return errors.As(err, &e) && e.Timeout()
}

func eventually(t testing.TB, what func() bool) {
	t.Helper()
	for began := time.Now(); !what(); time.Sleep(time.Millisecond) {
		if time.Since(began) > enough {
			t.Fatal("it does not come to be")
		}
	}
}

// get and post write requests, with lines of fields.
func get(path string, fields ...string) string { return write("GET", path, "", fields) }

func post(path, body string, fields ...string) string {
	return write("POST", path, body, append(fields, "Content-Length: "+strconv.Itoa(len(body))))
}

func write(method, path, body string, fields []string) string {
	return method + " " + path + " HTTP/1.1\r\nHost: x\r\n" + strings.Join(append(fields, ""), "\r\n") + "\r\n" + body
}

// echo answers with the request, and in other ways at some paths.
func echo(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/plain")
	switch r.URL.Path {
	case "/nothing":
		delete(h, "Content-Type")
	case "/close":
		h.Set("Connection", "close")
		io.WriteString(w, "the last")
	case "/large":
		h.Set("Content-Length", strconv.Itoa(len(large)))
		w.Write(large)
	case "/parts":
		for range 100 {
			io.WriteString(w, "some")
		}
	case "/lines":
		h["X-Lines"] = []string{"a\r\nX-Injected: yes\r\n\r\nHTTP/1.1 200 OK\r\n", "b\nc", "\r", ""}
		io.WriteString(w, "lines")
	case "/late":
		w.WriteHeader(http.StatusAccepted)
		w.WriteHeader(http.StatusTeapot)
		io.WriteString(w, "late")
	default:
		if status, ok := strings.CutPrefix(r.URL.Path, "/status/"); ok {
			code, _ := strconv.Atoi(status)
			w.WriteHeader(code)
			io.WriteString(w, "of status "+status)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		text, err := json.Marshal(map[string]any{
			"method": r.Method, "uri": r.RequestURI, "url": r.URL, "host": r.Host, "header": r.Header, "length": r.ContentLength,
			"close": r.Close, "body": body, "proto": []any{r.Proto, r.ProtoMajor, r.ProtoMinor}, "coding": r.TransferEncoding,
			"none": r.Body == http.NoBody, "trailer": r.Trailer, "error": r.Context().Err(),
		})
		if err != nil {
			panic(err)
		}
		h.Set("Content-Length", strconv.Itoa(len(text)))
		w.Write(text)
	}
}

var large = func() []byte {
	text := make([]byte, 1<<20)
	for i := range text {
		text[i] = byte('a' + i%23)
	}
	return text
}()
