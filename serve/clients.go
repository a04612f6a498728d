package serve

import (
	"cmp"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// clients limits the rate of requests of each client. Limiters are kept in two generations; every
// minute, and when the younger one is full, the older one is dropped.
type clients struct {
	rate float64 // requests a second; 0: no limit

	mu       sync.Mutex
	now, old map[netip.Addr]*rate.Limiter
	turned   time.Time // when now became old
}

const mostClients = 20_000 // in each map

// check returns an error if a client sends too many requests.
func (c *clients) check(r *http.Request) error {
	if c.rate == 0 {
		return nil
	}
	limiter := c.limiter(clientOf(r.RemoteAddr), time.Now())
	if limiter.Allow() {
		return nil
	}
	wait := int(1/c.rate) + 1
	p := problemf(http.StatusTooManyRequests, "rate",
		"more than %v requests a second from one client: try again in %d s", c.rate, wait)
	p.retry = wait
	return p
}

func (c *clients) limiter(client netip.Addr, now time.Time) *rate.Limiter {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Sub(c.turned) > time.Minute || len(c.now) >= mostClients {
		c.old, c.now, c.turned = c.now, map[netip.Addr]*rate.Limiter{}, now
	}
	limiter := cmp.Or(c.now[client], c.old[client])
	if limiter == nil {
		limiter = rate.NewLimiter(rate.Limit(c.rate), max(1, int(c.rate)))
	}
	c.now[client] = limiter
	return limiter
}

// clientOf returns the client of a remote address: its IPv4 address, or its IPv6 /64 network, which
// one client usually has to itself.
func clientOf(remote string) netip.Addr {
	parsed, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.Addr{}
	}
	addr := parsed.Addr().Unmap()
	if addr.Is6() {
		network, _ := addr.WithZone("").Prefix(64)
		return network.Addr()
	}
	return addr
}
