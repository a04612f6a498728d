package cli

import (
	"fmt"
	"image"
	"image/color"
	"sync"

	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

const (
	captionSide   = 160 // the least side of an enlarged picture, in pixels
	captionSize   = 13  // of letters
	captionHeight = 18  // of a line
	captionMargin = 6
)

// captionFont reads the font once. It has no letters of Chinese, Japanese or Korean: boxes stand
// for them.
var captionFont = sync.OnceValues(func() (*opentype.Font, error) {
	return opentype.Parse(goregular.TTF)
})

// caption returns a picture with lines of text under it. A small one is enlarged by a whole number.
func caption(p image.Image, lines []string) (image.Image, error) {
	parsed, err := captionFont()
	if err != nil {
		return nil, fmt.Errorf("reading the font of captions: %w", err)
	}
	face, err := opentype.NewFace(parsed, &opentype.FaceOptions{
		Size: captionSize, DPI: 72, Hinting: font.HintingFull,
	})
	if err != nil {
		return nil, fmt.Errorf("reading the font of captions: %w", err)
	}
	defer face.Close()
	size := p.Bounds().Size()
	scale := max(1, (captionSide+max(size.X, size.Y)-1)/max(size.X, size.Y))
	size = size.Mul(scale)
	width := size.X
	for _, line := range lines {
		width = max(width, font.MeasureString(face, line).Ceil()+2*captionMargin)
	}
	height := size.Y + len(lines)*captionHeight + captionMargin
	out := image.NewNRGBA(image.Rect(0, 0, width, height))
	draw.Draw(out, out.Bounds(), image.White, image.Point{}, draw.Src)
	draw.NearestNeighbor.Scale(out, image.Rectangle{Max: size}, p, p.Bounds(), draw.Src, nil)
	d := font.Drawer{Dst: out, Src: image.NewUniform(color.Black), Face: face}
	for i, line := range lines {
		d.Dot = fixed.P(captionMargin, size.Y+(i+1)*captionHeight)
		d.DrawString(line)
	}
	return out, nil
}
