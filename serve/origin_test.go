package serve

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Pages from elsewhere have nothing computed, with tokens or without; the server's own page, pages of
// its given names, and programs do.
func TestOrigins(t *testing.T) {
	const token = "first-0123456789abcdef"
	path := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"", path} {
		r := start(t, func(c *Config) { c.Hosts, c.Token = []string{"digits.example.org"}, file })
		own := strings.TrimPrefix(r.url, "http://")
		for _, c := range []struct {
			site, origin, host string // Sec-Fetch-Site, Origin, Host
			answered           bool
		}{
			{"", "", own, true}, // a program
			{"", "", "localhost", true},
			{"none", "", own, true},
			{"same-origin", "http://" + own, own, true},
			{"", "http://" + own, own, true}, // an old browser
			{"", "http://localhost:8080", "localhost:8080", true},
			{"", "http://[::1]:8080", "[::1]:8080", true},
			{"", "http://localhost:3000", "localhost:8080", false},
			{"same-site", "http://localhost:3000", "localhost:8080", false},
			{"same-site", "", own, false},
			{"cross-site", "", own, false},
			{"cross-site", "https://example.org", own, false},
			{"cross-site", "null", own, false},
			{"", "https://example.org", own, false},
			{"", "null", own, false},
			{"", "nonsense", own, false},
			{"", "http://%zz", own, false},
			{"CROSS-SITE", "https://example.org", own, false},
			{"", "https://" + own + ".example.org", own, false},
			// Behind a proxy, which passes its own name on, or this server's.
			{"same-origin", "https://digits.example.org", "digits.example.org", true},
			{"", "https://digits.example.org", own, true},
			{"", "http://digits.example.org", own, true},
			{"", "https://Digits.Example.org:8443", own, true},
			{"cross-site", "https://digits.example.org", own, true},
			{"cross-site", "https://more.digits.example.org", own, false},
			{"cross-site", "https://digits.example.org.example.org", own, false},
		} {
			headers := []string{"Host", c.host, "Content-Type", asJSON, "Authorization", "Bearer " + token}
			if c.site != "" {
				headers = append(headers, "Sec-Fetch-Site", c.site)
			}
			if c.origin != "" {
				headers = append(headers, "Origin", c.origin)
			}
			before := counted(t, r.metrics.rejected.WithLabelValues("origin"))
			for _, path := range []string{inferPath, "/ask"} {
				got := r.call(t, "POST", path, operation{method: "POST", path: path}.good(t), headers...)
				want := http.StatusOK
				if !c.answered {
					want = http.StatusForbidden
				}
				if got.status != want {
					t.Errorf("%s, %+v: status %d, want %d: %s", path, c, got.status, want, got.body)
				}
				if !c.answered && !strings.Contains(got.text(t), "a page of another origin") {
					t.Errorf("%s, %+v: %s", path, c, got.body)
				}
			}
			refused := counted(t, r.metrics.rejected.WithLabelValues("origin")) - before
			if (refused == 0) != c.answered {
				t.Errorf("%+v: %v requests count as refused", c, refused)
			}
			if got := r.call(t, "GET", "/v2", nil, headers...); got.status != http.StatusOK {
				t.Errorf("GET, %+v: status %d: %s", c, got.status, got.body)
			}
		}
	}
}

// originMistakes are requests that browsers send for pages from elsewhere.
func originMistakes(t testing.TB) (list []mistake) {
	ask := []byte(`{"image":` + jsonOf(t, ints(picture(3))) + `,"question":"odd number"}`)
	for path, good := range map[string][]byte{inferPath: one(t, 3, "odd number", ""), "/ask": ask} {
		for _, origin := range []string{
			"http://example.org", "https://example.org:8443", "null", "file://", "http://y", "http://x.y",
			"http://127.0.0.1", "chrome-extension://abc", "http://x@y", strings.Repeat("o", 8000),
		} {
			for _, kind := range []string{"text/plain", asJSON} {
				list = append(list, mistake{
					name: origin[:min(len(origin), 60)], path: path, body: good, status: http.StatusForbidden,
					headers: []string{"Origin", origin, "Content-Type", kind}, says: "a page of another origin, ",
				})
			}
		}
		for _, site := range []string{"cross-site", "same-site", "Same-Origin", "x"} {
			list = append(list, mistake{
				name: site, path: path, body: good, status: http.StatusForbidden,
				headers: []string{"Sec-Fetch-Site", site}, says: "a page of another origin sent this request",
			})
		}
	}
	return list
}
