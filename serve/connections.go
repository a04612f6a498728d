package serve

import (
	"context"
	"crypto/tls"
	"errors"
	"math"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// connections is a listener that limits the open connections, in all and of each client, and follows their states.
//
// A connection waits until it has sent the header of a request, and again after the answer. At the limit of a client,
// its connection that has waited longest is closed to let a new one in; if none waits, the new one is refused. At the
// limit of all, the connection that has waited longest is closed, if that is for idleFrom or longer; else the new one
// waits. A connection with a request in flight is never closed.
type connections struct {
	net.Listener
	most, ofClient int
	crowded        *atomic.Bool // a new connection waits: answers are to end theirs
	refused        func(net.Addr)

	closed chan struct{}
	once   sync.Once
	fewer  chan struct{} // a connection was closed; buffered, one element

	mu       sync.Mutex
	open     map[*conn]struct{}
	byClient map[netip.Addr]int
}

const idleFrom = 500 * time.Millisecond

// conn is an accepted connection.
type conn struct {
	net.Conn
	of     *connections
	client netip.Addr
	since  atomic.Int64 // when it began to wait for a request, in nanoseconds; 0: a request is in flight
	asked  atomic.Bool  // a request was read
}

// ended is the time since of a connection that was closed for being idle.
const ended = -1

func (s *Server) limit(l net.Listener) *connections {
	return &connections{
		Listener: l, most: s.config.Connections, ofClient: s.config.ClientConnections, crowded: &s.crowded,
		refused: func(client net.Addr) {
			s.metrics.rejected.WithLabelValues("connections").Inc()
			if s.warning.Allow() {
				s.log.Warn("connection refused", "client", client.String(), "open", s.config.ClientConnections)
			}
		},
		closed: make(chan struct{}), fewer: make(chan struct{}, 1),
		open: map[*conn]struct{}{}, byClient: map[netip.Addr]int{},
	}
}

// Accept waits for a connection, and until there may be one more.
func (l *connections) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			select {
			case <-l.closed:
				err = net.ErrClosed // whatever the listener's error is then
			default:
			}
			return nil, err
		}
		c := &conn{Conn: accepted, of: l, client: clientOf(accepted.RemoteAddr().String())}
		if l.admit(c) {
			return c, nil
		}
		accepted.Close()
	}
}

// admit adds a connection to those that are open. It returns false if its client has too many, or the listener is
// closed while it waits.
func (l *connections) admit(c *conn) bool {
	defer l.crowded.Store(false)
	for {
		idle, again, ok := l.add(c)
		switch {
		case ok:
			return true
		case idle != nil:
			idle.Close()
			continue
		case again == 0:
			l.refused(c.RemoteAddr())
			return false
		}
		l.crowded.Store(true)
		select {
		case <-l.fewer:
		case <-time.After(again):
		case <-l.closed:
			return false
		}
	}
}

// add adds a connection if no limit is reached. Else it returns the connection to close before; or nil, and after how
// long to try again, 0 for never.
func (l *connections) add(c *conn) (idle *conn, again time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if c.client.IsValid() && l.byClient[c.client] >= l.ofClient {
		idle, again = l.idle(now, 0, func(other *conn) bool { return other.client == c.client })
		return idle, again, false
	}
	if len(l.open) >= l.most {
		idle, again = l.idle(now, idleFrom, func(*conn) bool { return true })
		return idle, again, false
	}
	c.since.Store(now.UnixNano())
	l.open[c] = struct{}{}
	l.byClient[c.client]++
	return nil, 0, true
}

// idle returns the connection that has waited longest, marked as ended, if it has waited for so long; else nil, and
// the time after which one may have.
func (l *connections) idle(now time.Time, long time.Duration, among func(*conn) bool) (*conn, time.Duration) {
	for {
		var longest *conn
		first := int64(math.MaxInt64)
		for c := range l.open {
			if since := c.since.Load(); since > 0 && since < first && among(c) {
				longest, first = c, since
			}
		}
		if longest == nil {
			return nil, long
		}
		if again := long - now.Sub(time.Unix(0, first)); again > 0 {
			return nil, again
		}
		if longest.since.CompareAndSwap(first, ended) {
			return longest, 0
		} // else a request came
	}
}

// Close ends Accept. Connections go on.
func (l *connections) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// calm waits until no request is in flight or may soon come on a connection that was just accepted, or the context
// ends.
func (l *connections) calm(ctx context.Context) {
	for l.busy() && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
}

func (l *connections) busy() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	recent := time.Now().Add(-idleFrom).UnixNano()
	for c := range l.open {
		if since := c.since.Load(); since == 0 || since > recent && !c.asked.Load() {
			return true
		}
	}
	return false
}

// follow notes the state of a connection: it is http.Server's ConnState.
func (l *connections) follow(of net.Conn, state http.ConnState) {
	if secure, ok := of.(*tls.Conn); ok {
		of = secure.NetConn()
	}
	c := of.(*conn)
	switch state {
	case http.StateActive:
		c.asked.Store(true)
		c.since.Store(0)
	case http.StateIdle:
		c.since.Store(time.Now().UnixNano())
	}
}

// Close closes a connection, which then counts no more.
func (c *conn) Close() error {
	l := c.of
	l.mu.Lock()
	if _, open := l.open[c]; open {
		delete(l.open, c)
		if l.byClient[c.client]--; l.byClient[c.client] == 0 {
			delete(l.byClient, c.client)
		}
		select {
		case l.fewer <- struct{}{}:
		default:
		}
	}
	l.mu.Unlock()
	return c.Conn.Close()
}

// CloseWrite ends what is sent. net/http needs it to end a connection so that a client that still sends reads the
// answer.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return errors.ErrUnsupported
}
