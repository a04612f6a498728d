package serve

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"
)

// block is 256 KB of a body as a chunk.
var block = func() []byte {
	const size = 256 << 10
	return fmt.Appendf(nil, "%x\r\n%*s\r\n", size, size, "")
}()

// spaces writes a body of a size, in chunks or not.
func spaces(c io.Writer, size int, chunks bool) error {
	const head, tail = len("40000\r\n"), len("\r\n")
	for most := len(block) - head - tail; size > 0; {
		n := min(size, most)
		size -= n
		text := block[head:][:n]
		switch {
		case chunks && n == most:
			text = block
		case chunks:
			text = fmt.Appendf(nil, "%x\r\n%s\r\n", n, text)
		}
		if _, err := c.Write(text); err != nil {
			return err
		}
	}
	if chunks {
		_, err := io.WriteString(c, "0\r\n\r\n")
		return err
	}
	return nil
}

// unread is a request that is answered before its body is read.
type unread struct {
	name, method, path, fields string
	status                     int
}

// send sends a request with a body of a size to its end, then reads the answer and checks its
// status.
func (u *unread) send(t *testing.T, c net.Conn, size int, chunks bool, fields string) {
	t.Helper()
	defer c.Close()
	c.SetDeadline(time.Now().Add(20 * time.Second))
	what := fmt.Sprintf("%s, %d bytes, chunks %v, %q", u.name, size, chunks, fields)
	framing := fmt.Sprintf("Content-Length: %d", size)
	if chunks {
		framing = "Transfer-Encoding: chunked"
	}
	began := time.Now()
	_, err := fmt.Fprintf(c, "%s %s HTTP/1.1\r\n%s%s%s\r\n\r\n",
		u.method, u.path, u.fields, fields, framing)
	if err == nil {
		err = spaces(c, size, chunks)
	}
	if err != nil {
		t.Errorf("%s: sending: %v", what, err)
		return
	}
	in := bufio.NewReader(c)
	got, err := http.ReadResponse(in, nil)
	if err == nil && got.StatusCode == http.StatusContinue {
		got, err = http.ReadResponse(in, nil)
	}
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	content, err := io.ReadAll(got.Body)
	got.Body.Close()
	if err != nil || got.StatusCode != u.status {
		t.Errorf("%s: status %d, want %d: %v, %.200s", what, got.StatusCode, u.status, err, content)
	}
	if took := time.Since(began); took > lingerTime && !raceEnabled() {
		t.Errorf("%s: it took %v", what, took)
	}
}

const bearerField = "Authorization: Bearer " + firstToken + "\r\n"

// refusingServer is a server that refuses each of the requests, with TLS or without.
func refusingServer(t *testing.T, change func(*Config)) (*running, []unread) {
	t.Helper()
	tokens := tokenFile(t, firstToken+"\n")
	r := start(t, func(c *Config) {
		c.Token, c.Body, c.Memory = tokens, 1<<20, 4<<20
		change(c)
	})
	const host = "Host: x\r\n"
	return r, []unread{
		{"no token", "POST", inferPath, host, 401},
		{"no token, an image", "POST", "/ask", host + "Content-Type: image/png\r\n", 401},
		{"another host", "POST", inferPath, "Host: y\r\n" + bearerField, 421},
		{"no host", "POST", inferPath, "Host: []\r\n", 400},
		{"no such path", "POST", "/none", host, 404},
		{"a path that is not clean", "PUT", "/v2/../v2", host, 404},
		{"not a method of the route", "PUT", "/ask", host, 405},
		{"too large", "POST", inferPath, host + bearerField, 413},
		{"a GET with a body", "GET", "/v2/health/live", host, 200},
		{"a transfer encoding", "POST", inferPath, host + "Transfer-Encoding: gzip\r\n", 501},
		{"a bad field", "POST", inferPath, host + "X : y\r\n", 400},
		{"a header too large", "POST", inferPath,
			host + "X: " + strings.Repeat("y", 40<<10) + "\r\n", 431},
	}
}

// A client that sends a whole request before it reads gets the status, however much it sends.
func TestUnreadBodies(t *testing.T) {
	r, list := refusingServer(t, func(c *Config) { c.Hosts = []string{"x"} })
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for _, u := range list {
		for _, chunks := range []bool{false, true} {
			for _, fields := range []string{"", "Connection: close\r\n", "Expect: 100-continue\r\n"} {
				u.send(t, r.dial(t), 8<<20, chunks, fields)
			}
		}
	}
	for _, u := range list[:2] {
		for _, size := range []int{0, 1, 100_000, 256 << 10, 256<<10 + 1, 1 << 20, 20 << 20, 100 << 20} {
			u.send(t, r.dial(t), size, false, "")
			u.send(t, r.dial(t), size, true, "")
		}
	}
	runtime.ReadMemStats(&after)
	if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 100 { // for 900 MB that are sent
		t.Errorf("they took %d MB of memory", took)
	}
}

// So does a client that sends too many requests, one for whose body there is no memory, and one
// with an unknown encoding.
func TestUnreadBodiesOfMany(t *testing.T) {
	t.Parallel()
	r, _ := refusingServer(t, func(c *Config) { c.Rate = 1e-6 })
	first := unread{"the first", "POST", "/ask", "Host: x\r\n" + bearerField, 413}
	first.send(t, r.dial(t), 8<<20, false, "")
	for _, chunks := range []bool{false, true} {
		next := unread{"the next", "POST", "/ask", "Host: x\r\n" + bearerField, 429}
		next.send(t, r.dial(t), 8<<20, chunks, "")
	}
	r, _ = refusingServer(t, func(c *Config) {
		c.Body, c.Memory, c.Deadline = 16<<20, 40<<20, 100*time.Millisecond
	})
	var other holding
	if !r.memory.now(&other, 40<<20, forWork) {
		t.Fatal("the memory is taken")
	}
	full := unread{"no memory", "POST", inferPath, "Host: x\r\n" + bearerField, 503}
	for _, chunks := range []bool{false, true} {
		full.send(t, r.dial(t), 8<<20, chunks, "")
	}
	r.memory.give(&other, 40<<20, forWork)
	encoding := unread{"an encoding", "POST", "/ask", full.fields + "Content-Encoding: br\r\n", 415}
	encoding.send(t, r.dial(t), 8<<20, false, "")
}

// So does a client of TLS, and one of HTTP/2.
func TestUnreadBodiesTLS(t *testing.T) {
	t.Parallel()
	cert, key, trusted := trustedCertificate(t)
	r, list := refusingServer(t, func(c *Config) { c.Cert, c.Key, c.Hosts = cert, key, []string{"x"} })
	to := &tls.Config{RootCAs: trusted, NextProtos: []string{"http/1.1"}, ServerName: "127.0.0.1"}
	for i, u := range list[:9] {
		if i%2 == 1 {
			continue // each takes half a second
		}
		c, err := tls.Dial("tcp", strings.TrimPrefix(r.url, "https://"), to)
		if err != nil {
			t.Fatal(err)
		}
		u.send(t, c, 8<<20, i%4 == 0, "")
	}
	http2 := overHTTP2(trusted)
	defer http2.CloseIdleConnections()
	for _, size := range []int{1 << 20, 20 << 20} {
		for path, want := range map[string]int{inferPath: 401, "/none": 404, "/v2": 405} {
			got, err := http2.Post(r.url+path, asJSON, bytes.NewReader(make([]byte, size)))
			if err != nil {
				t.Fatal(err)
			}
			got.Body.Close()
			if got.StatusCode != want || got.ProtoMajor != 2 {
				t.Errorf("%s, %d bytes by %s: status %d, want %d",
					path, size, got.Proto, got.StatusCode, want)
			}
		}
	}
}

// A connection does not linger forever, neither with a client that stays and sends nothing, nor
// with one that sends slowly. It ends with the server.
func TestLingerEnds(t *testing.T) {
	t.Parallel()
	r, list := refusingServer(t, func(c *Config) {})
	begin := func() net.Conn {
		c := r.dial(t)
		t.Cleanup(func() { c.Close() })
		u := list[0]
		fmt.Fprintf(c, "%s %s HTTP/1.1\r\n%sContent-Length: 100000000\r\n\r\n",
			u.method, u.path, u.fields)
		return c
	}
	silent, slow := begin(), begin()
	began := time.Now()
	took := make(chan time.Duration)
	go func() {
		for {
			if _, err := io.WriteString(slow, "x"); err != nil {
				took <- time.Since(began)
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
	}()
	// The silent client sees the end of what is sent at once. The next byte after the connection is
	// closed fails.
	_, err := io.ReadAll(silent)
	if err != nil || time.Since(began) > lingerSilence && !raceEnabled() {
		t.Errorf("the end of the answer: %v after %v", err, time.Since(began))
	}
	time.Sleep(time.Until(began.Add(lingerSilence * 3 / 2)))
	io.WriteString(silent, "x")
	time.Sleep(20 * time.Millisecond)
	if _, err := io.WriteString(silent, "x"); err == nil {
		t.Error("a silent client's connection is open")
	}
	if got := <-took; got < lingerSilence || got > lingerTime+2*time.Second && !raceEnabled() {
		t.Errorf("a slow client's connection is open for %v", got)
	}
	last := begin()
	if _, err := io.ReadAll(last); err != nil {
		t.Fatal(err)
	}
	if err := r.stop(); err != nil {
		t.Fatal(err)
	}
	io.WriteString(last, "x")
	time.Sleep(20 * time.Millisecond)
	if _, err := io.WriteString(last, "x"); err == nil {
		t.Error("a connection outlives the server")
	}
}
