package text

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

// pythonLower is the content of testdata/lower.json: ranges are first and last code points.
type pythonLower struct {
	Unicode   string
	Assigned  [][2]rune
	Ignorable [][2]rune
	Cased     [][2]rune         // and not ignorable
	Lower     [][4]rune         // first, last, step, difference
	Others    map[string]string // by hexadecimal code point
}

// has returns the code points of ranges.
func has(ranges [][2]rune) []bool {
	set := make([]bool, unicode.MaxRune+1)
	for _, r := range ranges {
		for c := r[0]; c <= r[1]; c++ {
			set[c] = true
		}
	}
	return set
}

// low returns the lower case of each code point whose lower case is another single code point.
func (p *pythonLower) low() map[rune]rune {
	m := map[rune]rune{}
	for _, r := range p.Lower {
		for c := r[0]; c <= r[1]; c += r[2] {
			m[c] = c + r[3]
		}
	}
	return m
}

// lower and isCased agree with Python for every code point that the Unicode versions of Go and
// Python both have.
func TestLowerOfEveryCodePoint(t *testing.T) {
	content, err := os.ReadFile("testdata/lower.json")
	if err != nil {
		t.Fatal(err)
	}
	var python pythonLower
	if err := json.Unmarshal(content, &python); err != nil {
		t.Fatal(err)
	}
	assigned, ignorable, cased, lowered := has(
		python.Assigned,
	), has(
		python.Ignorable,
	), has(
		python.Cased,
	), python.low()
	const capital, small, final = "\u03a3", "\u03c3", "\u03c2"
	sigma := func(isFinal bool) string {
		if isFinal {
			return final
		}
		return small
	}
	known, wrong := 0, 0
	check := func(c rune, text, want string) {
		if got := lower(text); got != want {
			if wrong++; wrong <= 20 {
				t.Errorf("%U: lower(%+q) = %+q, Python's is %+q", c, text, got, want)
			}
		}
	}
	for c := rune(0); c <= unicode.MaxRune; c++ {
		if !utf8.ValidRune(c) || !assigned[c] || unicode.Is(unicode.Cn, c) {
			continue
		}
		known++
		r, low := string(c), string(c)
		if l, ok := lowered[c]; ok {
			low = string(l)
		}
		if c == 0x130 {
			low = python.Others["0130"]
		}
		check(c, r, low)
		if r == capital {
			continue // next to another one it would not be final
		}
		check(c, r+capital, low+sigma(cased[c]))
		check(c, "a"+r+capital, "a"+low+sigma(cased[c] || ignorable[c]))
		check(c, "a"+capital+r, "a"+sigma(!cased[c])+low)
		check(c, "a"+capital+r+"a", "a"+sigma(!cased[c] && !ignorable[c])+low+"a")
	}
	if known < 100_000 || len(python.Others) != 1 {
		t.Errorf("only %d code points are known to both, and Python has %v", known, python.Others)
	}
	t.Logf(
		"%d code points, %d wrong; Unicode %s in Python, %s in Go",
		known,
		wrong,
		python.Unicode,
		unicode.Version,
	)
}

// The expected values are from Python 3.11: several sigmas, and the code points that look like
// others.
func TestLowerAsPython(t *testing.T) {
	for in, want := range map[string]string{
		"ΑΣ ΣΑΣ Σ": "ας σας σ", "ΑΣ.Β": "ασ.β", "ΑΣ. Β": "ας. β",
		"İI": "i̇i", "ẞ": "ß", "ǅ": "ǆ",
		"ΟΔΟΣ\u0387ΑΒ": "οδοσ\u0387αβ", "Α\u0387Σ": "α\u0387ς",
		"ΟΔΟΣ\u00b7ΑΒ": "οδοσ\u00b7αβ", "Α\u00b7\u0387'Σ": "α\u00b7\u0387'ς",
		"\u0387Σ": "\u0387σ", "ΑΣ\u2022Β": "ας\u2022β",
	} {
		if got := lower(in); got != want {
			t.Errorf("lower(%q) = %q, want %q", in, got, want)
		}
		if got := lower(strings.Repeat(in+" ", 3)); got != strings.Repeat(want+" ", 3) {
			t.Errorf("lower(%q) three times is %q", in, got)
		}
	}
}
