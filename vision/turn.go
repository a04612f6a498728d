package vision

// turned returns an image upright that was stored with an orientation. The first stored row and
// column are 1: top, left; 2: top, right; 3: bottom, right; 4: bottom, left; 5: left, top; 6:
// right, top; 7: right, bottom; 8: left, bottom.
func (g *Grey) turned(orientation int) *Grey {
	if orientation == 1 {
		return g
	}
	to := &Grey{Width: g.Width, Height: g.Height, Pixels: make([]float32, len(g.Pixels))}
	if orientation >= 5 {
		to.Width, to.Height = g.Height, g.Width
	}
	for row := range g.Height {
		for column, v := range g.Pixels[row*g.Width:][:g.Width] {
			x, y := column, row
			if orientation >= 5 {
				x, y = row, column
			}
			switch orientation {
			case 2, 6:
				x = to.Width - 1 - x
			case 3, 7:
				x, y = to.Width-1-x, to.Height-1-y
			case 4, 8:
				y = to.Height - 1 - y
			}
			to.Pixels[y*to.Width+x] = v
		}
	}
	return to
}
