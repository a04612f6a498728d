package picture

import "braid/internal/kinds"

// Fit is how a picture that is not square becomes a square.
type Fit uint8

// The ways to fit. The zero value is Pad.
const (
	Pad     Fit = iota // background is added on two sides
	Stretch            // the longer side is compressed more
	Crop               // the middle is cut out
)

var fits = kinds.Names[Fit]{Noun: "fit", List: []string{
	Pad: "pad", Stretch: "stretch", Crop: "crop",
}}

// String returns the name in configurations.
func (f Fit) String() string { return fits.String(f) }

// MarshalText writes the name.
func (f Fit) MarshalText() ([]byte, error) { return fits.Marshal(f) }

// UnmarshalText reads a name.
func (f *Fit) UnmarshalText(text []byte) error { return fits.Unmarshal(f, text) }

// axis is how the pixels of a row or column become those of the square. Lengths are in pixels of
// the picture. The square's pixels divide a window; the picture begins at offset from its start.
type axis struct {
	length, window, offset int
}

// axes returns the axes of a picture of some width and height, whose orientation swaps the axes or
// reverses them. The offset is rounded down in the upright picture.
func (f Fit) axes(width, height, orientation int) (x, y axis) {
	x, y = axis{length: width, window: width}, axis{length: height, window: height}
	switch f {
	case Pad:
		x.window = max(width, height)
		y.window = x.window
	case Crop:
		x.window = min(width, height)
		y.window = x.window
	}
	_, reversedX, reversedY := turn(orientation)
	x.center(reversedX)
	y.center(reversedY)
	return x, y
}

// center sets the offset. Of an odd number of pixels to add or cut, the larger half is at the end,
// or at the start if the axis is reversed.
func (a *axis) center(reversed bool) {
	rest := a.window - a.length
	a.offset = rest / 2 // towards zero
	if reversed {
		a.offset = rest - a.offset
	}
}

// turn returns how a picture with an orientation is turned upright: whether its stored rows are
// columns of the upright picture, and whether its stored rows and columns are in reverse order.
// The first stored row and column are 1: top, left; 2: top, right; 3: bottom, right; 4: bottom,
// left; 5: left, top; 6: right, top; 7: right, bottom; 8: left, bottom.
func turn(orientation int) (swapped, reversedX, reversedY bool) {
	switch orientation {
	case 2:
		return false, true, false
	case 3:
		return false, true, true
	case 4:
		return false, false, true
	case 5:
		return true, false, false
	case 6:
		return true, false, true
	case 7:
		return true, true, true
	case 8:
		return true, true, false
	}
	return false, false, false
}

// span is the pixels of a picture, first to last, that a pixel of the square covers, and how much
// of the first and last one it covers. A pixel counts as size, and all that a pixel of the square
// covers as window. first > last if it covers none.
type span struct {
	first, last             int
	firstWeight, lastWeight uint64
}

// spans returns the span of each of size pixels.
func (a axis) spans(size int) []span {
	list := make([]span, size)
	for i := range list {
		lo := max(i*a.window, a.offset*size)
		hi := min((i+1)*a.window, (a.offset+a.length)*size)
		if lo >= hi {
			list[i] = span{first: 1}
			continue
		}
		s := span{first: lo/size - a.offset, last: (hi-1)/size - a.offset}
		s.firstWeight = uint64(min(hi, (s.first+a.offset+1)*size) - lo)
		s.lastWeight = uint64(hi - max(lo, (s.last+a.offset)*size))
		list[i] = s
	}
	return list
}

// weight returns how much of a pixel the span covers.
func (s span) weight(pixel, size int) uint64 {
	switch pixel {
	case s.first:
		return s.firstWeight
	case s.last:
		return s.lastWeight
	}
	return uint64(size)
}
