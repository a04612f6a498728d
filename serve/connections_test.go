package serve

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// dialFrom connects from a loopback address. Only Linux has more than one without configuration.
func (r *running) dialFrom(t *testing.T, from string) net.Conn {
	t.Helper()
	_, address, _ := strings.Cut(r.url, "://")
	c, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).Dial("tcp", address)
	if err != nil {
		t.Skipf("this machine cannot connect from %s: %v", from, err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(20 * time.Second))
	return c
}

// ask sends a request over a connection and reads the answer.
func ask(c net.Conn, request string) (*http.Response, error) {
	if _, err := io.WriteString(c, request); err != nil {
		return nil, err
	}
	got, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err == nil {
		_, err = io.Copy(io.Discard, got.Body)
		got.Body.Close()
	}
	return got, err
}

// checkAnswered checks that the server answers within a second.
func checkAnswered(t *testing.T, what string, c net.Conn) {
	t.Helper()
	began := time.Now()
	got, err := ask(c, wire("GET", "/v2/health/live", ""))
	took := time.Since(began)
	if err != nil || got.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v after %v", what, err, took)
	}
	if took > time.Second && !raceEnabled() {
		t.Errorf("%s: answered after %v, want a second at most", what, took)
	}
}

// checkClosed checks that the server has closed a connection.
func checkClosed(t *testing.T, what string, c net.Conn) {
	t.Helper()
	var timeout interface{ Timeout() bool }
	_, err := c.Read(make([]byte, 1))
	if err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("%s: the connection is open: %v", what, err)
	}
}

// inFlight sends a request with an incomplete body and waits until the server reads the body. It
// returns a function that completes the body and checks the answer.
func (r *running) inFlight(t *testing.T, c net.Conn) (complete func(what string)) {
	t.Helper()
	text := posted(strings.Repeat(" ", 2*uncounted) + string(oneRow(t, 3, "odd number", "")))
	cut := len(text) - 10
	before := r.memory.held()
	if _, err := io.WriteString(c, text[:cut]); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool { return r.memory.held() > before })
	return func(what string) {
		t.Helper()
		if got, err := ask(c, text[cut:]); err != nil || got.StatusCode != http.StatusOK {
			t.Errorf("%s: %v, %v", what, got, err)
		}
	}
}

// At the limit for all clients, the connection that has been idle longest is closed to let a new
// one in, whether it had an answer, sent nothing, or sent half a header. Connections with a request
// in flight stay.
func TestLongestIdleIsClosed(t *testing.T) {
	for name, sent := range map[string]string{
		"idle":          wire("GET", "/v2/health/live", ""),
		"silent":        "",
		"half a header": "GET /v2 HTTP/1.1\r\nHo",
	} {
		r := start(t, func(c *Config) { c.Connections, c.ClientConnections = 6, 6 })
		var complete []func(string)
		for range 2 {
			complete = append(complete, r.inFlight(t, r.dialFrom(t, "127.0.0.1")))
		}
		var idle []net.Conn
		for range 4 {
			c := r.dialFrom(t, "127.0.0.1")
			idle = append(idle, c)
			if _, err := io.WriteString(c, sent); err != nil {
				t.Fatal(err)
			}
			if name == "idle" {
				if _, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil {
					t.Fatal(err)
				}
			}
			time.Sleep(10 * time.Millisecond) // so that their order is known
		}
		for i, c := range idle[:3] {
			checkAnswered(t, name, r.dialFrom(t, "127.0.0.1"))
			checkClosed(t, fmt.Sprint(name, i), c)
		}
		idle[3].SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if _, err := idle[3].Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the connection that was idle for the shortest time is closed: %v",
				name, err)
		}
		for _, c := range complete {
			c(name)
		}
	}
}

// If all connections have a request in flight, a new one waits until one ends. Answers then end
// their connections.
func TestNewConnectionWaits(t *testing.T) {
	r := start(t, func(c *Config) { c.Connections, c.ClientConnections = 2, 2 })
	first, second := r.inFlight(t, r.dial(t)), r.inFlight(t, r.dial(t))
	c := r.dial(t)
	defer c.Close()
	eventually(t, r.crowded.Load)
	c.SetReadDeadline(time.Now().Add(4 * idleFrom))
	got, err := ask(c, wire("GET", "/v2/health/live", ""))
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("a third connection is answered: %v, %v", got, err)
	}
	first("the first")
	c.SetReadDeadline(time.Now().Add(time.Second))
	if _, err := http.ReadResponse(bufio.NewReader(c), nil); err != nil {
		t.Errorf("after the first has ended: %v", err)
	}
	eventually(t, func() bool { return !r.crowded.Load() })
	second("the second")
}

// Other clients get connections while two send requests without pause over all of them. No request
// is lost.
func TestConnectionsAreShared(t *testing.T) {
	r := start(t, func(c *Config) { c.Connections, c.ClientConnections = 2, 2 })
	done := make(chan struct{})
	var others sync.WaitGroup
	// A client that the machine delays for idleFrom loses its connection, as the documentation says,
	// and tries again. http.Client does not try a POST again.
	post := func(client *http.Client) error {
		got, err := client.Post(r.url+inferPath, asJSON, strings.NewReader("{}"))
		for again := 0; again < 5 && isClosedConnection(err); again++ {
			got, err = client.Post(r.url+inferPath, asJSON, strings.NewReader("{}"))
		}
		if err != nil {
			return err
		}
		defer got.Body.Close()
		_, err = io.Copy(io.Discard, got.Body)
		return err
	}
	for range 2 {
		others.Go(func() {
			client := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
			defer client.CloseIdleConnections()
			for {
				select {
				case <-done:
					return
				default:
					if err := post(client); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for range 20 {
		client := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
		if err := post(client); err != nil {
			t.Errorf("one more client: %v", err)
		}
		client.CloseIdleConnections()
	}
	close(done)
	others.Wait()
	client.CloseIdleConnections()
	if got := r.call(t, "GET", "/v2/health/live", nil); got.header.Get("Connection") == "close" {
		t.Error("an answer ends a connection though nobody waits")
	}
}

// isClosedConnection reports whether a request found its connection closed before it was read.
func isClosedConnection(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.EPIPE)
}

// One client cannot take all connections, neither with idle ones nor with requests in flight, and
// another client keeps its connections.
func TestConnectionsOfClient(t *testing.T) {
	r := start(t, func(c *Config) { c.Connections = 8 })
	if most := r.config.ClientConnections; most != 4 {
		t.Fatalf("a client has %d connections, want half of 8", most)
	}
	other := r.dialFrom(t, "127.0.0.2")
	checkAnswered(t, "another client", other)
	for range 10 { // closed connections do not count
		c := r.dialFrom(t, "127.0.0.3")
		done := r.inFlight(t, c)
		done("one after the other")
		c.Close()
		eventually(t, func() bool { return r.inside() == 0 })
		time.Sleep(5 * time.Millisecond) // until the server has seen it
	}
	var mine []net.Conn
	for range 10 { // more than the limit
		c := r.dialFrom(t, "127.0.0.1")
		checkAnswered(t, "the client", c)
		mine = append(mine, c)
		time.Sleep(idleFrom / 2) // so that the first of four is idle
	}
	for i, c := range mine[:6] {
		checkClosed(t, fmt.Sprint("connection ", i), c)
	}
	var complete []func(string)
	for _, c := range mine[6:] {
		complete = append(complete, r.inFlight(t, c))
	}
	checkClosed(t, "with all requests in flight", r.dialFrom(t, "127.0.0.1"))
	if n := counted(t, r.metrics.rejected.WithLabelValues("connections")); n != 1 {
		t.Errorf("the metrics count %v, want 1", n)
	}
	checkAnswered(t, "another client", r.dialFrom(t, "127.0.0.2"))
	checkAnswered(t, "the one before", other)
	for _, c := range complete {
		c("the client")
	}
}

// Connections of HTTP/2 are idle between requests, too, and only then.
func TestIdleHTTP2(t *testing.T) {
	cert, key, trusted := trustedCertificate(t)
	r := start(t, func(c *Config) {
		c.Cert, c.Key, c.Connections, c.ClientConnections = cert, key, 2, 2
	})
	connect := func() *http.Client {
		client := overHTTP2(trusted)
		t.Cleanup(client.CloseIdleConnections)
		return client
	}
	live := func(client *http.Client) error {
		got, err := client.Get(r.url + "/v2/health/live")
		if err == nil {
			got.Body.Close()
			if got.ProtoMajor != 2 {
				err = fmt.Errorf("answered by %s", got.Proto)
			}
		}
		return err
	}
	free := r.models[0].current.Load().batch.block()
	busy, idle := connect(), connect()
	status := make(chan int, 1)
	go func() {
		body := bytes.NewReader(oneRow(t, 3, "odd number", ""))
		got, err := busy.Post(r.url+inferPath, asJSON, body)
		if err != nil {
			t.Error(err)
			status <- 0
			return
		}
		got.Body.Close()
		status <- got.StatusCode
	}()
	eventually(t, func() bool { return r.inside() == 1 })
	if err := live(idle); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		began := time.Now()
		if err := live(connect()); err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took > time.Second && !raceEnabled() {
			t.Errorf("answered after %v", took)
		}
	}
	free()
	if got := <-status; got != http.StatusOK {
		t.Errorf("the request in flight: status %d", got)
	}
}
