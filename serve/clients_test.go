package serve

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"
	"time"
)

// A client that sends too many requests is told to wait. Another client is not.
func TestRateLimit(t *testing.T) {
	c := clients{rate: 2}
	now := time.Now()
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	for i, want := range []bool{true, true, false, false} {
		if got := c.limiter(a, now).AllowN(now, 1); got != want {
			t.Errorf("request %d is let through: %v", i, got)
		}
	}
	if !c.limiter(b, now).AllowN(now, 1) {
		t.Error("another client is turned away")
	}
	later := now.Add(61 * time.Second)
	c.limiter(b, later) // the maps turn, and a is not forgotten yet
	if c.limiter(a, later) != c.now[a] || c.limiter(a, later).AllowN(now, 1) {
		t.Error("a client is forgotten too soon")
	}
	c.limiter(b, later.Add(61*time.Second))
	c.limiter(b, later.Add(122*time.Second))
	if len(c.now)+len(c.old) > 2 {
		t.Errorf("%d clients are remembered", len(c.now)+len(c.old))
	}
	for i := range 3 * mostClients {
		c.limiter(netip.AddrFrom4([4]byte{byte(i >> 16), byte(i >> 8), byte(i), 1}), now)
	}
	if n := len(c.now) + len(c.old); n > 2*mostClients {
		t.Errorf("%d clients are remembered, want at most %d", n, 2*mostClients)
	}

	r := start(t, func(c *Config) { c.Rate = 1 })
	var last response
	for range 3 {
		last = r.call(t, "GET", "/v2", nil)
	}
	if last.status != http.StatusTooManyRequests || last.header.Get("Retry-After") != "2" ||
		!strings.Contains(last.text(t), "more than 1 requests a second") {
		t.Errorf("status %d, %v: %s", last.status, last.header, last.body)
	}
	if got := r.call(t, "GET", "/v2/health/live", nil); got.status != http.StatusOK {
		t.Errorf("health: status %d", got.status)
	}
}

func TestClientOf(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.7:80":              "192.0.2.7",
		"[::ffff:192.0.2.7]:80":     "192.0.2.7",
		"[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::",
		"[fe80::1%eth0]:80":         "fe80::",
		"nonsense":                  "invalid IP",
	} {
		if got := clientOf(from).String(); got != want {
			t.Errorf("%s is %s, want %s", from, got, want)
		}
	}
}
