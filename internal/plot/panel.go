package plot

import (
	"image/color"
	"math"
	"strconv"

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
	grid := plotter.NewGrid()
	pale := draw.LineStyle{Color: color.Gray{0xdc}, Width: 0.6}
	grid.Horizontal, grid.Vertical = pale, pale
	d.Add(grid)
	longest := 1
	for _, l := range p.Lines {
		longest = max(longest, len(l.Values))
		curve, err := l.curve()
		if err != nil {
			return err
		}
		d.Add(curve...)
	}
	d.X.Tick.Marker = epochTicks(longest)
	d.X.Min, d.X.Max = 1, float64(longest)
	if longest == 1 { // put the one epoch in the middle
		d.X.Min, d.X.Max = 0.5, 1.5
	}
	d.Y.Min, d.Y.Max = yRange(d.Y.Min, d.Y.Max)
	d.Draw(area)
	return nil
}

// legend returns one entry for each line, cut to the panel's width.
func (p Panel) legend() plot.Legend {
	legend := plot.NewLegend()
	legend.Top, legend.Left, legend.YPosition = true, true, draw.PosCenter
	legend.Padding, legend.ThumbnailWidth = 3, 26
	legend.TextStyle.Font.Variant = sans
	legend.TextStyle.Font.Size = 11
	width := panelWidth - legendIndent - legend.ThumbnailWidth - margin
	for _, l := range p.Lines {
		name := cut(clean(l.Name), legend.TextStyle, width)
		legend.Add(name, &plotter.Line{LineStyle: l.style()})
	}
	return legend
}

// epochTicks returns ticks at epoch 1 and at the multiples, ten at most, of 1, 2 or 5 times a power
// of ten. gonum's default ticks are also between epochs, with labels such as 4.00.
func epochTicks(last int) plot.ConstantTicks {
	step := 1
	for i := 0; last > 10*step; i++ {
		if i%3 == 1 {
			step = step * 5 / 2 // 2 to 5
		} else {
			step *= 2 // 1 to 2, 5 to 10
		}
	}
	ticks := plot.ConstantTicks{{Value: 1, Label: "1"}}
	for epoch := max(step, 2); epoch <= last; epoch += step {
		ticks = append(ticks, plot.Tick{Value: float64(epoch), Label: strconv.Itoa(epoch)})
	}
	return ticks
}

// maxValue is the largest magnitude drawn: the difference of two larger values could overflow.
const maxValue = 1e100

// curve returns a line through the values, or a dot for a single value.
func (l Line) curve() ([]plot.Plotter, error) {
	var points plotter.XYs
	for i, v := range l.Values {
		if math.Abs(v) <= maxValue { // false for NaN
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
		dot.GlyphStyle = draw.GlyphStyle{Color: l.style().Color, Radius: 3, Shape: l.dot()}
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

// dot returns a hollow dot for a dashed line, a filled one for a solid line.
func (l Line) dot() draw.GlyphDrawer {
	if l.Dashed {
		return draw.RingGlyph{}
	}
	return draw.CircleGlyph{}
}

// yRange returns the limits of the y axis for values from lo to hi: a small padding, and enough
// for distinct ticks where the values are equal. An empty panel has lo > hi.
func yRange(lo, hi float64) (from, to float64) {
	if lo > hi {
		return 0, 1
	}
	pad := 0.04 * (hi - lo)
	largest := max(math.Abs(lo), math.Abs(hi))
	switch {
	case largest < 1/maxValue:
		pad = 0.5
	case hi-lo < 1e-9*largest:
		pad = 0.05 * largest
	}
	return lo - pad, hi + pad
}
