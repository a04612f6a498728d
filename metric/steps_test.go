package metric_test

import (
	"math"
	"testing"

	"braid/internal/random"
	"braid/metric"
)

// draw returns twelve random rows like e, with weights. Some classes are rare.
func (e example) draw() example {
	const rows = 12
	draw, width := random.New(4, e.head.Name), e.head.Shape.Size()
	d := example{head: e.head, signs: e.signs}
	for i := range uint64(rows * width) {
		output, truth := draw.Unit(i), draw.Bits(1000+i)%3 == 0
		if e.signs {
			output -= .4
		}
		d.output = append(d.output, output)
		switch {
		case e.labels != nil:
			continue
		case truth:
			d.target = append(d.target, 1)
		case e.signs:
			d.target = append(d.target, -1)
		default:
			d.target = append(d.target, draw.Unit(2000+i)/3)
		}
	}
	for r := range uint64(rows) {
		if e.labels != nil {
			d.labels = append(d.labels, int32(min(draw.Bits(3000+r)%5, 2)))
		}
		d.weights = append(d.weights, float32(draw.Bits(4000+r)%4)/2)
	}
	return d
}

// Each step of a head counts as a row of its own, by its own weight: every metric has the bytes of
// the same numbers in rows.
func TestSteps(t *testing.T) {
	for _, e := range []example{three, three.onehot(), one, two, sides, sizes} {
		flat := e.draw()
		if e.labels == nil && e.head.Name == three.head.Name {
			flat = three.draw().onehot()
		}
		list := append(metric.For(flat.head, flat.wants()), metric.TopKAccuracy{K: 2},
			metric.Recall{Average: metric.Micro, Threshold: .4}, metric.ExpectedCalibrationError{Bins: 3})
		for _, m := range list {
			if _, err := m.Bind(flat.head, flat.wants()); err != nil {
				continue
			}
			for _, axes := range [][]int{{4}, {2, 3}, {3, 1, 4}} {
				got := flat.steps(axes...)
				if _, ok := m.(metric.ConfusionMatrix); ok {
					_, _, _, want := flat.tallies(t, m)
					_, _, _, tally := got.tallies(t, m)
					for i, v := range tally {
						if v != want[i] {
							t.Errorf("head %q, steps %v: the matrix is %v, want %v", e.head.Name, axes, tally,
								want)
							break
						}
					}
					continue
				}
				want := flat.figure(t, m)
				if got := got.figure(t, m); got != want || math.IsNaN(want) {
					t.Errorf("head %q, %s, steps %v: got %v, want %v", e.head.Name, metric.Name(m), axes, got,
						want)
				}
			}
		}
	}
}

// Two rows of three words, of which the second row's last word weighs nothing.
func TestStepsByHand(t *testing.T) {
	words := classes(3, []float32{
		.7, .2, .1, .3, .6, .1, .1, .1, .8, // 0 1 2
		.5, .4, .1, .2, .3, .5, .1, .8, .1, // 0 2 1
	}, 0, 2, 2, 1, 2, 0).steps(3).weighted(1, 1, 1, 1, 2, 0)
	ln := math.Log
	for _, c := range []struct {
		metric.Metric
		want float64
	}{
		{metric.Accuracy{}, 4. / 6},
		{metric.TopKAccuracy{K: 2}, 5. / 6},
		{metric.LogLoss{}, -(ln(.7) + ln(.1) + ln(.8) + ln(.4) + 2*ln(.5)) / 6},
		{metric.Precision{Average: metric.Macro}, (1./2 + 0 + 1) / 3},
		{metric.Recall{Average: metric.Macro}, (1 + 0 + 3./4) / 3},
		{metric.CohenKappa{}, (6*4 - (1*2 + 1*1 + 4*3)) / float64(6*6-(1*2+1*1+4*3))},
	} {
		if got := words.figure(t, c.Metric); !close(got, c.want) {
			t.Errorf("%s is %v, want %v", metric.Name(c.Metric), got, c.want)
		}
	}
	// Each of two channels has a coefficient of its own over all steps.
	curve := numbers(2, []float32{1, 2, 3, 5, 2, 9}, 2, 2, 1, 4, 6, 5).steps(3)
	if got := curve.figure(t, metric.R2{}); !close(got, ((1-21./14)+(1-17/(14./3)))/2) {
		t.Errorf("R2 is %v", got)
	}
}
