package digit_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"braid/internal/braidtest"
	"braid/vision"
	"braid/vision/digit"
)

// TestSpecks asks the network about MNIST's images on pages of specks.
func TestSpecks(t *testing.T) {
	n := testNet(t)
	const least = 0.75 // measured: 18 and more of 20
	pages := braidtest.Cases(10, 20)
	for _, kind := range specks {
		var found outcome
		for i := range pages {
			s, grey := speckled(n.test.Pixels.Uint8s()[i*28*28:][:28*28], i, 14)
			kind.make(grey, s.width, float64(i%5)/4, s.random)
			found.ask(t, n, photo(grey, s.width), n.test.Labels.Uint8s()[i])
		}
		found.check(t, kind.name, least)
	}
}

// speckled draws a page of the i-th size, every fourth light on dark, with greys that specks can
// represent.
func speckled(pixels []uint8, i int, seed uint64) (*sheet, []float64) {
	random := rand.New(rand.NewPCG(seed, uint64(i)))
	size := sheetSizes[i%len(sheetSizes)]
	share, x, y := 0.3+0.5*random.Float64(), random.Float64(), random.Float64()
	s := newSheet(size[0], size[1], pixels, share, x, y, random)
	ink, paper := s.between(0, 0.35), s.between(0.75, 1)
	if i%4 == 3 {
		ink, paper = paper, ink
	}
	return s, s.grey(ink, paper)
}

// TestBlankSpecks draws specks without a digit.
func TestBlankSpecks(t *testing.T) {
	count := braidtest.Cases(5, 10)
	if slow {
		count /= 2
	}
	for _, kind := range specks {
		for i := range count {
			s, grey := speckled(make([]uint8, 28*28), i, 15)
			kind.make(grey, s.width, float64(i%5)/4, s.random)
			_, err := digit.MNIST(vision.FromImage(photo(grey, s.width)), 28, 28)
			if !errors.Is(err, digit.ErrBlank) {
				t.Errorf("%s, page %d: got the error %v, want ErrBlank", kind.name, i, err)
			}
		}
	}
}

// specks turn a page into specks, with a strength from 0 to 1.
var specks = []struct {
	name string
	make func(page []float64, width int, strength float64, random *rand.Rand)
}{
	{"Floyd-Steinberg", func(page []float64, width int, strength float64, _ *rand.Rand) {
		for i, v := range page {
			page[i] = math.Round(min(max(v, 0), 1))
			for _, to := range []struct{ dx, dy, share int }{{1, 0, 7}, {-1, 1, 3}, {0, 1, 5}, {1, 1, 1}} {
				x, at := i%width+to.dx, i+to.dy*width+to.dx
				if x >= 0 && x < width && at < len(page) {
					page[at] += (v - page[i]) * float64(to.share) / 16
				}
			}
		}
	}},
	{"ordered", func(page []float64, width int, strength float64, _ *rand.Rand) {
		bits := 2 + int(2*strength) // 4 x 4, 8 x 8 or 16 x 16
		for i, v := range page {
			x, y, level := i%width, i/width, 0
			for b := range bits {
				level = level<<2 | (x>>b&1^y>>b&1)<<1 | y>>b&1
			}
			page[i] = 0
			if v > (float64(level)+0.5)/float64(int(1)<<(2*bits)) {
				page[i] = 1
			}
		}
	}},
	{"threshold of noise", func(page []float64, width int, strength float64, random *rand.Rand) {
		for i, v := range page {
			page[i] = 0
			if v > 0.5+(0.6+0.4*strength)*(random.Float64()-0.5) {
				page[i] = 1
			}
		}
	}},
	{"pepper", func(page []float64, width int, strength float64, random *rand.Rand) {
		for i := range page {
			if random.Float64() < 0.01+0.09*strength {
				page[i] = 0
			}
		}
	}},
	{"salt and pepper", func(page []float64, width int, strength float64, random *rand.Rand) {
		for i := range page {
			if random.Float64() < 0.01+0.09*strength {
				page[i] = float64(random.IntN(2))
			}
		}
	}},
	{"halftone", func(page []float64, width int, strength float64, random *rand.Rand) {
		period := 4 + 6*strength
		angle := math.Pi/4 + 0.3*random.Float64()
		sin, cos := math.Sincos(angle)
		for i, v := range page {
			x, y := float64(i%width), float64(i/width)
			wave := math.Cos(2*math.Pi*(x*cos+y*sin)/period) + math.Cos(2*math.Pi*(y*cos-x*sin)/period)
			page[i] = min(max((v-0.5+wave/4)*period+0.5, 0), 1)
		}
	}},
	{"grain", func(page []float64, width int, strength float64, random *rand.Rand) {
		for i := range page {
			page[i] += (0.06 + 0.19*strength) * random.NormFloat64()
		}
	}},
	{"coarse grain", func(page []float64, width int, strength float64, random *rand.Rand) {
		noise := make([]float64, len(page))
		for i := range noise {
			noise[i] = random.NormFloat64()
		}
		for i := range page { // a mean of 2 x 2
			sum := 0.
			for _, d := range []int{0, 1, width, width + 1} {
				sum += noise[(i+d)%len(noise)]
			}
			page[i] += (0.05 + 0.1*strength) * sum / 2
		}
	}},
}
