package augment

// source is an image that is read at positions between its pixels.
type source struct {
	pixels []float32
	Images
	border Border
	value  float32
}

// pixel returns channel k of the pixel in a column and a row, which may lie outside.
func (s *source) pixel(x, y, k int) float32 {
	if s.border == Edge {
		x, y = min(max(x, 0), s.Width-1), min(max(y, 0), s.Height-1)
	} else if uint(x) >= uint(s.Width) || uint(y) >= uint(s.Height) {
		return s.value
	}
	return s.pixels[(y*s.Width+x)*s.Channels+k]
}

// nearest sets to to the channels of the pixel nearest to (x, y), in fixed point.
func (s *source) nearest(to []float32, x, y int64) {
	column, row := int((x+1<<31)>>32), int((y+1<<31)>>32)
	for k := range to {
		to[k] = s.pixel(column, row, k)
	}
}

// bilinear sets to to the channels at (x, y), in fixed point.
func (s *source) bilinear(to []float32, x, y int64) {
	column, row := int(x>>32), int(y>>32)
	right, down := fraction(x), fraction(y)
	n := s.Channels
	if uint(column) < uint(s.Width-1) && uint(row) < uint(s.Height-1) {
		at := (row*s.Width + column) * n
		upper, lower := s.pixels[at:at+2*n], s.pixels[at+s.Width*n:][:2*n]
		for k := range to {
			to[k] = between(between(upper[k], upper[n+k], right),
				between(lower[k], lower[n+k], right), down)
		}
		return
	}
	for k := range to {
		to[k] = between(
			between(s.pixel(column, row, k), s.pixel(column+1, row, k), right),
			between(s.pixel(column, row+1, k), s.pixel(column+1, row+1, k), right), down)
	}
}

// bilinearLine sets to to the only channel at (x, y), (x+dx, y+dy) and so on. It computes what
// bilinear does.
func (s *source) bilinearLine(to []float32, x, y, dx, dy int64) {
	pixels, width := s.pixels, s.Width
	lastColumn, lastRow := uint(s.Width-1), uint(s.Height-1)
	for i := range to {
		column, row := int(x>>32), int(y>>32)
		if uint(column) < lastColumn && uint(row) < lastRow {
			at := row*width + column
			upper, lower := pixels[at:][:2], pixels[at+width:][:2]
			right, down := fraction(x), fraction(y)
			to[i] = between(between(upper[0], upper[1], right), between(lower[0], lower[1], right), down)
		} else {
			s.bilinear(to[i:i+1], x, y)
		}
		x += dx
		y += dy
	}
}

// fraction returns the 24 first bits behind the point.
func fraction(x int64) float32 { return float32(uint32(x)>>8) * (1.0 / (1 << 24)) }

// between returns the number at the fraction f of the way from a to b. The conversion prevents
// fusing.
func between(a, b, f float32) float32 { return a + float32(f*(b-a)) }
