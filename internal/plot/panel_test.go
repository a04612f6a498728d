package plot

import (
	"strings"
	"testing"
)

func TestEpochTicks(t *testing.T) {
	for last, want := range map[int]string{
		1:    "1",
		2:    "1 2",
		7:    "1 2 3 4 5 6 7",
		20:   "1 2 4 6 8 10 12 14 16 18 20",
		45:   "1 5 10 15 20 25 30 35 40 45",
		100:  "1 10 20 30 40 50 60 70 80 90 100",
		2500: "1 500 1000 1500 2000 2500",
	} {
		var labels []string
		for _, tick := range epochTicks(last) {
			labels = append(labels, tick.Label)
		}
		if got := strings.Join(labels, " "); got != want {
			t.Errorf("%d epochs: ticks at %s, want %s", last, got, want)
		}
	}
}
