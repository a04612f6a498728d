package serve

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// With a token file, whoever asks needs one of its tokens; health and the page need none.
func TestTokens(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(path, []byte("# two people\nfirst-0123456789abcdef\n  second-0123456789abcde  \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	r := start(t, func(c *Config) { c.Token = path })
	for _, route := range []struct{ method, path string }{
		{"GET", "/v2"}, {"GET", "/v2/models/digitqa"}, {"GET", "/v2/models/digitqa/ready"}, {"POST", inferPath}, {"POST", "/ask"},
		{"GET", "/models"}, {"GET", "/metrics"},
	} {
		for token, opens := range map[string]bool{
			"":                                   false,
			"Bearer first-0123456789abcdef":      true,
			"bearer second-0123456789abcde":      true,
			"Bearer first-0123456789abcdeg":      false,
			"Bearer first-0123456789abcde":       false,
			"Bearer first-0123456789abcdef more": false,
			"Basic first-0123456789abcdef":       false,
			"Bearer ":                            false,
			"Bearer # two people":                false,
		} {
			got := r.call(t, route.method, route.path, one(t, 1, "odd number", ""), "Authorization", token)
			if is := got.status != http.StatusUnauthorized; is != opens {
				t.Errorf("%s %s with %q: status %d", route.method, route.path, token, got.status)
			}
			if !opens && got.header.Get("WWW-Authenticate") != `Bearer realm="braid"` {
				t.Errorf("%s %s with %q: headers %v", route.method, route.path, token, got.header)
			}
		}
	}
	for _, path := range []string{"/", "/page/app.js", "/v2/health/live", "/v2/health/ready", "/openapi.json"} {
		if got := r.call(t, "GET", path, nil); got.status != http.StatusOK {
			t.Errorf("%s: status %d", path, got.status)
		}
	}
	if log := r.logs.String(); strings.Contains(log, "0123456789abcde") {
		t.Error("a token is in the log")
	}
	if err := os.WriteFile(path, []byte("\ufeffthird-0123456789abcdef\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Reload(); err != nil {
		t.Fatal(err)
	}
	for token, status := range map[string]int{"first-0123456789abcdef": 401, "third-0123456789abcdef": 200} {
		if got := r.call(t, "GET", "/v2", nil, "Authorization", "Bearer "+token); got.status != status {
			t.Errorf("%s: status %d, want %d", token, got.status, status)
		}
	}
}
