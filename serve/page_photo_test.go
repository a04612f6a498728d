package serve

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	device "github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"braid/internal/braidtest/chromium"
)

// photo draws strokes in ink on paper, in light that fades to one side.
func photo(width, height int, strokes ...stroke) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			v := uint8(225 - 50*float64(x)/float64(width) - 20*float64(y)/float64(height))
			img.SetRGBA(x, y, color.RGBA{v, v, v - v/16, 255})
		}
	}
	side := float64(min(width, height))
	left, top, pen := (float64(width)-side)/2, (float64(height)-side)/2, side/40
	for _, s := range strokes {
		for i := range len(s) - 1 {
			ax, ay := left+s[i].X*side, top+s[i].Y*side
			bx, by := left+s[i+1].X*side, top+s[i+1].Y*side
			length := max(1e-9, (bx-ax)*(bx-ax)+(by-ay)*(by-ay)) // squared
			for y := int(min(ay, by) - pen); y <= int(max(ay, by)+pen); y++ {
				for x := int(min(ax, bx) - pen); x <= int(max(ax, bx)+pen); x++ {
					dx, dy := float64(x)-ax, float64(y)-ay
					along := min(1, max(0, (dx*(bx-ax)+dy*(by-ay))/length))
					if math.Hypot(dx-along*(bx-ax), dy-along*(by-ay)) <= pen {
						img.SetRGBA(x, y, color.RGBA{40, 45, 70, 255})
					}
				}
			}
		}
	}
	return img
}

// jpegOf encodes an image. With an orientation other than 1 it gets EXIF that says so.
func jpegOf(t *testing.T, img image.Image, orientation byte) []byte {
	t.Helper()
	file := jpegFrom(t, img, &jpeg.Options{Quality: 90})
	if orientation == 1 {
		return file
	}
	exif := "\xff\xe1\x00\x22Exif\x00\x00MM\x00\x2a\x00\x00" + // TIFF
		"\x00\x08\x00\x01" + // one entry
		"\x01\x12\x00\x03\x00\x00\x00\x01\x00" + string(orientation) + "\x00\x00\x00\x00\x00\x00"
	return slices.Concat(file[:2], []byte(exif), file[2:])
}

// turnedLeft turns an image a quarter to the left, as a camera that is held upright stores it. Its
// EXIF orientation is 6.
func turnedLeft(img *image.RGBA) *image.RGBA {
	size := img.Bounds().Size()
	to := image.NewRGBA(image.Rect(0, 0, size.Y, size.X))
	for y := range size.Y {
		for x := range size.X {
			to.SetRGBA(y, size.X-1-x, img.RGBAAt(x, y))
		}
	}
	return to
}

func encoded(t *testing.T, img image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// drop drags a file onto an element and lets it go.
func (p *tab) drop(selector, name string, content []byte) {
	p.Helper()
	path := filepath.Join(p.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		p.Fatal(err)
	}
	box := p.box(selector)
	data := &device.DragData{
		Items: []*device.DragDataItem{}, Files: []string{path}, DragOperationsMask: 1, // copy
	}
	const enter = device.DispatchDragEventTypeDragEnter
	const over, drop = device.DispatchDragEventTypeDragOver, device.DispatchDragEventTypeDrop
	for _, kind := range []device.DispatchDragEventType{enter, over, drop} {
		chromium.Call(p.Page, device.DispatchDragEvent, device.DispatchDragEventParams{
			Type: kind, X: box.X + box.Width/2, Y: box.Y + box.Height/2, Data: data,
		})
		marked := eval[bool](p, `Boolean(document.querySelector('[data-drop]'))`)
		if marked != (kind == over) {
			p.Errorf("%s: the board or a field is marked: %v", kind, marked)
		}
	}
}

// paste pastes a file.
func (p *tab) paste(name, kind string, content []byte) {
	p.Helper()
	if !eval[bool](p, fmt.Sprintf(`((clipboardData) => {
		const bytes = Uint8Array.from(atob(%q), (char) => char.charCodeAt(0));
		clipboardData.items.add(new File([bytes], %q, { type: %q }));
		const options = { clipboardData, bubbles: true, cancelable: true };
		return !document.body.dispatchEvent(new ClipboardEvent('paste', options));
	})(new DataTransfer())`, base64.StdEncoding.EncodeToString(content), name, kind)) {
		p.Errorf("%s is pasted elsewhere", name)
	}
}

// The page takes photos in each way, of all sizes and formats that the browser reads. Others are
// refused.
func testPhotos(p *tab) {
	seven, one := drawings[1].strokes, drawings[0].strokes
	phone := jpegOf(p.T, photo(4000, 3000, seven...), 1) // 12 million pixels
	upright := jpegOf(p.T, turnedLeft(photo(3000, 2000, one...)), 6)
	small := jpegOf(p.T, photo(600, 800, seven...), 1)
	smallLying := jpegOf(p.T, turnedLeft(photo(600, 800, seven...)), 6)
	dropped, pasted := encoded(p.T, photo(500, 400, one...)), encoded(p.T, photo(300, 300, one...))
	blank := encoded(p.T, photo(400, 300))
	webp := eval[string](p, `((canvas) => {
		canvas.width = canvas.height = 200;
		const context = canvas.getContext('2d');
		context.fillStyle = '#fff';
		context.fillRect(0, 0, 200, 200);
		context.fillStyle = '#000';
		context.fillRect(90, 30, 20, 140);
		return canvas.toDataURL('image/webp').split(',')[1];
	})(document.createElement('canvas'))`)
	bar, err := base64.StdEncoding.DecodeString(webp)
	if err != nil {
		p.Fatal(err)
	}
	for _, test := range []struct {
		name, digit string
		how         func()
	}{
		{"12 MP chosen", "7", func() { p.Choose("#photo-file", "phone.jpg", phone) }},
		{"6 MP lying, from the camera", "1", func() { p.Choose("#camera-file", "IMG.jpg", upright) }},
		{"small and lying, chosen", "7", func() { p.Choose("#photo-file", "IMG.jpg", smallLying) }},
		{"dropped on the board", "1", func() { p.drop("#pad", "one.png", dropped) }},
		{"dropped beside the board", "7", func() { p.drop("header", "seven.jpg", small) }},
		{"pasted", "1", func() { p.paste("image.png", "image/png", pasted) }},
		{"again the same as before", "7", func() { p.Choose("#photo-file", "IMG.jpg", smallLying) }},
		{"WebP, pasted", "1", func() { p.paste("bar.webp", "image/webp", bar) }},
	} {
		p.Answered(test.how)
		if got := p.text(`[data-head="digit"] [data-label]`); got != test.digit {
			p.Errorf("%s: the digit is %s, want %s", test.name, got, test.digit)
		}
		if !strings.HasPrefix(p.saw(), "data:image/png;base64,") {
			p.Errorf("%s: the page does not show what the net sees", test.name)
		}
	}
	p.Answered(func() { p.click("#undo") })
	if got := p.text(`[data-head="digit"] [data-label]`); got != "7" {
		p.Errorf("after Undo of a photo the digit is %s, want the 7 before it", got)
	}
	p.Answered(func() { p.draw(one...) }) // a stroke replaces the photo
	if got := p.text(`[data-head="digit"] [data-label]`); got != "1" {
		p.Errorf("drawn over a photo, the digit is %s, want 1", got)
	}

	for _, test := range []struct {
		name, want string
		how        func()
	}{
		{"not an image", "This browser cannot read “notes.txt” as an image.",
			func() { p.drop("#pad", "notes.txt", []byte("seven")) }},
		{"not an image, by its name", "This browser cannot read “seven.png” as an image.",
			func() { p.Choose("#photo-file", "seven.png", []byte("seven")) }},
		{"blank", "The image is blank, want one with a digit that stands out from the background.",
			func() { p.Choose("#photo-file", "blank.png", blank) }},
	} {
		test.how()
		p.Until(fmt.Sprintf(`document.querySelector('#message').textContent === %q`, test.want))
		p.Quiet()
		if box := p.box("#message"); eval[float64](p, "scrollY") > 0 {
			p.Errorf("%s: the message at %v is not visible", test.name, box.Y)
		}
		if !eval[bool](p, `document.querySelector('#message').matches('[data-kind=problem]')`) {
			p.Errorf("%s: the message is not shown as a problem", test.name)
		}
	}
	if got := eval[string](p, `document.querySelector('#curl').ariaDisabled`); got != "true" {
		p.Errorf("with a blank photo, aria-disabled of the command is %q", got)
	}
	p.key("z", chromedp.ModifierCtrl)
	p.Until(`document.querySelector('#message').hidden`)
	p.click("#own") // a blank image is reported as such, also beside a refused question
	p.key("prime")
	p.refused("prime")
	p.Choose("#photo-file", "blank.png", blank)
	p.Until(`document.querySelector('#message').textContent.includes('blank')`)
	if p.Quiet(); p.text("#own-problem") != "" {
		p.Errorf("with a blank image the page shows %q", p.text("#own-problem"))
	}
	p.Complaints() // of refusals
}

// No ink is lost between the board and the net, also not of strokes that leave the board.
func testWholeDrawing(p *tab) {
	eval[bool](p, `((real) => {
		window.sent = [];
		window.fetch = (path, options) => (sent.push(options.body), real(path, options));
		return true;
	})(window.fetch)`)
	for _, end := range []point{{.5, 1.2}, {.5, -.2}, {1.2, .5}, {-.2, .5}, {1.1, 1.1}} {
		s := stroke{{.5, .5}, end}
		p.Answered(func() { p.draw(s) })
		body := []byte(eval[string](p, `sent.at(-1)`))
		var fields struct{ Image []byte }
		if err := json.Unmarshal(body, &fields); err != nil {
			p.Fatal(err)
		}
		img, err := png.Decode(bytes.NewReader(fields.Image))
		if err != nil {
			p.Fatal(err)
		}
		size := img.Bounds().Size()
		ink := 0
		for i := range size.X {
			for _, at := range []image.Point{{i, 0}, {i, size.Y - 1}, {0, i}, {size.X - 1, i}} {
				if r, _, _, _ := img.At(at.X, at.Y).RGBA(); r > 0 {
					ink++
				}
			}
		}
		if ink > 0 {
			p.Errorf("%v: %d pixels of ink on the image's edge, where more may be cut off", s, ink)
		}
		p.click("#clear")
		p.blank()
	}

	// A 7 is the same wherever it stands. Its foot, on the edge of what the net sees, is whole.
	middle := shifted(drawings[1].strokes, 0, 0)
	p.Answered(func() { p.draw(middle...) })
	want := p.greys()
	top, bottom := inkLines(want)
	if bottom-top != 20 {
		p.Errorf("the 7 is %d pixels high in what the net sees, want 20", bottom-top)
	}
	for _, by := range []point{{0, .11}, {0, -.15}, {.2, .11}, {-.2, -.15}} {
		p.click("#clear")
		p.blank()
		p.Answered(func() { p.draw(shifted(drawings[1].strokes, by.X, by.Y)...) })
		var off, mass int
		for i, v := range p.greys() {
			off += max(int(v), int(want[i])) - min(int(v), int(want[i]))
			mass += int(want[i])
		}
		if off*10 > mass { // less is due to how strokes fall on pixels
			p.Errorf("the 7 moved by %v differs by %d of %d", by, off, mass)
		}
	}
}

func shifted(strokes []stroke, dx, dy float64) []stroke {
	var moved []stroke
	for _, s := range strokes {
		var m stroke
		for _, at := range s {
			m = append(m, point{at.X + dx, at.Y + dy})
		}
		moved = append(moved, m)
	}
	return moved
}

// greys are the pixels of what the net sees.
func (p *tab) greys() []uint8 {
	p.Helper()
	_, saw, _ := strings.Cut(p.saw(), ",")
	content, err := base64.StdEncoding.DecodeString(saw)
	if err != nil {
		p.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		p.Fatal(err)
	}
	grey, ok := img.(*image.Gray)
	if !ok {
		p.Fatalf("the net sees a %T", img)
	}
	return grey.Pix
}

// inkLines returns the first line of pixels with ink, and the one after the last.
func inkLines(greys []uint8) (from, to int) {
	from = 28
	for i, v := range greys {
		if v > 0 {
			from, to = min(from, i/28), i/28+1
		}
	}
	return from, to
}
