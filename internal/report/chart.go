package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"braid/feature"
	"braid/modelfile"
)

// chart is a drawing. It is drawn by the page's style, so that it is readable on light and on dark;
// those of internal/plot are on white. Coordinates are texts with one decimal.
type chart struct {
	Label, X, Y    string // what is drawn, and the titles of the axes
	Width, Height  int
	Frame          box
	XTicks, YTicks []tick
	Bars           []box
	Counts         []mark // of the rows of bars
	Paths          []path
	Dots           []dot
	Marks          []tick // vertical lines
	Legend         []path
	Note           string

	left, right, top, bottom float64
	xLow, xHigh, yLow, yHigh float64
	logarithmic              bool // both axes show ln(1 + v)
}

type (
	box  struct{ X, Y, Width, Height string }
	tick struct{ At, Text string }
	mark struct{ X, Y, Text string }
	path struct{ Class, D, Text string }
	dot  struct{ X, Y, Class string }
)

// maxDrawn is the largest magnitude drawn: the difference of two larger values could overflow.
const maxDrawn = 1e100

// newChart returns a chart whose axes have the given ranges.
func newChart(width, height int, xLow, xHigh, yLow, yHigh float64) *chart {
	c := &chart{Width: width, Height: height, left: 52, right: float64(width) - 18, top: 10,
		bottom: float64(height) - 38, xLow: xLow, xHigh: xHigh, yLow: yLow, yHigh: yHigh}
	c.Frame = box{at(c.left), at(c.top), at(c.right - c.left), at(c.bottom - c.top)}
	return c
}

// Left, Right, Top and Bottom are the edges of the frame, and XMiddle is between the first two.
func (c *chart) Left() string    { return at(c.left) }
func (c *chart) Right() string   { return at(c.right) }
func (c *chart) Top() string     { return at(c.top) }
func (c *chart) Bottom() string  { return at(c.bottom) }
func (c *chart) XMiddle() string { return at((c.left + c.right) / 2) }

// at formats a coordinate.
func at(v float64) string { return strconv.FormatFloat(v, 'f', 1, 64) }

// scale returns v, or its logarithm.
func (c *chart) scale(v float64) float64 {
	if c.logarithmic {
		return math.Copysign(math.Log1p(math.Abs(v)), v)
	}
	return v
}

func (c *chart) x(v float64) float64 {
	low, high := c.scale(c.xLow), c.scale(c.xHigh)
	return c.left + float64((c.scale(v)-low)/(high-low)*(c.right-c.left))
}

func (c *chart) y(v float64) float64 {
	low, high := c.scale(c.yLow), c.scale(c.yHigh)
	return c.bottom - float64((c.scale(v)-low)/(high-low)*(c.bottom-c.top))
}

// ticks puts ticks on both axes.
func (c *chart) ticks(xs, ys []float64, xText, yText func(float64) string) {
	for _, v := range xs {
		c.XTicks = append(c.XTicks, tick{at(c.x(v)), xText(v)})
	}
	for _, v := range ys {
		c.YTicks = append(c.YTicks, tick{at(c.y(v)), yText(v)})
	}
}

// line adds a line through values at x 1, 2, 3 and so on. Values that are not numbers interrupt it.
func (c *chart) line(class string, values []float64) {
	var d strings.Builder
	pen := "M"
	drawn := 0
	var last dot
	for i, v := range values {
		if !(math.Abs(v) <= maxDrawn) {
			pen = "M"
			continue
		}
		last = dot{at(c.x(float64(i + 1))), at(c.y(v)), class}
		fmt.Fprintf(&d, "%s%s %s", pen, last.X, last.Y)
		pen = "L"
		drawn++
	}
	if drawn == 1 {
		c.Dots = append(c.Dots, last)
		return
	}
	c.Paths = append(c.Paths, path{Class: class, D: d.String()})
}

// diagonal adds the line on which y is x.
func (c *chart) diagonal() {
	low, high := max(c.xLow, c.yLow), min(c.xHigh, c.yHigh)
	c.Paths = append(c.Paths, path{Class: "ideal", D: fmt.Sprintf("M%s %sL%s %s", at(c.x(low)),
		at(c.y(low)), at(c.x(high)), at(c.y(high)))})
}

// rangeOf returns the limits of an axis for some values: with a small padding, and never empty.
func rangeOf(lists ...[]float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	for _, list := range lists {
		for _, v := range list {
			if math.Abs(v) <= maxDrawn {
				low, high = min(low, v), max(high, v)
			}
		}
	}
	if low > high {
		return 0, 1
	}
	pad := 0.05 * (high - low)
	if largest := max(math.Abs(low), math.Abs(high)); high-low <= 1e-9*largest || largest == 0 {
		pad = max(0.05*largest, 1e-9)
	}
	return low - pad, high + pad
}

// nice returns at most most round numbers from low to high, and their distance.
func nice(low, high float64, most int) (list []float64, step float64) {
	step = math.Pow(10, math.Floor(math.Log10((high-low)/float64(most))))
	for _, factor := range []float64{1, 2, 5, 10} {
		if (high-low)/(step*factor) <= float64(most) {
			step *= factor
			break
		}
	}
	first := math.Ceil(low / step)
	for i := 0.0; i <= float64(most)+1; i++ {
		if v := float64((first + i) * step); v <= high {
			list = append(list, v+0)
		}
	}
	return list, step
}

// tickText returns how ticks of a distance are written.
func tickText(step float64) func(float64) string {
	return func(v float64) string { return minus(plainTick(v, step)) }
}

func plainTick(v, step float64) string {
	size := max(math.Abs(v), step)
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, "B"}, {1e6, "M"}} {
		if size >= unit.size && size < 1e12 {
			return strconv.FormatFloat(v/unit.size, 'g', 4, 64) + unit.name
		}
	}
	if size >= 1e9 || step < 1e-4 {
		return strconv.FormatFloat(v, 'g', 3, 64)
	}
	decimals := max(0, int(math.Ceil(-float64(math.Log10(step))-1e-9)))
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

func shareText(v float64) string { return fmt.Sprintf("%.0f %%", 100*v) }

// curves returns a chart of the loss of a head by epoch, and one of the figure of its answers.
func (r *Run) curves(t modelfile.Target) []*chart {
	if r.History == nil || len(r.History.Epochs) == 0 {
		return nil
	}
	var list []*chart
	lossName, answers := t.Decoder.Deciding()
	if r.History.Series(feature.Name(t.Column)+"_"+lossName) == nil {
		lossName = "loss" // what is minimized: training does not measure the other one
	}
	for i, figure := range []string{lossName, answers} {
		name := feature.Name(t.Column) + "_" + figure
		training, validation := r.History.Series(name), r.History.Series("val_"+name)
		if training == nil && validation == nil || i == 1 && answers == lossName {
			continue
		}
		list = append(list, r.curve(short(t.Column), figure, training, validation))
	}
	return list
}

// curve returns a chart of a figure by epoch.
func (r *Run) curve(head, figure string, training, validation []float64) *chart {
	epochs := len(r.History.Epochs)
	low, high := rangeOf(training, validation)
	xLow, xHigh := 1.0, float64(epochs)
	if epochs == 1 {
		xLow, xHigh = 0.5, 1.5
	}
	c := newChart(360, 230, xLow, xHigh, low, high)
	name := FigureName(figure)
	c.X, c.Y = "epoch", name
	c.Label = fmt.Sprintf("%s of %s by epoch, on training and validation rows", name, head)
	xs, _ := nice(xLow, xHigh, 8)
	xs = whole(xs)
	ys, step := nice(low, high, 5)
	text := tickText(step)
	if isShare(figure) {
		inPercent := tickText(100 * step)
		text = func(v float64) string { return inPercent(100*v) + " %" }
	}
	c.ticks(xs, ys, tickText(1), text)
	for _, l := range []struct {
		class  string
		values []float64
	}{{"training", training}, {"validation", validation}} {
		if l.values != nil {
			c.line(l.class, l.values)
			c.Legend = append(c.Legend, path{Class: l.class, Text: l.class})
		}
	}
	if kept := r.training().Kept; kept >= 1 && kept <= epochs {
		c.Marks = append(c.Marks, tick{at(c.x(float64(kept))), ""})
		c.Legend = append(c.Legend, path{Class: "mark", Text: fmt.Sprintf("kept: epoch %d", kept)})
	}
	return c
}

// whole leaves out what is no whole number.
func whole(list []float64) (kept []float64) {
	for _, v := range list {
		if v == math.Trunc(v) && v >= 1 {
			kept = append(kept, v)
		}
	}
	return kept
}

// reliability draws the share that came true above the probability, by bin.
func reliability(list []bin) *chart {
	c := newChart(360, 300, 0, 1, 0, 1)
	c.X, c.Y = "probability that the model gives", "came true"
	c.Label = "Reliability: how often answers come true, by their probability"
	fifths := []float64{0, 0.2, 0.4, 0.6, 0.8, 1}
	c.ticks(fifths, fifths, shareText, shareText)
	for _, b := range list {
		x, y := c.x(b.low), c.y(b.share)
		width := c.x(b.low+1.0/bins) - x
		c.Bars = append(c.Bars, box{at(x + 1), at(y), at(width - 2), at(c.bottom - y)})
		c.Dots = append(c.Dots, dot{at(c.x(b.mean)), at(y), "mean"})
		above := y - 7
		if above < c.top+10 {
			above = y + 17 // in the bar
		}
		c.Counts = append(c.Counts, mark{at(x + float64(width/2)), at(above), compact(b.Rows)})
	}
	c.diagonal()
	c.Legend = []path{{Class: "point", Text: "mean probability of a bar"},
		{Class: "ideal", Text: "ideal"}}
	return c
}

// compact formats a count with at most four characters, for those below a billion.
func compact(n int) string {
	switch {
	case n < 1000:
		return strconv.Itoa(n)
	case n < 9950:
		return fmt.Sprintf("%.1fk", float64(n)/1000)
	case n < 999_500:
		return fmt.Sprintf("%.0fk", float64(n)/1000)
	}
	return fmt.Sprintf("%.0fM", math.Ceil(float64(n)/1e6-0.5))
}

// mostDots is the number of dots of a scatter.
const mostDots = 1000

// scatter draws the predicted numbers above the true ones.
func (k *known) scatter(head string, logarithmic bool) *chart {
	chosen := sample(rowsUpTo(len(k.list)), mostDots, "report dots")
	var truths, answers []float64
	for _, i := range chosen {
		o := k.list[i]
		if math.Abs(o.number) <= maxDrawn && math.Abs(o.answered) <= maxDrawn {
			truths, answers = append(truths, o.number), append(answers, o.answered)
		}
	}
	low, high := rangeOf(truths, answers)
	if logarithmic {
		low, high = 0, math.Expm1(1.03*math.Log1p(high))
	}
	c := newChart(360, 320, low, high, low, high)
	c.logarithmic = logarithmic
	c.X, c.Y = "true", "predicted"
	c.Label = fmt.Sprintf("Predicted %s against the true one", short(head))
	list, step := nice(low, high, 6)
	text := tickText(step)
	if logarithmic {
		list, text = []float64{0}, func(v float64) string { return tickText(max(v, 1))(v) }
		for v := 1.0; v <= high; v *= 10 {
			list = append(list, v)
		}
		for len(list) > 7 {
			list = everyOther(list)
		}
	}
	c.ticks(list, list, text, text)
	c.diagonal()
	for i := range truths {
		c.Dots = append(c.Dots, dot{at(c.x(truths[i])), at(c.y(answers[i])), "point"})
	}
	c.Legend = []path{{Class: "point", Text: "a row"}, {Class: "ideal", Text: "predicted = true"}}
	switch {
	case len(chosen) < len(k.list):
		c.Note = fmt.Sprintf("%s of %s, drawn at random.", countOf(len(chosen), "row", "rows"),
			grouped(len(k.list)))
	case len(truths) < len(chosen):
		c.Note = fmt.Sprintf("%s too large to draw.", countOf(len(chosen)-len(truths), "row is",
			"rows are"))
	}
	return c
}

func everyOther(list []float64) (kept []float64) {
	for i := 0; i < len(list); i += 2 {
		kept = append(kept, list[i])
	}
	return kept
}
