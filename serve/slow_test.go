package serve

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
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

// slowTimeout is how long the servers of these tests wait for slow clients.
func slowTimeout() time.Duration {
	if raceEnabled() {
		return 1500 * time.Millisecond
	}
	return 500 * time.Millisecond
}

// maxHold is how long a slow client may hold a connection, with time for a busy machine.
func maxHold() time.Duration { return 8 * slowTimeout() }

// shortTimeouts sets short timeouts for all that the server reads.
func shortTimeouts(c *Config) {
	c.HeaderTime, c.ReadTime, c.IdleTime = slowTimeout(), slowTimeout(), slowTimeout()
}

func (r *running) dial(t testing.TB) net.Conn {
	t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(4 * maxHold()))
	return conn
}

// rejected returns how many requests the metrics count as rejected for a reason.
func (r *running) rejected(t testing.TB, reason string) int {
	t.Helper()
	count := regexp.MustCompile(`braid_rejected_total\{reason="` + reason + `"\} (\d+)`)
	found := count.FindSubmatch(r.call(t, "GET", "/metrics", nil).body)
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
	status      int                // of the last reply; 0: the connection is closed, maybe with a 400
	before      int                // replies before it
}

func slowClients(t testing.TB) []slow {
	body := string(oneRow(t, 3, "odd number", ""))
	length := fmt.Sprintf("Content-Length: %d", len(body))
	post := func(path string, fields ...string) string {
		fields = append([]string{"Content-Type: application/json"}, fields...)
		return wire("POST", path, "", fields...)
	}
	good := post(inferPath, length) + body
	each := func(text string) func(int) string {
		return func(i int) string { return text[i%len(text):][:1] }
	}
	longHeader := each("GET /v2 HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("y", 1000))
	field := func(i int) string { return fmt.Sprintf("X-%d: y\r\n", i) }
	list := []slow{
		{name: "says nothing"},
		{name: "stops in the method", first: "PO"},
		{name: "stops in the header", first: post(inferPath, length)[:60]},
		{name: "header byte by byte", more: longHeader},
		{name: "headers line by line", first: "GET /v2 HTTP/1.1\r\nHost: x\r\n", more: field},
		{name: "idle", first: good, before: 1},
		{name: "stops in the second header", first: good + "GET /v2", before: 1},
		{name: "second header byte by byte", first: good, more: longHeader, before: 1},
		{
			name: "second body byte by byte", first: good + post(inferPath, length),
			more: each(body), before: 1, status: 408,
		},
	}
	const inChunks, inGzip = "Transfer-Encoding: chunked", "Content-Encoding: gzip"
	space := func(int) string { return "1\r\n \r\n" }
	packed := string(gzipped([]byte(body)))
	for _, path := range []string{inferPath, "/ask"} {
		add := func(name, first string, more func(int) string) {
			list = append(list, slow{name: name, first: first, more: more, status: 408})
		}
		add("no body", post(path, length), nil)
		add("stops in the body", post(path, length)+body[:1000], nil)
		add("body byte by byte", post(path, length), each(body))
		add("stops in a chunk", post(path, inChunks)+"400\r\n"+body[:100], nil)
		add("chunk by chunk", post(path, inChunks), space)
		add("no gzip", post(path, length, inGzip), nil)
		add("gzip byte by byte", post(path, length, inGzip), each(packed))
	}
	return list
}

// send keeps a connection open as long as the server lets it. It returns an error if the connection
// does not end as it should.
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
		var reply struct{ Outputs []any }
		err = json.NewDecoder(got.Body).Decode(&reply)
		if err != nil || got.StatusCode != http.StatusOK || len(reply.Outputs) != 2 {
			return fmt.Errorf("a good request has status %d: %v", got.StatusCode, err)
		}
		got.Body.Close()
	}
	got, err := http.ReadResponse(read, nil)
	took := time.Since(began)
	if took < slowTimeout()*4/5 || took > maxHold() {
		return fmt.Errorf("it was held for %v", took)
	}
	if s.status == 0 {
		if err != nil {
			return nil
		}
		got.Body.Close()
		if got.StatusCode != http.StatusBadRequest || !got.Close { // by net/http, to half a line
			return fmt.Errorf("it has a reply of status %d", got.StatusCode)
		}
		return nil
	}
	if err != nil {
		return err
	}
	defer got.Body.Close()
	var reply struct{ Error string }
	err = json.NewDecoder(got.Body).Decode(&reply)
	if err != nil || got.StatusCode != s.status || !got.Close ||
		reply.Error != "the body did not arrive in time" {
		return fmt.Errorf("the reply has status %d, %q: %v", got.StatusCode, reply.Error, err)
	}
	return nil
}

// Slow senders are cut off in time, also many of them. Others are answered meanwhile.
func TestSlowSenders(t *testing.T) {
	r, good, before := watched(t, shortTimeouts)
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
		if took := time.Since(began); took > mostTime && !raceEnabled() {
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
	r.awaitIdle(t, before)
	good.check(t)
}

// Slow clients may take all connections, but not for long.
func TestSlowTakeAll(t *testing.T) {
	checkLeaks(t)
	r := start(t, shortTimeouts, func(c *Config) { c.Connections = 20 })
	good := r.good(t)
	for range 50 {
		conn := r.dial(t)
		defer conn.Close()
		fmt.Fprint(conn, "GET /v2 HTTP/1.1\r\n")
	}
	began := time.Now()
	good.check(t) // after three times HeaderTime
	if took := time.Since(began); took > maxHold() {
		t.Errorf("a good request takes %v", took)
	}
}

// A client that does not read its answers is cut off in time.
func TestSlowReaders(t *testing.T) {
	r, good, before := watched(t, func(c *Config) { c.WriteTime = slowTimeout() })
	began := time.Now()
	for range 20 {
		conn := r.dial(t)
		defer conn.Close()
		if err := conn.(*net.TCPConn).SetReadBuffer(4 << 10); err != nil {
			t.Fatal(err)
		}
		// The answers are more than the buffers on the way can hold.
		requests := strings.Repeat(wire("GET", "/openapi.json", ""), 200)
		if _, err := io.WriteString(conn, requests); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, func() bool { return runtime.NumGoroutine() > before })
	good.check(t)
	r.awaitIdle(t, before) // though the clients are still there
	if took := time.Since(began); took < slowTimeout()*4/5 || took > maxHold() {
		t.Errorf("they were held for %v", took)
	}
	good.check(t)
}

// A client that leaves early leaves nothing behind, however far its request came.
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
		body := oneRow(t, 3, "odd number", "")
		ask := askMistake("", asJSON, body, 0, "")
		large := mistake{path: inferPath, body: append(bytes.Repeat([]byte(" "), 200_000), body...)}
		for _, request := range [][]byte{good.request, ask.request(), large.request()} {
			header, whole := bytes.Index(request, []byte("\r\n\r\n"))+4, len(request)
			for _, sent := range []int{0, 1, 30, header, whole - 100, whole - 1, whole} {
				for range many {
					conn := r.dial(t)
					if _, err := conn.Write(request[:sent]); err != nil {
						t.Fatal(err)
					}
					leave(conn)
				}
			}
		}
		r.awaitIdle(t, before)
		good.check(t)
	}
}

// A request whose client leaves while it waits is not computed, and counts as gone.
func TestEarlyClosersThatWait(t *testing.T) {
	r, good, before := watched(t)
	batch := r.models[0].current.Load().batch
	const many = 20
	image := string(drawing(t, 60, 250, 10))
	kind, body := form(t, "image", "image/png", image, "question", "", "odd number")
	ask := askMistake("", kind, body, 0, "")
	leave := map[string]func(*net.TCPConn){
		"close": func(conn *net.TCPConn) { conn.Close() },
		"reset": func(conn *net.TCPConn) {
			conn.SetLinger(0)
			conn.Close()
		},
		"half": func(conn *net.TCPConn) { conn.CloseWrite() }, // to net/http the client is gone
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
	for _, route := range []string{"/v2/models/{model}/infer", "/ask"} {
		want := fmt.Sprintf("braid_requests_total{route=%q,status=\"499\"} %d\n", route, 3*many)
		if !strings.Contains(metrics, want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	client.CloseIdleConnections()
	r.awaitIdle(t, before)
	good.check(t)
}
