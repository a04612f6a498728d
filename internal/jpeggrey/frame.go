package jpeggrey

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// frame is a JPEG's frame header, with the layout of its planes.
type frame struct {
	progressive   bool
	width, height int
	components    []component
	unitWidth     int // pixels of a unit (MCU), of which an interleaved scan consists
	unitHeight    int
	unitsAcross   int
	unitsDown     int
	side          int  // of the squares of pixels that become a pixel of the reduced image
	columns, rows int  // of the reduced image
	flat          bool // only the means of blocks are decoded: a reduced pixel is as large
}

// component is a plane of the image, such as luminance.
type component struct {
	id, quantum  byte
	across, down int // blocks in a unit
	columns      int // blocks that have pixels, in a row
	rows         int
	stride       int         // blocks in a row of units
	plane        *plane      // nil if brightness does not depend on it
	done         bool        // the scan of a sequential image was decoded
	scale        [64]float32 // quantization with the IDCT's factors, in zigzag order
	scaled       bool

	// Progressive images only.
	coefficients []int16  // [blocks, perBlock], in zigzag order
	perBlock     int      // 64, or 1 if the frame is flat
	ends         []uint8  // by block: the index after its last coefficient that is not 0
	visits       int      // number of scans that contained it
	lowest       [64]int8 // by coefficient: the lowest bit that was sent
}

const unsent = -1

// readFrame reads a frame header.
func readFrame(marker byte, s []byte) (frame, error) {
	if len(s) < 6 || len(s) != 6+3*int(s[5]) {
		return frame{}, errors.New("its frame header is wrong")
	}
	f := frame{
		progressive: marker == markerSOF2,
		height:      int(binary.BigEndian.Uint16(s[1:])),
		width:       int(binary.BigEndian.Uint16(s[3:])),
	}
	switch n := len(s)/3 - 2; {
	case s[0] != 8:
		return frame{}, fmt.Errorf("its samples have %d bits, want 8", s[0])
	case f.width == 0 || f.height == 0:
		return frame{}, fmt.Errorf("its size is %d x %d", f.width, f.height)
	case n != 1 && n != 3 && n != 4:
		return frame{}, fmt.Errorf("it has %d components, want 1, 3 or 4", n)
	}
	for s = s[6:]; len(s) > 0; s = s[3:] {
		c := component{id: s[0], across: int(s[1] >> 4), down: int(s[1] & 15), quantum: s[2]}
		if c.across < 1 || c.across > 4 || c.down < 1 || c.down > 4 || c.quantum > 3 {
			return frame{}, fmt.Errorf("its component %d is wrong", c.id)
		}
		for _, other := range f.components {
			if other.id == c.id {
				return frame{}, fmt.Errorf("it has two components %d", c.id)
			}
		}
		f.components = append(f.components, c)
		f.unitWidth, f.unitHeight = max(f.unitWidth, 8*c.across), max(f.unitHeight, 8*c.down)
	}
	if len(f.components) == 1 { // whose unit is a block, whatever it says
		f.components[0].across, f.components[0].down = 1, 1
		f.unitWidth, f.unitHeight = 8, 8
	}
	return f, nil
}

// layOut computes the sizes of planes and selects those that brightness depends on.
func (j *Decoder) layOut(longest int) {
	f := &j.frame
	f.side = ceil(max(f.width, f.height), longest)
	f.columns, f.rows = ceil(f.width, f.side), ceil(f.height, f.side)
	f.unitsAcross, f.unitsDown = ceil(f.width, f.unitWidth), ceil(f.height, f.unitHeight)
	f.flat = f.side > 6
	for i := range f.components {
		c := &f.components[i]
		c.columns = ceil(ceil(f.width*8*c.across, f.unitWidth), 8)
		c.rows = ceil(ceil(f.height*8*c.down, f.unitHeight), 8)
		c.stride = f.unitsAcross * c.across
		for k := range c.lowest {
			c.lowest[k] = unsent
		}
	}
	for _, i := range j.colours() {
		c := &f.components[i]
		c.plane = &plane{
			width: f.width, height: f.height, side: f.side, columns: f.columns,
			across: 8 * c.across, down: 8 * c.down, unitWidth: f.unitWidth, unitHeight: f.unitHeight,
		}
	}
}

func ceil(n, by int) int { return (n + by - 1) / by }

// Size returns the size of the stored image, which EXIF may turn.
func (j *Decoder) Size() (width, height int) { return j.width, j.height }

// EXIF returns the TIFF header in the first EXIF segment, or nil.
func (j *Decoder) EXIF() []byte { return j.exif }

// Memory returns an upper bound of the bytes that Decode allocates: the reduced planes, and the
// coefficients of a progressive image.
func (j *Decoder) Memory() int64 {
	var planes, coefficients int64
	for i := range j.components {
		if c := &j.components[i]; c.plane != nil {
			planes++
			coefficients += 2 * int64(c.stride) * int64(j.unitsDown) * int64(c.down)
		}
	}
	need := planes*4*int64(j.columns)*int64(j.rows) + tables
	switch {
	case j.progressive && j.flat:
		need += coefficients
	case j.progressive:
		need += 65 * coefficients // and ends
	}
	return need
}

// Work returns an upper bound of Decode's work, in bytes. It counts a byte for each pixel of a
// plane, and two if its samples are spread over several pixels, or if the image is progressive and
// so has several scans.
func (j *Decoder) Work() int64 {
	pixels, work := int64(j.width)*int64(j.height), int64(0)
	for i := range j.components {
		if c := &j.components[i]; c.plane != nil {
			work += pixels
			if !c.plane.even() {
				work += pixels
			}
		}
	}
	if j.progressive {
		work *= 2
	}
	return work
}

// tables is an upper bound of the bytes of a decoder's tables.
const tables = 64 << 10

// allocate makes the planes and coefficients.
func (j *Decoder) allocate() {
	for i := range j.components {
		c := &j.components[i]
		if c.plane == nil {
			continue
		}
		c.plane.sums = make([]float32, j.columns*j.rows)
		if !j.progressive {
			continue
		}
		blocks := c.stride * j.unitsDown * c.down
		c.perBlock = 1
		if !j.flat {
			c.perBlock, c.ends = 64, make([]uint8, blocks)
		}
		c.coefficients = make([]int16, blocks*c.perBlock)
	}
}

// colours returns the components that brightness depends on: the luminance of grey and YCbCr, all
// three of RGB, all four of CMYK, luminance and black of YCCK. It determines the colour space as
// libjpeg does.
func (j *Decoder) colours() []int {
	switch {
	case len(j.components) == 3 && j.isRGB():
		return []int{0, 1, 2}
	case len(j.components) == 4 && j.adobe > 0:
		return []int{0, 3}
	case len(j.components) == 4:
		return []int{0, 1, 2, 3}
	}
	return []int{0}
}

func (j *Decoder) isRGB() bool {
	c := j.components
	switch {
	case j.jfif:
		return false
	case j.adobe >= 0:
		return j.adobe == 0
	}
	return c[0].id == 'R' && c[1].id == 'G' && c[2].id == 'B'
}

// The weights of ITU-R BT.601 times 65536, as in color.GrayModel.
const red, green, blue, whole = 19595, 38470, 7471, 65536

// grey combines the planes. CMYK is stored inverted, as by Adobe: 255 is no ink, so brightness is
// the product of the colours' brightness and black. YCCK is the YCbCr of colours that are not
// inverted.
func (j *Decoder) grey() []float32 {
	c := j.components
	grey := c[0].plane.means()
	switch len(j.colours()) {
	case 2:
		for i, k := range c[3].plane.means() {
			grey[i] = (1 - grey[i]) * k
		}
	case 3, 4:
		greens, blues := c[1].plane.means(), c[2].plane.means()
		for i, r := range grey {
			grey[i] = (float32(red*r) + float32(green*greens[i]) + float32(blue*blues[i])) / whole
		}
		if len(c) == 4 {
			for i, k := range c[3].plane.means() {
				grey[i] *= k
			}
		}
	}
	return grey
}
