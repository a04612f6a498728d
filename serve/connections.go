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

// connections is a listener that limits the open connections, in all and of each client, and
// follows their states.
//
// A connection is idle if it has waited for a request for idleFrom (it has sent nothing, or less
// than a header, or no more after an answer), or lingered after the last answer. At the limit of
// all the longest idle connection is closed to let a new one in; if none is idle, the new one
// waits. At the limit of a client its own longest idle connection is closed, also one that has not
// waited for idleFrom if it has sent nothing yet; if there is none, the new one is refused, because
// others must not wait for it. A connection with a request in flight is never closed.
type connections struct {
	net.Listener
	most, ofClient int
	crowded        *atomic.Bool // a new connection waits: answers are to end theirs
	refused        func(net.Addr)

	closed chan struct{}
	once   sync.Once
	fewer  chan struct{} // a connection was closed; buffered, one element

	mu       sync.Mutex // of the fields below, and of states
	open     map[*conn]struct{}
	byClient map[netip.Addr]int
}

const (
	// A request that is under way to a connection that seems idle is lost with it, so this is
	// longer than most of them take. It is short because others wait.
	idleFrom = 50 * time.Millisecond
	// firstRequest is the time in which a new connection's first request is expected when the
	// server stops.
	firstRequest = 500 * time.Millisecond
)

// conn is an accepted connection.
type conn struct {
	net.Conn
	of     *connections
	client netip.Addr

	state connState
	since time.Time // when it began to wait or to linger
	asked bool      // a request was read
}

// connState is what a connection does.
type connState int

const (
	connWaits    connState = iota // for a request
	connAnswers                   // a request is in flight
	connLingers                   // after the last answer
	connReleased                  // it is being closed to let another in, or to stop
)

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

// admit adds a connection to those that are open. It returns false if its client has too many, or
// the listener is closed while it waits.
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

// add adds a connection if no limit is reached. Else it returns the connection to close before; or
// nil, and after how long to try again, 0 for never.
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

// idle releases and returns the longest idle connection; or it returns nil, and the time after which
// one may be idle. One on which nothing was asked is idle when it has waited for ofNew. The caller
// holds the lock.
func (l *connections) idle(
	now time.Time, ofNew time.Duration, among func(*conn) bool,
) (longest *conn, again time.Duration) {
	from := now.Add(idleFrom) // when the longest is idle
	for c := range l.open {
		if c.state == connAnswers || c.state == connReleased || !among(c) {
			continue
		}
		wait := idleFrom
		if !c.asked {
			wait = ofNew
		}
		if at := c.since.Add(wait); at.Before(from) {
			longest, from = c, at
		}
	}
	if again := from.Sub(now); again > 0 {
		return nil, again
	}
	longest.state = connReleased
	return longest, 0
}

// Close ends Accept. Connections go on.
func (l *connections) Close() error {
	l.once.Do(func() { close(l.closed) })
	return l.Listener.Close()
}

// calm waits until the connections are not busy, or the context ends.
func (l *connections) calm(ctx context.Context) {
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
			c.state = connReleased
			list = append(list, c)
		}
	}
	l.mu.Unlock()
	for _, c := range list {
		c.end()
	}
}

// silent reports whether nothing was asked on a connection. The caller holds the lock.
func (c *conn) silent() bool { return c.state == connWaits && !c.asked }

// busy reports whether a request is in flight, or may soon come on a connection that was just
// accepted.
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

// follow notes the state of a connection: it is http.Server's ConnState.
func (l *connections) follow(of net.Conn, state http.ConnState) {
	if secure, ok := of.(*tls.Conn); ok {
		of = secure.NetConn()
	}
	c := of.(*conn)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case c.state == connReleased:
	case state == http.StateActive:
		c.state, c.asked = connAnswers, true
	case state == http.StateIdle:
		c.state, c.since = connWaits, time.Now()
	}
}

// end closes a connection, which then counts no more.
func (c *conn) end() error {
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
