package layer

import (
	"fmt"
	"testing"
)

// TestAxis compares the geometry of every small axis with the definitions.
func TestAxis(t *testing.T) {
	for _, padding := range []Padding{Valid, Same, Causal} {
		for in := range 10 {
			for size := range 5 {
				for stride := range 4 {
					for dilation := range 4 {
						if in*size*stride*dilation > 0 {
							checkAxis(t, in, size, stride, dilation, padding)
						}
					}
				}
			}
		}
	}
}

func checkAxis(t *testing.T, in, size, stride, dilation int, padding Padding) {
	t.Helper()
	what := fmt.Sprintf("in %d, size %d, stride %d, dilation %d, %s", in, size, stride, dilation,
		padding)
	a, err := newAxis(in, size, stride, dilation, padding)
	last := (size - 1) * dilation // distance of the last tap from the first
	if padding == Valid && last >= in {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
		return
	}
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	after := a.at(a.out-1, size-1) - (in - 1) // positions of padding that the last window covers
	switch padding {
	case Valid:
		if a.before != 0 || after > 0 || after+stride <= 0 {
			t.Errorf("%s: %+v is not the most windows inside", what, a)
		}
	case Same:
		if a.out*stride < in || (a.out-1)*stride >= in {
			t.Errorf("%s: %d positions, want %d / %d, rounded up", what, a.out, in, stride)
		}
		// An odd cell comes last. Without padding the last window may end before the input.
		if a.before > 0 && after != a.before && after != a.before+1 || a.before == 0 && after > 1 {
			t.Errorf("%s: %d positions of padding before and %d after", what, a.before, after)
		}
	case Causal:
		for o := range a.out {
			if a.at(o, size-1) != o*stride {
				t.Errorf("%s: window %d ends at %d", what, o, a.at(o, size-1))
			}
		}
		if a.out*stride < in || (a.out-1)*stride >= in {
			t.Errorf("%s: %d positions, want %d / %d, rounded up", what, a.out, in, stride)
		}
	}
	inside := func(o, tap int) bool { return a.at(o, tap) >= 0 && a.at(o, tap) < in }
	for o := range a.out {
		lo, hi := a.taps(o)
		for tap := range size {
			if inside(o, tap) != (lo <= tap && tap < hi) {
				t.Errorf("%s: taps of position %d are %d to %d", what, o, lo, hi-1)
			}
			if from, to := a.positions(tap); inside(o, tap) != (from <= o && o < to) {
				t.Errorf("%s: positions of tap %d are %d to %d", what, tap, from, to-1)
			}
		}
		if lo < 0 || lo > hi || hi > size {
			t.Errorf("%s: taps of position %d are %d to %d", what, o, lo, hi-1)
		}
	}
}
