package serve

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	dto "github.com/prometheus/client_model/go"
)

// dialFrom connects from a loopback address. Only Linux has more than one without being told.
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

// answered wants an answer within a second.
func answered(t *testing.T, what string, c net.Conn) {
	t.Helper()
	began := time.Now()
	got, err := ask(c, wire("GET", "/v2/health/live", ""))
	took := time.Since(began)
	if err != nil || got.StatusCode != http.StatusOK {
		t.Fatalf("%s: %v after %v", what, err, took)
	}
	if took > time.Second && !raced() {
		t.Errorf("%s: answered after %v, want a second at most", what, took)
	}
}

// isClosed wants the server to have closed a connection.
func isClosed(t *testing.T, what string, c net.Conn) {
	t.Helper()
	var timeout interface{ Timeout() bool }
	if _, err := c.Read(make([]byte, 1)); err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("%s: the connection is open: %v", what, err)
	}
}

// inFlight sends a request whose body is not complete, waits until the server reads the body, and
// returns a function that completes it and wants an answer.
func (r *running) inFlight(t *testing.T, c net.Conn) (complete func(what string)) {
	t.Helper()
	text := posted(strings.Repeat(" ", 2*uncounted) + string(one(t, 3, "odd number", "")))
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

// At the limit of all, the connection that has been idle longest is closed to let a new one in:
// whether it had an answer, sent nothing, or half a header. Connections with a request in flight
// stay.
func TestLongestIdleIsClosed(t *testing.T) {
	for name, sent := range map[string]string{
		"idle": wire("GET", "/v2/health/live", ""), "silent": "",
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
			answered(t, name, r.dialFrom(t, "127.0.0.1"))
			isClosed(t, fmt.Sprint(name, i), c)
		}
		idle[3].SetReadDeadline(time.Now().Add(20 * time.Millisecond))
		if _, err := idle[3].Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%s: the connection that was idle for the shortest time is closed: %v", name, err)
		}
		for _, c := range complete {
			c(name)
		}
	}
}

// Where all connections have a request in flight, a new one waits until one ends; an answer then
// ends its connection.
func TestNewConnectionWaits(t *testing.T) {
	r := start(t, func(c *Config) { c.Connections, c.ClientConnections = 2, 2 })
	first, second := r.inFlight(t, r.dial(t)), r.inFlight(t, r.dial(t))
	c := r.dial(t)
	defer c.Close()
	eventually(t, r.crowded.Load)
	c.SetReadDeadline(time.Now().Add(4 * idleFrom))
	if got, err := ask(c, wire("GET", "/v2/health/live", "")); !errors.Is(err, os.ErrDeadlineExceeded) {
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

// Clients that ask without pause over all connections let others in, and no request is lost.
func TestConnectionsMakeRoom(t *testing.T) {
	r := start(t, func(c *Config) { c.Connections, c.ClientConnections = 2, 2 })
	done := make(chan struct{})
	var others sync.WaitGroup
	// A client that the machine holds up for idleFrom loses its connection, as the documentation says,
	// and asks again. http.Client itself does not try a POST again.
	ask := func(own *http.Client) error {
		got, err := own.Post(r.url+inferPath, asJSON, strings.NewReader("{}"))
		for again := 0; again < 5 && isClosedConnection(err); again++ {
			got, err = own.Post(r.url+inferPath, asJSON, strings.NewReader("{}"))
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
			own := &http.Client{Transport: &http.Transport{}, Timeout: 20 * time.Second}
			defer own.CloseIdleConnections()
			for {
				select {
				case <-done:
					return
				default:
					if err := ask(own); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for range 20 {
		own := &http.Client{Transport: &http.Transport{}, Timeout: 10 * time.Second}
		if err := ask(own); err != nil {
			t.Errorf("one more client: %v", err)
		}
		own.CloseIdleConnections()
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
	return errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}

// One client cannot take all connections, neither with idle ones nor with requests in flight, and
// another client is not touched.
func TestConnectionsOfClient(t *testing.T) {
	r := start(t, func(c *Config) { c.Connections = 8 })
	if most := r.config.ClientConnections; most != 4 {
		t.Fatalf("a client has %d connections, want half of 8", most)
	}
	other := r.dialFrom(t, "127.0.0.2")
	answered(t, "another client", other)
	for range 10 { // connections that ended count no more
		c := r.dialFrom(t, "127.0.0.3")
		done := r.inFlight(t, c)
		done("one after the other")
		c.Close()
		eventually(t, func() bool { return r.inside() == 0 })
		time.Sleep(5 * time.Millisecond) // until the server has seen it
	}
	var mine []net.Conn
	for range 10 { // more than all
		c := r.dialFrom(t, "127.0.0.1")
		answered(t, "the client", c)
		mine = append(mine, c)
		time.Sleep(idleFrom / 2) // so that the first of four is idle
	}
	for i, c := range mine[:6] {
		isClosed(t, fmt.Sprint("connection ", i), c)
	}
	var complete []func(string)
	for _, c := range mine[6:] {
		complete = append(complete, r.inFlight(t, c))
	}
	isClosed(t, "with all requests in flight", r.dialFrom(t, "127.0.0.1"))
	var counted dto.Metric
	err := r.metrics.rejected.WithLabelValues("connections").Write(&counted)
	if err != nil || counted.Counter.GetValue() != 1 {
		t.Errorf("the metrics count %v, %v, want 1", &counted, err)
	}
	answered(t, "another client", r.dialFrom(t, "127.0.0.2"))
	answered(t, "the one before", other)
	for _, c := range complete {
		c("the client")
	}
}

// overHTTP2 returns a client of HTTP/2 that trusts certificates.
func overHTTP2(trusted *x509.CertPool) *http.Client {
	return &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: trusted}, ForceAttemptHTTP2: true,
	}}
}

// Connections of HTTP/2 are idle between requests, too, and only then.
func TestIdleHTTP2(t *testing.T) {
	folder := t.TempDir()
	cert, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	trusted := x509.NewCertPool()
	trusted.AddCert(pair(t, cert, key, 7))
	r := start(t, func(c *Config) { c.Cert, c.Key, c.Connections, c.ClientConnections = cert, key, 2, 2 })
	connect := func() *http.Client {
		own := overHTTP2(trusted)
		t.Cleanup(own.CloseIdleConnections)
		return own
	}
	live := func(own *http.Client) error {
		got, err := own.Get(r.url + "/v2/health/live")
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
		got, err := busy.Post(r.url+inferPath, asJSON, strings.NewReader(string(one(t, 3, "odd number", ""))))
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
		if took := time.Since(began); took > time.Second && !raced() {
			t.Errorf("answered after %v", took)
		}
	}
	free()
	if got := <-status; got != http.StatusOK {
		t.Errorf("the request in flight: status %d", got)
	}
}
