package serve

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

// Whoever was connected when the listener closed is accepted; whoever comes later is refused.
func TestLateConnections(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only on Linux are they accepted")
	}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := newListener(tcp, 2) // fewer than come
	for i := range 5 {
		c, err := net.Dial("tcp", tcp.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		fmt.Fprint(c, i)
	}
	first, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	said := map[byte]bool{}
	read := func(c net.Conn) {
		var b [1]byte
		if _, err := c.Read(b[:]); err != nil {
			t.Error(err)
		}
		said[b[0]] = true
	}
	read(first)
	for {
		c, err := l.Accept()
		if err != nil {
			break
		}
		defer c.Close()
		read(c)
	}
	if len(said) != 5 {
		t.Errorf("%d connections were accepted, want 5", len(said))
	}
	if c, err := net.Dial("tcp", tcp.Addr().String()); err == nil {
		c.Close()
		t.Error("it still lets clients connect")
	}
}

// named is a listener with an error of its own for that it is closed.
type named struct{ net.Listener }

func (l named) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		err = errors.New("closed, in other words")
	}
	return c, err
}

// A server ends with its context whatever its listener says then, and says nothing of it; where somebody else closes
// the listener it ends too, with all connections.
func TestListenerEnds(t *testing.T) {
	for _, wrap := range []func(net.Listener) net.Listener{
		func(l net.Listener) net.Listener { return l }, func(l net.Listener) net.Listener { return named{l} },
	} {
		for range 5 {
			r := start(t) // for its model
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(context.Background())
			ended := make(chan error, 1)
			go func() { ended <- r.Run(ctx, wrap(l)) }()
			time.Sleep(5 * time.Millisecond)
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if strings.Contains(r.logs.String(), "no connection accepted") {
				t.Errorf("the log is %s", r.logs)
			}
		}
	}
	r := start(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.Run(context.Background(), l) }()
	c, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "GET /v2/health/live HTTP/1.1\r\nHost: x\r\n\r\n")
	in := bufio.NewReader(c)
	got, err := http.ReadResponse(in, nil)
	if err != nil {
		t.Fatal(err)
	}
	io.Copy(io.Discard, got.Body)
	l.Close()
	if err := <-ended; !errors.Is(err, net.ErrClosed) {
		t.Errorf("error is %v", err)
	}
	c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := in.ReadByte(); err != io.EOF {
		t.Errorf("the connection goes on: %v", err)
	}
}

// Those who keep all connections busy make room for others: no more can be accepted, so answers end theirs.
func TestConnectionsMakeRoom(t *testing.T) {
	r := start(t, func(c *Config) { c.Connections = 2 })
	done := make(chan struct{})
	var others sync.WaitGroup
	ask := func(own *http.Client) error {
		got, err := own.Get(r.url + "/v2/health/live")
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, got.Body)
		got.Body.Close()
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
	eventually(t, func() bool { return r.accepts.Load().open.Load() == 0 })
	if got := r.call(t, "GET", "/v2/health/live", nil); got.header.Get("Connection") == "close" {
		t.Error("an answer ends a connection though there is room")
	}
}

// A request that comes over a connection after the listener has closed is answered, and the connection ended.
func TestRequestWhileDraining(t *testing.T) {
	r := start(t)
	c := r.dial(t)
	defer c.Close()
	request := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", inferPath, len(one(t, 3, "odd number", "")), one(t, 3, "odd number", ""))
	if _, err := c.Write(request[:20]); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- r.stop() }()
	eventually(t, func() bool {
		c, err := net.Dial("tcp", strings.TrimPrefix(r.url, "http://"))
		if err == nil {
			c.Close()
		}
		return err != nil
	})
	time.Sleep(20 * time.Millisecond)
	if _, err := c.Write(request[20:]); err != nil {
		t.Fatal(err)
	}
	got, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	got.Body.Close()
	if got.StatusCode != http.StatusOK || !got.Close {
		t.Errorf("status %d, the connection ends: %v", got.StatusCode, got.Close)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
