package cli

import (
	"strings"
	"testing"
)

// Help lists the verbs in the order in which they are used.
func TestHelpOrder(t *testing.T) {
	out, _ := mustCall(t, "--help")
	_, verbs, _ := strings.Cut(out, "Available Commands:\n")
	at := -1
	for _, verb := range words("init inspect train eval predict ask serve summary version") {
		next := strings.Index(verbs, "  "+verb+" ")
		if next <= at {
			t.Errorf("%s is at %d, after one at %d:\n%s", verb, next, at, verbs)
		}
		at = next
	}
	checkContains(t, out, "2 after a mistake in flags or\narguments")
}
