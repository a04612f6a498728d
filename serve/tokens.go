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

// tokens are the bearer tokens that open the server, as hashes: comparing those takes the same time whatever is
// given.
type tokens struct {
	path string
	list atomic.Pointer[[][sha256.Size]byte]
}

const (
	maxTokenFile = 1 << 20 // bytes
	minToken     = 16      // bytes of a token
	bearer       = "Bearer "
)

// load reads the token file: a token on each line, # begins a comment.
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
			return fmt.Errorf("token file %s: line %d has a space, want a token alone, or # before a comment", t.path, line)
		}
		if len(text) < minToken {
			return fmt.Errorf("token file %s: line %d has a token of %d characters, want %d or more", t.path, line, len(text), minToken)
		}
		list = append(list, sha256.Sum256([]byte(text)))
	}
	if list == nil {
		return fmt.Errorf("token file %s: it has no token, want one on each line", t.path)
	}
	t.list.Store(&list)
	return nil
}

// check tests a request's token.
func (t *tokens) check(r *http.Request) error {
	list := t.list.Load()
	if list == nil {
		return nil
	}
	given := r.Header.Get("Authorization")
	if len(given) < len(bearer) || !strings.EqualFold(given[:len(bearer)], bearer) {
		return &problem{status: http.StatusUnauthorized, text: "a token is needed: Authorization: Bearer TOKEN", reason: "token"}
	}
	hash := sha256.Sum256([]byte(strings.TrimSpace(given[len(bearer):])))
	found := 0
	for _, token := range *list {
		found |= subtle.ConstantTimeCompare(hash[:], token[:])
	}
	if found == 0 {
		return &problem{status: http.StatusUnauthorized, text: "the token is not known", reason: "token"}
	}
	return nil
}
