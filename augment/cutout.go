package augment

import "fmt"

// Cutout covers a square of an image: DeVries and Taylor, "Improved regularization of convolutional
// neural networks with cutout", 2017. The centre is any pixel, so the square may lie partly
// outside.
type Cutout struct {
	Size  int     `json:"size"`           // side of the square in pixels, 1 or more; required
	Value float64 `json:"value,omitzero"` // of the covered pixels
}

// Kind is "cutout".
func (Cutout) Kind() string { return "cutout" }

// Bind checks size and value.
func (c Cutout) Bind(images Images) (Func, error) {
	if c.Size < 1 || c.Size > maxSide {
		return nil, fmt.Errorf("Size = %d, want 1 to %d", c.Size, maxSide)
	}
	if !finite(c.Value) {
		return nil, fmt.Errorf("Value = %v, want a finite number", c.Value)
	}
	return cutout{c.Size, float32(c.Value), images}, nil
}

type cutout struct {
	size   int
	value  float32
	images Images
}

// Apply covers the square.
func (c cutout) Apply(draws Draws, pixels, scratch []float32) {
	height, width, channels := c.images.Height, c.images.Width, c.images.Channels
	top, left := draws.Below(0, height)-c.size/2, draws.Below(1, width)-c.size/2
	from, to := max(left, 0), min(left+c.size, width)
	for row := max(top, 0); row < min(top+c.size, height); row++ {
		line := pixels[row*width*channels:][:width*channels]
		for i := from * channels; i < to*channels; i++ {
			line[i] = c.value
		}
	}
}
