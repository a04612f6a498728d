package chromium

import (
	"bytes"
	"image"
	"image/png"
	"os"

	"github.com/chromedp/chromedp"
)

// Picture writes a picture of the page into a PNG file: its first rows of pixels, or all of them if
// height is 0. Transitions have ended in it.
func (p *Page) Picture(path string, height int) {
	p.Helper()
	Eval[bool](p, `(document.getAnimations().forEach((each) => {
		if (each.effect.getComputedTiming().endTime !== Infinity) each.finish();
	}), true)`)
	content, err := chromedp.Run(p.Context, chromedp.FullScreenshot(100))
	if err == nil && height > 0 {
		content, err = cut(content, height)
	}
	if err == nil {
		err = os.WriteFile(path, content, 0o644)
	}
	if err != nil {
		p.Fatal(err)
	}
}

// cut returns the first rows of a PNG file.
func cut(content []byte, height int) ([]byte, error) {
	whole, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		return nil, err
	}
	top := image.NewNRGBA(image.Rect(0, 0, whole.Bounds().Dx(), min(height, whole.Bounds().Dy())))
	for y := range top.Rect.Dy() {
		for x := range top.Rect.Dx() {
			top.Set(x, y, whole.At(x, y))
		}
	}
	var out bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	err = encoder.Encode(&out, top)
	return out.Bytes(), err
}
