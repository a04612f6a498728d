package serve

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const firstToken = "first-0123456789abcdef"

// tokenFile writes a file of tokens.
func tokenFile(t testing.TB, content string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// With a token file, requests need one of its tokens, except for health and the page.
func TestTokens(t *testing.T) {
	path := tokenFile(t, "# two people\n"+firstToken+"\n  second-0123456789abcde  \n")
	r := start(t, func(c *Config) { c.Token = path })
	for _, route := range []struct{ method, path string }{
		{"GET", "/v2"},
		{"GET", "/v2/models/digitqa"},
		{"GET", "/v2/models/digitqa/ready"},
		{"GET", "/models"},
		{"GET", "/metrics"},
		{"POST", inferPath},
		{"POST", "/ask"},
	} {
		for token, opens := range map[string]bool{
			"":                                   false,
			"Bearer " + firstToken:               true,
			"bearer second-0123456789abcde":      true,
			"Bearer first-0123456789abcdeg":      false,
			"Bearer first-0123456789abcde":       false,
			"Bearer first-0123456789abcdef more": false,
			"Basic first-0123456789abcdef":       false,
			"Bearer ":                            false,
			"Bearer # two people":                false,
		} {
			body := oneRow(t, 1, "odd number", "")
			got := r.call(t, route.method, route.path, body, "Authorization", token)
			if is := got.status != http.StatusUnauthorized; is != opens {
				t.Errorf("%s %s with %q: status %d", route.method, route.path, token, got.status)
			}
			if !opens && got.header.Get("WWW-Authenticate") != `Bearer realm="braid"` {
				t.Errorf("%s %s with %q: headers %v", route.method, route.path, token, got.header)
			}
		}
	}
	for _, path := range []string{
		"/", "/page/app.js", "/v2/health/live", "/v2/health/ready", "/openapi.json",
	} {
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
	for token, status := range map[string]int{firstToken: 401, "third-0123456789abcdef": 200} {
		if got := r.call(t, "GET", "/v2", nil, "Authorization", "Bearer "+token); got.status != status {
			t.Errorf("%s: status %d, want %d", token, got.status, status)
		}
	}
}
