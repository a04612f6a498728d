package report

import (
	"fmt"
	"math"

	"braid/target"
)

// bins is the number of equal intervals of the probability.
const bins = 10

// bets counts the probabilities that the model gave, and those that came true, by bin.
type bets struct {
	all         int
	rows, right [bins]int
	sums        [bins]float64 // of the probabilities
}

func (b *bets) add(p float32, right bool) {
	at := min(max(int(float64(p)*bins), 0), bins-1)
	b.all++
	b.rows[at]++
	b.sums[at] += float64(p)
	if right {
		b.right[at]++
	}
}

// bin has the bets whose probability is in an interval.
type bin struct {
	From, To    string
	Rows        int
	Mean, Share string

	low, mean, share, part float64
}

// calibration compares the probabilities with how often they come true.
type calibration struct {
	What        string // what the probability is of
	ECE, Points string // as a number, and in points of percent
	Bins        []bin  // those with rows
	Chart       *chart
}

// calibration returns that of the bets. The expected calibration error is the mean distance between
// the mean probability of a bin and the share that came true, weighted by the bins' rows.
func (k *known) calibration(d target.Decoder) *calibration {
	c := &calibration{What: "the answer"}
	switch d := d.(type) {
	case target.BinaryDecoder:
		c.What = fmt.Sprintf("“%s”", short(d.True))
	case target.LabelsDecoder:
		c.What = "a label"
	}
	ece := 0.0
	for at, n := range k.bets.rows {
		if n == 0 {
			continue
		}
		b := bin{
			From: fmt.Sprintf("%d %%", 10*at), To: fmt.Sprintf("%d %%", 10*(at+1)), Rows: n,
			low: float64(at) / bins, mean: k.bets.sums[at] / float64(n),
			share: float64(k.bets.right[at]) / float64(n),
			part:  float64(n) / float64(k.bets.all),
		}
		b.Mean, b.Share = percent(b.mean), percent(b.share)
		ece += float64(b.part * math.Abs(b.mean-b.share))
		c.Bins = append(c.Bins, b)
	}
	c.ECE, c.Points = decimals(ece), fmt.Sprintf("%.1f", 100*ece)
	c.Chart = reliability(c.Bins)
	return c
}
