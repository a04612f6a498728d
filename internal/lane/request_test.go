package lane

import (
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// plainRequests are in the lane. Each is whole, and nothing follows it.
var plainRequests = map[string]string{
	"smallest":                 "GET / HTTP/1.1\r\nHost:x\r\n\r\n",
	"fields":                   get("/v2/models/a-b_c.d~e", "Accept: */*", "User-Agent: t/1 (x; y)", "X-Request-Id: 7"),
	"several of a name":        get("/", "Accept: a", "X-Other: b", "accept: c", "ACCEPT:"),
	"lower-case names":         "POST /v2 HTTP/1.1\r\nhost: example.org:80\r\ncontent-length: 2\r\ncontent-type: text/plain\r\n\r\nhi",
	"upper-case names":         "POST /v2 HTTP/1.1\r\nHOST: [::1]:80\r\nCONTENT-LENGTH: 2\r\nX-ABC-def: 1\r\n\r\nhi",
	"a name of all tokens":     get("/", "!#$%&'*+-.^_`|~09azAZ: all"),
	"empty value":              get("/", "X-Empty:", "X-Blank: \t "),
	"spaces around":            get("/", "X-Value:\t two  words \t"),
	"tab and colon within":     get("/", "X-Value: a\tb: c:"),
	"body":                     post("/v2/models/x/infer", `{"a":[1,2]}`, "Content-Type: application/json"),
	"body like a request":      post("/v2", get("/smuggled")),
	"empty body":               post("/v2", ""),
	"zeros":                    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0002\r\n\r\nhi",
	"many zeros":               "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + strings.Repeat("0", 99) + "2\r\n\r\nhi",
	"close":                    get("/", "Connection: close"),
	"Close":                    post("/", "hi", "connection: CLOSE"),
	"keep-alive":               get("/", "Connection: Keep-Alive"),
	"host of all bytes":        "GET / HTTP/1.1\r\nHost: a-B_9.x:[]\r\n\r\n",
	"dots":                     get("/a/./b/../c/"),
	"slashes within":           get("/a//b///"),
	"as large as may be":       post("/", strings.Repeat("b", most-len(post("/", ""))-3)),
	"head alone is most":       get("/", "X: "+strings.Repeat("h", most-len(get("/", "X: ")))),
	"as many fields as may be": get("/", slices.Repeat([]string{"X: y"}, mostFields-1)...),
	"names near to ours":       get("/", "Contentlength: 5", "Content_Length: 6", "X-Host: y", "Tea: 1", "Hosts: z"),
}

// otherRequests are net/http's, for one reason each. All end their connection, or are whole.
var otherRequests = map[string]string{
	"version 1.0":             "GET / HTTP/1.0\r\nHost: x\r\n\r\n",
	"version 2.0":             "GET / HTTP/2.0\r\nHost: x\r\n\r\n",
	"version in lower case":   "GET / http/1.1\r\nHost: x\r\n\r\n",
	"no version":              "GET /\r\nHost: x\r\n\r\n",
	"space after version":     "GET / HTTP/1.1 \r\nHost: x\r\n\r\n",
	"two spaces":              "GET  / HTTP/1.1\r\nHost: x\r\n\r\n",
	"two spaces later":        "GET /  HTTP/1.1\r\nHost: x\r\n\r\n",
	"tab":                     "GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n",
	"no target":               "GET  HTTP/1.1\r\nHost: x\r\n\r\n",
	"no space":                "GET HTTP/1.1\r\nHost: x\r\n\r\n",
	"bare line end":           "GET / HTTP/1.1\nHost: x\r\n\r\n",
	"bare line end in field":  "GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n",
	"bare line end in value":  "GET / HTTP/1.1\r\nHost: x\r\nX: y\nContent-Length: 0\r\n\r\n",
	"head ends in bare lines": "GET / HTTP/1.1\r\nHost: x\n\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n",
	"bare return":             "GET / HTTP/1.1\r\nHost: x\r\nX: y\rz\r\n\r\n",
	"return before the end":   "GET / HTTP/1.1\r\nHost: x\r\nX: y\r\r\n\r\n",
	"leading blank line":      "\r\n" + get("/"),
	"leading space":           " " + get("/"),
	"folded field":            "GET / HTTP/1.1\r\nHost: x\r\nX: y\r\n z\r\n\r\n",
	"folded by tab":           "GET / HTTP/1.1\r\nHost: x\r\nX: y\r\n\tz: w\r\n\r\n",
	"folded first field":      "GET / HTTP/1.1\r\n Host: x\r\n\r\n",
	"too many fields":         get("/", slices.Repeat([]string{"X: y"}, mostFields)...),
	"no Host":                 "GET / HTTP/1.1\r\nX: y\r\n\r\n",
	"no fields":               "GET / HTTP/1.1\r\n\r\n",
	"two Hosts":               get("/", "Host: x"),
	"two Hosts, one lower":    get("/", "host: y"),
	"empty Host":              "GET / HTTP/1.1\r\nHost:\r\n\r\n",
	"empty Host, then one":    "GET / HTTP/1.1\r\nHost: \r\nHost: x\r\n\r\n",
	"Host with a slash":       "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n",
	"Host with an at":         "GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
	"Host with a space":       "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
	"Host with a comma":       "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n",
	"absolute target":         "GET http://y/ HTTP/1.1\r\nHost: x\r\n\r\n",
	"target of an authority":  "GET x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
	"target *":                "GET * HTTP/1.1\r\nHost: x\r\n\r\n",
	"query":                   get("/v2?a=b"),
	"empty query":             get("/v2?"),
	"escape":                  get("/a%62"),
	"fragment":                get("/a#b"),
	"two slashes":             get("//x/y"),
	"semicolon":               get("/a;b"),
	"backslash":               get(`/a\b`),
	"target beyond ASCII":     get("/ä"),
	"NUL in the target":       get("/\x00"),
	"two Content-Lengths":     post("/", "hello", "Content-Length: 5"),
	"two that differ":         post("/", "hello", "content-length: 4"),
	"length +1":               "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +1\r\n\r\na",
	"length -1":               "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\na",
	"length 1,1":              "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1,1\r\n\r\na",
	"length 1 1":              "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1 1\r\n\r\na",
	"length 0x1":              "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0x1\r\n\r\na",
	"length 1_0":              "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1_0\r\n\r\nabcdefghij",
	"no digits":               "POST / HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\n",
	"length beyond int64":     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551617\r\n\r\na",
	"length beyond all":       "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: " + strings.Repeat("9", 400) + "\r\n\r\na",
	"chunked":                 write("POST", "/", "2\r\nhi\r\n0\r\n\r\n", []string{"Transfer-Encoding: chunked"}),
	"chunked with a length":   write("POST", "/", "2\r\nhi\r\n0\r\n\r\n", []string{"Content-Length: 3", "transfer-encoding: chunked"}),
	"encoding identity":       get("/", "Transfer-Encoding: identity"),
	"Expect":                  post("/", "hi", "Expect: 100-continue"),
	"Upgrade":                 get("/", "Upgrade: h2c"),
	"TE":                      get("/", "TE: trailers"),
	"Trailer":                 get("/", "Trailer: X"),
	"Connection: upgrade":     get("/", "Connection: upgrade"),
	"Connection of two words": get("/", "Connection: keep-alive, close"),
	"empty Connection":        get("/", "Connection:"),
	"two Connections":         get("/", "Connection: keep-alive", "Connection: close"),
	"Pragma":                  get("/", "Pragma: no-cache"), // net/http makes it a Cache-Control
	"space before the colon":  get("/", "X : y"),
	"length with a space":     "POST / HTTP/1.1\r\nHost: x\r\nContent-Length : 5\r\n\r\nhello",
	"no colon":                get("/", "X"),
	"no name":                 get("/", ": y"),
	"name with a slash":       get("/", "a/b: y"),
	"name beyond ASCII":       get("/", "ä: y"),
	"NUL in a value":          get("/", "X: \x00"),
	"escape in a value":       get("/", "X: \x1b"),
	"delete in a value":       get("/", "X: \x7f"),
	"value beyond ASCII":      get("/", "X: ä"),
	"GET with a body":         write("GET", "/", "hi", []string{"Content-Length: 2"}),
	"GET with no body":        get("/", "Content-Length: 0"),
	"POST without a length":   write("POST", "/", "", nil),
	"HEAD":                    write("HEAD", "/", "", nil),
	"PUT":                     write("PUT", "/", "hi", []string{"Content-Length: 2"}),
	"get":                     write("get", "/", "", nil),
	"GETS":                    write("GETS", "/", "", nil),
	"POS":                     write("POS", "/", "", nil),
	"long body":               post("/", strings.Repeat("b", most-len(post("/", ""))-2)),
	"long head":               get("/", "X: "+strings.Repeat("h", most-len(get("/", "X: "))+1)),
	"longer head":             get("/", "X: "+strings.Repeat("h", most-len(get("/", "X: "))+2)),
}

// read parses a request. It has the map of the request before, as in a session.
func read(text string, most int) (plain, http.Header, verdict) {
	var p plain
	fields := http.Header{"Left": {"over"}, "Host": {"old"}, "Connection": {"close"}}
	v := p.parse([]byte(text), most, fields)
	return p, fields, v
}

func TestWhole(t *testing.T) {
	for name, text := range plainRequests {
		p, _, v := read(text, most)
		if v != whole || p.head+p.length != len(text) {
			t.Errorf("%s: verdict %d, %d and %d bytes", name, v, p.head, p.length)
		}
		if _, _, v := read(text, len(text)); v != whole {
			t.Errorf("%s: verdict %d where it is as large as may be", name, v)
		}
		if _, _, v := read(text, len(text)-1); v != other {
			t.Errorf("%s: verdict %d where it is too large", name, v)
		}
		if p, _, v := read(text+text, most); v != whole || p.head+p.length != len(text) {
			t.Errorf("%s: verdict %d, %d and %d bytes, where more follows", name, v, p.head, p.length)
		}
	}
}

// What is read is what stands there.
func TestFields(t *testing.T) {
	p, fields, v := read("POST /a.b HTTP/1.1\r\nx-ONE: 1\r\nHost: h:8\r\nX-Two:\r\nX-One: \t1 b\t \r\ncontent-length: 3\r\n\r\nbody", most)
	want := http.Header{"X-One": {"1", "1 b"}, "X-Two": {""}, "Content-Length": {"3"}}
	if v != whole || p.method != "POST" || string(p.target) != "/a.b" || string(p.host) != "h:8" || p.length != 3 || p.close {
		t.Errorf("got %+v", p)
	}
	if !reflect.DeepEqual(fields, want) {
		t.Errorf("fields are %q, want %q", fields, want)
	}
	for text, want := range map[string]bool{"close": true, "CLOSE": true, "keep-alive": false} {
		if p, fields, v := read(get("/", "Connection: "+text), most); v != whole || p.close != want || fields.Get("Connection") != text {
			t.Errorf("%s: %+v, %q", text, p, fields)
		}
	}
}

// The names that are known are as net/http writes them.
func TestCanonical(t *testing.T) {
	for name, want := range usual {
		h := http.Header{}
		h.Set(name, "")
		if _, ok := h[want]; !ok {
			t.Errorf("%s is %s, want %q", name, want, h)
		}
		if n := len(usual[strings.ToLower(name)]); n == 0 {
			t.Errorf("%s is not known in lower case", name)
		}
	}
}

func TestOther(t *testing.T) {
	for name, text := range otherRequests {
		if _, _, v := read(text, most); v != other {
			t.Errorf("%s: verdict %d", name, v)
		}
	}
}

// Every byte that is not among those of a plain request is net/http's, wherever it stands.
func TestBytes(t *testing.T) {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	printable := ""
	for c := byte(' '); c <= '~'; c++ {
		printable += string(c)
	}
	for place, good := range map[string]string{
		"GET /a%sb HTTP/1.1\r\nHost: x\r\n\r\n":                                        letters + "-._~/",
		"GET / HTTP/1.1\r\nHost: a%sb\r\n\r\n":                                         letters + "-._:[]",
		"GET / HTTP/1.1\r\nHost: x\r\nX%sY: z\r\n\r\n":                                 letters + "-._~!#$%&'*+^`|:", // a colon ends it
		"GET / HTTP/1.1\r\nHost: x\r\nX: y%sz\r\n\r\n":                                 printable + "\t",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1%s\r\n\r\n1234567890123456789": "0123456789 \t",
	} {
		for c := range 256 {
			text := fmt.Sprintf(place, string([]byte{byte(c)}))
			if _, _, v := read(text, most); (v == whole) != strings.Contains(good, string([]byte{byte(c)})) {
				t.Errorf("%q: verdict %d", text, v)
			}
		}
	}
}

// The beginning of a plain request is never more, nor less.
func TestPart(t *testing.T) {
	for name, text := range plainRequests {
		for n := range len(text) {
			if n > 300 && n < len(text)-300 {
				continue
			}
			if _, _, v := read(text[:n], most); v != part {
				t.Errorf("%s: verdict %d after %d bytes of %d", name, v, n, len(text))
			}
		}
	}
	for name, text := range otherRequests {
		for n := range len(text) {
			if n > 300 && n < len(text)-300 {
				continue
			}
			if _, _, v := read(text[:n], most); v == whole {
				t.Errorf("%s: whole after %d bytes", name, n)
			}
		}
	}
	if _, _, v := read(strings.Repeat("a", most), most); v != other {
		t.Errorf("verdict %d where no head can come any more", v)
	}
}

// The map keeps nothing of the request before, whatever comes of this one.
func TestMapIsEmptied(t *testing.T) {
	for texts, name := range map[*map[string]string]string{&plainRequests: "plain", &otherRequests: "other"} {
		for text := range maps.Values(*texts) {
			if _, fields, v := read(text, most); v == whole && (fields["Left"] != nil || fields["Host"] != nil) {
				t.Errorf("%s: %q: fields are %q", name, text, fields)
			}
		}
	}
}
