package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/net/netutil"
)

// listener accepts connections, and when it is closed also those that had arrived and were not accepted yet: their
// clients believe that they are connected.
type listener struct {
	net.Listener // accepts no more than so many at once
	last         *lastAccepted
	tcp          net.Listener // below both
	most         int64
	open         atomic.Int64 // connections
	closing      atomic.Bool
	busy         atomic.Int64 // connections from which a request may come, or that wait for an answer
	once         sync.Once
	closed       error
	late         chan net.Conn // closed when all have arrived
}

func newListener(l net.Listener, connections int) *listener {
	last := &lastAccepted{Listener: l}
	return &listener{
		Listener: netutil.LimitListener(last, connections), last: last, tcp: l,
		most: int64(connections), late: make(chan net.Conn, backlog),
	}
}

// crowded tells whether others may wait for a connection to end.
func (l *listener) crowded() bool { return l.open.Load() >= l.most }

// lastAccepted remembers the connection below LimitListener's, which hides what it can do. One goroutine accepts.
type lastAccepted struct {
	net.Listener
	conn net.Conn
}

func (l *lastAccepted) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	l.conn = conn
	return conn, err
}

// backlog is the most late connections that are answered.
const backlog = 4096

// Accept waits for a connection.
func (l *listener) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	below := l.last.conn
	if err != nil && l.closing.Load() {
		err = net.ErrClosed // whatever the listener below calls it
		if late, ok := <-l.late; ok {
			accepted, below, err = late, late, nil
		}
	}
	if err != nil {
		return nil, err
	}
	l.open.Add(1)
	return &conn{Conn: accepted, below: below, of: l}, nil
}

// Close ends the listener.
func (l *listener) Close() error {
	l.once.Do(func() {
		l.closing.Store(true)
		for _, conn := range takeLate(l.tcp) {
			l.late <- conn
		}
		close(l.late)
		l.closed = l.Listener.Close()
	})
	return l.closed
}

// conn is a connection that counts as busy from when it is accepted, but while it waits for another request.
type conn struct {
	net.Conn
	below net.Conn
	of    *listener
	ahead []byte // what was read already, and is to be read again
	busy  atomic.Bool
	ended atomic.Bool
}

func (c *conn) Close() error {
	if !c.ended.Swap(true) {
		c.of.open.Add(-1)
	}
	return c.Conn.Close()
}

func (c *conn) Read(p []byte) (int, error) {
	if len(c.ahead) == 0 {
		return c.Conn.Read(p)
	}
	n := copy(p, c.ahead)
	if c.ahead = c.ahead[n:]; len(c.ahead) == 0 {
		c.ahead = nil
	}
	return n, nil
}

// CloseWrite ends what is sent, so that a client that still sends reads the answer and not of a reset.
func (c *conn) CloseWrite() error {
	if half, ok := c.below.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}

// calm waits until no connection is busy, or the context ends.
func (l *listener) calm(ctx context.Context) {
	for l.busy.Load() > 0 && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
}

// note follows the state of a connection.
func note(c net.Conn, state http.ConnState) {
	if secure, ok := c.(*tls.Conn); ok {
		c = secure.NetConn()
	}
	own, ok := c.(*conn)
	if !ok {
		return
	}
	busy := state == http.StateNew || state == http.StateActive
	if own.busy.Swap(busy) != busy {
		if busy {
			own.of.busy.Add(1)
		} else {
			own.of.busy.Add(-1)
		}
	}
}
