package lane

import (
	"bufio"
	"bytes"
	"io"
	"net/http"
	"reflect"
	"testing"

	"golang.org/x/net/http/httpguts"
)

// FuzzParse compares with net/http what is called plain: both see the same request, and the same bytes after it. What
// http.Server checks beyond http.ReadRequest is in server.go's readRequest.
func FuzzParse(f *testing.F) {
	for _, texts := range []map[string]string{plainRequests, otherRequests} {
		for _, text := range texts {
			f.Add([]byte(text))
			f.Add([]byte(text + "GET"))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var p plain
		fields := http.Header{}
		given := bytes.Clone(text)
		if p.parse(text, most, fields) != whole {
			return
		}
		if !bytes.Equal(text, given) {
			t.Fatalf("it changes %q to %q", given, text)
		}
		from := bufio.NewReader(bytes.NewReader(text))
		r, err := http.ReadRequest(from)
		if err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if r.Host == "" || !httpguts.ValidHostHeader(r.Host) {
			t.Errorf("%q: the host is %q", text, r.Host)
		}
		for name, values := range r.Header {
			for _, value := range values {
				if !httpguts.ValidHeaderFieldName(name) || !httpguts.ValidHeaderFieldValue(value) {
					t.Errorf("%q: %q: %q is not valid", text, name, value)
				}
			}
		}
		if p.method != r.Method || string(p.target) != r.RequestURI || !reflect.DeepEqual(address(string(p.target)), *r.URL) || string(p.host) != r.Host {
			t.Errorf("%q: %s %s of %s, want %s %s of %s", text, p.method, p.target, p.host, r.Method, r.URL, r.Host)
		}
		if !reflect.DeepEqual(fields, r.Header) {
			t.Errorf("%q: fields are %q, want %q", text, fields, r.Header)
		}
		if int64(p.length) != r.ContentLength || p.close != r.Close || r.TransferEncoding != nil || r.Trailer != nil || r.Proto != "HTTP/1.1" {
			t.Errorf("%q: got %+v, want %+v", text, p, r)
		}
		if (p.length == 0) != (r.Body == http.NoBody) {
			t.Errorf("%q: the body is %v", text, r.Body)
		}
		body, err := io.ReadAll(r.Body)
		if err != nil || !bytes.Equal(body, text[p.head:p.head+p.length]) {
			t.Errorf("%q: the body is %q, %v", text, body, err)
		}
		rest, err := io.ReadAll(from)
		if err != nil || !bytes.Equal(rest, text[p.head+p.length:]) {
			t.Errorf("%q: %q follows, %v", text, rest, err)
		}
		if p.head+p.length > most {
			t.Errorf("%d bytes are plain", p.head+p.length)
		}
	})
}
