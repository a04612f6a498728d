package serve

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// little is how long the servers of these tests wait for the slow, and patience how long the slow may hold a
// connection, on a machine that is busy besides.
func little() time.Duration {
	if raced() {
		return 1500 * time.Millisecond
	}
	return 500 * time.Millisecond
}

func patience() time.Duration { return 8 * little() }

// hasty waits for no sender.
func hasty(c *Config) { c.HeaderTime, c.ReadTime, c.IdleTime = little(), little(), little() }

func (r *running) dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(4 * patience()))
	return conn
}

// rejected is how many requests the metrics count as rejected for a reason.
func (r *running) rejected(t testing.TB, reason string) int {
	t.Helper()
	found := regexp.MustCompile(`braid_rejected_total\{reason="` + reason + `"\} (\d+)`).FindSubmatch(r.call(t, "GET", "/metrics", nil).body)
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// slow is a client that sends something at once, then more, byte by byte.
type slow struct {
	name, first string
	more        func(i int) string // nil: nothing more
	status      int                // of the last reply; 0: the connection is closed, and net/http may say 400
	before      int                // replies before it
}

func slowClients(t testing.TB) []slow {
	body := string(one(t, 3, "odd number", ""))
	post := func(path, more string) string {
		return "POST " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n" + more + "\r\n"
	}
	length := fmt.Sprintf("Content-Length: %d\r\n", len(body))
	good := post(inferPath, length) + body
	each := func(text string) func(int) string {
		return func(i int) string { return text[i%len(text):][:1] }
	}
	list := []slow{
		{name: "says nothing"},
		{name: "stops in the method", first: "PO"},
		{name: "stops in the header", first: post(inferPath, length)[:60]},
		{name: "header byte by byte", more: each("GET /v2 HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("y", 1000))},
		{name: "headers line by line", first: "GET /v2 HTTP/1.1\r\nHost: x\r\n", more: func(i int) string { return fmt.Sprintf("X-%d: y\r\n", i) }},
		{name: "idle", first: good, before: 1},
		{name: "stops in the second header", first: good + "GET /v2", before: 1},
		{name: "second header byte by byte", first: good, more: each("GET /v2 HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("y", 1000)), before: 1},
		{name: "second body byte by byte", first: good + post(inferPath, length), more: each(body), before: 1, status: 408},
	}
	packed := string(gzipped([]byte(body)))
	for _, path := range []string{inferPath, "/ask"} {
		list = append(list,
			slow{name: "no body", first: post(path, length), status: 408},
			slow{name: "stops in the body", first: post(path, length) + body[:1000], status: 408},
			slow{name: "body byte by byte", first: post(path, length), more: each(body), status: 408},
			slow{name: "stops in a chunk", first: post(path, "Transfer-Encoding: chunked\r\n") + "400\r\n" + body[:100], status: 408},
			slow{name: "chunk by chunk", first: post(path, "Transfer-Encoding: chunked\r\n"), more: func(int) string { return "1\r\n \r\n" }, status: 408},
			slow{name: "no gzip", first: post(path, length+"Content-Encoding: gzip\r\n"), status: 408},
			slow{name: "gzip byte by byte", first: post(path, length+"Content-Encoding: gzip\r\n"), more: each(packed), status: 408},
		)
	}
	return list
}

// send keeps a connection open as long as the server lets it, and returns what is wrong with the way it ends.
func (s *slow) send(conn net.Conn) error {
	defer conn.Close()
	began := time.Now()
	if _, err := conn.Write([]byte(s.first)); err != nil {
		return err
	}
	done := make(chan struct{})
	var sender sync.WaitGroup
	defer sender.Wait()
	defer close(done)
	if s.more != nil {
		sender.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-done:
					return
				case <-time.After(20 * time.Millisecond):
				}
				if _, err := conn.Write([]byte(s.more(i))); err != nil {
					return
				}
			}
		})
	}
	read := bufio.NewReader(conn)
	for range s.before {
		got, err := http.ReadResponse(read, nil)
		if err != nil {
			return fmt.Errorf("a good request has no reply: %w", err)
		}
		var told struct{ Outputs []any }
		if err := json.NewDecoder(got.Body).Decode(&told); err != nil || got.StatusCode != http.StatusOK || len(told.Outputs) != 2 {
			return fmt.Errorf("a good request has status %d: %v", got.StatusCode, err)
		}
		got.Body.Close()
	}
	got, err := http.ReadResponse(read, nil)
	took := time.Since(began)
	if took < little()*4/5 || took > patience() {
		return fmt.Errorf("it was held for %v", took)
	}
	if s.status == 0 {
		if err != nil {
			return nil
		}
		got.Body.Close()
		if got.StatusCode != http.StatusBadRequest || !got.Close { // net/http's own, to a line that is not whole
			return fmt.Errorf("it has a reply of status %d", got.StatusCode)
		}
		return nil
	}
	if err != nil {
		return err
	}
	defer got.Body.Close()
	var told struct{ Error string }
	if err := json.NewDecoder(got.Body).Decode(&told); err != nil || got.StatusCode != s.status || told.Error != "the body did not arrive in time" || !got.Close {
		return fmt.Errorf("the reply has status %d, %q: %v", got.StatusCode, told.Error, err)
	}
	return nil
}

// Who sends slowly is cut off in time, also many of them, and others are answered meanwhile.
func TestSlowSenders(t *testing.T) {
	r, good, before := watched(t, hasty)
	kinds, each, timeouts := slowClients(t), 10, 0
	var clients sync.WaitGroup
	for _, s := range kinds {
		for range each {
			conn := r.dial(t)
			if s.status != 0 {
				timeouts++
			}
			clients.Go(func() {
				if err := s.send(conn); err != nil {
					t.Errorf("%s: %v", s.name, err)
				}
			})
		}
	}
	ended := make(chan struct{})
	go func() {
		clients.Wait()
		close(ended)
	}()
	answered := 0
	for done := false; !done; answered++ {
		select {
		case <-ended:
			done = true
		default:
		}
		began := time.Now()
		good.check(t)
		if took := time.Since(began); took > mostTime && !raced() {
			t.Errorf("a good request takes %v beside %d slow ones", took, len(kinds)*each)
		}
		time.Sleep(2 * time.Millisecond)
	}
	if len(kinds)*each < 200 || answered < 10 {
		t.Errorf("%d good requests were answered beside %d slow ones", answered, len(kinds)*each)
	}
	if n := r.rejected(t, "slow"); n != timeouts {
		t.Errorf("the metrics count %d slow bodies, want %d", n, timeouts)
	}
	client.CloseIdleConnections()
	r.calm(t, before)
	good.check(t)
}

// The slow may take all connections that there are, but not for long.
func TestSlowTakeAll(t *testing.T) {
	noLeak(t)
	r := start(t, hasty, func(c *Config) { c.Connections = 20 })
	good := r.good(t)
	for range 50 {
		conn := r.dial(t)
		defer conn.Close()
		fmt.Fprint(conn, "GET /v2 HTTP/1.1\r\n")
	}
	began := time.Now()
	good.check(t) // after three times the header's
	if took := time.Since(began); took > patience() {
		t.Errorf("a good request takes %v", took)
	}
}

// Who asks for much and does not read it is cut off in time.
func TestSlowReaders(t *testing.T) {
	r, good, before := watched(t, func(c *Config) { c.WriteTime = little() })
	began := time.Now()
	for range 20 {
		conn := r.dial(t)
		defer conn.Close()
		if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
			t.Fatal(err)
		}
		// More than the buffers on the way can hold.
		if _, err := conn.Write(bytes.Repeat([]byte("GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n"), 200)); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, func() bool { return runtime.NumGoroutine() > before })
	good.check(t)
	r.calm(t, before) // though the clients are still there
	if took := time.Since(began); took < little()*4/5 || took > patience() {
		t.Errorf("they were held for %v", took)
	}
	good.check(t)
}

// Who leaves early, wherever that is, leaves nothing behind.
func TestEarlyClosers(t *testing.T) {
	r, good, before := watched(t)
	const many = 20
	for _, reset := range []bool{false, true} {
		leave := func(conn net.Conn) {
			if reset {
				conn.(*net.TCPConn).SetLinger(0)
			}
			conn.Close()
		}
		ask := mistake{path: "/ask", headers: []string{"Content-Type", asJSON}, body: one(t, 3, "odd number", "")}
		large := mistake{path: inferPath, body: append(bytes.Repeat([]byte(" "), 200_000), one(t, 3, "odd number", "")...)}
		for _, request := range [][]byte{good.request, ask.request(), large.request()} {
			for _, part := range []int{0, 1, 30, bytes.Index(request, []byte("\r\n\r\n")) + 4, len(request) - 100, len(request) - 1, len(request)} {
				for range many {
					conn := r.dial(t)
					if _, err := conn.Write(request[:part]); err != nil {
						t.Fatal(err)
					}
					leave(conn)
				}
			}
		}
		r.calm(t, before)
		good.check(t)
	}
}

// Who leaves while it waits is not computed, and counts as gone.
func TestEarlyClosersThatWait(t *testing.T) {
	r, good, before := watched(t)
	batch := r.models[0].current.Load().batch
	const many = 20
	kind, body := form(t, "image", "image/png", string(drawing(t, 60, 250, 10)), "question", "", "odd number")
	ask := mistake{path: "/ask", headers: []string{"Content-Type", kind}, body: body}
	leave := map[string]func(*net.TCPConn){
		"close": func(conn *net.TCPConn) { conn.Close() },
		"reset": func(conn *net.TCPConn) {
			conn.SetLinger(0)
			conn.Close()
		},
		"half": func(conn *net.TCPConn) { conn.CloseWrite() }, // which net/http takes for leaving too
	}
	gone := 0
	wait := func(request []byte, ready func() bool) {
		for name, leave := range leave {
			conns := make([]net.Conn, many)
			for i := range conns {
				conns[i] = r.dial(t)
				if _, err := conns[i].Write(request); err != nil {
					t.Fatal(err)
				}
			}
			eventually(t, ready)
			for _, conn := range conns {
				leave(conn.(*net.TCPConn))
			}
			eventually(t, func() bool { return r.inside() == 0 })
			gone += many
			eventually(t, func() bool { return r.rejected(t, "gone") == gone })
			if n := batch.length(); n != 0 {
				t.Errorf("%s: %d wait still", name, n)
			}
			for _, conn := range conns {
				conn.Close()
			}
		}
	}
	free := batch.block()
	wait(good.request, func() bool { return batch.length() == many })
	free()
	for range cap(r.decodes) {
		r.decodes <- struct{}{}
	}
	wait(ask.request(), func() bool { return r.inside() == many })
	for range cap(r.decodes) {
		<-r.decodes
	}
	if got := r.call(t, "POST", "/ask", body, "Content-Type", kind); got.status != http.StatusOK {
		t.Errorf("a good image: status %d: %s", got.status, got.body)
	}
	metrics := string(r.call(t, "GET", "/metrics", nil).body)
	for route, n := range map[string]int{"/v2/models/{model}/infer": 3 * many, "/ask": 3 * many} {
		if want := fmt.Sprintf("braid_requests_total{route=%q,status=\"499\"} %d\n", route, n); !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	client.CloseIdleConnections()
	r.calm(t, before)
	good.check(t)
}
