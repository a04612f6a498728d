package plot

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// sans selects the sans-serif variant of the font.
const sans = "Sans"

// withFallback adds fonts of the same widths, for machines without Liberation Sans: a browser
// would take its default, which has serifs.
func withFallback(svg []byte) []byte {
	return bytes.ReplaceAll(svg, []byte(`font-family:Liberation Sans;`),
		[]byte(`font-family:Liberation Sans,Arial,Helvetica,sans-serif;`))
}

// clean returns name as one line of characters that XML allows.
func clean(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case r == 0xfffe || r == 0xffff:
			return utf8.RuneError
		}
		return r // RuneError for invalid UTF-8
	}, name)
}

// cut returns name, shortened to width with an ellipsis if it is wider.
func cut(name string, style text.Style, width vg.Length) string {
	if style.Width(name) <= width {
		return name
	}
	letters := []rune(name)
	for len(letters) > 0 && style.Width(string(letters)+"…") > width {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "…"
}
