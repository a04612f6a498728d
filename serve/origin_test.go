package serve

import (
	"net/http"
	"strings"
	"testing"
)

// Nothing is computed for pages of other origins, with tokens or without. The server's page, pages
// of its configured names, and programs are answered.
func TestOrigins(t *testing.T) {
	path := tokenFile(t, firstToken+"\n")
	for _, file := range []string{"", path} {
		r := start(t, func(c *Config) { c.Hosts, c.Token = []string{"digits.example.org"}, file })
		addr := strings.TrimPrefix(r.url, "http://")
		for _, c := range []struct {
			site, origin, host string // Sec-Fetch-Site, Origin, Host
			answered           bool
		}{
			{"", "", addr, true}, // a program
			{"", "", "localhost", true},
			{"none", "", addr, true},
			{"same-origin", "http://" + addr, addr, true},
			{"", "http://" + addr, addr, true}, // an old browser
			{"", "http://localhost:8080", "localhost:8080", true},
			{"", "http://[::1]:8080", "[::1]:8080", true},
			{"", "http://localhost:3000", "localhost:8080", false},
			{"same-site", "http://localhost:3000", "localhost:8080", false},
			{"same-site", "", addr, false},
			{"cross-site", "", addr, false},
			{"cross-site", "https://example.org", addr, false},
			{"cross-site", "null", addr, false},
			{"", "https://example.org", addr, false},
			{"", "null", addr, false},
			{"", "nonsense", addr, false},
			{"", "http://%zz", addr, false},
			{"CROSS-SITE", "https://example.org", addr, false},
			{"", "https://" + addr + ".example.org", addr, false},
			// Behind a proxy, which passes its name or this server's on.
			{"same-origin", "https://digits.example.org", "digits.example.org", true},
			{"", "https://digits.example.org", addr, true},
			{"", "http://digits.example.org", addr, true},
			{"", "https://Digits.Example.org:8443", addr, true},
			{"cross-site", "https://digits.example.org", addr, true},
			{"cross-site", "https://more.digits.example.org", addr, false},
			{"cross-site", "https://digits.example.org.example.org", addr, false},
		} {
			headers := []string{
				"Host", c.host, "Content-Type", asJSON, "Authorization", "Bearer " + firstToken,
			}
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

// originMistakes are requests that browsers send for pages of other origins.
func originMistakes(t testing.TB) (list []mistake) {
	ask := askJSON(pixelsJSON(t), "odd number")
	for path, good := range map[string][]byte{inferPath: oneRow(t, 3, "odd number", ""), "/ask": ask} {
		add := func(name, says string, headers ...string) {
			list = append(list, mistake{
				name: name, path: path, headers: headers, body: good,
				status: http.StatusForbidden, says: "a page of another origin" + says,
			})
		}
		for _, origin := range []string{
			"http://example.org", "https://example.org:8443", "null", "file://", "http://y", "http://x.y",
			"http://127.0.0.1", "chrome-extension://abc", "http://x@y", strings.Repeat("o", 8000),
		} {
			for _, kind := range []string{"text/plain", asJSON} {
				add(origin[:min(len(origin), 60)], ", ", "Origin", origin, "Content-Type", kind)
			}
		}
		for _, site := range []string{"cross-site", "same-site", "Same-Origin", "x"} {
			add(site, " sent this request", "Sec-Fetch-Site", site)
		}
	}
	return list
}
