package lane

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// tick is the step of these tests: far above what waking takes, and short.
const tick = 25 * time.Millisecond

// silence is how long a connection takes to end, from when something was before.
func (c *client) silence(t *testing.T, from time.Time) time.Duration {
	t.Helper()
	c.ended(t)
	return time.Since(from)
}

// Who connects and says nothing is let go after HeaderTime, who says no more after IdleTime, or an eighth sooner.
func TestSilence(t *testing.T) {
	t.Parallel()
	s := startLane(t, http.HandlerFunc(echo), func(l *Lane) { l.HeaderTime, l.IdleTime = 2*tick, 5*tick })
	began := time.Now()
	if took := s.dial(t).silence(t, began); took < 2*tick {
		t.Errorf("a new connection ended after %v, want %v", took, 2*tick)
	}
	c := s.dial(t)
	for range 3 {
		began = time.Now()
		c.send(t, get("/"))
		c.want(t, 200)
	}
	if took := c.silence(t, began); took < 5*tick*7/8 {
		t.Errorf("an idle connection ended after %v, want %v", took, 5*tick)
	}
	if s.passed.Load() > 0 {
		t.Error("one was handed on")
	}
}

// Each request gives a connection its time again, also where a handler looked whether the client leaves, or the
// request came in parts, with their own short deadline.
func TestTimeAgain(t *testing.T) {
	t.Parallel()
	s := startLane(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == "POST" {
			r.Context().Done()
			time.Sleep(time.Millisecond)
		}
		echo(w, r)
	}), func(l *Lane) { l.HeaderTime, l.IdleTime = 8*tick, 16*tick })
	for _, parts := range [][]string{{get("/")}, {post("/", "some")}, {"GE", get("/")[2:]}, {"P", post("/", "some")[1:]}} {
		t.Run(parts[0][:1]+parts[len(parts)-1][:2], func(t *testing.T) {
			t.Parallel()
			c := s.dial(t)
			for range 4 {
				before, began := s.passed.Load(), time.Now()
				for _, part := range parts {
					c.send(t, part)
					time.Sleep(time.Millisecond)
				}
				c.want(t, 200)
				time.Sleep(6 * tick)
				if time.Since(began) > 10*tick || s.passed.Load() != before {
					t.Skip("the machine is too slow to tell")
				}
			}
		})
	}
}

// Times of 0 are no limits, whatever deadlines there were before.
func TestNoLimits(t *testing.T) {
	t.Parallel()
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/done" {
			r.Context().Done()
			time.Sleep(time.Millisecond)
		}
		echo(w, r)
	})
	for name, change := range map[string]func(*Lane){
		"none":   func(*Lane) {},
		"header": func(l *Lane) { l.HeaderTime = 8 * tick },
		"idle":   func(l *Lane) { l.IdleTime = enough },
		"write":  func(l *Lane) { l.WriteTime = 20 * tick },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startLane(t, h, change)
			c := s.dial(t)
			if name != "header" {
				time.Sleep(2 * tick)
			}
			for i, parts := range [][]string{{get("/")}, {get("/done")}, {"G", get("/")[1:]}, {get("/large")}, {get("/")}} {
				for _, part := range parts {
					c.send(t, part)
					time.Sleep(time.Millisecond)
				}
				c.want(t, 200)
				if name == "header" && i == 0 {
					time.Sleep(8 * tick)
				}
				time.Sleep(patience + tick/4)
			}
		})
	}
}

// Who sends a part and waits has the connection handed on, which net/http then answers when the rest comes; so has
// who sends byte by byte, however close they are.
func TestPatience(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]time.Duration{"one pause": 0, "byte by byte": patience / 10} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := startLane(t, http.HandlerFunc(echo), func(l *Lane) { l.HeaderTime, l.IdleTime = enough, enough })
			c := s.dial(t)
			c.send(t, get("/"))
			c.want(t, 200)
			text := post("/a", strings.Repeat("body", 50)) // a second, byte by byte
			began, at := time.Now(), 0
			for s.passed.Load() == 0 {
				if took := time.Since(began); took > enough {
					t.Fatal("it is not handed on")
				}
				if at == 0 || step > 0 && at < len(text)-1 {
					c.send(t, text[at:at+1])
					at++
				}
				time.Sleep(max(step, time.Millisecond))
			}
			if took := time.Since(began); took < patience {
				t.Errorf("it is handed on after %v", took)
			}
			if at == len(text)-1 {
				t.Error("it waits anew for each byte")
			}
			c.send(t, text[at:])
			c.want(t, 200)
			c.send(t, get("/b"))
			c.want(t, 200)
		})
	}
}

// Who does not read its answer is cut off after WriteTime.
func TestWriteTime(t *testing.T) {
	t.Parallel()
	body := make([]byte, 12<<20) // more than a socket takes
	s := startLane(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.Write(body) }), func(l *Lane) { l.WriteTime = 3 * tick })
	c := s.dial(t)
	c.SetReadBuffer(4 << 10)
	began := time.Now()
	c.send(t, get("/"))
	eventually(t, func() bool {
		states := s.seen(c)
		return len(states) > 0 && states[len(states)-1] == http.StateClosed
	})
	if took := time.Since(began); took < 3*tick {
		t.Errorf("it is cut off after %v", took)
	}
}

// Who reads slowly, but reads, gets all where each answer is taken in time.
func TestWriteTimeAgain(t *testing.T) {
	t.Parallel()
	s := startLane(t, http.HandlerFunc(echo), func(l *Lane) { l.WriteTime = 12 * tick })
	c := s.dial(t)
	for range 4 {
		c.send(t, get("/large"))
		time.Sleep(4 * tick)
		if got := c.want(t, 200); got.body != string(large) {
			t.Errorf("%d bytes came", len(got.body))
		}
	}
}

// Who stays connected after the last answer is cut off a little later.
func TestLingerEnds(t *testing.T) {
	t.Parallel()
	s := startLane(t, http.HandlerFunc(echo), func(l *Lane) { l.HeaderTime, l.IdleTime = time.Hour, time.Hour })
	c := s.dial(t)
	c.send(t, get("/close"))
	c.want(t, 200)
	eventually(t, func() bool {
		states := s.seen(c)
		return states[len(states)-1] == http.StateClosed
	})
}
