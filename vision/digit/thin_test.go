package digit_test

import (
	"image"
	"testing"

	"braid/internal/braidtest"
	"braid/vision"
)

// TestThinAndThick asks the network about the middle lines of MNIST's images, drawn with pens of
// several widths.
func TestThinAndThick(t *testing.T) {
	n := testNet(t)
	const times = 8
	count := braidtest.Cases(100, 200)
	images, labels := n.test.Pixels.Uint8s()[:count*28*28], n.test.Labels.Uint8s()[:count]
	lines := make([][]bool, count)
	for i := range lines {
		lines[i] = enlarged(images[i*28*28:][:28*28], times)
		thin(lines[i], 28*times)
	}
	t.Logf("MNIST: %d of %d right", n.right(t, images, labels), count)
	// With the strokes' own widths it would be 0.81 for 1 pixel, and 0.72 for 48.
	for _, c := range []struct {
		pen   int
		least float64 // share of the images
	}{{1, 0.9}, {2, 0.9}, {8, 0.9}, {16, 0.9}, {32, 0.9}, {48, 0.825}} {
		var pixels []uint8
		for _, line := range lines {
			pixels = append(pixels, seen(t, vision.FromImage(drawn(line, 28*times, c.pen)))...)
		}
		right := n.right(t, pixels, labels)
		const format = "pen of %d in %d pixels: %d of %d right"
		t.Logf(format, c.pen, 28*times, right, count)
		if float64(right) < c.least*float64(count) {
			t.Errorf(format+", want a share of %v or more", c.pen, 28*times, right, count, c.least)
		}
	}
}

// enlarged interpolates an image linearly and returns which pixels are more light than dark.
func enlarged(pixels []uint8, times int) []bool {
	at := func(x, y int) float64 { return float64(pixels[min(y, 27)*28+min(x, 27)]) }
	on := make([]bool, 28*times*28*times)
	for i := range on {
		x := max((float64(i%(28*times))+0.5)/float64(times)-0.5, 0)
		y := max((float64(i/(28*times))+0.5)/float64(times)-0.5, 0)
		left, top := int(x), int(y)
		u, v := x-float64(left), y-float64(top)
		above := at(left, top)*(1-u) + at(left+1, top)*u
		below := at(left, top+1)*(1-u) + at(left+1, top+1)*u
		on[i] = above*(1-v)+below*v > 127
	}
	return on
}

// thin reduces strokes to lines of one pixel: T. Y. Zhang and C. Y. Suen, "A fast parallel
// algorithm for thinning digital patterns".
func thin(on []bool, width int) {
	for changed := true; changed; {
		changed = false
		for step := range 2 {
			var drop []int
			for i := width + 1; i < len(on)-width-1; i++ {
				if !on[i] {
					continue
				}
				above, below := on[i-width-1:][:3], on[i+width-1:][:3]
				p := [9]bool{ // clockwise from the pixel above, twice
					above[1], above[2], on[i+1], below[2], below[1], below[0], on[i-1], above[0],
					above[1],
				}
				near, turns := 0, 0
				for k := range 8 {
					if p[k] {
						near++
					} else if p[k+1] {
						turns++
					}
				}
				a, b := p[0] && p[2] && p[4], p[2] && p[4] && p[6]
				if step == 1 {
					a, b = p[0] && p[2] && p[6], p[0] && p[4] && p[6]
				}
				if near >= 2 && near <= 6 && turns == 1 && !a && !b {
					drop = append(drop, i)
				}
			}
			for _, i := range drop {
				on[i], changed = false, true
			}
		}
	}
}

// drawn draws lines with a round pen, dark on light. The image has a margin for the pen.
func drawn(on []bool, width, pen int) *image.Gray {
	side := width + 2*pen
	img := image.NewGray(image.Rect(0, 0, side, side))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for i, on := range on {
		if !on {
			continue
		}
		for y := range pen {
			for x := range pen {
				dx, dy := 2*x+1-pen, 2*y+1-pen
				if dx*dx+dy*dy <= pen*pen {
					img.Pix[(i/width+pen/2+y)*side+i%width+pen/2+x] = 0
				}
			}
		}
	}
	return img
}
