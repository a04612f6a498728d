package serve

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a certificate that is read again when its files change.
type certificate struct {
	cert, key string
	log       *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	seen    [2]os.FileInfo // of cert and key
	checked time.Time
}

// lookAgain is how often the files are looked at, at most.
const lookAgain = time.Second

// load reads the files.
func (c *certificate) load() error {
	c.seen, c.checked = [2]os.FileInfo{stat(c.cert), stat(c.key)}, time.Now()
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	c.pair = &pair
	return nil
}

// get is the certificate for a new connection: the old one goes on where a changed one cannot be used.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.checked) < lookAgain {
		return c.pair, nil
	}
	if !unchanged(stat(c.cert), c.seen[0]) || !unchanged(stat(c.key), c.seen[1]) {
		if err := c.load(); err != nil {
			c.log.Error("certificate not loaded, the one before it goes on", "error", err)
		} else {
			c.log.Info("certificate loaded", "path", c.cert)
		}
	}
	c.checked = time.Now()
	return c.pair, nil
}
