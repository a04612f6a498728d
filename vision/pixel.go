package vision

import "image"

// spanPixels is how many pixels are read at a time: rows may be long.
const spanPixels = 1024

// span is a piece of a row: each pixel's brightness, multiplied with its opacity, and its opacity.
type span struct{ light, cover [spanPixels]float32 }

// reader returns the function that reads n pixels from x on in row y: a fast one for the types that
// image/png and image/jpeg decode into most often.
func reader(img image.Image) func(s *span, x, y, n int) {
	switch img := img.(type) {
	case *image.Gray:
		return func(s *span, x, y, n int) { s.opaque(img.Pix[img.PixOffset(x, y):][:n]) }
	case *image.YCbCr:
		return func(s *span, x, y, n int) { s.opaque(img.Y[img.YOffset(x, y):][:n]) }
	case *image.RGBA:
		return func(s *span, x, y, n int) { s.rgba(img.Pix[img.PixOffset(x, y):][:4*n], false) }
	case *image.NRGBA:
		return func(s *span, x, y, n int) { s.rgba(img.Pix[img.PixOffset(x, y):][:4*n], true) }
	case image.RGBA64Image:
		return func(s *span, x, y, n int) {
			for i := range n {
				c := img.RGBA64At(x+i, y) // as an interface it would be allocated
				s.light[i], s.cover[i] = weighted(uint32(c.R), uint32(c.G), uint32(c.B), uint32(c.A))
			}
		}
	}
	return func(s *span, x, y, n int) {
		for i := range n {
			s.light[i], s.cover[i] = weighted(img.At(x+i, y).RGBA())
		}
	}
}

// The weights of ITU-R BT.601 in parts of 65536, as color.GrayModel has them. That they sum to 65536
// makes a grey's brightness its own value.
const red, green, blue, whole = 19595, 38470, 7471, 65536

func (s *span) opaque(values []uint8) {
	for i, v := range values {
		s.light[i], s.cover[i] = bytesLight[v], 1
	}
}

var bytesLight = func() (table [256]float32) {
	for i := range table {
		table[i] = float32(i) / 255
	}
	return table
}()

// rgba reads four bytes a pixel; straight colours are to be multiplied with the opacity.
func (s *span) rgba(values []uint8, straight bool) {
	for i := 0; len(values) >= 4; i++ {
		p := values[:4]
		values = values[4:]
		light := float32(red*uint32(p[0])+green*uint32(p[1])+blue*uint32(p[2])) / (whole * 255)
		cover := bytesLight[p[3]]
		if straight {
			light *= cover
		}
		s.light[i], s.cover[i] = light, cover
	}
}

// rgb reads three bytes a pixel.
func (s *span) rgb(values []uint8) {
	for i := 0; len(values) >= 3; i++ {
		p := values[:3]
		values = values[3:]
		s.light[i] = float32(red*uint32(p[0])+green*uint32(p[1])+blue*uint32(p[2])) / (whole * 255)
		s.cover[i] = 1
	}
}

// greyAlpha reads two bytes a pixel, grey and opacity.
func (s *span) greyAlpha(values []uint8) {
	for i := 0; len(values) >= 2; i++ {
		cover := bytesLight[values[1]]
		s.light[i], s.cover[i] = bytesLight[values[0]]*cover, cover
		values = values[2:]
	}
}

// weighted is the brightness of a colour that is multiplied with its opacity, and its opacity.
func weighted(r, g, b, a uint32) (light, cover float32) {
	sum := red*uint64(r) + green*uint64(g) + blue*uint64(b)
	return float32(sum) / (whole * 65535), float32(a) / 65535
}
