package serve

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"
)

// converse sends pieces over one connection, with a pause before each but the first, and reads an
// answer for each method. Interim answers (100 Continue) are skipped.
func (r *running) converse(
	t *testing.T, pause time.Duration, pieces, methods []string,
) (answers []response) {
	t.Helper()
	c := r.dial(t)
	defer c.Close()
	go func() {
		for i, piece := range pieces {
			if i > 0 {
				time.Sleep(pause)
			}
			io.WriteString(c, piece)
		}
	}()
	in := bufio.NewReader(c)
	for len(answers) < len(methods) {
		got, err := http.ReadResponse(in, &http.Request{Method: methods[len(answers)]})
		if err != nil {
			t.Errorf("%.80q: answer %d of %d: %v", pieces, len(answers)+1, len(methods), err)
			return answers
		}
		if got.StatusCode >= 200 {
			answers = append(answers, read(t, got))
		}
	}
	return answers
}

// A good request gets the same answer however it is written. So does the next one on its
// connection.
func TestSameAnswers(t *testing.T) {
	r := start(t)
	body := string(oneRow(t, 3, "odd number", ""))
	length := fmt.Sprintf("Content-Length: %d", len(body))
	want := r.call(t, "POST", inferPath, []byte(body)).body
	written := func(header string) string {
		return "POST " + inferPath + " HTTP/1.1\r\n" + header + "\r\n\r\n" + body
	}
	escaped := strings.Replace(inferPath, "digitqa", "%64igitqa", 1)
	for name, text := range map[string]string{
		"usual":               posted(body),
		"names in lower case": written("host:x\r\n" + strings.ToLower(length)),
		"names in upper case": written("HOST: x\r\n" + strings.ToUpper(length)),
		"spaces and tabs":     posted(body, "X-Value:\t two  words \t", "X-Empty:", "X-Colon: a:b: c"),
		"many fields":         posted(body, slices.Repeat([]string{"X: y"}, 201)...),
		"a long field":        posted(body, "X: "+strings.Repeat("y", 12<<10)),
		"zeros in the length": written(fmt.Sprintf("Host: x\r\nContent-Length: 000%d", len(body))),
		"keep-alive":          posted(body, "Connection: Keep-Alive"),
		"a query":             wire("POST", inferPath+"?a=b", body, length),
		"an escape":           wire("POST", escaped, body, length),
		"absolute":            wire("POST", "http://x"+inferPath, body, length),
		"Expect":              posted(body, "Expect: 100-continue"),
		"spaces before":       posted(strings.Repeat(" ", 100_000) + body),
	} {
		methods := []string{"POST", "POST"}
		for _, pieces := range [][]string{
			{text + posted(body)},
			{text, posted(body)},
			{text + "\r\n" + posted(body)}, // some old clients send a blank line after a POST's body
		} {
			for i, got := range r.converse(t, 2*time.Millisecond, pieces, methods) {
				if got.status != http.StatusOK || !bytes.Equal(got.body, want) {
					t.Errorf("%s: answer %d: status %d: %.200s", name, i, got.status, got.body)
				}
			}
		}
	}
}

// chunked is a body in chunks of a size, without the empty line at its end, so that a trailer may
// follow.
func chunked(body string, size int) string {
	var text strings.Builder
	for rest := body; rest != ""; {
		n := min(size, len(rest))
		fmt.Fprintf(&text, "%x\r\n%s\r\n", n, rest[:n])
		rest = rest[n:]
	}
	return text.String() + "0\r\n"
}

// If the client may see the end of a request elsewhere than the server, the request is answered and
// the connection ends. What follows is not read as another request.
func TestNoSmuggling(t *testing.T) {
	r := start(t)
	body := string(oneRow(t, 3, "odd number", ""))
	want := r.call(t, "POST", inferPath, []byte(body)).body
	length, coding := fmt.Sprintf("Content-Length: %d", len(body)), "Transfer-Encoding: chunked"
	chunks := chunked(body, 1000) + "\r\n"
	old := strings.NewReplacer("HTTP/1.1\r\nHost: x", "HTTP/1.0\r\nConnection: keep-alive")
	small, trailed := chunked(body, 7)+"\r\n", chunked(body, 500)+"X-Sum: 1\r\n\r\n"
	post := func(body string, fields ...string) string {
		return wire("POST", inferPath, body, fields...)
	}
	for name, text := range map[string]string{
		"chunks":                   post(chunks, coding),
		"small chunks":             post(small, "transfer-encoding: Chunked"),
		"a trailer":                post(trailed, coding, "Trailer: X-Sum"),
		"a length, then chunks":    post(chunks, length, coding),
		"chunks, then a length":    post(chunks, coding, length),
		"chunks, length 0":         post(chunks, coding, "content-length: 0"),
		"chunks, the right length": post(chunks, coding, fmt.Sprintf("Content-Length: %d", len(chunks))),
		"HTTP/1.0":                 old.Replace(posted(body)),
		"HTTP/1.0 with a coding":   old.Replace(post(body, length, coding)),
	} {
		c := r.dial(t)
		if _, err := io.WriteString(c, text+wire("GET", "/v2/health/live", "")); err != nil {
			t.Fatal(err)
		}
		in := bufio.NewReader(c)
		got, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		answer := read(t, got)
		if answer.status != http.StatusOK || !bytes.Equal(answer.body, want) || !got.Close {
			t.Errorf("%s: status %d, the connection ends: %v: %.200s",
				name, answer.status, got.Close, answer.body)
		}
		if _, err := in.ReadByte(); err == nil || os.IsTimeout(err) {
			t.Errorf("%s: the connection goes on: %v", name, err)
		}
		c.Close()
	}
}

// Requests that are sent together are answered in their order, of whatever kind they are.
func TestPipelined(t *testing.T) {
	r := start(t)
	good := posted(string(oneRow(t, 3, "odd number", "")))
	var text string
	var methods []string
	var want []int
	for _, c := range []struct {
		text   string
		status int
	}{
		{good, 200}, {wire("GET", "/v2/health/live", ""), 200}, {wire("HEAD", "/v2", ""), 200},
		{posted("{}"), 400}, {good, 200}, {wire("PUT", "/v2", "hi", "Content-Length: 2"), 405},
		{wire("GET", "/none", ""), 404}, {wire("GET", "/v2/../v2", ""), 404}, {good, 200},
	} {
		method, _, _ := strings.Cut(c.text, " ")
		text, methods, want = text+c.text, append(methods, method), append(want, c.status)
	}
	for range 3 {
		text, methods, want = text+text, append(methods, methods...), append(want, want...)
	}
	for i, got := range r.converse(t, 0, []string{text}, methods) {
		if got.status != want[i] {
			t.Errorf("answer %d: status %d, want %d: %.200s", i, got.status, want[i], got.body)
		}
	}
}

// A request may come in two pieces, cut anywhere.
func TestPieces(t *testing.T) {
	r := start(t)
	body := string(oneRow(t, 3, "odd number", ""))
	text := posted(body, "X-Request-Id: mine")
	want := r.call(t, "POST", inferPath, []byte(body)).body
	head := strings.Index(text, "\r\n\r\n")
	for cut := 1; cut < len(text); cut++ {
		if cut > head+10 && cut < len(text)-10 && cut%200 != 0 {
			continue
		}
		pieces := []string{text[:cut], text[cut:]}
		for _, got := range r.converse(t, time.Millisecond, pieces, []string{"POST"}) {
			if got.status != http.StatusOK || !bytes.Equal(got.body, want) ||
				got.header.Get("X-Request-Id") != "mine" {
				t.Errorf("cut after %d bytes: status %d: %.200s", cut, got.status, got.body)
			}
		}
	}
}

// renamed is a listener that returns another error than net.ErrClosed when it is closed.
type renamed struct{ net.Listener }

func (l renamed) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		err = errors.New("closed, in other words")
	}
	return c, err
}

// A server ends with its context, whatever error its listener then returns. If its listener is
// closed first, it ends too, with all connections.
func TestListenerEnds(t *testing.T) {
	r := start(t)
	run := func(ctx context.Context, wrap func(net.Listener) net.Listener) (net.Listener, chan error) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- r.Run(ctx, wrap(l)) }()
		return l, ended
	}
	same := func(l net.Listener) net.Listener { return l }
	other := func(l net.Listener) net.Listener { return renamed{l} }
	for _, wrap := range []func(net.Listener) net.Listener{same, other} {
		ctx, cancel := context.WithCancel(context.Background())
		_, ended := run(ctx, wrap)
		time.Sleep(5 * time.Millisecond)
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	l, ended := run(context.Background(), same)
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	io.WriteString(c, wire("GET", "/v2/health/live", ""))
	in := bufio.NewReader(c)
	got, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	read(t, got)
	l.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("error is %v", err)
	}
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("the connection goes on: %v", err)
	}
}
