package serve

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"braid/internal/suggest"
)

// hosts limits the names in requests' Host headers. A server that only its loopback address
// protects needs the limit: a page of another host can point that host's name at this machine (DNS
// rebinding) and read the answers. The browser sends that name as Host.
type hosts struct {
	names   []string    // allowed besides localhost and addresses
	limited atomic.Bool // other names are refused
}

// isOpenLocally reports whether only its loopback address protects a server: it has neither tokens
// nor TLS.
func (s *Server) isOpenLocally(addr string) bool {
	return s.config.Token == "" && s.config.Cert == "" && Loopback(addr)
}

// check returns an error if a request's Host is not allowed.
func (h *hosts) check(r *http.Request) error {
	if !h.limited.Load() || h.allowed(r.Host) {
		return nil
	}
	return problemf(http.StatusMisdirectedRequest, "host",
		"this server is not asked as %q: ask localhost or its address, "+
			"or give it the name (--host, Hosts)", suggest.Shorten(r.Host))
}

// AskedAs returns a handler that refuses requests whose Host is not localhost, an address or one of
// names, and cross-origin requests that may change something. It passes others to handler. A
// handler without tokens or TLS on a loopback address needs it: otherwise pages of other hosts can
// read its answers (DNS rebinding), or cause work. A Server does the same by itself.
func AskedAs(names []string, handler http.Handler) http.Handler {
	h := &hosts{names: names}
	h.limited.Store(true)
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

// named reports whether a host is one of the names.
func (h *hosts) named(host string) bool {
	isHost := func(name string) bool { return strings.EqualFold(name, host) }
	return slices.ContainsFunc(h.names, isHost)
}

// allowed reports whether a valid Host, with a port or without, is localhost, an address or one of
// the names.
func (h *hosts) allowed(host string) bool {
	if host == "" { // in HTTP/1.0
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

// checkHost returns an error unless a request's Host is a host and perhaps a port (RFC 9112, 3.2).
// net/http checks only its bytes. It may be empty in HTTP/1.0, and in a request that a program has
// made, which has no RequestURI.
func checkHost(r *http.Request) error {
	if validHost(r.Host) || r.Host == "" && (!r.ProtoAtLeast(1, 1) || r.RequestURI == "") {
		return nil
	}
	return bad("Host is %q, want a name or an address, and perhaps a port, "+
		"such as localhost:8080 or [::1]:8080", suggest.Shorten(r.Host))
}

// validHost reports whether text is uri-host [ ":" port ] (RFC 3986, 3.2) with a host that is not
// empty. An IPv6 address may have a zone.
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

// isPort reports whether text is a port, or empty, as RFC 3986 allows.
func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return text == "" || err == nil
}

// isHostName reports whether text has only characters of a host name: RFC 3986's reg-name without
// escapes.
func isHostName(text string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	return strings.Trim(text, letters+"0123456789-._~!$&'()*+,;=") == ""
}
