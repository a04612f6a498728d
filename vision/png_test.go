package vision_test

import (
	"bytes"
	"fmt"
	"image/png"
	"math/rand/v2"
	"testing"

	"braid/internal/braidtest"
	"braid/vision"
)

// TestPNGAgainstStandard compares with image/png: all colour types, depths and filters, interlaced
// or not, opaque or with a transparent colour, small and reduced. The pixels are noise of few
// values, so that filters meet ties.
func TestPNGAgainstStandard(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	channels := map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
	for _, size := range [][2]int{{1, 1}, {5, 3}, {37, 21}, {1100, 9}, {3, 530}} {
		for colour, depths := range map[byte][]int{0: {1, 2, 4, 8, 16}, 2: {8, 16}, 3: {1, 2, 4, 8}, 4: {8, 16}, 6: {8, 16}} {
			for _, depth := range depths {
				for kind := range 4 {
					interlace, clear := byte(kind&1), kind&2 > 0
					content := noisyPNG(r, size[0], size[1], depth, colour, interlace, channels[colour], clear)
					name := fmt.Sprintf("%v, colour %d, %d bits, interlace %d, tRNS %v", size, colour, depth, interlace, clear)
					img, err := png.Decode(bytes.NewReader(content))
					if err != nil {
						t.Fatalf("%s: image/png: %v", name, err)
					}
					_, most := differ(t, decoded(t, content), vision.FromImage(img))
					if most > 0.01 {
						t.Errorf("%s: off by %.3f of 255 at most", name, most)
					}
				}
			}
		}
	}
}

// noisyPNG has a filter of each kind in turn.
func noisyPNG(r *rand.Rand, width, height, depth int, colour, interlace byte, channels int, clear bool) []byte {
	passes := [][4]int{{0, 0, 1, 1}}
	if interlace > 0 {
		passes = [][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}}
	}
	var rows []byte
	for _, p := range passes {
		columns := (width - p[0] + p[2] - 1) / p[2]
		for y := p[1]; y < height && columns > 0; y += p[3] {
			rows = append(rows, byte(len(rows)%5))
			for range (columns*channels*depth + 7) / 8 {
				rows = append(rows, byte(r.UintN(3)*r.UintN(85)))
			}
		}
	}
	var chunks []byte
	if colour == 3 {
		palette := make([]byte, 3*min(1<<depth, 200))
		for i := range palette {
			palette[i] = byte(r.UintN(256))
		}
		chunks = braidtest.PNGChunk("PLTE", palette)
	}
	if clear && colour < 4 {
		value := map[byte][]byte{0: {0, 0}, 2: {0, 0, 0, 0, 0, 0}, 3: {0, 128}}[colour]
		chunks = append(chunks, braidtest.PNGChunk("tRNS", value)...)
	}
	return pngWith(width, height, byte(depth), colour, interlace, chunks, idat(1, rows))
}

// TestTransparentDamaged leaves a transparent colour out whose checksum is wrong, as libpng does.
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
			t.Errorf("%d x %d pixels %v come back, want 2 rows of 3: %v", g.Height, g.Width, g.Pixels, pixels)
			break
		}
	}
	for _, size := range [][2]int{{3, 3}, {0, 0}, {-2, -3}, {6, 0}, {1, 4}} {
		if _, err := vision.PNG(pixels, size[0], size[1]); err == nil {
			t.Errorf("6 pixels as %d x %d are no error", size[0], size[1])
		}
	}
}
