package picture

import (
	"image"
	"image/color"
)

// channels is the numbers of a pixel in a row: red, green, blue and opacity. The colours are
// multiplied with the opacity. All are 16 bits.
const channels = 4

// reader returns a function that fills a row with the pixels of an image from bounds.Min.X on.
// There is a faster one for each type of image that is frequent.
func reader(img image.Image) func(row []uint16, y int) {
	bounds := img.Bounds()
	switch img := img.(type) {
	case *image.YCbCr:
		return func(row []uint16, y int) {
			for i, x := 0, bounds.Min.X; i < len(row); i, x = i+channels, x+1 {
				c := img.COffset(x, y)
				r, g, b := color.YCbCrToRGB(img.Y[img.YOffset(x, y)], img.Cb[c], img.Cr[c])
				set(row[i:], r, g, b)
			}
		}
	case *image.Gray:
		return func(row []uint16, y int) {
			from := img.Pix[img.PixOffset(bounds.Min.X, y):]
			for i := 0; i < len(row); i += channels {
				v := from[i/channels]
				set(row[i:], v, v, v)
			}
		}
	case *image.RGBA:
		return func(row []uint16, y int) {
			from := img.Pix[img.PixOffset(bounds.Min.X, y):][:len(row)]
			for i, v := range from {
				row[i] = uint16(v) * 0x101
			}
		}
	case *image.NRGBA:
		return func(row []uint16, y int) {
			from := img.Pix[img.PixOffset(bounds.Min.X, y):][:len(row)]
			for i := 0; i < len(row); i += channels {
				alpha := uint32(from[i+3])
				for k := range 3 {
					row[i+k] = uint16(uint32(from[i+k]) * 0x101 * alpha / 0xff)
				}
				row[i+3] = uint16(alpha * 0x101)
			}
		}
	case *image.Paletted:
		return palettedReader(img)
	case image.RGBA64Image:
		return func(row []uint16, y int) {
			for i, x := 0, bounds.Min.X; i < len(row); i, x = i+channels, x+1 {
				c := img.RGBA64At(x, y)
				row[i], row[i+1], row[i+2], row[i+3] = c.R, c.G, c.B, c.A
			}
		}
	}
	return func(row []uint16, y int) {
		for i, x := 0, bounds.Min.X; i < len(row); i, x = i+channels, x+1 {
			setColor(row[i:], img.At(x, y))
		}
	}
}

// palettedReader converts the palette once. A number that is not in the palette is transparent.
func palettedReader(img *image.Paletted) func(row []uint16, y int) {
	var palette [256][channels]uint16
	for i, c := range img.Palette[:min(len(img.Palette), 256)] {
		setColor(palette[i][:], c)
	}
	return func(row []uint16, y int) {
		from := img.Pix[img.PixOffset(img.Rect.Min.X, y):]
		for i := 0; i < len(row); i += channels {
			copy(row[i:], palette[from[i/channels]][:])
		}
	}
}

// set sets an opaque pixel of 8 bits.
func set(pixel []uint16, r, g, b uint8) {
	_ = pixel[3]
	pixel[0], pixel[1], pixel[2] = uint16(r)*0x101, uint16(g)*0x101, uint16(b)*0x101
	pixel[3] = 0xffff
}

func setColor(pixel []uint16, c color.Color) {
	r, g, b, a := c.RGBA()
	pixel[0], pixel[1], pixel[2], pixel[3] = uint16(r), uint16(g), uint16(b), uint16(a)
}
