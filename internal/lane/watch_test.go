package lane

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

// looking is how many goroutines look whether a client leaves.
func looking() int {
	text := make([]byte, 1<<20)
	return strings.Count(string(text[:runtime.Stack(text, true)]), ".(*watch).look(")
}

// waiting is a handler that waits until the client leaves, or a test lets it answer.
type waiting struct {
	began chan *http.Request
	let   chan struct{}
	gone  chan error // why the context ended
}

func newWaiting() *waiting {
	return &waiting{make(chan *http.Request, 1), make(chan struct{}, 1), make(chan error, 1)}
}

// begins waits until the handler runs.
func (h *waiting) begins(t testing.TB) *http.Request {
	t.Helper()
	select {
	case r := <-h.began:
		return r
	case <-time.After(enough):
		t.Fatal("no request comes to the handler")
		return nil
	}
}

func (h *waiting) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	done := r.Context().Done()
	h.began <- r
	select {
	case <-done:
		h.gone <- r.Context().Err()
	case <-h.let:
	}
	echo(w, r)
}

// A handler that waits is told that its client leaves, however that leaves, and also where the request is as large as
// the memory that it was read into. Who only ends its own side still gets the answer.
func TestClientLeaves(t *testing.T) {
	h := newWaiting()
	s := startLane(t, h)
	for _, text := range []string{get("/"), post("/", "some"), sized(firstBuffer), sized(most)} {
		for how, leave := range map[string]func(*client){
			"close":      func(c *client) { c.Close() },
			"reset":      func(c *client) { c.SetLinger(0); c.Close() },
			"half-close": func(c *client) { c.CloseWrite() },
		} {
			c := s.dial(t)
			c.send(t, text)
			h.begins(t)
			leave(c)
			select {
			case err := <-h.gone:
				if err != context.Canceled {
					t.Errorf("%s: %v", how, err)
				}
			case <-time.After(enough):
				t.Fatalf("%s: nothing is seen of it after %d bytes", how, len(text))
			}
			if how == "half-close" {
				c.want(t, 200)
				c.ended(t)
			}
		}
	}
	eventually(t, func() bool { return looking() == 0 })
}

// The context has not ended while the client waits, nor because it sends more: that is answered next, whole. The body
// of the request that is being answered stays what it is.
func TestClientSendsMore(t *testing.T) {
	h := newWaiting()
	s := startLane(t, h)
	second := []string{get("/second"), sized(700), sized(firstBuffer), sized(most)}
	for _, first := range []string{get("/first"), sized(99), sized(firstBuffer - 1), sized(firstBuffer), sized(firstBuffer + 1), sized(most)} {
		for _, next := range second {
			for _, cut := range []int{0, 1, 30, len(next)} {
				c := s.dial(t)
				c.send(t, first+next[:cut])
				r := h.begins(t)
				c.send(t, next[cut:])
				if cut == 1 {
					time.Sleep(3 * time.Millisecond) // it is read while the first is answered, mostly
				}
				if err := r.Context().Err(); err != nil {
					t.Error(err)
				}
				for i, text := range []string{first, next} {
					h.let <- struct{}{}
					got := c.want(t, 200)
					if want := s.alone(t, h, text); got.body != want {
						t.Errorf("%d bytes, then %d: got %.300q, want %.300q", len(first), len(next), got.body, want)
					}
					if i == 0 {
						h.begins(t)
					}
				}
				c.Close()
			}
		}
	}
	if len(h.gone) > 0 {
		t.Error("a context ended")
	}
}

// alone is the answer's body to a request that is alone on its connection.
func (s *site) alone(t testing.TB, h *waiting, text string) string {
	t.Helper()
	method, rest, _ := strings.Cut(text, " ")
	path, rest, _ := strings.Cut(rest, " ")
	_, body, _ := strings.Cut(rest, "\r\n\r\n")
	w := httptest.NewRecorder()
	r, err := http.NewRequest(method, path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.RequestURI, r.Host, r.Header = path, "x", http.Header{}
	if method == "POST" {
		_, length, _ := strings.Cut(text, "Content-Length: ")
		length, _, _ = strings.Cut(length, "\r\n")
		r.Header.Set("Content-Length", length)
	} else {
		r.Body = http.NoBody
	}
	echo(w, r)
	return w.Body.String()
}

// Who asks for Done and answers at once has the answer sent at once, request after request.
func TestQuickDone(t *testing.T) {
	s := startLane(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		done := r.Context().Done()
		if r.Method == "POST" {
			runtime.Gosched()
		}
		select {
		case <-done:
			panic(http.ErrAbortHandler)
		default:
		}
		if r.Context().Err() != nil || r.Context().Done() != done {
			panic(http.ErrAbortHandler)
		}
		echo(w, r)
	}))
	c := s.dial(t)
	c.SetDeadline(time.Now().Add(3 * time.Second))
	for i := range 300 {
		switch i % 3 {
		case 0:
			c.send(t, get("/"))
		case 1:
			c.send(t, post("/", "some"))
		case 2:
			c.send(t, get("/a")+post("/b", "b"))
			c.want(t, 200)
		}
		c.want(t, 200)
		if i%10 == 0 {
			c.SetDeadline(time.Now().Add(3 * time.Second))
		}
	}
	c.Close()
	eventually(t, func() bool { return looking() == 0 })
}

// A handler that waited and was answered leaves no deadline behind, and its context is not that of the next request.
func TestDoneThenIdle(t *testing.T) {
	for name, change := range map[string]func(*Lane){
		"limits":    func(l *Lane) { l.HeaderTime, l.IdleTime, l.WriteTime = enough, enough, enough },
		"no limits": func(*Lane) {},
	} {
		t.Run(name, func(t *testing.T) {
			h := newWaiting()
			s := startLane(t, h, change)
			c := s.dial(t)
			for range 4 {
				c.send(t, get("/"))
				r := h.begins(t)
				eventually(t, func() bool { return looking() == 1 })
				if r.Context().Err() != nil {
					t.Error("the context has ended")
				}
				h.let <- struct{}{}
				c.want(t, 200)
				time.Sleep(2 * time.Millisecond)
			}
			if looking() != 0 || len(h.gone) > 0 {
				t.Errorf("%d look", looking())
			}
		})
	}
}

// Who never asks for Done costs no goroutine, and who asks costs one, however often.
func TestGoroutines(t *testing.T) {
	count := make(chan int)
	s := startLane(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			for range 10 {
				r.Context().Done()
			}
			time.Sleep(time.Millisecond)
		}
		count <- looking()
	}))
	for range 3 {
		c := s.dial(t)
		for _, text := range []string{get("/"), post("/", ""), get("/"), post("/", "some")} {
			c.send(t, text)
			if got, want := <-count, strings.Count(text, "POST"); got != want {
				t.Errorf("%.4s: %d goroutines, want %d", text, got, want)
			}
			c.want(t, 200)
		}
		c.Close()
	}
}

// The goroutines of a connection end with it.
func TestNothingIsLeft(t *testing.T) {
	h := newWaiting()
	s := startLane(t, h)
	before := runtime.NumGoroutine()
	for range 20 {
		c := s.dial(t)
		c.send(t, get("/")+get("/"))
		h.begins(t)
		h.let <- struct{}{}
		h.begins(t)
		h.let <- struct{}{}
		c.want(t, 200)
		c.want(t, 200)
		c.Close()
	}
	eventually(t, func() bool {
		s.lane.mu.Lock()
		defer s.lane.mu.Unlock()
		return runtime.NumGoroutine() <= before && len(s.lane.sessions) == 0
	})
}

// A context ends when its handler returns, as net/http's does: who waits for it elsewhere must not wait forever. It
// is not the next request's context.
func TestContextEndsWithHandler(t *testing.T) {
	contexts := make(chan context.Context, 2)
	ended := make(chan struct{}, 2)
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, done := r.Context(), r.Context().Done()
		if r.URL.Path == "/second" && ctx.Err() != nil {
			t.Error("the second has ended with the first")
		}
		go func() {
			<-done
			ended <- struct{}{}
		}()
		contexts <- ctx
	})
	for name, s := range map[string]*site{"lane": startLane(t, h), "net/http": startHTTP(t, h)} {
		c := s.dial(t)
		for _, path := range []string{"/first", "/second"} {
			c.send(t, get(path))
			c.SetDeadline(time.Now().Add(time.Second))
			c.want(t, 200)
			ctx := <-contexts
			select {
			case <-ended:
			case <-time.After(time.Second):
				t.Fatalf("%s: who waits for the context waits on", name)
			}
			if !errors.Is(ctx.Err(), context.Canceled) {
				t.Errorf("%s: %v", name, ctx.Err())
			}
		}
	}
}

// Contexts that are made of a request's work, with their own ends.
func TestContextBelow(t *testing.T) {
	below := make(chan context.Context, 1)
	s := startLane(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), time.Hour)
		defer cancel()
		below <- ctx
		if r.URL.Path == "/wait" {
			<-ctx.Done()
			return
		}
		cancel()
		if ctx.Err() != context.Canceled {
			t.Error(ctx.Err())
		}
		io.WriteString(w, "done")
	}))
	c := s.dial(t)
	c.SetDeadline(time.Now().Add(3 * time.Second))
	for range 50 {
		c.send(t, get("/"))
		c.want(t, 200)
		<-below
	}
	c.send(t, get("/wait"))
	ctx := <-below
	c.Close()
	select {
	case <-ctx.Done():
		if ctx.Err() != context.Canceled {
			t.Error(ctx.Err())
		}
	case <-time.After(enough):
		t.Error("the context below does not end")
	}
}

// Shutdown does not look as if the client had left, which gets its answer.
func TestShutdownWhileWaiting(t *testing.T) {
	h := newWaiting()
	s := startLane(t, h)
	c := s.dial(t)
	c.send(t, get("/"))
	r := h.begins(t)
	ended := make(chan error, 1)
	go func() { ended <- s.lane.Shutdown(context.Background()) }()
	eventually(t, s.lane.closing.Load)
	time.Sleep(5 * time.Millisecond)
	if err := r.Context().Err(); err != nil || len(ended) > 0 {
		t.Errorf("%v, ended: %d", err, len(ended))
	}
	h.let <- struct{}{}
	c.want(t, 200)
	c.ended(t)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
