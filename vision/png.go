package vision

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
)

// pngBytes bounds what image/png allocates: the pixels in the type of their colour model, and two rows
// as they are in the file. A chunk tRNS adds an opacity to each pixel. An interlaced image is read as
// seven smaller ones, together as large as the whole.
func pngBytes(c image.Config, content []byte) int64 {
	pixel := int64(4)
	if _, ok := c.ColorModel.(color.Palette); ok {
		pixel = 1
	} else {
		opacity := bytes.Contains(content, []byte("tRNS"))
		switch c.ColorModel {
		case color.GrayModel:
			pixel = 1
		case color.Gray16Model:
			pixel = 2
		case color.RGBA64Model, color.NRGBA64Model:
			pixel, opacity = 8, false
		default:
			opacity = false
		}
		if opacity {
			pixel *= 4
		}
	}
	if at := len(pngHeader) + 20; len(content) > at && content[at] != 0 { // the last field of IHDR
		pixel *= 2
	}
	width, height := int64(c.Width), int64(c.Height)
	if width*height > math.MaxInt64/16-2*width { // image/png itself allows up to 2^60 pixels
		return math.MaxInt64
	}
	return pixel*width*(height+2) + 2
}

// PNG encodes grey bytes [height, width] as a PNG.
func PNG(pixels []uint8, height, width int) ([]byte, error) {
	if height < 1 || width < 1 || len(pixels)/width != height || len(pixels)%width != 0 {
		return nil, fmt.Errorf("vision: PNG: got %d pixels, want %d rows of %d", len(pixels), height, width)
	}
	var out bytes.Buffer
	err := png.Encode(&out, &image.Gray{Pix: pixels, Stride: width, Rect: image.Rect(0, 0, width, height)})
	return out.Bytes(), err
}
