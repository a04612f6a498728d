package picture

import (
	"encoding/hex"
	"fmt"
	"strings"
)

// Colour is red, green and blue. In configurations it is written as #rrggbb.
type Colour [3]uint8

// White is the background unless another is given.
var White = Colour{255, 255, 255}

// String returns the colour as #rrggbb.
func (c Colour) String() string { return "#" + hex.EncodeToString(c[:]) }

// MarshalText writes #rrggbb.
func (c Colour) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// UnmarshalText reads #rrggbb, or one of the words white, black, grey, and auto, which is white.
func (c *Colour) UnmarshalText(text []byte) error {
	switch string(text) {
	case "auto", "white":
		*c = White
		return nil
	case "black":
		*c = Colour{}
		return nil
	case "grey", "gray":
		*c = Colour{128, 128, 128}
		return nil
	}
	digits, ok := strings.CutPrefix(string(text), "#")
	rgb, err := hex.DecodeString(digits)
	if !ok || err != nil || len(rgb) != len(c) {
		return fmt.Errorf("got colour %.20q, want white, black, grey, or red, green and blue as in "+
			"\"#ff8000\"", text)
	}
	copy(c[:], rgb)
	return nil
}

// blend writes the mean colours of a row of pixels on a background. sums has sums of red, green,
// blue and opacity, 16 bits each, over an area of weight whole. What is not opaque, also beyond the
// picture, is background.
func (c Colour) blend(to []uint8, sums []uint64, whole uint64) {
	full := 0xffff * whole
	for i := 0; i < len(to); i += 3 {
		s := sums[i/3*channels:][:channels]
		for k, background := range c {
			// 255 s/full + background (full - opacity)/full, rounded
			to[i+k] = uint8((255*s[k] + uint64(background)*(full-s[3]) + full/2) / full)
		}
	}
}
