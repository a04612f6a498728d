package vision_test

import (
	"bytes"
	"image/png"
	"math/rand/v2"
	"testing"

	"braid/internal/braidtest"
	"braid/vision"
)

// TestPNGAgainstStandard compares the decoder with image/png: all colour types, depths and filters,
// interlaced or not, opaque or with a transparent colour, small and reduced. The pixels are noise
// of few values, so that filters have ties.
func TestPNGAgainstStandard(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, size := range [][2]int{{1, 1}, {5, 3}, {37, 21}, {1100, 9}, {3, 530}} {
		for colour, depths := range map[byte][]int{
			0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16},
		} {
			for _, depth := range depths {
				for kind := range 4 {
					compareNoise(t, noisyPNG{
						width: size[0], height: size[1], depth: depth, colour: colour,
						interlace: byte(kind & 1), clear: kind&2 > 0,
					}, r)
				}
			}
		}
	}
}

func compareNoise(t *testing.T, p noisyPNG, r *rand.Rand) {
	t.Helper()
	content := p.encode(r)
	img, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatalf("%+v: image/png: %v", p, err)
	}
	_, most := differ(t, decoded(t, content), vision.FromImage(img))
	if most > 0.01 {
		t.Errorf("%+v: off by %.3f of 255 at most", p, most)
	}
}

// noisyPNG describes a PNG whose rows have the filters in turn.
type noisyPNG struct {
	width, height, depth int
	colour, interlace    byte
	clear                bool // has a transparent colour, or a palette with opacities
}

func (p noisyPNG) encode(r *rand.Rand) []byte {
	passes := [][4]int{{0, 0, 1, 1}}
	if p.interlace > 0 {
		passes = adam7
	}
	channels := map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[p.colour]
	var rows []byte
	for _, pass := range passes {
		columns := (p.width - pass[0] + pass[2] - 1) / pass[2]
		for y := pass[1]; y < p.height && columns > 0; y += pass[3] {
			rows = append(rows, byte(len(rows)%5))
			for range (columns*channels*p.depth + 7) / 8 {
				rows = append(rows, byte(r.UintN(3)*r.UintN(85)))
			}
		}
	}
	var chunks []byte
	if p.colour == 3 {
		palette := make([]byte, 3*min(1<<p.depth, 200))
		for i := range palette {
			palette[i] = byte(r.UintN(256))
		}
		chunks = braidtest.PNGChunk("PLTE", palette)
	}
	if p.clear && p.colour < 4 {
		value := map[byte][]byte{0: {0, 0}, 2: {0, 0, 0, 0, 0, 0}, 3: {0, 128}}[p.colour]
		chunks = append(chunks, braidtest.PNGChunk("tRNS", value)...)
	}
	return pngWith(
		p.width, p.height, byte(p.depth), p.colour, p.interlace, chunks, idat(1, rows))
}

// TestTransparentDamaged checks that a transparent colour with a wrong checksum is ignored, as in
// libpng.
func TestTransparentDamaged(t *testing.T) {
	rows := rowsOf(40, 40, 0, 1) // black, and grey to the right
	for i := range rows {
		if i%41 > 20 {
			rows[i] = 128
		}
	}
	clear := braidtest.PNGChunk("tRNS", []byte{0, 128})
	clear[len(clear)-1] ^= 1
	got := decoded(t, pngWith(40, 40, 8, 0, 0, clear, idat(1, rows)))
	if want := decoded(t, pngWith(40, 40, 8, 0, 0, idat(1, rows))); got.Pixels[30] != want.Pixels[30] {
		t.Errorf("a pixel is %v, want %v", got.Pixels[30], want.Pixels[30])
	}
}

func TestPNG(t *testing.T) {
	pixels := []uint8{0, 50, 100, 150, 200, 250}
	content, err := vision.PNG(pixels, 2, 3)
	if err != nil {
		t.Fatal(err)
	}
	g := decoded(t, content)
	for i, v := range g.Pixels {
		if g.Width != 3 || g.Height != 2 || v != float32(pixels[i])/255 {
			const format = "%d x %d pixels %v come back, want 2 rows of 3: %v"
			t.Errorf(format, g.Height, g.Width, g.Pixels, pixels)
			break
		}
	}
	for _, size := range [][2]int{{3, 3}, {0, 0}, {-2, -3}, {6, 0}, {1, 4}} {
		if _, err := vision.PNG(pixels, size[0], size[1]); err == nil {
			t.Errorf("6 pixels as %d x %d are no error", size[0], size[1])
		}
	}
}
