package augment

import (
	"fmt"

	"braid/internal/kinds"
)

// Flip mirrors an image in one direction or both, each with a probability of one half, as Keras'
// RandomFlip.
type Flip struct {
	Mode FlipMode `json:"mode,omitzero"`
}

// FlipMode is the directions that Flip mirrors.
type FlipMode uint8

// The directions. The zero value is Keras' default.
const (
	HorizontalAndVertical FlipMode = iota
	Horizontal                     // left and right
	Vertical                       // up and down
)

var flipModes = kinds.Names[FlipMode]{Noun: "mode", List: []string{
	HorizontalAndVertical: "horizontal_and_vertical", Horizontal: "horizontal", Vertical: "vertical",
}}

// String returns the name in configurations.
func (m FlipMode) String() string { return flipModes.String(m) }

// MarshalText writes the name.
func (m FlipMode) MarshalText() ([]byte, error) { return flipModes.Marshal(m) }

// UnmarshalText reads a name.
func (m *FlipMode) UnmarshalText(text []byte) error { return flipModes.Unmarshal(m, text) }

// Kind is "flip".
func (Flip) Kind() string { return "flip" }

// Bind checks the mode.
func (f Flip) Bind(images Images) (Func, error) {
	if err := flipModes.Check(f.Mode); err != nil {
		return nil, fmt.Errorf("Mode = %w", err)
	}
	return flip{f.Mode, images}, nil
}

type flip struct {
	mode   FlipMode
	images Images
}

// Apply mirrors the image in place.
func (f flip) Apply(draws Draws, pixels, scratch []float32) {
	width, channels := f.images.Width, f.images.Channels
	line := width * channels
	if f.mode != Vertical && draws.Below(0, 2) == 1 {
		for row := range f.images.Height {
			pixels := pixels[row*line:][:line]
			for left, right := 0, width-1; left < right; left, right = left+1, right-1 {
				exchange(pixels[left*channels:][:channels], pixels[right*channels:][:channels])
			}
		}
	}
	if f.mode != Horizontal && draws.Below(1, 2) == 1 {
		for up, down := 0, f.images.Height-1; up < down; up, down = up+1, down-1 {
			exchange(pixels[up*line:][:line], pixels[down*line:][:line])
		}
	}
}

func exchange(a, b []float32) {
	for i := range a {
		a[i], b[i] = b[i], a[i]
	}
}
