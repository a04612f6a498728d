package digit_test

import (
	"fmt"
	"image/color"
	"maps"
	"slices"
	"testing"

	"braid/internal/braidtest"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gobolditalic"
	"golang.org/x/image/font/gofont/goitalic"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/gomonobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/inconsolata"
)

// fonts are drawn at all sizes. All have a bar in their 0, unlike MNIST's, so that a network may
// take it for an 8: one digit in ten is lost.
var fonts = map[string][]byte{
	"regular": goregular.TTF, "medium": gomedium.TTF, "bold": gobold.TTF, "italic": goitalic.TTF,
	"bold italic": gobolditalic.TTF, "mono": gomono.TTF, "mono bold": gomonobold.TTF,
}

// bitmaps are fonts of one size.
var bitmaps = map[string]font.Face{
	"basic 7x13": basicfont.Face7x13, "inconsolata 8x16": inconsolata.Regular8x16,
	"inconsolata bold": inconsolata.Bold8x16,
}

// TestFonts asks the network about printed digits, which MNIST does not have.
func TestFonts(t *testing.T) {
	n := testNet(t)
	const least, leastFont = 0.85, 0.7 // measured: 0.90, and 0.81 for the worst scalable font
	right, all := tally{}, tally{}
	count := func(f font.Face, name string, size int) {
		for digit := range 10 {
			ink, paper := color.Black, color.White
			if (digit+size)%2 == 1 {
				ink, paper = paper, ink
			}
			img := written(f, digit, ink, paper)
			for format, content := range map[string][]byte{
				"PNG":     braidtest.PNG(t, img),
				"JPEG 75": braidtest.JPEG(t, img, 75),
			} {
				found := n.digits(t, seen(t, decoded(t, content)))[0]
				for _, group := range []string{
					"all", "font " + name, "format " + format,
					fmt.Sprint("digit ", digit), fmt.Sprintf("size %3d", size),
				} {
					all[group]++
					if found == digit {
						right[group]++
					}
				}
			}
		}
	}
	sizes := braidtest.Cases([]int{14, 33, 120}, []int{14, 20, 33, 60, 120, 300})
	for name, ttf := range fonts {
		for _, size := range sizes {
			count(face(t, ttf, float64(size)), name, size)
		}
	}
	for name, f := range bitmaps {
		count(f, name, f.Metrics().Height.Round())
	}
	for _, group := range slices.Sorted(maps.Keys(all)) {
		t.Logf("%-24s %5.1f %% of %d", group, 100*right[group]/all[group], int(all[group]))
	}
	for name := range fonts {
		if share := right["font "+name] / all["font "+name]; share < leastFont {
			t.Errorf("%s: %.2f of the digits are right, want %.2f or more", name, share, leastFont)
		}
	}
	if share := right["all"] / all["all"]; share < least {
		t.Errorf("%.2f of the digits are right, want %.2f or more", share, least)
	}
}

// tally holds counts by group.
type tally map[string]float64
