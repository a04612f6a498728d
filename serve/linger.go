package serve

import (
	"errors"
	"io"
	"os"
	"time"
)

// Closing a connection while its client still sends resets it, and the client may lose the answer,
// such as the refusal of a large body. So after its last answer a connection is only half closed.
// It lingers: what the client still sends is read and dropped until the client closes its side, up
// to these limits (RFC 9112, 9.6).
const (
	lingerBytes   = 256 << 20
	lingerTime    = 5 * time.Second
	lingerSilence = time.Second // without a byte
)

// CloseWrite closes the side that sends. net/http calls it after the answer to a request whose body
// it has not read to the end.
func (c *conn) CloseWrite() error {
	if !c.lingers() {
		return errors.ErrUnsupported
	}
	return nil
}

// Close closes a connection. If it has just answered its last request, it lingers first.
func (c *conn) Close() error {
	if c.lingers() {
		return nil
	}
	return c.end()
}

// lingers reports whether a connection lingers. If a request was in flight, it begins to.
func (c *conn) lingers() bool {
	c.listener.mu.Lock()
	defer c.listener.mu.Unlock()
	if c.state == connAnswers {
		c.state, c.since = connLingers, time.Now()
		go c.linger()
	}
	return c.state == connLingers
}

// linger reads until the client closes its side or a limit is reached. Then it closes the
// connection.
func (c *conn) linger() {
	defer c.end()
	half, ok := c.Conn.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil {
		return
	}
	end := time.Now().Add(lingerTime)
	for left := int64(lingerBytes); left > 0; {
		now := time.Now()
		if !now.Before(end) || c.SetReadDeadline(now.Add(min(lingerSilence, end.Sub(now)))) != nil {
			return
		}
		n, err := io.CopyN(io.Discard, c.Conn, 1<<20)
		if left -= n; err != nil && !(n > 0 && errors.Is(err, os.ErrDeadlineExceeded)) {
			return
		}
	}
}
