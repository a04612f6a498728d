package serve

import (
	"cmp"
	"crypto/sha256"
	"embed"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"strconv"
	"strings"

	"braid/internal/suggest"
)

//go:embed page
var pageFiles embed.FS

// policy lets the page load from this server, and from nowhere else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; " +
	"img-src 'self' data: blob:; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// pageTypes are the Content-Types of the page's files. Package mime's differ between systems.
var pageTypes = map[string]string{
	".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
	".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

// pageFile answers with a file of the page, which is index.html at /. The files are small: it
// ignores Range, which could only add errors.
func (s *Server) pageFile(w http.ResponseWriter, r *http.Request) error {
	name := cmp.Or(r.PathValue("file"), "index.html")
	content, err := fs.ReadFile(pageFiles, path.Join("page", name))
	if err != nil {
		return notFound("the page has no file %q", suggest.Shorten(name))
	}
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256(content))
	h := w.Header()
	h.Set("ETag", tag)
	h.Set("Content-Security-Policy", policy)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-cache")
	if matches(r.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	h.Set("Content-Type", pageTypes[path.Ext(name)])
	h.Set("Content-Length", strconv.Itoa(len(content)))
	w.WriteHeader(http.StatusOK)
	w.Write(content)
	return nil
}

// matches reports whether If-None-Match has a file's ETag: the browser has the file already.
func matches(headers []string, tag string) bool {
	for each := range strings.SplitSeq(strings.Join(headers, ","), ",") {
		if each = strings.TrimSpace(each); each == "*" || strings.TrimPrefix(each, "W/") == tag {
			return true
		}
	}
	return false
}

//go:embed openapi.json
var openAPIDocument []byte

// openAPI answers with the description of all routes, as OpenAPI 3.
func (s *Server) openAPI(w http.ResponseWriter, _ *http.Request) error {
	reply(w, http.StatusOK, openAPIDocument)
	return nil
}
