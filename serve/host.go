package serve

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"braid/internal/suggest"
)

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
		text: fmt.Sprintf("this server is not asked as %q: ask localhost or its address, or give it the name (--host, Hosts)", suggest.Shorten(r.Host)),
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

// checkHost tests that the Host of a request is a host and perhaps a port (RFC 9112, 3.2). net/http
// tests only which bytes it has. A request of HTTP/1.0 may have none, and so may one that no server
// has read, which has no RequestURI.
func checkHost(r *http.Request) error {
	if validHost(r.Host) || r.Host == "" && (!r.ProtoAtLeast(1, 1) || r.RequestURI == "") {
		return nil
	}
	return &problem{
		status: http.StatusBadRequest,
		text: fmt.Sprintf("Host is %q, want a name or an address, and perhaps a port, "+
			"such as localhost:8080 or [::1]:8080", suggest.Shorten(r.Host)),
	}
}

// validHost reports whether a text is uri-host [ ":" port ] as in RFC 3986, 3.2, with a host that
// is not empty. An IPv6 address may have a zone.
func validHost(text string) bool {
	if literal, ok := strings.CutPrefix(text, "["); ok {
		address, rest, ok := strings.Cut(literal, "]")
		ip, err := netip.ParseAddr(address)
		if !ok || err != nil || !ip.Is6() || !isHostName(ip.Zone()) {
			return false
		}
		port, hasPort := strings.CutPrefix(rest, ":")
		return rest == "" || hasPort && isPort(port)
	}
	host, port, _ := strings.Cut(text, ":")
	return strings.Trim(host, ".") != "" && isHostName(host) && isPort(port)
}

// isPort reports whether a text is a port, or empty, which RFC 3986 allows.
func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil
}

// isHostName reports whether a text has only the characters of a name: reg-name in RFC 3986,
// without escapes.
func isHostName(text string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return strings.Trim(text, letters+"0123456789-._~!$&'()*+,;=") == ""
}
