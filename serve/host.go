package serve

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"

	"braid/internal/names"
)

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
			"such as localhost:8080 or [::1]:8080", names.Shorten(r.Host)),
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
