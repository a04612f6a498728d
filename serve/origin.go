package serve

import (
	"fmt"
	"net/http"
	"net/url"

	"braid/internal/suggest"
)

// crossOrigin finds requests that a browser sends for a page of another origin.
var crossOrigin = http.NewCrossOriginProtection()

// checkOrigin refuses what pages from elsewhere have a browser send: such a page cannot read the
// answer, but each request would be computed. Pages of the names that the server was given may ask,
// and so may programs, which send neither Origin nor Sec-Fetch-Site.
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
	return &problem{
		status: http.StatusForbidden, reason: "origin",
		text: page + " sent this request: only the server's own page may, " +
			"and pages of hosts that it is given (--host, Hosts)",
	}
}
