package serve

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"
)

// connections is a listener that limits the number of open connections, in all and of each client.
// It keeps their states.
//
// A connection is idle after it has waited for a request for idleFrom, or has lingered that long
// after its last answer. It may have sent nothing, less than a header, or nothing since an answer.
// At the limit in all, the longest idle connection is closed for a new one; if none is idle, the
// new one waits. At a client's limit, that client's longest idle connection is closed, and a
// connection without a request yet counts as idle immediately. If none is idle, the new one is
// refused: other clients must not wait for it. A connection with a request in flight is never
// closed.
type connections struct {
	net.Listener
	most, ofClient int          // limits: in all, of one client
	crowded        *atomic.Bool // a new connection waits: each answer shall end its connection
	refused        func(net.Addr)

	closed chan struct{}
	once   sync.Once     // closes closed
	fewer  chan struct{} // a connection was closed; buffered, one element

	mu       sync.Mutex // also of the connections' states
	open     map[*conn]struct{}
	byClient map[netip.Addr]int
}

const (
	// idleFrom is longer than most requests take to arrive, because a request that is on its way
	// to an idle connection is lost when that is closed. It is short because others wait.
	idleFrom = 50 * time.Millisecond
	// firstRequest is the time in which a stopping server expects a new connection's first request.
	firstRequest = 500 * time.Millisecond
)

// conn is an accepted connection.
type conn struct {
	net.Conn
	listener *connections
	client   netip.Addr

	state connState
	since time.Time // when it began to wait or to linger
	asked bool      // it has sent a request
}

type connState int

const (
	connWaits   connState = iota // for a request
	connAnswers                  // a request is in flight
	connLingers                  // after its last answer: see linger.go
	connCloses                   // for a new one, or because the server stops
)

// limit returns a listener with the server's limits.
func (s *Server) limit(l net.Listener) *connections {
	return &connections{
		Listener: l, most: s.config.Connections, ofClient: s.config.ClientConnections,
		crowded: &s.crowded,
		refused: func(client net.Addr) {
			s.metrics.rejected.WithLabelValues("connections").Inc()
			if s.warning.Allow() {
				s.log.Warn("connection refused: the client has too many",
					"client", client.String(), "most", s.config.ClientConnections)
			}
		},
		closed: make(chan struct{}), fewer: make(chan struct{}, 1),
		open: map[*conn]struct{}{}, byClient: map[netip.Addr]int{},
	}
}

// Accept waits for a connection and until the limits allow it. It closes those that it refuses.
func (l *connections) Accept() (net.Conn, error) {
	for {
		accepted, err := l.Listener.Accept()
		if err != nil {
			select {
			case <-l.closed:
				err = net.ErrClosed // other listeners' errors may not be that
			default:
			}
			return nil, err
		}
		c := &conn{Conn: accepted, listener: l, client: clientOf(accepted.RemoteAddr().String())}
		if l.admit(c) {
			return c, nil
		}
		accepted.Close()
	}
}

// admit adds a connection to the open ones, and waits until it may. It reports false if the client
// has too many, or the listener is closed meanwhile.
func (l *connections) admit(c *conn) bool {
	defer l.crowded.Store(false)
	for {
		idle, again, ok := l.add(c)
		switch {
		case ok:
			return true
		case idle != nil:
			idle.end()
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

// add adds a connection and reports true if no limit is reached. Otherwise it returns the
// connection to close first, or nil and after how long to try again. again is 0 if the client has
// too many.
func (l *connections) add(c *conn) (idle *conn, again time.Duration, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.ofClient < l.most && c.client.IsValid() && l.byClient[c.client] >= l.ofClient {
		idle, _ = l.idle(now, 0, func(other *conn) bool { return other.client == c.client })
		return idle, 0, false
	}
	if len(l.open) >= l.most {
		idle, again = l.idle(now, idleFrom, func(*conn) bool { return true })
		return idle, again, false
	}
	c.since = now
	l.open[c] = struct{}{}
	l.byClient[c.client]++
	return nil, 0, true
}

// idle returns the longest idle connection of those that among selects, for the caller to close; or
// nil, and the time after which one may be idle. A connection that has sent no request is idle
// after newIdleFrom. The caller holds the lock.
func (l *connections) idle(
	now time.Time, newIdleFrom time.Duration, among func(*conn) bool,
) (longest *conn, again time.Duration) {
	from := now.Add(idleFrom) // when longest becomes idle
	for c := range l.open {
		if c.state == connAnswers || c.state == connCloses || !among(c) {
			continue
		}
		wait := idleFrom
		if !c.asked {
			wait = newIdleFrom
		}
		if at := c.since.Add(wait); at.Before(from) {
			longest, from = c, at
		}
	}
	if again := from.Sub(now); again > 0 {
		return nil, again
	}
	longest.state = connCloses
	return longest, 0
}

// Close ends Accept. Connections stay open.
func (l *connections) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// awaitQuiet waits until no connection is busy, or the context ends.
func (l *connections) awaitQuiet(ctx context.Context) {
	for l.busy() && ctx.Err() == nil {
		time.Sleep(time.Millisecond)
	}
}

// closeIf closes the open connections that which selects.
func (l *connections) closeIf(which func(*conn) bool) {
	var list []*conn
	l.mu.Lock()
	for c := range l.open {
		if which(c) {
			c.state = connCloses
			list = append(list, c)
		}
	}
	l.mu.Unlock()
	for _, c := range list {
		c.end()
	}
}

// silent reports whether a connection has sent no request. The caller holds the lock.
func (c *conn) silent() bool { return c.state == connWaits && !c.asked }

// busy reports whether a request is in flight, or expected on a new connection.
func (l *connections) busy() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for c := range l.open {
		if c.state == connAnswers || c.silent() && time.Since(c.since) < firstRequest {
			return true
		}
	}
	return false
}

// follow records the state of a connection. It is http.Server's ConnState.
func (l *connections) follow(nc net.Conn, state http.ConnState) {
	if secure, ok := nc.(*tls.Conn); ok {
		nc = secure.NetConn()
	}
	c := nc.(*conn)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case c.state == connCloses:
	case state == http.StateActive:
		c.state, c.asked = connAnswers, true
	case state == http.StateIdle:
		c.state, c.since = connWaits, time.Now()
	}
}

// end closes a connection, and removes it from the open ones.
func (c *conn) end() error {
	l := c.listener
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
