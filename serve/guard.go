package serve

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"braid/internal/disk"
	"braid/internal/names"
	"braid/internal/value"
)

// tokens are the bearer tokens that open the server, as hashes: comparing those takes the same time whatever is
// given.
type tokens struct {
	path string
	list atomic.Pointer[[][sha256.Size]byte]
}

const (
	mostTokens  = 1 << 20 // bytes of a token file
	leastToken  = 16      // characters of a token
	bearer      = "Bearer "
	unprotected = "" // the path of no token file
)

// load reads the token file: a token on each line, # begins a comment.
func (t *tokens) load() error {
	if t.path == unprotected {
		return nil
	}
	content, err := disk.Read(t.path, mostTokens)
	if err != nil {
		return fmt.Errorf("token file: %w", err)
	}
	var list [][sha256.Size]byte
	line := 0
	for text := range strings.Lines(string(value.TrimMark(content))) {
		line++
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if strings.ContainsAny(text, " \t") {
			return fmt.Errorf("token file %s: line %d has a space, want a token alone, or # before a comment", t.path, line)
		}
		if len(text) < leastToken {
			return fmt.Errorf("token file %s: line %d has a token of %d characters, want %d or more", t.path, line, len(text), leastToken)
		}
		list = append(list, sha256.Sum256([]byte(text)))
	}
	if list == nil {
		return fmt.Errorf("token file %s: it has no token, want one on each line", t.path)
	}
	t.list.Store(&list)
	return nil
}

// check tests a request's token.
func (t *tokens) check(r *http.Request) error {
	list := t.list.Load()
	if list == nil {
		return nil
	}
	given := r.Header.Get("Authorization")
	if len(given) < len(bearer) || !strings.EqualFold(given[:len(bearer)], bearer) {
		return &problem{status: http.StatusUnauthorized, text: "a token is needed: Authorization: Bearer TOKEN", reason: "token"}
	}
	hash := sha256.Sum256([]byte(strings.TrimSpace(given[len(bearer):])))
	found := 0
	for _, token := range *list {
		found |= subtle.ConstantTimeCompare(hash[:], token[:])
	}
	if found == 0 {
		return &problem{status: http.StatusUnauthorized, text: "the token is not known", reason: "token"}
	}
	return nil
}

// hosts are the names by which the server may be asked, besides localhost and addresses. Where nothing but a loopback
// address keeps others out, they are looked at: a page from elsewhere can have its own name lead to this machine (DNS
// rebinding), and would read the answers; but the browser tells that name.
type hosts struct {
	names  []string
	matter atomic.Bool
}

// anyoneHere tells whether whoever is on this machine may ask at an address, and whoever is not may not.
func (s *Server) anyoneHere(addr string) bool {
	return s.config.Token == "" && s.config.Cert == "" && Loopback(addr)
}

// check tests the name that a request asks for.
func (h *hosts) check(r *http.Request) error {
	if !h.matter.Load() || h.know(r.Host) {
		return nil
	}
	return &problem{
		status: http.StatusMisdirectedRequest, reason: "host",
		text: fmt.Sprintf("this server is not asked as %q: ask localhost or its address, or give it the name (--host, Hosts)", names.Shorten(r.Host)),
	}
}

// AskedAs has a handler answer only requests for localhost, an address, or one of some names, and no
// cross-origin requests that may change something. A handler without tokens or TLS on a loopback
// address needs it, as Server does by itself: else pages from elsewhere can read what it answers
// (DNS rebinding), or have it work.
func AskedAs(names []string, handler http.Handler) http.Handler {
	h := &hosts{names: names}
	h.matter.Store(true)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, check := range []func(*http.Request) error{checkHost, h.check, h.checkOrigin} {
			if err := check(r); err != nil {
				http.Error(w, err.Error(), problemOf(err).status)
				return
			}
		}
		handler.ServeHTTP(w, r)
	})
}

// named reports whether a host is one of the names that the server was given.
func (h *hosts) named(host string) bool {
	return slices.ContainsFunc(h.names, func(name string) bool { return strings.EqualFold(name, host) })
}

// know reports whether a valid host, with a port or without, is one of this machine's. HTTP/1.0 may have none.
func (h *hosts) know(host string) bool {
	if host == "" {
		return true
	}
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	host = strings.TrimSuffix(host, ".")
	if strings.EqualFold(host, "localhost") || h.named(host) {
		return true
	}
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// clients bounds the rate of requests of each client. It remembers those of the last minute or two, in two maps
// of which the older is forgotten, and no more than mostClients in each.
type clients struct {
	rate float64

	mu       sync.Mutex
	now, old map[netip.Addr]*rate.Limiter
	turned   time.Time
}

const mostClients = 20_000

// check tests whether a client may ask now.
func (c *clients) check(r *http.Request) error {
	if c.rate == 0 {
		return nil
	}
	limiter := c.limiter(clientOf(r.RemoteAddr), time.Now())
	if limiter.Allow() {
		return nil
	}
	wait := int(1/c.rate) + 1
	return &problem{
		status: http.StatusTooManyRequests, reason: "rate", retry: wait,
		text: fmt.Sprintf("more than %v requests a second from one client: try again in %d s", c.rate, wait),
	}
}

func (c *clients) limiter(client netip.Addr, now time.Time) *rate.Limiter {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.turned) > time.Minute || len(c.now) >= mostClients {
		c.old, c.now, c.turned = c.now, map[netip.Addr]*rate.Limiter{}, now
	}
	limiter := c.now[client]
	if limiter == nil {
		if limiter = c.old[client]; limiter == nil {
			limiter = rate.NewLimiter(rate.Limit(c.rate), max(1, int(c.rate)))
		}
		c.now[client] = limiter
	}
	return limiter
}

// clientOf returns the client of a remote address: the IP address, or for IPv6 the /64 network, which one client
// usually has.
func clientOf(remote string) netip.Addr {
	host, _, err := net.SplitHostPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	addr, err := netip.ParseAddr(host)
	if err != nil {
		return netip.Addr{}
	}
	if addr = addr.Unmap(); addr.Is6() {
		if network, err := addr.WithZone("").Prefix(64); err == nil {
			return network.Addr()
		}
	}
	return addr
}

// admit reads a request's body and counts the request in, which leave undoes, or turns it away where too many wait.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (*body, error) {
	b, err := s.read(w, r)
	if err != nil {
		return nil, err
	}
	if !s.room.take(1) {
		b.free()
		return nil, busy("queue", "the server is busy: %d requests wait for an answer, try again in a moment", s.config.Queue)
	}
	return b, nil
}

// inside is how many requests are read and not answered.
func (s *Server) inside() int64 { return int64(s.config.Queue) - s.room.left.Load() }

func (s *Server) leave(b *body) {
	s.room.give(1)
	b.free()
}
