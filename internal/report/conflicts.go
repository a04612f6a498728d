package report

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"braid/train"
)

// Limits of what is shown of conflicts.
const (
	mostConflictCharts = 6
	mostConflictLines  = 200
)

// conflicts says how the gradients of heads by shared weights agree.
type conflicts struct {
	Charts []*chart
	Lines  []conflictLine
	Cut    int // lines that are left out
}

// conflictLine is a layer and a pair of heads.
type conflictLine struct{ Layer, Heads, First, Last, Norm, Other string }

// conflicts returns those of the history, nil if they were not measured.
func (r *Run) conflicts() *conflicts {
	if r.History == nil || len(r.History.Epochs) == 0 {
		return nil
	}
	epochs := r.History.Epochs
	first, last := epochs[0].Conflicts, epochs[len(epochs)-1].Conflicts
	if len(first) == 0 || len(first) != len(last) {
		return nil
	}
	c := &conflicts{}
	for i, now := range last {
		layer := short(now.Layer)
		if now.Layer == "" {
			layer = "all shared weights"
			if len(c.Charts) < mostConflictCharts {
				c.Charts = append(c.Charts, conflictChart(epochs, i))
			}
		}
		c.Lines = append(c.Lines, conflictLine{layer, short(now.Heads[0]) + ", " + short(now.Heads[1]),
			cosineText(first[i].Cosine), cosineText(now.Cosine), normText(now.Norms[0]),
			normText(now.Norms[1])})
	}
	if len(c.Lines) > mostConflictLines {
		c.Cut = len(c.Lines) - mostConflictLines
		c.Lines = slices.Clip(c.Lines[:mostConflictLines])
	}
	return c
}

// conflictChart draws the cosine of one pair by epoch.
func conflictChart(epochs []train.Epoch, pair int) *chart {
	var cosines []float64
	for _, e := range epochs {
		v := math.NaN()
		if pair < len(e.Conflicts) {
			v = e.Conflicts[pair].Cosine
		}
		cosines = append(cosines, v)
	}
	xLow, xHigh := 1.0, float64(len(epochs))
	if len(epochs) == 1 {
		xLow, xHigh = 0.5, 1.5
	}
	c := newChart(360, 230, xLow, xHigh, -1, 1)
	heads := epochs[0].Conflicts[pair].Heads
	c.X, c.Y = "epoch", fmt.Sprintf("cosine of %s and %s", short(heads[0]), short(heads[1]))
	c.Label = "Mean " + c.Y + " by epoch, over all shared weights"
	xs, _ := nice(xLow, xHigh, 8)
	ys, step := nice(-1, 1, 5)
	c.ticks(whole(xs), ys, tickText(1), tickText(step))
	c.line("training", cosines)
	return c
}

func cosineText(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

func normText(v float64) string {
	if math.IsNaN(v) {
		return "–"
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
