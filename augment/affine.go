package augment

import (
	"errors"
	"fmt"
	"math"

	"braid/internal/kernel"
)

// Affine shears, scales, turns and shifts an image around its centre, in this order, each by a
// number that is uniform within its range: what Keras' RandomShear, RandomZoom, RandomRotation and
// RandomTranslation do, with one interpolation. At least one of Rotation, the scales, Shear, ShiftY
// and ShiftX is required.
type Affine struct {
	Rotation float64 `json:"rotation,omitzero"` // largest angle in degrees, to both sides: 0 to 180
	Scale    Range   `json:"scale,omitzero"`    // of the size, such as 0.9 to 1.1; zero means 1
	ScaleY   Range   `json:"scale_y,omitzero"`  // of the height alone, times Scale; zero means 1
	ScaleX   Range   `json:"scale_x,omitzero"`  // of the width alone, times Scale; zero means 1
	Shear    float64 `json:"shear,omitzero"`    // largest angle of the vertical in degrees: 0 to 80
	ShiftY   float64 `json:"shift_y,omitzero"`  // largest shift, as a fraction of the height: 0 to 1
	ShiftX   float64 `json:"shift_x,omitzero"`  // and of the width

	Interpolation Interpolation `json:"interpolation,omitzero"` // of pixels
	Border        Border        `json:"border,omitzero"`        // outside the image
	Value         float64       `json:"value,omitzero"`         // of pixels outside, with Constant
}

// Scales beyond these give no image that is worth training on.
const minScale, maxScale = 1.0 / 16, 16

// Kind is "affine".
func (Affine) Kind() string { return "affine" }

// Bind checks the ranges.
func (a Affine) Bind(images Images) (Func, error) {
	same := true // the size
	for _, s := range []struct {
		name  string
		scale *Range
	}{{"Scale", &a.Scale}, {"ScaleY", &a.ScaleY}, {"ScaleX", &a.ScaleX}} {
		if *s.scale == (Range{}) {
			*s.scale = Range{1, 1}
		}
		if r := *s.scale; !(r.Low >= minScale && r.Low <= r.High && r.High <= maxScale) {
			return nil, fmt.Errorf("%s = %v to %v, want a range within %v to %v", s.name, r.Low, r.High,
				minScale, maxScale)
		}
		same = same && *s.scale == Range{1, 1}
	}
	switch {
	case !(a.Rotation >= 0 && a.Rotation <= 180):
		return nil, fmt.Errorf("Rotation = %v, want 0 to 180 degrees", a.Rotation)
	case !(a.Shear >= 0 && a.Shear <= 80):
		return nil, fmt.Errorf("Shear = %v, want 0 to 80 degrees", a.Shear)
	case !(a.ShiftY >= 0 && a.ShiftY <= 1):
		return nil, fmt.Errorf("ShiftY = %v, want 0 to 1, a fraction of the height", a.ShiftY)
	case !(a.ShiftX >= 0 && a.ShiftX <= 1):
		return nil, fmt.Errorf("ShiftX = %v, want 0 to 1, a fraction of the width", a.ShiftX)
	case !finite(a.Value):
		return nil, fmt.Errorf("Value = %v, want a finite number", a.Value)
	case same && a.Rotation == 0 && a.Shear == 0 && a.ShiftY == 0 && a.ShiftX == 0:
		return nil, errors.New("it changes nothing: set Rotation, Scale, ScaleY, ScaleX, Shear, " +
			"ShiftY or ShiftX")
	}
	if err := interpolations.Check(a.Interpolation); err != nil {
		return nil, fmt.Errorf("Interpolation = %w", err)
	}
	if err := borders.Check(a.Border); err != nil {
		return nil, fmt.Errorf("Border = %w", err)
	}
	return affine{a, images}, nil
}

type affine struct {
	Affine
	images Images
}

// Apply moves the image by a random motion.
func (a affine) Apply(draws Draws, pixels, scratch []float32) {
	a.move(a.draw(draws), pixels, scratch)
}

// move computes each pixel from the position that it comes from.
func (a affine) move(m mapping, pixels, scratch []float32) {
	copy(scratch, pixels)
	from := source{scratch, a.images, a.Border, float32(a.Value)}
	width, channels := a.images.Width, a.images.Channels
	for row := range a.images.Height {
		x := m.x + int64(row)*m.xPerRow
		y := m.y + int64(row)*m.yPerRow
		if channels == 1 && a.Interpolation == Bilinear {
			from.bilinearLine(pixels[row*width:][:width], x, y, m.xPerColumn, m.yPerColumn)
			continue
		}
		for range width {
			if a.Interpolation == Nearest {
				from.nearest(pixels[:channels], x, y)
			} else {
				from.bilinear(pixels[:channels], x, y)
			}
			pixels = pixels[channels:]
			x += m.xPerColumn
			y += m.yPerColumn
		}
	}
}

// mapping gives the position in the source of each pixel of the result, in fixed point: integers
// are multiples of 2^-32, so that their sums are exact.
type mapping struct {
	x, y                   int64 // of the first pixel
	xPerColumn, yPerColumn int64 // added from a column to the next
	xPerRow, yPerRow       int64
}

func fixed(v float64) int64 { return int64(math.Round(v * (1 << 32))) }

// draw returns a random mapping.
func (a affine) draw(draws Draws) mapping {
	return newMapping(a.images, motion{
		turn:   draws.Between(0, -a.Rotation, a.Rotation),
		scale:  draws.Between(1, a.Scale.Low, a.Scale.High),
		shear:  draws.Between(2, -a.Shear, a.Shear),
		shiftY: float64(draws.Between(3, -a.ShiftY, a.ShiftY) * float64(a.images.Height)),
		shiftX: float64(draws.Between(4, -a.ShiftX, a.ShiftX) * float64(a.images.Width)),
		scaleY: draws.Between(5, a.ScaleY.Low, a.ScaleY.High),
		scaleX: draws.Between(6, a.ScaleX.Low, a.ScaleX.High),
	})
}

// motion moves a point p of an image to scale · turn · stretch · shear · p + shift, where turn is
// (cos -sin; sin cos), stretch is (scaleX 0; 0 scaleY), shear is (1 tan; 0 1), x points right and y
// down, from the image's centre. Angles are in degrees, shifts in pixels.
type motion struct{ turn, scale, scaleY, scaleX, shear, shiftY, shiftX float64 }

// newMapping returns the inverse of a motion. The conversions prevent fusing a product with a sum.
func newMapping(images Images, m motion) mapping {
	sin, cos := kernel.Sincos64(m.turn)
	shearSin, shearCos := kernel.Sincos64(m.shear)
	tan := shearSin / shearCos
	sinY, cosY := sin/m.scaleY, cos/m.scaleY
	xx := (cos/m.scaleX + float64(tan*sinY)) / m.scale
	xy := (sin/m.scaleX - float64(tan*cosY)) / m.scale
	yx, yy := -sinY/m.scale, cosY/m.scale
	centreX, centreY := float64(float64(images.Width-1)/2), float64(float64(images.Height-1)/2)
	x, y := centreX+m.shiftX, centreY+m.shiftY
	return mapping{
		x:          fixed(centreX - (float64(xx*x) + float64(xy*y))),
		y:          fixed(centreY - (float64(yx*x) + float64(yy*y))),
		xPerColumn: fixed(xx), yPerColumn: fixed(yx),
		xPerRow: fixed(xy), yPerRow: fixed(yy),
	}
}
