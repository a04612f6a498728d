// Package curves draws how figures change from epoch to epoch.
package curves

import (
	"fmt"
	"image/color"
	"io"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
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
	Values []float64 // value i belongs to epoch i+1; what is not finite is left out
	Dashed bool
	Color  int // lines with one number have one colour
}

// palette has colours that people with any colour vision can tell apart: Okabe and Ito, "Color
// universal design", 2008.
var palette = []color.Color{
	color.RGBA{0x00, 0x72, 0xb2, 0xff}, color.RGBA{0xd5, 0x5e, 0x00, 0xff}, color.RGBA{0x00, 0x9e, 0x73, 0xff},
	color.RGBA{0xcc, 0x79, 0xa7, 0xff}, color.RGBA{0xe6, 0x9f, 0x00, 0xff}, color.RGBA{0x56, 0xb4, 0xe9, 0xff},
}

// The measures of a drawing, in points.
const (
	panelWidth  = 5.2 * vg.Inch
	panelHeight = 3.4 * vg.Inch
	legendLine  = 16 // height of one line of a legend
	legendKey   = 26 // length of the stroke in a legend
	margin      = 12
	columns     = 2 // panels side by side
)

// sans is the font's variant: the one that screens show best.
const sans = "Sans"

// SVG draws panels, two in a row, each with its legend below.
func SVG(w io.Writer, panels []Panel) error {
	if len(panels) == 0 {
		return fmt.Errorf("curves: no panel to draw")
	}
	across := min(len(panels), columns)
	rows := (len(panels) + columns - 1) / columns
	most := 0
	for _, p := range panels {
		most = max(most, len(p.Lines))
	}
	legend := vg.Length((most+1)/2) * legendLine
	cell := panelHeight + legend + margin
	canvas := vgsvg.New(vg.Length(across)*panelWidth+margin, vg.Length(rows)*cell)
	page := draw.New(canvas)
	white := page.Rectangle
	page.SetColor(color.White)
	page.Fill(white.Path())
	for i, p := range panels {
		left := vg.Length(i%columns) * panelWidth
		top := vg.Length(rows-i/columns) * cell
		area := draw.Canvas{Canvas: page.Canvas, Rectangle: vg.Rectangle{
			Min: vg.Point{X: left + margin, Y: top - panelHeight},
			Max: vg.Point{X: left + panelWidth - margin, Y: top - margin},
		}}
		if err := p.draw(area); err != nil {
			return err
		}
		p.legend(page, vg.Point{X: left + 4*margin, Y: top - panelHeight - legendLine})
	}
	_, err := canvas.WriteTo(w)
	return err
}

func (p Panel) draw(area draw.Canvas) error {
	d := plot.New()
	d.Title.Text, d.X.Label.Text, d.Y.Label.Text = p.Title, p.X, p.Y
	d.Title.Padding = 6
	for _, style := range []*draw.TextStyle{
		&d.Title.TextStyle, &d.X.Label.TextStyle, &d.Y.Label.TextStyle, &d.X.Tick.Label, &d.Y.Tick.Label,
	} {
		style.Font.Variant = sans
	}
	d.X.Tick.Marker = wholeTicks{}
	grid := plotter.NewGrid()
	pale := color.Gray{0xe4}
	grid.Horizontal.Color, grid.Vertical.Color = pale, pale
	d.Add(grid)
	longest := 1
	for _, l := range p.Lines {
		longest = max(longest, len(l.Values))
		var points plotter.XYs
		for i, v := range l.Values {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				points = append(points, plotter.XY{X: float64(i + 1), Y: v})
			}
		}
		if len(points) == 0 {
			continue
		}
		line, err := plotter.NewLine(points)
		if err != nil {
			return fmt.Errorf("curves: %q: %w", l.Name, err)
		}
		line.LineStyle = l.style()
		d.Add(line)
		if len(points) == 1 { // a line of one point does not show
			dot, err := plotter.NewScatter(points)
			if err != nil {
				return fmt.Errorf("curves: %q: %w", l.Name, err)
			}
			dot.GlyphStyle = draw.GlyphStyle{Color: line.Color, Radius: 3, Shape: draw.CircleGlyph{}}
			d.Add(dot)
		}
	}
	d.X.Min, d.X.Max = 1, float64(max(longest, 2))
	if d.Y.Min > d.Y.Max { // nothing to draw
		d.Y.Min, d.Y.Max = 0, 1
	}
	if d.Y.Min == d.Y.Max {
		d.Y.Min, d.Y.Max = d.Y.Min-0.5, d.Y.Max+0.5
	}
	d.Draw(area)
	return nil
}

func (l Line) style() draw.LineStyle {
	s := draw.LineStyle{Color: palette[l.Color%len(palette)], Width: vg.Points(1.6)}
	if l.Dashed {
		s.Dashes = []vg.Length{vg.Points(5), vg.Points(3)}
	}
	return s
}

// legend writes the lines' names in two columns.
func (p Panel) legend(page draw.Canvas, at vg.Point) {
	text := plot.New().Legend.TextStyle
	text.Font.Variant = sans
	for i, l := range p.Lines {
		x := at.X + vg.Length(i%2)*(panelWidth-4*margin)/2
		y := at.Y - vg.Length(i/2)*legendLine
		page.StrokeLine2(l.style(), x, y, x+legendKey, y)
		text.YAlign = draw.YCenter
		page.FillText(text, vg.Point{X: x + legendKey + 5, Y: y}, l.Name)
	}
}

// wholeTicks puts ticks at whole epochs, about ten of them labelled.
type wholeTicks struct{}

func (wholeTicks) Ticks(lo, hi float64) []plot.Tick {
	every := 1
	for _, next := range []int{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000} {
		every = next
		if (hi-lo)/float64(next) <= 10 {
			break
		}
	}
	var list []plot.Tick
	for v := 0; float64(v) <= hi; v += every {
		at := max(v, 1) // epochs count from 1
		if float64(at) >= lo && (at == v || every > 1) {
			list = append(list, plot.Tick{Value: float64(at), Label: fmt.Sprint(at)})
		}
	}
	return list
}
