package main

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{
		{[]float64{7}, 7}, {[]float64{9, 1}, 5}, {[]float64{8, 1, 3}, 3}, {[]float64{10, 1, 4, 2}, 3},
	} {
		before := slices.Clone(c.values)
		if got := median(c.values); got != c.want {
			t.Errorf("median of %v is %v, want %v", c.values, got, c.want)
		}
		if !slices.Equal(before, c.values) {
			t.Errorf("median changed %v to %v", before, c.values)
		}
	}
	want := summary{Median: 3, Min: 1, Max: 8, Count: 3}
	if got := summarize([]float64{8, 1, 3}); got != want {
		t.Errorf("summary is %+v, want %+v", got, want)
	}
	if got := summarize(nil); got != (summary{}) {
		t.Errorf("summary of nothing is %+v", got)
	}
}

// took returns the readings of a training run.
func took(s float64) readings { return readings{"train_s": s} }

var trained = reading("train_s")

// Runs of the same round are paired. A pair with a dropped or failed run is left out.
func TestPairs(t *testing.T) {
	a := []run{
		{Readings: took(10)}, {Readings: took(20)}, {Readings: took(30), Dropped: true},
		{Readings: took(40)}, {Readings: took(50)},
	}
	b := []run{
		{Readings: took(5)}, {Readings: took(80), Failed: "it fell"}, {Readings: took(3)},
		{Readings: took(20)},
	}
	if got, want := pairs(a, b, trained), []float64{2, 2}; !slices.Equal(got, want) {
		t.Errorf("ratios are %v, want %v", got, want)
	}
	if got, want := pairs(b, a, trained), []float64{.5, .5}; !slices.Equal(got, want) {
		t.Errorf("turned ratios are %v, want %v", got, want)
	}
	if got, want := figures(a, trained), []float64{10, 20, 40, 50}; !slices.Equal(got, want) {
		t.Errorf("figures are %v, want %v", got, want)
	}
	if got := dropped(a) + dropped(b); got != 2 {
		t.Errorf("%d runs are dropped, want 2", got)
	}
}

func TestPeak(t *testing.T) {
	p, err := parsePeak("[cal 1t 220 2t 437 GF/s]\n")
	if err != nil || p != (peak{220, 437}) {
		t.Errorf("peak is %+v (%v)", p, err)
	}
	for _, bad := range []string{
		"", "[cal 1t x 2t 437 GF/s]", "[cal 1t 220 2t 0 GF/s]", "[cal 1t 220 2t 437",
	} {
		if _, err := parsePeak(bad); err == nil || !strings.Contains(err.Error(), "want a line such as") {
			t.Errorf("peak of %q: error is %v", bad, err)
		}
	}
	for p, want := range map[peak]bool{{220, 396}: true, {220, 395}: false, {220, 220}: false} {
		if p.hasTwoCores() != want {
			t.Errorf("%+v: hasTwoCores is %v, want %v", p, !want, want)
		}
	}
	r := run{Readings: took(330), Before: peak{200, 300}, After: peak{240, 360}}
	one, two := share("train_s", 1)(r), share("train_s", 2)(r)
	if math.Abs(one-1.5) > 1e-9 || math.Abs(two-1) > 1e-9 {
		t.Errorf("shares of the peak are %v and %v, want 1.5 and 1", one, two)
	}
}

// The table's ratio is peer / Braid, or Braid / limit. The faster of two peers counts.
func TestFill(t *testing.T) {
	all := results{
		{Contest: "wide", Contender: braid2, Runs: []run{
			{Readings: took(2)}, {Readings: took(4)}, {Readings: took(9), Dropped: true},
		}},
		{Contest: "wide", Contender: torch1, Runs: []run{
			{Readings: took(6)}, {Readings: took(8)}, {Readings: took(5)},
		}},
		{Contest: "wide", Contender: torch2, Runs: []run{
			{Readings: took(10)}, {Readings: took(20)}, {Readings: took(30)},
		}},
	}
	r := row{
		contest: "wide", ours: braid2, theirs: []string{torch2, torch1},
		compare: faster, take: trained, show: epoch,
	}
	l := r.fill(all)
	want := summary{Median: 2.5, Min: 2, Max: 3, Count: 2}
	if l.Peer != torch1 || l.Ratio != want || l.Dropped != 1 || l.Figure.Median != 3 ||
		l.Missing != "" {
		t.Errorf("line is %+v, want %s with ratio %+v and 1 dropped", l, torch1, want)
	}
	r.compare = within
	if got := r.fill(all).Ratio; math.Abs(got.Max-.5) > 1e-9 || math.Abs(got.Min-1./3) > 1e-9 {
		t.Errorf("ratio to the limit is %+v, want 1/3 to 1/2", got)
	}
	r.theirs = []string{limit1}
	if l := r.fill(all); l.Peer != "" || !strings.Contains(l.Missing, limit1) {
		t.Errorf("line with an unknown peer is %+v", l)
	}
}

// Contenders that are missing for the same reason share a line.
func TestAbsent(t *testing.T) {
	all := results{
		{Contest: "wide", Contender: torch1, Missing: "no torch\ninstall it"},
		{Contest: "wide", Contender: braid1, Runs: []run{{Readings: took(1)}}},
		{Contest: "text", Contender: torch1, Missing: "no torch\ninstall it"},
		{Contest: "text", Contender: braid1, Runs: []run{{Failed: "it fell"}}},
		{Contest: "text", Contender: braid2, Runs: []run{{Dropped: true}}},
	}
	want := []string{
		"wide: PyTorch, 1 thread; text: PyTorch, 1 thread: missing: no torch: install it",
		"text: Braid, 1 worker: failed: it fell",
		"text: Braid, 2 workers: all runs were dropped",
	}
	if got := all.absent(); !slices.Equal(got, want) {
		t.Errorf("absent are %q, want %q", got, want)
	}
}
