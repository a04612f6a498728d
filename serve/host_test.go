package serve

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

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
		if got := s.isOpenLocally(c.addr); got != c.matter {
			t.Errorf("%s: names matter: %v", c.what, got)
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
