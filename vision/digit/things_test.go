package digit_test

import (
	"errors"
	"image"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"braid/internal/braidtest"
	"braid/vision"
	"braid/vision/digit"
)

// TestThings asks the network about MNIST's images on pages with another object.
func TestThings(t *testing.T) {
	n := testNet(t)
	const pages = 20 // of each kind
	images, labels := n.test.Pixels.Uint8s(), n.test.Labels.Uint8s()
	for _, kind := range things {
		var found outcome
		for i := range pages {
			random := rand.New(rand.NewPCG(16, uint64(i)))
			size := sheetSizes[i%len(sheetSizes)]
			s := newSheet(size[0], size[1], images[i*28*28:][:28*28], 0.22+0.25*random.Float64(),
				0.2+0.6*random.Float64(), 0.2+0.6*random.Float64(), random)
			s.other = images[(i+pages)*28*28:][:28*28]
			kind.draw(s)
			ink, paper := s.between(0, 0.3), s.between(0.8, 1)
			if i%4 == 3 {
				ink, paper = paper, ink
			}
			found.ask(t, n, photo(s.grey(ink, paper), s.width), labels[i])
		}
		least := 0.75
		if kind.name == "tick" || kind.name == "second digit" {
			least = 0 // the object may be the digit as well
		}
		found.check(t, kind.name, least)
	}
}

// TestMainDigit draws a 5, whose bar touches nothing, and another object. It must give about the
// same digit as without the object.
func TestMainDigit(t *testing.T) {
	const width, height = 400, 300
	five := func() *sheet {
		return &sheet{width: width, height: height, ink: braidtest.Five(width, height, 12), side: 196,
			digit: box{140, 54, 252, 206}, random: rand.New(rand.NewPCG(3, 4))}
	}
	see := func(s *sheet) ([]uint8, error) {
		return digit.MNIST(vision.FromImage(photo(s.grey(0, 1), width)), 28, 28)
	}
	want, err := see(five())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range things {
		if kind.name == "tick" || kind.name == "second digit" {
			continue
		}
		s := five()
		kind.draw(s)
		got, err := see(s)
		if err != nil {
			t.Errorf("%s: %v", kind.name, err)
			continue
		}
		const tolerance = 20 // for the soft edges of objects that are dropped
		if mean, most := braidtest.Near(got, want); mean > tolerance {
			const format = "%s: off by %.1f, and %d at most, want a mean of %d or less"
			t.Errorf(format, kind.name, mean, most, tolerance)
		}
	}
}

// TestTwoThings draws two digits, or two objects that are no digits.
func TestTwoThings(t *testing.T) {
	const width, height = 500, 250
	digits := image.NewGray(image.Rect(0, 0, width, height))
	for i, c := range braidtest.Five(width/2, height, 20) {
		x, y := i%(width/2), i/(width/2)
		digits.Pix[y*width+x], digits.Pix[y*width+x+width/2] = uint8(255*c), uint8(255*c)
	}
	holes := &sheet{width: width, height: height, ink: make([]float64, width*height)}
	holes.stroke(1, 40, [2]float64{50, 60})
	holes.stroke(1, 40, [2]float64{50, 190})
	for _, c := range []struct {
		name, want string
		img        image.Image
	}{
		{"two digits", "two things that may be the digit, at 24 % of the width and", digits},
		{"two holes", "a solid area", photo(holes.grey(0, 1), width)},
	} {
		_, err := digit.MNIST(vision.FromImage(c.img), 28, 28)
		if !errors.Is(err, digit.ErrBlank) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got the error %v, want an ErrBlank with %q", c.name, err, c.want)
		}
	}
}

// things draw an object on a page besides the digit.
var things = []struct {
	name string
	draw func(s *sheet)
}{
	{"punch holes", func(s *sheet) {
		r := s.between(0.02, 0.045) * float64(min(s.width, s.height))
		x := r * s.between(1.5, 2.5)
		if s.random.IntN(2) == 0 {
			x = float64(s.width) - x
		}
		for _, y := range []float64{s.between(0.2, 0.3), s.between(0.7, 0.8)} {
			s.stroke(s.between(0.8, 1), 2*r, [2]float64{x, y * float64(s.height)})
		}
	}},
	{"circle", func(s *sheet) {
		x, y := s.digit.middle()
		w, h := s.digit.size()
		r := math.Hypot(w, h) / 2 * s.between(1.2, 2)
		s.ring(s.between(0.8, 1), s.side*s.between(0.03, 0.08), x+0.05*w, y-0.04*h,
			r*s.between(0.9, 1.1), r*s.between(0.9, 1.1), s.between(0, 0.05), s.between(0.97, 1.1))
	}},
	{"underline", func(s *sheet) {
		w, h := s.digit.size()
		y := s.digit.bottom + max(0.05*s.side, h*s.between(0.05, 0.35))
		long := max(w, h/2) * s.between(0.4, 1.2)
		x, _ := s.digit.middle()
		tilt := long * s.between(-0.05, 0.05)
		for i := range 1 + s.random.IntN(2) {
			y := y + float64(i)*0.15*s.side + math.Abs(tilt)
			s.stroke(s.between(0.8, 1), s.side*s.between(0.03, 0.1), [2]float64{x - long, y},
				[2]float64{x + long*s.between(0.8, 1.2), y + tilt})
		}
	}},
	{"tick", func(s *sheet) {
		size := s.side * s.between(0.2, 0.6)
		x, y := s.beside(size)
		s.stroke(s.between(0.8, 1), s.side*s.between(0.04, 0.1), [2]float64{x - 0.5*size, y},
			[2]float64{x - 0.15*size, y + 0.4*size}, [2]float64{x + 0.5*size, y - 0.5*size})
	}},
	{"blot", func(s *sheet) {
		size := s.side * s.between(0.15, 0.5)
		x, y := s.beside(size)
		near := func(reach float64) [2]float64 {
			return [2]float64{x + size*s.between(-reach, reach), y + size*s.between(-reach, reach)}
		}
		for range 6 {
			s.stroke(1, size*s.between(0.4, 0.7), near(0.2))
		}
		for range 5 {
			s.stroke(1, size*s.between(0.05, 0.15), near(0.7))
		}
	}},
	{"form boxes", func(s *sheet) {
		middle, y := s.digit.middle()
		w, h := s.digit.size()
		half := max(w, h) * s.between(0.6, 0.9)
		pen, ink := s.side*s.between(0.015, 0.05), s.between(0.5, 1)
		gap := 2 * half
		if s.random.IntN(2) == 0 {
			gap *= s.between(1.1, 1.3) // boxes that do not touch
		}
		for i := -s.random.IntN(3); i <= s.random.IntN(3); i++ {
			x := middle + gap*float64(i)
			s.stroke(ink, pen, [2]float64{x - half, y - half}, [2]float64{x + half, y - half},
				[2]float64{x + half, y + half}, [2]float64{x - half, y + half}, [2]float64{x - half, y - half})
		}
	}},
	{"coffee ring", func(s *sheet) {
		r := s.between(0.2, 0.35) * float64(min(s.width, s.height))
		x, y := s.between(0, 1)*float64(s.width), s.between(0, 1)*float64(s.height)
		ink := s.between(0.1, 0.45)
		s.ring(ink, r*s.between(0.05, 0.15), x, y, r, r*s.between(0.95, 1.05), 0.01, 1)
		s.ring(ink/2, r*0.2, x, y, r*0.95, r, 0.01, s.between(0.3, 1))
	}},
	{"second digit", func(s *sheet) {
		share := s.side / float64(min(s.width, s.height)) * s.between(0.5, 1.1)
		for apart := false; !apart; {
			o := newSheet(s.width, s.height, s.other, share, s.between(0, 1), s.between(0, 1), s.random)
			apart = o.digit.right < s.digit.left || o.digit.left > s.digit.right ||
				o.digit.bottom < s.digit.top || o.digit.top > s.digit.bottom
			for i, c := range o.ink {
				if apart {
					s.ink[i] = max(s.ink[i], c)
				}
			}
		}
	}},
}

// beside returns a random point so far from the digit that an object of the given size there does
// not touch it.
func (s *sheet) beside(size float64) (x, y float64) {
	for range 1000 {
		x, y = s.between(0.1, 0.9)*float64(s.width), s.between(0.1, 0.9)*float64(s.height)
		dx := max(s.digit.left-x, x-s.digit.right, 0)
		dy := max(s.digit.top-y, y-s.digit.bottom, 0)
		if d := math.Hypot(dx, dy); d > size && d < 2*s.side {
			break
		}
	}
	return x, y
}

// TestRuled draws a digit on dark lines that cross it and run from border to border: it is refused,
// because the lines would become the digit. Without lines, and if the digit fills the image, it is
// found.
func TestRuled(t *testing.T) {
	const width, height = 200, 150
	page := func(rows, columns []int) *image.Gray {
		img := braidtest.Gray(braidtest.Five(width, height, 20), width, 20, 230)
		for at := range img.Pix {
			if slices.Contains(rows, at/width) || slices.Contains(columns, at%width) {
				img.Pix[at] = 20
			}
		}
		return img
	}
	plain := page(nil, nil)
	for name, c := range map[string]struct {
		img   image.Image
		ruled bool
	}{
		"no lines":           {plain, false},
		"a line":             {page([]int{70}, nil), true},
		"lines":              {page([]int{10, 32, 70, 100, 130}, nil), true},
		"lines and a margin": {page([]int{10, 32, 70, 100, 130}, []int{20}), true},
		"lines and columns":  {page([]int{70}, []int{20, 100, 180}), true},
		"no paper around it": {plain.SubImage(image.Rect(70, 26, 119, 104)), false},
	} {
		_, err := digit.MNIST(vision.FromImage(c.img), 28, 28)
		if got := err != nil && errors.Is(err, digit.ErrBlank); got != c.ruled || err != nil && !c.ruled {
			t.Errorf("%s: got the error %v, want one: %v", name, err, c.ruled)
		}
	}
}
