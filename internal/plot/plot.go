// Package plot draws metrics over epochs as an SVG.
package plot

import (
	"bytes"
	"fmt"
	"image/color"
	"io"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Panel is one diagram.
type Panel struct {
	Title, X, Y string
	Lines       []Line
}

// Line is one curve of a panel.
type Line struct {
	Name   string
	Values []float64 // by epoch, from epoch 1; NaN and values beyond ±1e100 are left out
	Dashed bool
	Color  int // index into the palette, modulo its length
}

// palette is safe for colour-blind readers: Okabe and Ito, "Color universal design", 2008.
var palette = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff}, color.RGBA{0xd5, 0x5e, 0x00, 0xff},
	color.RGBA{0x00, 0x9e, 0x73, 0xff}, color.RGBA{0xcc, 0x79, 0xa7, 0xff},
	color.RGBA{0xe6, 0x9f, 0x00, 0xff}, color.RGBA{0x56, 0xb4, 0xe9, 0xff},
}

// Lengths in points (4/3 pixel).
const (
	panelWidth   = 375
	panelHeight  = 260 // without the legend
	margin       = 12
	columns      = 2  // panels side by side
	legendIndent = 48 // from the panel's left edge
	legendGap    = 4  // below the panel
)

// SVG writes a drawing of panels, two side by side, each with its legend below. The same panels
// always give the same bytes.
func SVG(w io.Writer, panels []Panel) error {
	if len(panels) == 0 {
		return fmt.Errorf("plot: no panels to draw")
	}
	across := min(len(panels), columns)
	down := (len(panels) + columns - 1) / columns
	legends := make([]plot.Legend, len(panels))
	tallest := vg.Length(0)
	for i, p := range panels {
		legends[i] = p.legend()
		tallest = max(tallest, legends[i].Rectangle(draw.Canvas{}).Size().Y)
	}
	height := panelHeight + tallest + margin
	canvas := vgsvg.New(vg.Length(across)*panelWidth+margin, vg.Length(down)*height)
	page := draw.New(canvas)
	page.SetColor(color.White)
	page.Fill(page.Rectangle.Path())
	for i, p := range panels {
		left := vg.Length(i%columns) * panelWidth
		top := vg.Length(down-i/columns) * height
		bottom := top - panelHeight
		area := crop(page, left+margin, bottom, left+panelWidth-margin, top-margin)
		if err := p.draw(area); err != nil {
			return fmt.Errorf("plot: panel %q: %w", p.Title, err)
		}
		area = crop(page, left+legendIndent, top-height, left+panelWidth, bottom-legendGap)
		legends[i].Draw(area)
	}
	var drawing bytes.Buffer
	if _, err := canvas.WriteTo(&drawing); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	if _, err := w.Write(withFallback(drawing.Bytes())); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	return nil
}

// crop returns the rectangle of page between two corners.
func crop(page draw.Canvas, x0, y0, x1, y1 vg.Length) draw.Canvas {
	page.Rectangle = vg.Rectangle{Min: vg.Point{X: x0, Y: y0}, Max: vg.Point{X: x1, Y: y1}}
	return page
}
