package serve

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
)

// The server answers only to its names where nothing else keeps pages of other origins out.
func TestHosts(t *testing.T) {
	const local, configured, other = 0, 1, 2
	hosts := [][]string{
		local: {
			"localhost", "LocalHost:8080", "localhost.", "127.0.0.1", "127.0.0.1:8080",
			"[::1]:8080", "[::1]", "192.0.2.1",
		},
		configured: {"digits.example.org", "Digits.Example.org.:443"},
		other: {
			"example.org", "example.org:8080", "127.0.0.1.example.org", "localhost.example.org",
			"x.localhost.example.org:80", "1digits.example.org", "a.digits.example.org",
			"digits.example.org.example.org",
		},
	}
	path := tokenFile(t, firstToken+"\n")
	names := []string{"digits.example.org", "more.example.org"}
	for _, c := range []struct {
		what     string
		names    []string
		token    string
		answered int // hosts up to this kind
	}{
		{"no names", nil, "", local},
		{"names", names, "", configured},
		{"tokens", nil, path, other},
		{"tokens and names", names, path, configured},
	} {
		r := start(t, func(to *Config) { to.Hosts, to.Token = c.names, c.token })
		for kind, list := range hosts {
			want := http.StatusOK
			if kind > c.answered {
				want = http.StatusMisdirectedRequest
			}
			for _, host := range list {
				for _, path := range []string{"/v2", "/models"} {
					got := r.call(t, "GET", path, nil,
						"Host", host, "Authorization", "Bearer "+firstToken)
					if got.status != want {
						t.Errorf("%s: %s of %q: status %d, want %d: %s",
							c.what, path, host, got.status, want, got.body)
					}
				}
			}
		}
	}
}

// A malformed Host gets 400 at every route, also at those that answer to any name.
func TestBadHosts(t *testing.T) {
	bad := []string{
		"", " ", "[]", "[", "]", "[]:80", "[::1", "::1]", "[::1]]", "[[::1]]", "[::1]80", "[::1]:x",
		"[::1]:80:80", "[127.0.0.1]", "[localhost]", "[::1%]", "[::g]", "::1", "a:b:c",
		"localhost:80:80", "localhost:x", "localhost:+80", "localhost:65536", ":80", ":", ".", "..",
		".:80", "user@localhost", "user:secret@localhost", "localhost@", "@", "a/b", "localhost/",
		"a b", "localhost localhost", "localhost, example.org:80", "a%", "%6cocalhost",
		"localhost?", "localhost#", "b\u00fccher.example", "a\"b", "a\\b", "<a>", "a`b", "a^b",
		"a|b", "{a}",
	}
	good := []string{
		"localhost", "localhost:80", "localhost:", "127.0.0.1:1", "[::1]", "[::1]:", "[::1]:8080",
		"[::ffff:127.0.0.1]:80", "[fe80::1%eth0]", "[fe80::1%25eth0]:80", "LOCALHOST.:80",
	}
	elsewhere := []string{
		"a_b", "a-b.example.org:65535", "xn--bcher-kva.example", "a~b", "a,b",
	}
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
			got := status("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")
			if got != http.StatusBadRequest {
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
		"GET /v2 HTTP/1.0":                     200,
		"GET /v2 HTTP/1.0\r\nHost:":            200,
		"GET /v2 HTTP/1.0\r\nHost: []":         400,
		"GET http://[]/v2 HTTP/1.1\r\nHost: x": 400,
		"GET http:///v2 HTTP/1.1\r\nHost:":     400,
		"GET /v2 HTTP/1.1":                     400,
	} {
		if got := status(request + "\r\n\r\n"); got != want {
			t.Errorf("%q: status %d, want %d", request, got, want)
		}
	}
}

// AskedAs refuses a malformed Host, too.
func TestBadHostsAskedAs(t *testing.T) {
	h := AskedAs([]string{"x"}, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for host, want := range map[string]int{
		"x": 200, "[::1]": 200,
		"": 400, "[]": 400, ":80": 400, ".": 400, "[127.0.0.1]": 400,
		"y": 421,
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != want {
			t.Errorf("%q: status %d, want %d", host, w.Code, want)
		}
	}
}

// Configured names count also where the server is the handler of another one.
func TestHostsOfHandler(t *testing.T) {
	path := filepath.Join(t.TempDir(), "model.safetensors")
	saveModel(t, path, 1)
	for _, names := range [][]string{nil, {"own.example.org"}} {
		s, err := New(Config{Models: []ModelPath{{Path: path}}, Hosts: names})
		if err != nil {
			t.Fatal(err)
		}
		for host, want := range map[string]int{
			"own.example.org": http.StatusOK,
			"example.org":     http.StatusMisdirectedRequest,
		} {
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

// The server answers to any name where others reach it anyway, or where no browser would trust it
// by another name.
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
		":80": false, "0.0.0.0:80": false, "[::]:80": false, "192.0.2.1:80": false,
		"example.org:80": false, "127.0.0.1": false, "": false,
	} {
		if Loopback(addr) != want {
			t.Errorf("%q is loopback: %v", addr, !want)
		}
	}
}
