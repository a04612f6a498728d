package curves

import (
	"strings"
	"testing"
)

func TestLegendColumns(t *testing.T) {
	for _, c := range []struct {
		names   []string
		columns int
		rows    int
	}{
		{nil, 2, 0},
		{[]string{"one"}, 2, 1},
		{[]string{"digit, training", "digit, validation", "answer, training"}, 2, 2},
		{[]string{"a", "a head with a long name, training", "b"}, 1, 3},
	} {
		var lines []Line
		for _, name := range c.names {
			lines = append(lines, Line{Name: name})
		}
		l := newLegend(lines)
		if rows := int(l.height() / legendLine); l.columns != c.columns || rows != c.rows {
			t.Errorf("%q: %d columns, %d rows; want %d, %d", c.names, l.columns, rows, c.columns, c.rows)
		}
		for i, line := range l.lines {
			if line.Name != c.names[i] {
				t.Errorf("%q is shown as %q", c.names[i], line.Name)
			}
		}
	}
}

func TestLongNameIsCut(t *testing.T) {
	name := strings.Repeat("länge ", 40)
	l := newLegend([]Line{{Name: name}})
	short, cut := strings.CutSuffix(l.lines[0].Name, "…")
	if !cut || short == "" || !strings.HasPrefix(name, short) {
		t.Errorf("the name is shown as %q", l.lines[0].Name)
	}
	if width := l.style.Width(l.lines[0].Name); width > l.room() {
		t.Errorf("it is %v wide, want %v or less", width, l.room())
	}
}

// XML has no way to write most control characters, so they must not get there.
func TestCleanNames(t *testing.T) {
	for name, want := range map[string]string{
		"digit, <&> \"'": "digit, <&> \"'",
		"a\x01b\nc":      "a b c",
		"\xff":           "\ufffd",
		"\ufffe":         "\ufffd",
	} {
		p := Panel{Title: name, X: name, Y: name, Lines: []Line{{Name: name, Values: []float64{1, 2}}}}
		if n := strings.Count(said(t, drawn(t, []Panel{p})), want+"\n"); n != 4 {
			t.Errorf("%q is said %d times as %q, want 4", name, n, want)
		}
	}
}

func TestFontsHaveFallbacks(t *testing.T) {
	for line := range strings.Lines(drawn(t, panels(2))) {
		if strings.Contains(line, "font-family") && !strings.Contains(line, "sans-serif") {
			t.Fatalf("no fallback in %s", line)
		}
	}
}
