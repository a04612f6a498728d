package augment

// Contrast multiplies the distance of each pixel from its channel's mean in the image by one random
// number, as Keras' RandomContrast.
type Contrast struct {
	// Factor is the largest change of the distance, up or down, as a fraction of it: above 0, to 1;
	// required.
	Factor float64 `json:"factor"`
	// Values is the range of a pixel's values: results are cut to it. Zero means 0 to 255 for bytes;
	// a column of float32 needs it.
	Values Range `json:"values,omitzero"`
}

// Kind is "contrast".
func (Contrast) Kind() string { return "contrast" }

// Bind checks factor and range.
func (c Contrast) Bind(images Images) (Func, error) {
	if err := checkFactor(c.Factor); err != nil {
		return nil, err
	}
	low, high, err := c.Values.of(images)
	return contrast{c.Factor, low, high, images.Channels}, err
}

type contrast struct {
	factor    float64
	low, high float32
	channels  int
}

// Apply moves the pixels from or to their channel's mean.
func (c contrast) Apply(draws Draws, pixels, scratch []float32) {
	factor := float32(draws.Between(0, 1-c.factor, 1+c.factor))
	for k := range c.channels {
		var sum float64
		for i := k; i < len(pixels); i += c.channels {
			sum += float64(pixels[i])
		}
		mean := float32(sum / float64(len(pixels)/c.channels))
		for i := k; i < len(pixels); i += c.channels {
			v := float32((pixels[i]-mean)*factor) + mean // not fused
			pixels[i] = min(max(v, c.low), c.high)
		}
	}
}
