package augment

import "fmt"

// Crop adds a border to all four sides of an image and cuts out a part of the image's size at
// random: it shifts the image by whole pixels, up to Padding in each direction.
type Crop struct {
	Padding int     `json:"padding"` // width of the border in pixels, 1 or more; required
	Border  Border  `json:"border,omitzero"`
	Value   float64 `json:"value,omitzero"` // of the border's pixels, with Constant
}

// Kind is "crop".
func (Crop) Kind() string { return "crop" }

// Bind checks the border.
func (c Crop) Bind(images Images) (Func, error) {
	if c.Padding < 1 || c.Padding > maxSide {
		return nil, fmt.Errorf("Padding = %d, want 1 to %d", c.Padding, maxSide)
	}
	if err := borders.Check(c.Border); err != nil {
		return nil, fmt.Errorf("Border = %w", err)
	}
	if !finite(c.Value) {
		return nil, fmt.Errorf("Value = %v, want a finite number", c.Value)
	}
	return crop{c, images}, nil
}

type crop struct {
	Crop
	images Images
}

// Apply shifts the image.
func (c crop) Apply(draws Draws, pixels, scratch []float32) {
	copy(scratch, pixels)
	from := source{scratch, c.images, c.Border, float32(c.Value)}
	down, right := draws.Below(0, 2*c.Padding+1)-c.Padding, draws.Below(1, 2*c.Padding+1)-c.Padding
	i := 0
	for row := range c.images.Height {
		for column := range c.images.Width {
			for k := range c.images.Channels {
				pixels[i] = from.pixel(column+right, row+down, k)
				i++
			}
		}
	}
}
