package digit_test

import (
	"bytes"
	"errors"
	"image"
	"image/color"
	"math/rand/v2"
	"testing"

	"braid/internal/braidtest"
	"braid/vision"
	"braid/vision/digit"
)

// TestSameDigit draws a 5 in many ways, which must all give about the same digit.
func TestSameDigit(t *testing.T) {
	const width, height, pen = 400, 300, 20
	cover := braidtest.Five(width, height, pen)
	frame := image.Rect(0, 0, width, height)
	clean := braidtest.Gray(cover, width, 0, 255)
	want := seen(t, vision.FromImage(clean))
	if bar := want[6*28+19]; bar < 200 {
		t.Errorf("the bar of the 5 is %d bright, want 200 or more", bar)
	}
	// covered returns ink of a brightness on a transparent page.
	covered := func(ink uint8) image.Image {
		return braidtest.Each(clean, image.NewNRGBA(frame), func(c color.Color) color.Color {
			return color.NRGBA{ink, ink, ink, 255 - c.(color.Gray).Y}
		})
	}
	corners := braidtest.Convert(clean, image.NewNRGBA(frame))
	negative := braidtest.Each(clean, image.NewNRGBA(frame), func(c color.Color) color.Color {
		return color.Gray{Y: 255 - c.(color.Gray).Y}
	})
	const corner = 40
	for i := range corner * corner {
		if x, y := i%corner, i/corner; x+y < corner {
			corners.Set(x, y, color.Transparent)
			corners.Set(width-1-x, y, color.Transparent)
			negative.Set(x, y, color.Transparent)
		}
	}
	blue := braidtest.Each(clean, image.NewRGBA(frame), func(c color.Color) color.Color {
		return color.RGBA{c.(color.Gray).Y, c.(color.Gray).Y, 255, 255}
	})
	dust := braidtest.Gray(cover, width, 0, 255)
	for _, at := range []image.Point{
		{20, 20}, {21, 20}, {21, 21}, {350, 280}, {351, 281}, {10, 290}, {390, 15},
	} {
		dust.SetGray(at.X, at.Y, color.Gray{Y: 30})
	}
	random := rand.New(rand.NewPCG(5, 28))
	photo := func(paper, ink, noise, slope, bend float64) image.Image {
		img := image.NewGray(frame)
		for i, c := range cover {
			x, y := 2*float64(i%width)/width-1, 2*float64(i/width)/height-1
			light := paper + slope*(x-0.6*y) - bend*(x*x+y*y)
			v := light*(1-c*(1-ink)) + noise*random.NormFloat64()
			img.Pix[i] = uint8(255 * min(max(v, 0), 1))
		}
		return img
	}
	// Largest mean differences.
	const (
		exact   = 0.01 // one value is rounded to another
		rounded = 1    // the image has few greys
		noisy   = 5
		coarse  = 25 // an edge of one pixel, in a digit of 40
	)
	for _, c := range []struct {
		name string
		img  image.Image
		mean float64
	}{
		{"light on dark", braidtest.Gray(cover, width, 255, 0), exact},
		{"on grey", braidtest.Gray(cover, width, 0, 153), rounded},
		{"light on grey", braidtest.Gray(cover, width, 255, 102), rounded},
		{"pencil", braidtest.Gray(cover, width, 170, 200), rounded},
		{"chalk", braidtest.Gray(cover, width, 90, 60), rounded},
		{"blue ink", blue, rounded},
		{"dark on nothing", covered(0), exact},
		{"light on nothing", covered(255), exact},
		{"grey on nothing", covered(90), rounded},
		{"transparent corners", corners, exact},
		{"dark, transparent corner", negative, exact},
		{"dust", dust, exact},
		{"uneven light", photo(0.75, 0.2, 0, 0.15, 0.1), noisy},
		{"noise", photo(0.75, 0.2, 0.03, 0, 0), noisy},
		{"uneven light and noise", photo(0.75, 0.2, 0.03, 0.15, 0.1), noisy},
		{"pencil, uneven light", photo(0.75, 0.6, 0.01, 0.1, 0.05), noisy},
		{"noise that white cuts off", photo(1, 0.2, 0.03, 0, 0), noisy},
		{"a deep shadow", photo(0.6, 0.2, 0.005, 0.25, 0), noisy},
		{"pencil under a lamp", photo(0.95, 0.6, 0.005, 0, 0.3), noisy},
		{"larger than a Grey", five(1600, 1200, pen), rounded},
		{"smaller", five(100, 75, pen), coarse},
	} {
		measure := braidtest.Near
		if c.mean == exact {
			measure = braidtest.Apart
		}
		mean, most := measure(seen(t, vision.FromImage(c.img)), want)
		t.Logf("%-26s off by %.1f, and %d at most", c.name, mean, most)
		if mean > c.mean {
			const format = "%s: off by %.1f, and %d at most, want a mean of %v or less"
			t.Errorf(format, c.name, mean, most, c.mean)
		}
	}
}

// five draws a dark 5 on white.
func five(width, height int, pen float64) *image.Gray {
	return braidtest.Gray(braidtest.Five(width, height, pen), width, 0, 255)
}

func TestBlank(t *testing.T) {
	const width, height = 320, 200
	frame := image.Rect(0, 0, width, height)
	random := rand.New(rand.NewPCG(2, 8))
	// page draws the brightness at each position, from -1 to 1, with noise.
	page := func(noise float64, light func(x, y float64) float64) *image.Gray {
		img := image.NewGray(frame)
		for i := range img.Pix {
			x, y := 2*float64(i%width)/width-1, 2*float64(i/width)/height-1
			img.Pix[i] = uint8(255 * min(max(light(x, y)+noise*random.NormFloat64(), 0), 1))
		}
		return img
	}
	even := func(x, y float64) float64 { return 0.6 }
	window := func(x, y float64) float64 { return 0.6 + 0.3*x - 0.1*y }
	lamp := func(x, y float64) float64 { return 0.9 - 0.3*(x*x+y*y) }
	white := func(x, y float64) float64 { return 1 }
	speck := page(0, white)
	speck.SetGray(70, 70, color.Gray{})
	for name, img := range map[string]image.Image{
		"white":                     page(0, white),
		"black":                     image.NewGray(frame),
		"grey":                      page(0, even),
		"noise":                     page(0.05, even),
		"little noise":              page(0.004, even),
		"noise that white cuts off": page(0.03, white),
		"a window":                  page(0, window),
		"a window and noise":        page(0.02, window),
		"a lamp":                    page(0, lamp),
		"a lamp and noise":          page(0.02, lamp),
		"transparent":               image.NewNRGBA(frame),
		"one speck":                 speck,
		"no pixels":                 image.NewGray(image.Rectangle{}),
		"one pixel":                 image.NewGray(image.Rect(0, 0, 1, 1)),
		"one row":                   image.NewGray(image.Rect(0, 0, 5000, 1)),
	} {
		if got, err := digit.MNIST(vision.FromImage(img), 28, 28); !errors.Is(err, digit.ErrBlank) {
			t.Errorf("%s: got %d pixels and the error %v, want ErrBlank", name, len(got), err)
		}
		if img.Bounds().Dx() < width || name == "one speck" {
			continue
		}
		_, err := digit.MNIST(decoded(t, braidtest.JPEG(t, img, 75)), 28, 28)
		if !errors.Is(err, digit.ErrBlank) {
			t.Errorf("%s as a JPEG: got the error %v, want ErrBlank", name, err)
		}
	}
}

// TestSizes asks for other sizes than MNIST's, and draws in extreme sizes.
func TestSizes(t *testing.T) {
	g := vision.FromImage(five(400, 300, 20))
	for _, c := range []struct{ height, width, box int }{
		{28, 28, 20}, {4, 4, 3}, {14, 14, 10}, {32, 48, 23}, {61, 29, 21}, {140, 140, 100},
	} {
		pixels, err := digit.MNIST(g, c.height, c.width)
		if err != nil {
			t.Errorf("%d x %d: %v", c.height, c.width, err)
			continue
		}
		top, bottom := c.height, -1
		for i, v := range pixels {
			if v > 0 {
				top, bottom = min(top, i/c.width), max(bottom, i/c.width)
			}
		}
		if box := bottom - top + 1; len(pixels) != c.height*c.width || box != c.box {
			t.Errorf("%+v: %d pixels in a box of %d", c, len(pixels), box)
		}
	}
	for _, size := range [][2]int{{3, 28}, {28, 0}, {-1, 28}} {
		if _, err := digit.MNIST(g, size[0], size[1]); err == nil {
			t.Errorf("a size of %d x %d is no error", size[0], size[1])
		}
	}
	for _, frame := range []image.Rectangle{
		image.Rect(0, 0, 5000, 1), image.Rect(0, 0, 1, 5000), image.Rect(0, 0, 3, 3000),
	} {
		img := image.NewGray(frame)
		for i := range len(img.Pix) / 3 {
			img.Pix[i+len(img.Pix)/4] = 200
		}
		got := seen(t, vision.FromImage(img))
		upright, flat := got[5*28+14], got[14*28+5]
		if tall := frame.Dy() > frame.Dx(); tall != (upright > 0) || tall == (flat > 0) {
			t.Errorf("a line in %v: above the middle it is %d, left of it %d", frame.Max, upright, flat)
		}
	}
}

// TestScale checks single values of small drawings.
func TestScale(t *testing.T) {
	// Two columns and five rows become eight and twenty, with interpolated values between them.
	small := image.NewGray(image.Rect(0, 0, 8, 11))
	for y := 3; y < 8; y++ {
		small.SetGray(3, y, color.Gray{Y: 255})
		small.SetGray(4, y, color.Gray{Y: 95})
	}
	row := seen(t, vision.FromImage(small))[14*28:][:28]
	// The positions are -3/8, -1/8, 1/8 and so on. The brightest value, seven eighths of 255 and one
	// eighth of 95, becomes 255.
	want := []uint8{173, 242, 255, 212, 168, 125, 90, 64}
	if !bytes.Equal(bytes.Trim(row, "\x00"), want) {
		t.Errorf("a row of 255 and 95 becomes %v, want %v in it", row, want)
	}
	// 31 columns of 80 rows become 7.75: as many on the left as on the right.
	frame := image.NewGray(image.Rect(0, 0, 50, 100))
	for y := 9; y < 89; y++ {
		for x := 4; x < 35; x++ {
			if y < 17 || y >= 81 || x < 12 || x >= 27 {
				frame.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	row = bytes.Trim(seen(t, vision.FromImage(frame))[14*28:][:28], "\x00")
	if len(row) != 8 || row[0] != row[7] || row[0] < 200 || row[0] > 240 {
		t.Errorf("a frame's row becomes %v, want the same seven eighths at both ends", row)
	}
	// Two bars of 70 x 200 are too thick, but thinning them would remove the line between them.
	bars := image.NewGray(image.Rect(0, 0, 240, 240))
	for y := 20; y < 220; y++ {
		for x := 20; x < 220; x++ {
			if x < 90 || x >= 150 || y >= 100 && y < 104 {
				bars.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	got := seen(t, vision.FromImage(bars))
	if line := max(got[11*28+14], got[12*28+14], got[13*28+14]); line < 60 {
		t.Errorf("a line between thick bars is %d bright, want 60 or more", line)
	}
}

func TestBadGrey(t *testing.T) {
	nan := float32(0)
	nan /= nan
	for _, g := range []vision.Grey{
		{Width: 2, Height: 2, Pixels: []float32{0, 1, 0}},
		{Width: -1, Height: -1, Pixels: []float32{1}},
		{Width: 2, Height: 1, Pixels: []float32{0, nan}},
		{Width: 2, Height: 1, Pixels: []float32{0, 1.5}},
	} {
		if _, err := digit.MNIST(&g, 28, 28); err == nil || errors.Is(err, digit.ErrBlank) {
			t.Errorf("%+v gives the error %v", g, err)
		}
	}
}

// TestCentre draws all mass on one side. The box must stay within the image.
func TestCentre(t *testing.T) {
	img := image.NewGray(image.Rect(0, 0, 100, 100))
	for y := 20; y < 80; y++ {
		for x := 20; x < 80; x++ {
			if x < 26 || y < 22 {
				img.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	got := seen(t, vision.FromImage(img))
	left, right := 28, 0
	for i, v := range got {
		if v > 0 {
			left, right = min(left, i%28), max(right, i%28)
		}
	}
	if left != 8 || right != 27 {
		t.Errorf("columns %d to %d are in use, want 8 to 27", left, right)
	}
}

// TestMemory compares the memory that MNIST allocates with PixelBytes, for images that need its
// different steps.
func TestMemory(t *testing.T) {
	noise := braidtest.Gray(braidtest.Five(512, 512, 24), 512, 40, 210)
	dashes, shade := five(512, 512, 24), five(1000, 1000, 24)
	for i := range shade.Pix {
		if i%1000+i/1000 < 800 {
			shade.Pix[i] = uint8(float64(shade.Pix[i]) * 0.6)
		}
	}
	for i := range noise.Pix {
		noise.Pix[i] += uint8(i * i >> 4 & 31)
		if x, y := i%512, i/512; min(x, y) > 2 && max(x, y) < 509 && x%5 < 4 && y%2 == 0 {
			dashes.Pix[i] = 0
		}
	}
	for name, content := range map[string][]byte{
		"noise":  braidtest.PNG(t, noise),
		"dashes": braidtest.PNG(t, dashes),
		"shade":  braidtest.PNG(t, shade),
		"small":  braidtest.PNG(t, image.NewGray(image.Rect(0, 0, 28, 28))),
	} {
		g := decoded(t, content)
		most := digit.PixelBytes * int64(len(g.Pixels))
		if got := braidtest.Allocated(func() { digit.MNIST(g, 28, 28) }); got > most+64<<10 {
			t.Errorf("%s: %d bytes were allocated, want at most %d", name, got, most)
		}
	}
}
