package serve

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
)

// goodID reports whether a client's request id may be logged and sent back.
func goodID(id string) bool {
	notVisible := func(c rune) bool { return c <= ' ' || c > '~' }
	return id != "" && len(id) <= 128 && !strings.ContainsFunc(id, notVisible)
}

// randomID returns 16 random hexadecimal digits.
func randomID() string { return fmt.Sprintf("%016x", rand.Uint64()) }

// traceparent is the header of W3C's Trace Context, version 00: trace id, parent id, flags.
var traceparent = regexp.MustCompile(`^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$`)

// childTrace returns the Traceparent of this server's work for a caller with the given one, or ""
// if that is not valid. An id of zeros is not.
func childTrace(parent string) string {
	ids := traceparent.FindStringSubmatch(parent)
	if ids == nil || strings.Trim(ids[1], "0") == "" || strings.Trim(ids[2], "0") == "" {
		return ""
	}
	return "00-" + ids[1] + "-" + randomID() + "-" + ids[3]
}
