package lane

import (
	"net/http"
	"slices"
	"testing"
	"time"
)

// A connection's states are those that http.Server tells, but for three: it is not idle while another request is
// there already; it is where a last answer lingers, for nothing is to be done any more; and of what net/http has got,
// that tells.
func TestStates(t *testing.T) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/abort":
			panic(http.ErrAbortHandler)
		case "/wait":
			<-r.Context().Done()
		}
		echo(w, r)
	})
	lane, plain := startLane(t, h), startHTTP(t, h)
	const active, idle, closed = http.StateActive, http.StateIdle, http.StateClosed
	for name, test := range map[string]struct {
		parts   []string
		answers int
		want    []http.ConnState
		own     []http.ConnState // where the lane's are others
	}{
		"nothing":       {nil, 0, []http.ConnState{closed}, nil},
		"one":           {[]string{get("/")}, 1, []http.ConnState{active, idle, closed}, nil},
		"two":           {[]string{get("/"), post("/", "some")}, 1, []http.ConnState{active, idle, active, idle, closed}, nil},
		"at once":       {[]string{get("/") + get("/")}, 2, []http.ConnState{active, idle, active, idle, closed}, []http.ConnState{active, idle, closed}},
		"abort":         {[]string{get("/abort")}, 0, []http.ConnState{active, closed}, nil},
		"wait":          {[]string{get("/wait")}, 0, []http.ConnState{active, idle, closed}, nil},
		"close":         {[]string{get("/", "Connection: close")}, 1, []http.ConnState{active, closed}, []http.ConnState{active, idle, closed}},
		"handler's":     {[]string{get("/close")}, 1, []http.ConnState{active, closed}, []http.ConnState{active, idle, closed}},
		"other":         {[]string{get("/other")}, 1, []http.ConnState{active, idle, closed}, []http.ConnState{active}},
		"one, other":    {[]string{get("/"), get("/?q")}, 1, []http.ConnState{active, idle, active, idle, closed}, []http.ConnState{active, idle, active}},
		"part":          {[]string{get("/")[:9]}, 0, []http.ConnState{active, closed}, []http.ConnState{active}},
		"one and other": {[]string{get("/") + get("/?q")}, 2, []http.ConnState{active, idle, active, idle, closed}, []http.ConnState{active}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range []*site{lane, plain} {
				c := s.dial(t)
				for _, part := range test.parts {
					c.send(t, part)
					for range test.answers {
						c.want(t, 200)
					}
				}
				c.CloseWrite()
				want := test.want
				if s == lane && test.own != nil {
					want = test.own
				}
				for began := time.Now(); !slices.Equal(s.seen(c), want) && time.Since(began) < time.Second; {
					time.Sleep(time.Millisecond)
				}
				time.Sleep(2 * time.Millisecond) // for what would be too many
				if got := s.seen(c); !slices.Equal(got, want) {
					t.Errorf("net/http %v: states are %v, want %v", s == plain, got, want)
				}
			}
		})
	}
}

// A connection is busy from the first byte of a request, not from when it is whole, and while it is answered.
func TestActiveFromFirstByte(t *testing.T) {
	let := make(chan struct{})
	s := startLane(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { <-let }))
	c := s.dial(t)
	c.send(t, "G")
	eventually(t, func() bool { return slices.Equal(s.seen(c), []http.ConnState{http.StateActive}) })
	time.Sleep(2 * time.Millisecond)
	c.send(t, get("/")[1:])
	d := s.dial(t)
	d.send(t, get("/"))
	eventually(t, func() bool { return slices.Equal(s.seen(d), []http.ConnState{http.StateActive}) })
	time.Sleep(2 * time.Millisecond)
	if states := s.seen(c); len(states) != 1 {
		t.Errorf("states are %v, want one for the whole request", states)
	}
	close(let)
	c.want(t, 200)
	d.want(t, 200)
	eventually(t, func() bool { return slices.Equal(s.seen(d), []http.ConnState{http.StateActive, http.StateIdle}) })
}

// A blank line that an old client sends after a body is no request: the connection stays idle, or is again.
func TestBlankLineIsIdle(t *testing.T) {
	s := startLane(t, http.HandlerFunc(echo))
	for _, parts := range [][]string{{post("/", "some") + "\r\n"}, {post("/", "some"), "\r\n"}} {
		c := s.dial(t)
		c.send(t, parts[0])
		c.want(t, 200)
		for _, part := range parts[1:] {
			c.send(t, part)
		}
		time.Sleep(5 * time.Millisecond)
		eventually(t, func() bool {
			states := s.seen(c)
			return states[len(states)-1] == http.StateIdle
		})
		c.send(t, get("/"))
		c.want(t, 200)
		c.Close()
	}
}
