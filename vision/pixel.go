package vision

import "image"

// spanPixels is the number of pixels that are read at a time, because rows may be long.
const spanPixels = 1024

// span holds consecutive pixels of a row: light is the brightness multiplied with the opacity,
// cover the opacity.
type span struct{ light, cover [spanPixels]float32 }

// reader returns a function that reads n pixels of row y from x on. It is fast for the types that
// image/png and image/jpeg decode to most often.
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
				c := img.RGBA64At(x+i, y) // At would allocate an interface
				s.light[i], s.cover[i] = weighted(c.RGBA())
			}
		}
	}
	return func(s *span, x, y, n int) {
		for i := range n {
			s.light[i], s.cover[i] = weighted(img.At(x+i, y).RGBA())
		}
	}
}

// The weights of ITU-R BT.601 times 65536, as in color.GrayModel. Their sum is 65536, so that the
// brightness of a grey is its value.
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

// rgba reads four bytes a pixel. Straight colours are not yet multiplied with the opacity.
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

// weighted returns the brightness and the opacity of a colour that is multiplied with its opacity.
func weighted(r, g, b, a uint32) (light, cover float32) {
	sum := red*uint64(r) + green*uint64(g) + blue*uint64(b)
	return float32(sum) / (whole * 65535), float32(a) / 65535
}
