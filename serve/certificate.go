package serve

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// certificate is a TLS certificate that is loaded again when its files change.
type certificate struct {
	cert, key string // paths
	log       *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	seen    [2]os.FileInfo // of cert and key
	checked time.Time
}

// checkEvery is the least time between two looks at the files.
const checkEvery = time.Second

func (c *certificate) load() error {
	c.seen, c.checked = [2]os.FileInfo{stat(c.cert), stat(c.key)}, time.Now()
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("certificate: %w", err)
	}
	c.pair = &pair
	return nil
}

// get returns the certificate for a new connection. If changed files cannot be loaded, it is the
// certificate before the change. get is tls.Config's GetCertificate.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.checked) < checkEvery {
		return c.pair, nil
	}
	if !unchanged(stat(c.cert), c.seen[0]) || !unchanged(stat(c.key), c.seen[1]) {
		if err := c.load(); err != nil {
			c.log.Error("certificate not loaded, the previous one stays in use", "error", err)
		} else {
			c.log.Info("certificate loaded", "path", c.cert)
		}
	}
	c.checked = time.Now()
	return c.pair, nil
}
