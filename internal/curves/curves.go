// Package curves draws how figures change from epoch to epoch.
package curves

import (
	"bytes"
	"fmt"
	"image/color"
	"io"

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
	Values []float64 // value i belongs to epoch i+1; NaN and beyond ±1e100 are left out
	Dashed bool
	Color  int // lines with one number have one colour
}

// palette has colours that people with any colour vision can tell apart: Okabe and Ito, "Color
// universal design", 2008.
var palette = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff}, color.RGBA{0xd5, 0x5e, 0x00, 0xff},
	color.RGBA{0x00, 0x9e, 0x73, 0xff}, color.RGBA{0xcc, 0x79, 0xa7, 0xff},
	color.RGBA{0xe6, 0x9f, 0x00, 0xff}, color.RGBA{0x56, 0xb4, 0xe9, 0xff},
}

// The measures of a drawing, in points: 4/3 of a pixel.
const (
	panelWidth  = 375
	panelHeight = 260 // without the legend
	margin      = 12
	columns     = 2 // panels side by side
)

// SVG draws panels, two in a row, each with its legend below. The same panels always give the same
// bytes.
func SVG(w io.Writer, panels []Panel) error {
	if len(panels) == 0 {
		return fmt.Errorf("curves: no panel to draw")
	}
	across := min(len(panels), columns)
	rows := (len(panels) + columns - 1) / columns
	legends := make([]legend, len(panels))
	tallest := vg.Length(0)
	for i, p := range panels {
		legends[i] = newLegend(p.Lines)
		tallest = max(tallest, legends[i].height())
	}
	cell := panelHeight + tallest + margin
	canvas := vgsvg.New(vg.Length(across)*panelWidth+margin, vg.Length(rows)*cell)
	page := draw.New(canvas)
	page.SetColor(color.White)
	page.Fill(page.Rectangle.Path())
	for i, p := range panels {
		left := vg.Length(i%columns) * panelWidth
		top := vg.Length(rows-i/columns) * cell
		area := draw.Canvas{Canvas: page.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: left + margin, Y: top - panelHeight},
			Max: vg.Point{X: left + panelWidth - margin, Y: top - margin},
		}}
		if err := p.draw(area); err != nil {
			return fmt.Errorf("curves: panel %q: %w", p.Title, err)
		}
		legends[i].draw(page, vg.Point{X: left + legendIndent, Y: top - panelHeight})
	}
	var drawing bytes.Buffer
	if _, err := canvas.WriteTo(&drawing); err != nil {
		return fmt.Errorf("curves: %w", err)
	}
	if _, err := w.Write(withFallback(drawing.Bytes())); err != nil {
		return fmt.Errorf("curves: %w", err)
	}
	return nil
}
