// Package augment changes the images of a training batch at random: they are turned, shifted,
// flipped, cropped, made brighter or partly covered. A network that sees each image in many forms
// learns what they have in common.
//
// A List is applied in its order to each image that a batch gathers; see train.Plan.Augment.
// Validation and prediction use the images as they are. Pixels are changed in the units of the
// column, for bytes 0 to 255, before they are standardized.
//
// The random numbers of an image depend on the seed, the name of the input, the training step and
// the example. All arithmetic is by single operations with a fixed rounding, sine and cosine
// included. The bytes are therefore the same for any number of workers and on every machine.
package augment

import (
	"fmt"

	"braid/op"
	"braid/tensor"
)

// Augment is the configuration of one random change of an image. Any package may define one.
type Augment interface {
	// Kind is its name in configurations.
	Kind() string
	// Bind checks the configuration for images and returns the function that changes one.
	Bind(images Images) (Func, error)
}

// Func changes one image at random. Goroutines may call it at once for different images.
type Func interface {
	// Apply changes pixels, [height, width, channels] row by row. scratch has the same length, and
	// any content.
	Apply(draws Draws, pixels, scratch []float32)
}

// Images describes the images of a column.
type Images struct {
	Height, Width, Channels int
	DType                   tensor.DType // Uint8: pixels from 0 to 255; Float32: any
}

// size returns the number of an image's pixels times channels.
func (i Images) size() int { return i.Height * i.Width * i.Channels }

// maxSide is the largest height and width of an image: its coordinates fit in fixed point.
const maxSide = 1 << 15

// newImages returns the description of the images of a column with rows of some shape.
func newImages(dtype tensor.DType, shape tensor.Shape) (Images, error) {
	i := Images{DType: dtype, Channels: 1}
	if len(shape) != 2 && len(shape) != 3 || dtype != tensor.Uint8 && dtype != tensor.Float32 {
		return i, fmt.Errorf("it is %s of shape %v, want images: uint8 or float32 of shape [height, "+
			"width] or [height, width, channels]", dtype, shape)
	}
	i.Height, i.Width = shape[0], shape[1]
	if len(shape) == 3 {
		i.Channels = shape[2]
	}
	if i.Height > maxSide || i.Width > maxSide {
		return i, fmt.Errorf("its images are %d high and %d wide, want at most %d", i.Height, i.Width,
			maxSide)
	}
	return i, nil
}

// Draws are the random numbers of one member of a list for one image, read by index: the same index
// gives the same number.
type Draws struct {
	draws op.Draws
	first uint64
}

// Bits returns number i as 64 random bits.
func (d Draws) Bits(i uint64) uint64 { return d.draws.Bits(d.first + i) }

// Unit returns number i, uniform in [0, 1).
func (d Draws) Unit(i uint64) float32 { return d.draws.Unit(d.first + i) }

// Normal returns number i of the normal distribution with mean 0 and standard deviation 1.
func (d Draws) Normal(i uint64) float32 { return d.draws.Normal(d.first + i) }

// Below returns number i, uniform among 0 to n-1.
func (d Draws) Below(i uint64, n int) int { return int(d.Bits(i) >> 32 * uint64(n) >> 32) }

// Between returns number i, uniform in [low, high).
func (d Draws) Between(i uint64, low, high float64) float64 {
	return low + float64((high-low)*float64(d.Unit(i)))
}

// Range is a range of numbers.
type Range struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// of returns the range as a column's lowest and highest pixel. The zero range means 0 to 255 for
// bytes; a column of float32 has no such default.
func (r Range) of(images Images) (low, high float32, err error) {
	if r == (Range{}) && images.DType == tensor.Uint8 {
		return 0, 255, nil
	}
	if !(r.Low < r.High) || !finite(r.Low) || !finite(r.High) {
		return 0, 0, fmt.Errorf("Values = %v to %v, want the lowest and the highest value of a pixel of "+
			"the column, which is %s", r.Low, r.High, images.DType)
	}
	return float32(r.Low), float32(r.High), nil
}

// finite reports whether x is a number that float32 can hold.
func finite(x float64) bool { y := float32(x); return y-y == 0 }
