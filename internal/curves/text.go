package curves

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// sans is the font's variant: the one that screens show best.
const sans = "Sans"

// plain is how a drawing's texts look.
func plain() text.Style {
	style := plot.New().Legend.TextStyle
	style.Font.Variant = sans
	style.Font.Size = 11
	return style
}

// withFallback names fonts for machines that do not have ours, with the same widths where there are
// any: otherwise browsers take one with serifs.
func withFallback(svg []byte) []byte {
	return bytes.ReplaceAll(svg, []byte(`font-family:Liberation Sans;`),
		[]byte(`font-family:Liberation Sans,Arial,Helvetica,sans-serif;`))
}

// clean makes name one line of characters that XML allows.
func clean(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r):
			return ' '
		case r == 0xfffe || r == 0xffff:
			return utf8.RuneError
		}
		return r // RuneError where it is not UTF-8
	}, name)
}

// fit cuts name where it is wider than width.
func fit(name string, style text.Style, width vg.Length) string {
	if style.Width(name) <= width {
		return name
	}
	letters := []rune(name)
	for len(letters) > 0 && style.Width(string(letters)+"…") > width {
		letters = letters[:len(letters)-1]
	}
	return string(letters) + "…"
}
