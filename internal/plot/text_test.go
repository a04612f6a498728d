package plot

import (
	"strings"
	"testing"
)

func TestLongNameIsCut(t *testing.T) {
	name := strings.Repeat("länge ", 40)
	said := texts(t, drawn(t, []Panel{{Lines: []Line{{Name: name}}}}))
	for line := range strings.Lines(said) {
		if short, isCut := strings.CutSuffix(line, "…\n"); isCut {
			if short == "" || !strings.HasPrefix(name, short) || len(short) > 80 {
				t.Errorf("the name is shown as %q", line)
			}
			return
		}
	}
	t.Errorf("the drawing shows %q, want a name that ends in …", said)
}

// XML cannot hold most control characters.
func TestCleanNames(t *testing.T) {
	for name, want := range map[string]string{
		"digit, <&> \"'": "digit, <&> \"'",
		"a\x01b\nc":      "a b c",
		"\xff":           "\ufffd",
		"\ufffe":         "\ufffd",
	} {
		lines := []Line{{Name: name, Values: []float64{1, 2}}}
		p := Panel{Title: name, X: name, Y: name, Lines: lines}
		if n := strings.Count(texts(t, drawn(t, []Panel{p})), want+"\n"); n != 4 {
			t.Errorf("%q is shown %d times as %q, want 4", name, n, want)
		}
	}
}

func TestFontsHaveFallbacks(t *testing.T) {
	for line := range strings.Lines(drawn(t, panels(2))) {
		if strings.Contains(line, "font-family") && !strings.Contains(line, "sans-serif") {
			t.Fatalf("no fallback font in %s", line)
		}
	}
}
