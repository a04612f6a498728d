package serve

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"

	"braid/internal/atomicfile"
	"braid/internal/value"
)

// tokens are the bearer tokens that a client may use. They are kept as hashes: comparing hashes
// takes the same time for all texts.
type tokens struct {
	path string                              // of the token file; "": no token is needed
	list atomic.Pointer[[][sha256.Size]byte] // nil until load has loaded a file
}

const (
	maxTokenFile = 1 << 20 // bytes
	minToken     = 16      // bytes of a token
	bearer       = "Bearer "
)

// load reads the token file: a token on each line, empty lines, and lines that begin with #.
func (t *tokens) load() error {
	if t.path == "" {
		return nil
	}
	content, err := atomicfile.Read(t.path, maxTokenFile)
	if err != nil {
		return fmt.Errorf("token file: %w", err)
	}
	var list [][sha256.Size]byte
	line := 0
	for text := range strings.Lines(string(value.TrimMark(content))) {
		line++
		text = strings.TrimSpace(text)
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		if strings.ContainsAny(text, " \t") {
			return fmt.Errorf("token file %s: line %d has a space, want a token alone, "+
				"or # before a comment", t.path, line)
		}
		if len(text) < minToken {
			return fmt.Errorf("token file %s: line %d has a token of %d characters, want %d or more",
				t.path, line, len(text), minToken)
		}
		list = append(list, sha256.Sum256([]byte(text)))
	}
	if list == nil {
		return fmt.Errorf("token file %s: it has no token, want one on each line", t.path)
	}
	t.list.Store(&list)
	return nil
}

// check returns an error if a request has no known token.
func (t *tokens) check(r *http.Request) error {
	list := t.list.Load()
	if list == nil {
		return nil
	}
	given := r.Header.Get("Authorization")
	if len(given) < len(bearer) || !strings.EqualFold(given[:len(bearer)], bearer) {
		const text = "a token is needed: Authorization: Bearer TOKEN"
		return problemf(http.StatusUnauthorized, "token", text)
	}
	hash := sha256.Sum256([]byte(strings.TrimSpace(given[len(bearer):])))
	found := 0
	for _, token := range *list {
		found |= subtle.ConstantTimeCompare(hash[:], token[:])
	}
	if found == 0 {
		return problemf(http.StatusUnauthorized, "token", "the token is not known")
	}
	return nil
}
