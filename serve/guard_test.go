package serve

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
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

// Where nothing else keeps other people's pages out, the server is asked by its own names alone.
func TestHosts(t *testing.T) {
	const own, given, other = 0, 1, 2
	kinds := map[string]int{
		"localhost": own, "LocalHost:8080": own, "localhost.": own, "127.0.0.1": own, "127.0.0.1:8080": own, "[::1]:8080": own, "[::1]": own, "192.0.2.1": own,
		"digits.example.org": given, "Digits.Example.org.:443": given,
		"example.org": other, "example.org:8080": other, "127.0.0.1.example.org": other, "localhost.example.org": other, "x.localhost.example.org:80": other,
		"1digits.example.org": other, "a.digits.example.org": other, "digits.example.org.example.org": other,
	}
	path := filepath.Join(t.TempDir(), "tokens")
	if err := os.WriteFile(path, []byte("first-0123456789abcdef\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	names := []string{"digits.example.org", "more.example.org"}
	for _, c := range []struct {
		what     string
		names    []string
		token    string
		answered int // hosts up to this kind
	}{
		{"no names", nil, "", own},
		{"names", names, "", given},
		{"tokens", nil, path, other},
		{"tokens and names", names, path, given},
	} {
		r := start(t, func(to *Config) { to.Hosts, to.Token = c.names, c.token })
		for host, kind := range kinds {
			want := http.StatusOK
			if kind > c.answered {
				want = http.StatusMisdirectedRequest
			}
			for _, path := range []string{"/v2", "/models"} {
				got := r.call(t, "GET", path, nil, "Host", host, "Authorization", "Bearer first-0123456789abcdef")
				if got.status != want {
					t.Errorf("%s: %s of %q: status %d, want %d: %s", c.what, path, host, got.status, want, got.body)
				}
			}
		}
	}
}

// A Host that is no host gets 400 at every route, also at those that any name may ask for.
func TestBadHosts(t *testing.T) {
	bad := []string{
		"", " ", "[]", "[", "]", "[]:80", "[::1", "::1]", "[::1]]", "[[::1]]", "[::1]80", "[::1]:x", "[::1]:80:80", "[127.0.0.1]", "[localhost]", "[::1%]", "[::g]",
		"::1", "a:b:c", "localhost:80:80", "localhost:x", "localhost:+80", "localhost:65536", ":80", ":", ".", "..", ".:80", "user@localhost", "user:secret@localhost",
		"localhost@", "@", "a/b", "localhost/", "a b", "localhost localhost", "localhost, example.org:80", "a%", "%6cocalhost", "localhost?", "localhost#", "b\u00fccher.example", "a\"b", "a\\b", "<a>", "a`b", "a^b", "a|b", "{a}",
	}
	good := []string{"localhost", "localhost:80", "localhost:", "127.0.0.1:1", "[::1]", "[::1]:", "[::1]:8080", "[::ffff:127.0.0.1]:80", "[fe80::1%eth0]", "[fe80::1%25eth0]:80", "LOCALHOST.:80"}
	elsewhere := []string{"a_b", "a-b.example.org:65535", "xn--bcher-kva.example", "a~b", "a,b"}
	r := start(t)
	status := func(request string) int {
		c := r.dial(t)
		defer c.Close()
		got, err := ask(c, request)
		if err != nil {
			t.Fatalf("%q: %v", request, err)
		}
		return got.StatusCode
	}
	for _, path := range []string{"/v2", "/v2/health/live", "/", "/none"} {
		for _, host := range bad {
			if got := status("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n"); got != http.StatusBadRequest {
				t.Errorf("path %s, Host %q: status %d", path, host, got)
			}
		}
	}
	for want, hosts := range map[int][]string{200: good, 421: elsewhere} {
		for _, host := range hosts {
			if got := status("GET /v2 HTTP/1.1\r\nHost: " + host + "\r\n\r\n"); got != want {
				t.Errorf("Host %q: status %d, want %d", host, got, want)
			}
		}
	}
	for request, want := range map[string]int{
		"GET /v2 HTTP/1.0\r\n\r\n": 200, "GET /v2 HTTP/1.0\r\nHost:\r\n\r\n": 200, "GET /v2 HTTP/1.0\r\nHost: []\r\n\r\n": 400,
		"GET http://[]/v2 HTTP/1.1\r\nHost: x\r\n\r\n": 400, "GET http:///v2 HTTP/1.1\r\nHost:\r\n\r\n": 400, "GET /v2 HTTP/1.1\r\n\r\n": 400,
	} {
		if got := status(request); got != want {
			t.Errorf("%q: status %d, want %d", request, got, want)
		}
	}
}

// What is not a host is no name of a handler behind AskedAs either.
func TestBadHostsAskedAs(t *testing.T) {
	h := AskedAs([]string{"x"}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for host, want := range map[string]int{"x": 200, "[::1]": 200, "": 400, "[]": 400, ":80": 400, ".": 400, "[127.0.0.1]": 400, "y": 421} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("%q: status %d, want %d", host, w.Code, want)
		}
	}
}

// Names that are given count also where the server is a handler of another one.
func TestHostsOfHandler(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	saved(t, path, 1)
	for _, names := range [][]string{nil, {"own.example.org"}} {
		s, err := New(Config{Models: []Source{{Path: path}}, Hosts: names})
		if err != nil {
			t.Fatal(err)
		}
		for host, want := range map[string]int{"own.example.org": http.StatusOK, "example.org": http.StatusMisdirectedRequest} {
			if names == nil {
				want = http.StatusOK
			}
			r := httptest.NewRequest(http.MethodGet, "http://"+host+"/v2", nil)
			w := httptest.NewRecorder()
			if s.ServeHTTP(w, r); w.Code != want {
				t.Errorf("names %v: %s: status %d, want %d", names, host, w.Code, want)
			}
		}
	}
}

// Where others reach the server anyway, or no browser would trust it by another name, any name will do.
func TestHostsElsewhere(t *testing.T) {
	for _, c := range []struct {
		what   string
		config Config
		addr   string
		matter bool
	}{
		{"loopback", Config{}, "[::1]:80", true},
		{"another address", Config{}, "192.0.2.1:80", false},
		{"all addresses", Config{}, "[::]:80", false},
		{"a socket of the file system", Config{}, "/run/braid.sock", false},
		{"TLS", Config{Cert: "cert.pem"}, "127.0.0.1:80", false},
		{"tokens", Config{Token: "tokens"}, "127.0.0.1:80", false},
	} {
		s := &Server{config: c.config}
		if got := s.anyoneHere(c.addr); got != c.matter {
			t.Errorf("%s: names matter: %v", c.what, got)
		}
	}
}

// A client that asks too often is told to wait; another one is not.
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
	if last.status != http.StatusTooManyRequests || last.header.Get("Retry-After") != "2" || !strings.Contains(last.text(t), "more than 1 requests a second") {
		t.Errorf("status %d, %v: %s", last.status, last.header, last.body)
	}
	if got := r.call(t, "GET", "/v2/health/live", nil); got.status != http.StatusOK {
		t.Errorf("health: status %d", got.status)
	}
}

func TestClientOf(t *testing.T) {
	for from, want := range map[string]string{
		"192.0.2.7:80": "192.0.2.7", "[::ffff:192.0.2.7]:80": "192.0.2.7", "[2001:db8:1:2:3:4:5:6]:80": "2001:db8:1:2::",
		"[fe80::1%eth0]:80": "fe80::", "nonsense": "invalid IP",
	} {
		if got := clientOf(from).String(); got != want {
			t.Errorf("%s is %s, want %s", from, got, want)
		}
	}
}

func TestLoopback(t *testing.T) {
	for addr, want := range map[string]bool{
		"127.0.0.1:80": true, "localhost:80": true, "[::1]:80": true, "127.9.9.9:1": true,
		":80": false, "0.0.0.0:80": false, "[::]:80": false, "192.0.2.1:80": false, "example.org:80": false, "127.0.0.1": false, "": false,
	} {
		if Loopback(addr) != want {
			t.Errorf("%q is loopback: %v", addr, !want)
		}
	}
}

// Who asks for more than is left does not keep others from it.
func TestStock(t *testing.T) {
	var s stock
	s.left.Store(10)
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			default:
				if s.take(11) {
					t.Error("11 of 10 were taken")
				}
			}
		}
	}()
	for range 1_000_000 {
		if !s.take(10) {
			t.Error("10 of 10 were refused")
			break
		}
		s.give(10)
	}
	close(done)
	<-ended
}
