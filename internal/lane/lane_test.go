package lane

import (
	"fmt"
	"io"
	"net/http"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// A handler's panic ends the connection, without an answer to its request or one after it. The lane goes on.
func TestPanic(t *testing.T) {
	s := startLane(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/abort":
			io.WriteString(w, "not all")
			panic(http.ErrAbortHandler)
		case "/wait":
			r.Context().Done()
			panic(http.ErrAbortHandler)
		case "/panic":
			panic("of the test")
		}
		echo(w, r)
	}))
	for _, path := range []string{"/abort", "/wait", "/panic"} {
		for _, after := range []string{"", get("/after")} {
			c := s.dial(t)
			c.send(t, get("/before")+get(path)+after)
			c.want(t, 200)
			if got, err := io.ReadAll(c.in); len(got) > 0 || isTimeout(err) {
				t.Errorf("%s: got %q, %v", path, got, err)
			}
		}
	}
	c := s.dial(t)
	c.send(t, get("/"))
	c.want(t, 200)
	eventually(t, func() bool { return looking() == 0 })
}

// Nothing of a request or its answer shows in the next one, whatever a handler does with them, and what it keeps of a
// request's texts stays.
func TestNothingShows(t *testing.T) {
	var kept, want [][]string
	s := startLane(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kept = append(kept, []string{r.Method, r.Host, r.URL.Path, r.RequestURI, r.Header.Get("X-Kept")})
		if r.Header.Get("X-Kept") != "" {
			io.CopyN(io.Discard, r.Body, 3) // not all of it
			r.URL.RawQuery, r.URL.Fragment, r.Host, r.Method = "secret=1", "secret", "secret", "SECRET"
			r.Header["Secret"] = []string{"secret"}
			r.Form = map[string][]string{"secret": {"secret"}}
			r.SetPathValue("secret", "secret")
			r.Pattern = "secret"
			r.Trailer = http.Header{"Secret": {"secret"}}
			h := w.Header()
			h["Secret"] = []string{"secret"}
			w.WriteHeader(http.StatusAccepted)
			io.WriteString(w, "secret")
			return
		}
		if r.Form != nil || r.PathValue("secret") != "" || r.Pattern != "" || r.PostForm != nil || r.MultipartForm != nil {
			t.Errorf("the request is %+v", r)
		}
		echo(w, r)
	}))
	c := s.dial(t)
	for _, next := range []string{get("/same"), post("/same", "x"), post("/same", ""), get("/else")} {
		for _, path := range []string{"/same", "/first"} {
			first := post(path, "secret body", "X-Kept: secret value")
			c.send(t, first)
			c.want(t, http.StatusAccepted)
			c.send(t, next)
			got := c.want(t, 200)
			if text := fmt.Sprint(got.header, got.body); strings.Contains(strings.ToLower(text), "secret") {
				t.Errorf("%.20q after %.20q: %s", next, first, text)
			}
			to := strings.Fields(next)[1]
			want = append(want, []string{"POST", "x", path, path, "secret value"}, []string{methodOf(next), "x", to, to, ""})
		}
	}
	for i, got := range kept {
		if !reflect.DeepEqual(got, want[i]) {
			t.Errorf("request %d: kept %q, want %q", i, got, want[i])
		}
	}
}

// The handler is told where a request comes from.
func TestRemoteAddr(t *testing.T) {
	s := startLane(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.RemoteAddr) }))
	c := s.dial(t)
	for range 2 {
		c.send(t, get("/"))
		if got := c.want(t, 200); got.body != c.LocalAddr().String() {
			t.Errorf("it comes from %s, want %s", got.body, c.LocalAddr())
		}
	}
}

// A client that still sends reads the whole answer, where that is the last: the connection is not reset at once.
func TestLastAnswerIsRead(t *testing.T) {
	s := startLane(t, http.HandlerFunc(echo))
	for _, path := range []string{"/close", "/large"} {
		c := s.dial(t)
		c.send(t, get(path, "Connection: close")+get("/more")+strings.Repeat("more", 10_000))
		c.want(t, 200)
		c.ended(t)
	}
}

// A connection that has had a large request and a large answer, and one of many fields, keeps little of their memory
// while it is idle.
func TestIdleMemory(t *testing.T) {
	s := startLane(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/large" {
			w.Write(large[:100_000])
		}
	}), func(l *Lane) { l.Most = 16 << 10 })
	const connections = 10
	var fields []string
	for i := range mostFields - 1 {
		fields = append(fields, fmt.Sprintf("%x:", 4096+i))
	}
	used := func() int {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int(m.HeapAlloc)
	}
	clients := make([]*client, connections)
	for i := range clients {
		clients[i] = s.dial(t)
		clients[i].send(t, get("/"))
		clients[i].want(t, 200)
	}
	before := used()
	for _, c := range clients {
		c.send(t, get("/large", fields...))
		c.want(t, 200)
		c.send(t, post("/large", strings.Repeat("b", 16_000)))
		c.want(t, 200)
	}
	if s.passed.Load() > 0 {
		t.Fatal("the requests are too large")
	}
	clear(fields)
	if each := (used() - before) / connections; each > 64<<10 {
		t.Errorf("%d bytes are kept for each idle connection", each)
	}
	runtime.KeepAlive(clients)
}

// What is sent is these lines, and no others: none is there twice, and no value ends its line.
func TestLines(t *testing.T) {
	s := startLane(t, http.HandlerFunc(echo))
	for path, want := range map[string][]string{
		"/lines": {
			"HTTP/1.1 200 OK\r\n", "Content-Type: text/plain\r\n", "Connection: close\r\n", "Content-Length: 5\r\n", "X-Lines: \r\n", "X-Lines:  \r\n",
			"X-Lines: a  X-Injected: yes    HTTP/1.1 200 OK  \r\n", "X-Lines: b c\r\n", "\r\n", "lines",
		},
		"/close": {
			"HTTP/1.1 200 OK\r\n", "Content-Type: text/plain\r\n", "Connection: close\r\n", "Content-Length: 8\r\n", "\r\n", "the last",
		},
		"/large": {
			"HTTP/1.1 200 OK\r\n", "Content-Type: text/plain\r\n", "Connection: close\r\n", "Content-Length: 1048576\r\n", "\r\n", string(large),
		},
	} {
		c := s.dial(t)
		c.send(t, get(path, "Connection: close"))
		content, err := io.ReadAll(c.in)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for line := range strings.Lines(string(content)) {
			if !strings.HasPrefix(line, "Date: ") {
				got = append(got, line)
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %.400q, want %.400q", path, got, want)
		}
	}
}
