package curves

import (
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The measures of a legend, in points.
const (
	legendIndent = 48  // from the panel's left edge
	legendWidth  = 315 // of all columns together
	legendLine   = 16  // height of one line
	legendKey    = 26  // length of a name's stroke
	legendGap    = 6   // between a stroke and its name, and between columns
)

// legend is the lines' names, in two columns if they are short enough, else in one.
type legend struct {
	lines   []Line // with names as they are shown
	columns int
	style   text.Style
}

func newLegend(lines []Line) legend {
	l := legend{lines: make([]Line, len(lines)), columns: columns, style: plain()}
	l.style.YAlign = draw.YCenter
	for i, line := range lines {
		line.Name = clean(line.Name)
		if l.style.Width(line.Name) > l.room() {
			l.columns = 1
		}
		l.lines[i] = line
	}
	for i := range l.lines {
		l.lines[i].Name = fit(l.lines[i].Name, l.style, l.room())
	}
	return l
}

// room is how wide a name may be.
func (l legend) room() vg.Length {
	return legendWidth/vg.Length(l.columns) - legendKey - 2*legendGap
}

func (l legend) height() vg.Length {
	return vg.Length((len(l.lines)+l.columns-1)/l.columns) * legendLine
}

// draw draws the legend below and right of the corner.
func (l legend) draw(page draw.Canvas, corner vg.Point) {
	for i, line := range l.lines {
		x := corner.X + vg.Length(i%l.columns)*legendWidth/vg.Length(l.columns)
		y := corner.Y - (vg.Length(i/l.columns)+0.75)*legendLine
		page.StrokeLine2(line.style(), x, y, x+legendKey, y)
		page.FillText(l.style, vg.Point{X: x + legendKey + legendGap, Y: y}, line.Name)
	}
}
