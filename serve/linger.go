package serve

import (
	"errors"
	"io"
	"os"
	"time"
)

// A connection that is closed while its client still sends is reset, and the client may lose the
// answer, such as the refusal of a large body. So a connection whose last request was not followed
// by another is only half closed, and what still comes is read and dropped, until the client ends
// its side, or up to these limits (RFC 9112, 9.6).
const (
	lingerBytes   = 256 << 20
	lingerTime    = 5 * time.Second
	lingerSilence = time.Second // without a byte
)

// CloseWrite ends what is sent. net/http calls it when it has answered a request whose body it has
// not read whole.
func (c *conn) CloseWrite() error {
	if !c.lingers() {
		return errors.ErrUnsupported
	}
	return nil
}

// Close closes a connection, or has it linger if the last request was answered just now.
func (c *conn) Close() error {
	if c.lingers() {
		return nil
	}
	return c.end()
}

// lingers has a connection linger if a request was in flight, and reports whether it lingers.
func (c *conn) lingers() bool {
	c.of.mu.Lock()
	defer c.of.mu.Unlock()
	if c.state == connAnswers {
		c.state, c.since = connLingers, time.Now()
		go c.linger()
	}
	return c.state == connLingers
}

// linger reads until the client ends its side or a limit is reached, and closes the connection.
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
