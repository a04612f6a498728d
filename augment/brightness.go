package augment

import "fmt"

// Brightness adds one random number to all pixels of an image, as Keras' RandomBrightness.
type Brightness struct {
	// Factor is the largest change, up or down, as a fraction of the range of values: above 0, to 1;
	// required.
	Factor float64 `json:"factor"`
	// Values is the range of a pixel's values: results are cut to it. Zero means 0 to 255 for bytes;
	// a column of float32 needs it.
	Values Range `json:"values,omitzero"`
}

// Kind is "brightness".
func (Brightness) Kind() string { return "brightness" }

// Bind checks factor and range.
func (b Brightness) Bind(images Images) (Func, error) {
	if err := checkFactor(b.Factor); err != nil {
		return nil, err
	}
	low, high, err := b.Values.of(images)
	return brightness{b.Factor, low, high}, err
}

func checkFactor(factor float64) error {
	if !(factor > 0 && factor <= 1) {
		return fmt.Errorf("Factor = %v, want above 0, and up to 1", factor)
	}
	return nil
}

type brightness struct {
	factor    float64
	low, high float32
}

// Apply adds a number to the pixels.
func (b brightness) Apply(draws Draws, pixels, scratch []float32) {
	more := float32(draws.Between(0, -b.factor, b.factor) * float64(b.high-b.low))
	for i, v := range pixels {
		pixels[i] = min(max(v+more, b.low), b.high)
	}
}
