package digit_test

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"braid/vision"
	"braid/vision/digit"
)

// sheet is a page that is drawn on.
type sheet struct {
	width, height int
	ink           []float64 // cover of each pixel, 0 to 1
	random        *rand.Rand
	left, top     float64 // of the square in which the digit is drawn
	side          float64 // of that square, in pixels
	digit         box     // the digit's bounding box
	other         []uint8 // another image of 28 x 28
}

// box is a rectangle in pixels.
type box struct{ left, top, right, bottom float64 }

func (b box) middle() (x, y float64) { return (b.left + b.right) / 2, (b.top + b.bottom) / 2 }
func (b box) size() (w, h float64)   { return b.right - b.left, b.bottom - b.top }

// newSheet draws an image of MNIST. Its side is share of the page's shorter side, its position from
// 0, left or top, to 1.
func newSheet(width, height int, pixels []uint8, share, x, y float64, random *rand.Rand) *sheet {
	s := &sheet{width: width, height: height, ink: make([]float64, width*height), random: random}
	s.side = share * float64(min(width, height))
	s.left, s.top = x*(float64(width)-s.side), y*(float64(height)-s.side)
	at := func(x, y int) float64 {
		if x < 0 || y < 0 || x >= 28 || y >= 28 {
			return 0
		}
		return float64(pixels[y*28+x]) / 255
	}
	scale := s.side / 28
	steep := s.between(1, 3)
	s.digit = box{left: math.Inf(1), top: math.Inf(1)}
	for row := max(int(s.top), 0); row < min(height, int(s.top+s.side)+1); row++ {
		for column := max(int(s.left), 0); column < min(width, int(s.left+s.side)+1); column++ {
			u, v := (float64(column)+0.5-s.left)/scale-0.5, (float64(row)+0.5-s.top)/scale-0.5
			left, top := int(math.Floor(u)), int(math.Floor(v))
			u -= float64(left)
			v -= float64(top)
			above := at(left, top)*(1-u) + at(left+1, top)*u
			below := at(left, top+1)*(1-u) + at(left+1, top+1)*u
			c := min(max((above*(1-v)+below*v-0.5)*steep+0.5, 0), 1)
			s.ink[row*width+column] = c
			if c > 0.5 {
				s.digit.left = min(s.digit.left, float64(column))
				s.digit.top = min(s.digit.top, float64(row))
				s.digit.right = max(s.digit.right, float64(column+1))
				s.digit.bottom = max(s.digit.bottom, float64(row+1))
			}
		}
	}
	return s
}

// between returns a random number.
func (s *sheet) between(low, high float64) float64 { return low + (high-low)*s.random.Float64() }

// stroke draws lines from point to point with a round pen.
func (s *sheet) stroke(ink, pen float64, points ...[2]float64) {
	if len(points) == 1 {
		points = append(points, points[0])
	}
	for i := 1; i < len(points); i++ {
		ax, ay, bx, by := points[i-1][0], points[i-1][1], points[i][0], points[i][1]
		length := max((bx-ax)*(bx-ax)+(by-ay)*(by-ay), 1e-9)
		for y := max(0, int(min(ay, by)-pen)); y < min(s.height, int(max(ay, by)+pen)+2); y++ {
			for x := max(0, int(min(ax, bx)-pen)); x < min(s.width, int(max(ax, bx)+pen)+2); x++ {
				u, v := float64(x)+0.5, float64(y)+0.5
				along := min(max(((u-ax)*(bx-ax)+(v-ay)*(by-ay))/length, 0), 1)
				off := math.Hypot(u-ax-along*(bx-ax), v-ay-along*(by-ay))
				at := y*s.width + x
				s.ink[at] = max(s.ink[at], ink*min(max(pen/2+0.5-off, 0), 1))
			}
		}
	}
}

// ring draws an ellipse whose radius varies along it, as if drawn by hand.
func (s *sheet) ring(ink, pen, x, y, rx, ry, uneven, turns float64) {
	var points [][2]float64
	from, wave, drift := s.between(0, 2*math.Pi), s.between(0, 2*math.Pi), s.between(-1, 1)
	for i := range 97 {
		share := float64(i) / 96
		angle := from + turns*2*math.Pi*share
		r := 1 + uneven*(math.Sin(2*angle+wave)+drift*share)
		points = append(points, [2]float64{x + r*rx*math.Cos(angle), y + r*ry*math.Sin(angle)})
	}
	s.stroke(ink, pen, points...)
}

// grey returns the brightness of the page.
func (s *sheet) grey(ink, paper float64) []float64 {
	page := make([]float64, len(s.ink))
	for i, c := range s.ink {
		page[i] = paper + c*(ink-paper)
	}
	return page
}

// photo returns an image of a page's brightness.
func photo(page []float64, width int) *image.Gray {
	img := image.NewGray(image.Rect(0, 0, width, len(page)/width))
	for i, v := range page {
		img.Pix[i] = uint8(255*min(max(v, 0), 1) + 0.5)
	}
	return img
}

// sheetSizes are those of small scans to one that is reduced when it is read.
var sheetSizes = [][2]int{{300, 400}, {560, 420}, {800, 1000}, {1500, 1100}, {400, 300}, {340, 340}}

// outcome counts the answers to pages of a kind.
type outcome struct {
	right, refused, wrong int
	sure                  int // number of wrong answers with a probability above 90 %
}

// ask asks the network about a page and counts its answer.
func (k *outcome) ask(t *testing.T, n *net, img image.Image, label uint8) {
	t.Helper()
	pixels, err := digit.MNIST(vision.FromImage(img), 28, 28)
	if err != nil {
		k.refused++
		return
	}
	probabilities := n.probabilities(t, pixels)
	switch digit := n.digits(t, pixels)[0]; {
	case digit == int(label):
		k.right++
	default:
		k.wrong++
		if probabilities[digit] > 0.9 {
			k.sure++
		}
	}
}

// check fails the test if too few answers are right or refused, or too many wrong ones are sure.
func (k *outcome) check(t *testing.T, name string, leastRight float64) {
	t.Helper()
	const least, mostSure = 0.75, 0.05
	all := k.right + k.refused + k.wrong
	t.Logf("%-20s %2d right, %2d refused, %2d wrong, %d of these sure",
		name, k.right, k.refused, k.wrong, k.sure)
	if float64(k.right+k.refused) < least*float64(all) || float64(k.sure) > mostSure*float64(all) ||
		float64(k.right) < leastRight*float64(all) {
		t.Errorf("%s: %d right, %d refused, %d wrong, %d of these sure, want %.0f %% right or refused, "+
			"%.0f %% right, and %.0f %% sure at most",
			name, k.right, k.refused, k.wrong, k.sure, 100*least, 100*leastRight, 100*mostSure)
	}
}
