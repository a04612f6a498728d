package lane

import (
	"net"
	"sync"
)

// Handed is a listener of connections that come from a lane, for the http.Server that takes them over.
type Handed struct {
	addr   net.Addr
	conns  chan net.Conn
	once   sync.Once
	closed chan struct{}
}

// NewHanded makes a listener with the address at which the connections were accepted.
func NewHanded(addr net.Addr) *Handed {
	return &Handed{addr: addr, conns: make(chan net.Conn), closed: make(chan struct{})}
}

// Take has Accept return a connection. It returns false where nobody accepts any more.
func (h *Handed) Take(c net.Conn) bool {
	select {
	case h.conns <- c:
		return true
	case <-h.closed:
		return false
	}
}

// Accept waits for a connection.
func (h *Handed) Accept() (net.Conn, error) {
	select {
	case c := <-h.conns:
		return c, nil
	case <-h.closed:
		return nil, net.ErrClosed
	}
}

// Close ends Accept and Take. Connections that were accepted go on.
func (h *Handed) Close() error {
	h.once.Do(func() { close(h.closed) })
	return nil
}

// Addr is the address at which connections were accepted.
func (h *Handed) Addr() net.Addr { return h.addr }
