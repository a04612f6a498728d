package curves

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

func (p Panel) draw(area draw.Canvas) error {
	d := plot.New()
	d.Title.Text, d.X.Label.Text, d.Y.Label.Text = clean(p.Title), clean(p.X), clean(p.Y)
	d.Title.Padding, d.X.Label.Padding, d.Y.Label.Padding = 6, 3, 3
	for _, style := range []*text.Style{
		&d.Title.TextStyle, &d.X.Label.TextStyle, &d.Y.Label.TextStyle,
		&d.X.Tick.Label, &d.Y.Tick.Label,
	} {
		style.Font.Variant = sans
	}
	d.Title.TextStyle.Font.Size = 13
	d.X.Label.TextStyle.Font.Size, d.Y.Label.TextStyle.Font.Size = 11, 11
	d.X.Tick.Marker, d.Y.Tick.Marker = wholeTicks{}, roundTicks{}
	grid := plotter.NewGrid()
	pale := draw.LineStyle{Color: color.Gray{0xdc}, Width: 0.6}
	grid.Horizontal, grid.Vertical = pale, pale
	d.Add(grid)
	longest := 1
	for _, l := range p.Lines {
		longest = max(longest, len(l.Values))
		shapes, err := l.shapes()
		if err != nil {
			return err
		}
		d.Add(shapes...)
	}
	d.X.Min, d.X.Max = 1, float64(longest)
	if longest == 1 { // in the middle
		d.X.Min, d.X.Max = 0.5, 1.5
	}
	d.Y.Min, d.Y.Max = span(d.Y.Min, d.Y.Max)
	d.Draw(area)
	return nil
}

// beyond is where values are no longer drawn: their differences could overflow.
const beyond = 1e100

// shapes draws the line: as a dot if it has one point, which as a line would not show.
func (l Line) shapes() ([]plot.Plotter, error) {
	var points plotter.XYs
	for i, v := range l.Values {
		if math.Abs(v) <= beyond { // NaN is not
			points = append(points, plotter.XY{X: float64(i + 1), Y: v})
		}
	}
	switch len(points) {
	case 0:
		return nil, nil
	case 1:
		dot, err := plotter.NewScatter(points)
		if err != nil {
			return nil, err
		}
		dot.GlyphStyle = draw.GlyphStyle{Color: l.style().Color, Radius: 3, Shape: l.glyph()}
		return []plot.Plotter{dot}, nil
	}
	line, err := plotter.NewLine(points)
	if err != nil {
		return nil, err
	}
	line.LineStyle = l.style()
	return []plot.Plotter{line}, nil
}

func (l Line) style() draw.LineStyle {
	n := len(palette)
	s := draw.LineStyle{Color: palette[(l.Color%n+n)%n], Width: 1.6}
	if l.Dashed {
		s.Dashes = []vg.Length{5, 3}
	}
	return s
}

// glyph is what a dot looks like: hollow where the line would be dashed.
func (l Line) glyph() draw.GlyphDrawer {
	if l.Dashed {
		return draw.RingGlyph{}
	}
	return draw.CircleGlyph{}
}

// span is the part of the axis to draw for values from lo to hi: a little more, and never so little
// that ticks fall together. Without values, lo exceeds hi.
func span(lo, hi float64) (from, to float64) {
	if lo > hi {
		return 0, 1
	}
	pad := 0.04 * (hi - lo)
	largest := max(math.Abs(lo), math.Abs(hi))
	switch {
	case largest < 1/beyond:
		pad = 0.5
	case hi-lo < 1e-9*largest:
		pad = 0.05 * largest
	}
	return lo - pad, hi + pad
}
