package suggest

import (
	"strings"
	"testing"
)

func TestShorten(t *testing.T) {
	for text, want := range map[string]string{
		"":                      "",
		"odd":                   "odd",
		strings.Repeat("é", 60): strings.Repeat("é", 60),
		strings.Repeat("é", 61): strings.Repeat("é", 60) + "…",
	} {
		if got := Shorten(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		line, indent string
		width        int
		want         string
	}{
		{"", "  ", 5, ""},
		{" one  two\tthree ", "", 7, "one two\nthree"},
		{"one two three", "", 8, "one two\nthree"},
		{"größe maß tür", "  ", 9, "größe maß\n  tür"},
		{"one two six ten", "    ", 7, "one two\n    six\n    ten"},
		{"one two a b c", "    ", 7, "one two\n    a b\n    c"},
		{"one incomprehensible word", "- ", 6, "one\n- incomprehensible\n- word"},
	} {
		if got := Wrap(c.line, c.width, c.indent); got != c.want {
			t.Errorf("%q in %d: got %q, want %q", c.line, c.width, got, c.want)
		}
	}
}

func TestPrintable(t *testing.T) {
	if got, want := Printable("a\x1b[31mé\nb\xff"), "a?[31mé?b\ufffd"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCheckLabel(t *testing.T) {
	for name, want := range map[string]string{
		"Größe / cm. 2": "", "名前": "", "": "the name is empty", " a": "begins or ends with a space",
		"a ": "begins or ends with a space", "a\nb": `holds '\n', want printable characters only`,
		"a\u00a0b": `holds '\u00a0', want printable`, "\xff": "is not UTF-8",
	} {
		got := ""
		if err := CheckLabel(name); err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q: error is %q, want %q", name, got, want)
		}
	}
}

func TestCheckName(t *testing.T) {
	for name, want := range map[string]string{
		"Trunk_2-b": "", "größe": "", "電影": "", "हिन्दी": "", "": "the name is empty",
		"a b": `holds ' ', want letters`, "a/b": `holds '/'`, "€": `holds '€'`, "\xff": "holds",
	} {
		got := ""
		if err := CheckName(name); err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%q: error is %q, want %q", name, got, want)
		}
	}
}
