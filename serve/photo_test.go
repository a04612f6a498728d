package serve

import (
	"bytes"
	"image"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// photograph is a JPEG of a digit, padded to a size with comments, which decoders skip.
func photograph(t testing.TB, width, height, size int) []byte {
	t.Helper()
	img := image.NewGray(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			c := uint8(200 + 40*y/height)
			if d := x - width/3 - y/9; y > height/8 && y < height/2 && d > 0 && d < width/20 {
				c = 40
			}
			img.Pix[y*width+x] = c
		}
	}
	content := jpegFrom(t, img, nil)
	comment := append([]byte{0xff, 0xfe, 0xff, 0xff}, make([]byte, 0xfffd)...)
	if missing := size - len(content); missing > 0 {
		content = slices.Concat(content[:2], bytes.Repeat(comment, missing/len(comment)), content[2:])
	}
	return content
}

// photographForm is a form of a photograph and a question.
func photographForm(t testing.TB, width, height, size int) (kind string, body []byte) {
	t.Helper()
	content := string(photograph(t, width, height, size))
	return form(t, "image", "image/jpeg", content, "question", "", "odd number")
}

// A phone's photograph, of 12 million pixels and 4 MB, is answered within the default limits. Its
// memory is given back.
func TestPhotograph(t *testing.T) {
	// The race detector takes ten times as long for the PNG, and the machine may be busy.
	r := start(t, func(c *Config) { c.Deadline = 5 * time.Minute })
	ask := func(what, kind string, body []byte) {
		t.Helper()
		if got := r.call(t, "POST", "/ask", body, "Content-Type", kind); got.status != http.StatusOK {
			t.Errorf("%s: status %d: %.200s", what, got.status, got.body)
		}
		if held := r.memory.held(); held != 0 {
			t.Errorf("%s: %d bytes are held", what, held)
		}
	}
	for what, size := range map[string]int{"small": 0, "4 MB": 4 << 20} {
		kind, body := photographForm(t, 4032, 3024, size)
		ask(what+", form", kind, body)
		content := photograph(t, 4032, 3024, size)
		ask(what+", JSON", asJSON, askJSON(inBase64(content), "odd number"))
	}
	img := image.NewNRGBA(image.Rect(0, 0, 4032, 3024))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	for y := 500; y < 2000; y++ {
		for x := 1500; x < 1700; x++ {
			copy(img.Pix[img.PixOffset(x, y):], []byte{0, 0, 0})
		}
	}
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	kind, body := form(t, "image", "image/png", b.String(), "question", "", "odd number")
	ask("PNG", kind, body)
}

// Memory for decoding comes out of the server's budget. While other requests hold it, a photograph
// gets 503.
func TestPhotographMemory(t *testing.T) {
	t.Parallel()
	r := start(t, func(c *Config) {
		c.Body, c.Memory, c.Deadline = 4<<20, 48<<20, 300*time.Millisecond
	})
	kind, body := photographForm(t, 2048, 2048, 0)
	ask := func(want int, text string) {
		t.Helper()
		got := r.call(t, "POST", "/ask", body, "Content-Type", kind)
		if got.status != want || !strings.Contains(string(got.body), text) {
			t.Errorf("status %d, want %d with %q: %s", got.status, want, text, got.body)
		}
	}
	var other holding
	if !r.memory.now(&other, 20<<20, forWork) {
		t.Fatal("no memory is left")
	}
	ask(http.StatusServiceUnavailable, "try again")
	r.memory.give(&other, 20<<20, forWork)
	if held := r.memory.held(); held != 0 {
		t.Errorf("%d bytes are held", held)
	}
}

// The deadline is checked after decoding, too.
func TestPhotographDeadline(t *testing.T) {
	r := start(t, func(c *Config) { c.Deadline = time.Millisecond })
	kind, body := photographForm(t, 4032, 3024, 0)
	got := r.call(t, "POST", "/ask", body, "Content-Type", kind)
	if got.status != http.StatusGatewayTimeout {
		t.Errorf("status %d, want 504: %s", got.status, got.body)
	}
}

// An image with too many pixels gets 413, and the error says what to do.
func TestPhotographTooLarge(t *testing.T) {
	r := start(t, func(c *Config) { c.Image = 1 << 20 })
	kind, body := photographForm(t, 1200, 1000, 0)
	got := r.call(t, "POST", "/ask", body, "Content-Type", kind)
	text := string(got.body)
	if got.status != http.StatusRequestEntityTooLarge ||
		!strings.Contains(text, "1200 x 1000 pixels") ||
		!strings.Contains(text, "make it smaller, or have more allowed (--max-image)") {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}
