package serve

import (
	"bytes"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// The page has all the files that it names, and its policy allows no others.
func TestPage(t *testing.T) {
	r := start(t)
	got := r.call(t, "GET", "/", nil)
	if got.status != http.StatusOK || got.header.Get("Content-Security-Policy") != policy ||
		!strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
		t.Errorf("status %d, %v", got.status, got.header)
	}
	files := 0
	for part := range bytes.SplitSeq(got.body, []byte(`"`)) {
		if name, ok := strings.CutPrefix(string(part), "page/"); ok {
			files++
			got := r.call(t, "GET", "/page/"+name, nil)
			if got.status != http.StatusOK || len(got.body) == 0 {
				t.Errorf("%s: status %d, %d bytes", name, got.status, len(got.body))
			}
		}
	}
	if files < 3 {
		t.Errorf("the page names %d files", files)
	}
	for _, name := range []string{"none.js", "..", "%2e%2e%2fpage.go", "index.html%00"} {
		got := r.call(t, "GET", "/page/"+name, nil)
		if got.status < 400 || got.status > 499 {
			t.Errorf("%s: status %d", name, got.status)
		}
	}
}

// A file of the page is sent complete, whatever range is requested, and not again to a client that
// has it.
func TestPageFiles(t *testing.T) {
	r := start(t)
	for path, name := range map[string]string{"/": "index.html", "/page/app.js": "app.js"} {
		want, err := pageFiles.ReadFile("page/" + name)
		if err != nil {
			t.Fatal(err)
		}
		tag := r.call(t, "GET", path, nil).header.Get("ETag")
		other := r.call(t, "GET", "/page/style.css", nil).header.Get("ETag")
		if len(tag) < 10 || tag == other {
			t.Errorf("%s: the tags are %s and %s", path, tag, other)
		}
		for _, headers := range [][]string{
			{},
			{"Range", "bytes=0-9"},
			{"Range", "bytes=9999999-"},
			{"Range", "nonsense"},
			{"Range", "bytes=0-9", "If-Range", tag},
			{"If-None-Match", `"other"`},
			{"If-None-Match", strings.Trim(tag, `"`)},
			{"If-Match", `"other"`},
			{"If-Modified-Since", "Wed, 25 Nov 2026 18:00:00 GMT"},
		} {
			got := r.call(t, "GET", path, nil, headers...)
			h := got.header
			if got.status != http.StatusOK || !bytes.Equal(got.body, want) ||
				h.Get("ETag") != tag || h.Get("Accept-Ranges") != "" ||
				h.Get("Content-Type") != pageTypes[filepath.Ext(name)] ||
				h.Get("Cache-Control") != "no-cache" {
				t.Errorf("%s, %v: status %d, %d bytes, %v",
					path, headers, got.status, len(got.body), h)
			}
		}
		for _, have := range []string{
			tag, "*", "W/" + tag, `"other", ` + tag, `"other",` + tag + ` , "third"`,
		} {
			got := r.call(t, "GET", path, nil, "If-None-Match", have)
			if got.status != http.StatusNotModified || len(got.body) > 0 ||
				got.header.Get("ETag") != tag || got.header.Get("Content-Type") != "" {
				t.Errorf("%s, %s: status %d, %d bytes, %v",
					path, have, got.status, len(got.body), got.header)
			}
		}
		head := r.call(t, "HEAD", path, nil)
		length := head.header.Get("Content-Length")
		if head.status != http.StatusOK || length != fmt.Sprint(len(want)) ||
			head.header.Get("ETag") != tag {
			t.Errorf("HEAD %s: status %d, %v", path, head.status, head.header)
		}
	}
}
