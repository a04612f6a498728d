package lane

import (
	"context"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Lane serves connections until a request comes that is not plain.
type Lane struct {
	// Handler answers requests. It keeps nothing of a request or its context when it returns: the next one is in the
	// same memory. Its context tells of a client that leaves only from when it is asked for Done.
	Handler http.Handler
	// Takes tells whether the handler answers a path here: whole, with a status from 200 that has a name, with its
	// Content-Type, and with fields that are set before the status and have sound names. There is no Flush, no Hijack
	// and no trailer. Any field Connection ends the connection when what was read with its request is answered.
	Takes func(path string) bool
	// Other gets a connection whose next request is not for the lane, with what was read of it. It returns at once.
	Other func(c net.Conn, read []byte)
	// State is called as http.Server's ConnState is, but not with StateNew, which whoever accepts tells, and
	// StateHijacked.
	State func(net.Conn, http.ConnState)

	Most       int           // bytes of a request
	HeaderTime time.Duration // until a new connection's first byte
	WriteTime  time.Duration // for an answer to be taken
	IdleTime   time.Duration // between requests

	mu       sync.Mutex
	sessions map[*session]struct{}
	ended    chan struct{} // closed when none is left; nil until Shutdown waits
	closing  atomic.Bool
}

// patience is how long the lane waits for the rest of a request, before the connection is net/http's: it answers
// those who send slowly.
const patience = 50 * time.Millisecond

// lastLook is how long a connection that is to end waits for a request that may just be coming, and firstLook how long
// one does that has had none yet: its client has just connected, to send one.
const (
	lastLook  = 10 * time.Millisecond
	firstLook = 500 * time.Millisecond
)

// linger is how long a connection whose last answer is written waits for the client to end it. A client that still
// sends would else be told of a reset, and not read the answer.
const linger = 500 * time.Millisecond

// Serve answers a connection's requests until it ends, or is not for the lane any more.
func (l *Lane) Serve(c net.Conn) {
	s := newSession(l, c)
	l.mu.Lock()
	if l.sessions == nil {
		l.sessions = map[*session]struct{}{}
	}
	l.sessions[s] = struct{}{}
	l.mu.Unlock()
	passOn := false
	defer func() { // also where a handler ends the goroutine
		if !passOn {
			l.State(c, http.StateClosed)
			c.Close()
			l.forget(s)
		}
	}()
	var rest []byte
	if rest, passOn = s.serve(); passOn {
		l.forget(s) // from here on, Shutdown does not touch the connection
		c.SetDeadline(time.Time{})
		l.Other(c, rest)
	}
}

func (l *Lane) forget(s *session) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.sessions, s)
	if len(l.sessions) == 0 && l.ended != nil {
		close(l.ended)
		l.ended = nil
	}
}

// Shutdown ends all connections: those that wait for a request now, others when they have answered theirs. Where the
// context ends first, it cuts them off.
func (l *Lane) Shutdown(ctx context.Context) error {
	l.closing.Store(true)
	l.mu.Lock()
	for s := range l.sessions {
		if !s.lingers {
			s.conn.SetReadDeadline(past)
		}
	}
	ended := l.ended
	if ended == nil {
		ended = make(chan struct{})
		if len(l.sessions) == 0 {
			close(ended)
		} else {
			l.ended = ended
		}
	}
	l.mu.Unlock()
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for s := range l.sessions {
		s.conn.Close()
	}
	return ctx.Err()
}

// past is a time that is over.
var past = time.Unix(1, 0)
