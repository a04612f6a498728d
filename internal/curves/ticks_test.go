package curves

import (
	"strings"
	"testing"

	"gonum.org/v1/plot"
)

func labels(ticks []plot.Tick) string {
	var list []string
	for _, tick := range ticks {
		list = append(list, tick.Label)
	}
	return strings.Join(list, " ")
}

func TestTicksAtWholeEpochs(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{0.5, 1.5, "1"},
		{1, 2, "1 2"},
		{1, 7, "1 2 3 4 5 6 7"},
		{1, 20, "1 2 4 6 8 10 12 14 16 18 20"},
		{1, 100, "1 10 20 30 40 50 60 70 80 90 100"},
		{1, 1e6, "1 100000 200000 300000 400000 500000 600000 700000 800000 900000 1000000"},
	} {
		if got := labels(wholeTicks{}.Ticks(c.lo, c.hi)); got != c.want {
			t.Errorf("from %v to %v: %v, want %v", c.lo, c.hi, got, c.want)
		}
	}
}

func TestRoundTicks(t *testing.T) {
	for _, c := range []struct {
		lo, hi float64
		want   string
	}{
		{0, 1, "0 0.2 0.4 0.6 0.8 1.0"},
		{0.79, 1.0, "0.80 0.85 0.90 0.95 1.00"},
		{-0.06, 0.25, "-0.05 0 0.05 0.10 0.15 0.20 0.25"},
		{3, 44, "10 20 30 40"},
		{0, 3e8, "0 5e+07 1e+08 1.5e+08 2e+08 2.5e+08 3e+08"},
		{-1e-9, 2e-9, "-1e-09 -5e-10 0 5e-10 1e-09 1.5e-09 2e-09"},
		{1 - 2.5e-9, 1 + 2.5e-9, "0.999999998 0.999999999 1 1.000000001 1.000000002"},
	} {
		if got := labels(roundTicks{}.Ticks(c.lo, c.hi)); got != c.want {
			t.Errorf("from %v to %v: %v, want %v", c.lo, c.hi, got, c.want)
		}
	}
}
