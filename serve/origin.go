package serve

import (
	"fmt"
	"net/http"
	"net/url"

	"braid/internal/suggest"
)

// crossOrigin finds a browser's requests for pages of other origins.
var crossOrigin = http.NewCrossOriginProtection()

// checkOrigin returns an error for a request that a browser sends for a page of another origin: the
// page cannot read the answer, but the server would compute it. Pages of the names are allowed, and
// so are programs, which send neither Origin nor Sec-Fetch-Site.
func (h *hosts) checkOrigin(r *http.Request) error {
	if crossOrigin.Check(r) == nil {
		return nil
	}
	from := r.Header.Get("Origin")
	if u, err := url.Parse(from); err == nil && h.named(u.Hostname()) {
		return nil
	}
	page := "a page of another origin"
	if from != "" {
		page += fmt.Sprintf(", %q,", suggest.Shorten(from))
	}
	return problemf(http.StatusForbidden, "origin",
		"%s sent this request: only the server's own page may, "+
			"and pages of hosts that it is given (--host, Hosts)", page)
}
