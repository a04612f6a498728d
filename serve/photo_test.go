package serve

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/jpeg"
	"image/png"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// photograph is a JPEG of a digit as large as a phone's, made longer by comments, which decoders
// step over.
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
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	content := b.Bytes()
	comment := append([]byte{0xff, 0xfe, 0xff, 0xff}, make([]byte, 0xfffd)...)
	if missing := size - len(content); missing > 0 {
		content = slices.Concat(content[:2], bytes.Repeat(comment, missing/len(comment)), content[2:])
	}
	return content
}

// A phone's photograph, of 12 million pixels and 4 MB, is answered without a change of limits, and
// what it takes goes back.
func TestPhotograph(t *testing.T) {
	r := start(t)
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
		content := photograph(t, 4032, 3024, size)
		kind, body := form(t, "image", "image/jpeg", string(content), "question", "", "odd number")
		ask(what+", form", kind, body)
		text := base64.StdEncoding.EncodeToString(content)
		ask(what+", JSON", "application/json", []byte(`{"image":"`+text+`","question":"odd number"}`))
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

// Memory for decoding comes out of the server's budget: where others hold it, a photograph gets
// 503, and one that all of it would not hold 413.
func TestPhotographMemory(t *testing.T) {
	r := start(t, func(c *Config) { c.Body, c.Memory, c.Deadline = 4<<20, 48<<20, 300*time.Millisecond })
	kind, body := form(t, "image", "image/jpeg", string(photograph(t, 2048, 2048, 0)), "question", "", "odd number")
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

// The deadline is looked at behind decoding, too.
func TestPhotographDeadline(t *testing.T) {
	r := start(t, func(c *Config) { c.Deadline = time.Millisecond })
	kind, body := form(t, "image", "image/jpeg", string(photograph(t, 4032, 3024, 0)), "question", "", "odd number")
	if got := r.call(t, "POST", "/ask", body, "Content-Type", kind); got.status != http.StatusGatewayTimeout {
		t.Errorf("status %d, want 504: %s", got.status, got.body)
	}
}

// An image with too many pixels gets 413 and what to do.
func TestPhotographTooLarge(t *testing.T) {
	r := start(t, func(c *Config) { c.Image = 1 << 20 })
	kind, body := form(t, "image", "image/jpeg", string(photograph(t, 1200, 1000, 0)), "question", "", "odd number")
	got := r.call(t, "POST", "/ask", body, "Content-Type", kind)
	if got.status != http.StatusRequestEntityTooLarge || !strings.Contains(string(got.body), "1200 x 1000 pixels") ||
		!strings.Contains(string(got.body), "make it smaller, or have more allowed (--max-image)") {
		t.Errorf("status %d: %s", got.status, got.body)
	}
}
