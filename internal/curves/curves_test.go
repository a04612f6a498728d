package curves

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
)

func series(n int, of func(x float64) float64) []float64 {
	list := make([]float64, n)
	for i := range list {
		list[i] = of(float64(i + 1))
	}
	return list
}

func panels(epochs int) []Panel {
	falling := func(x float64) float64 { return 0.1 + 0.5/x }
	rising := func(x float64) float64 { return 1 - 0.3/x }
	return []Panel{
		{Title: "Loss", X: "epoch", Y: "loss", Lines: []Line{
			{Name: "digit <&>", Values: series(epochs, falling)},
			{Name: "digit, validation", Values: series(epochs, func(x float64) float64 { return falling(x) + 0.05 }), Dashed: true},
			{Name: "answer", Values: series(epochs, func(x float64) float64 { return falling(x) * 2 }), Color: 1},
		}},
		{Title: "Accuracy", X: "epoch", Y: "accuracy", Lines: []Line{
			{Name: "digit", Values: series(epochs, rising)},
			{Name: "broken", Values: append([]float64{math.NaN(), math.Inf(1)}, series(max(epochs-2, 0), rising)...), Color: 7},
		}},
		{Title: "Empty", X: "epoch", Y: "nothing"},
	}
}

func TestSVG(t *testing.T) {
	for _, epochs := range []int{0, 1, 2, 20, 1000} {
		var first, again bytes.Buffer
		if err := SVG(&first, panels(epochs)); err != nil {
			t.Fatal(err)
		}
		if err := SVG(&again, panels(epochs)); err != nil || !bytes.Equal(first.Bytes(), again.Bytes()) {
			t.Errorf("%d epochs: drawn twice, it differs (%v)", epochs, err)
		}
		var text strings.Builder
		d := xml.NewDecoder(bytes.NewReader(first.Bytes()))
		for {
			token, err := d.Token()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatalf("%d epochs: %v", epochs, err)
			}
			if c, ok := token.(xml.CharData); ok {
				text.Write(c)
			}
		}
		for _, want := range []string{"Loss", "Accuracy", "digit <&>", "digit, validation", "answer", "broken", "epoch"} {
			if !strings.Contains(text.String(), want) {
				t.Errorf("%d epochs: the drawing does not say %q", epochs, want)
			}
		}
		if strings.Contains(first.String(), "NaN") || strings.Contains(first.String(), "Inf") {
			t.Errorf("%d epochs: the drawing holds a coordinate that is no number", epochs)
		}
	}
}

func TestTicksAtWholeEpochs(t *testing.T) {
	for _, c := range []struct {
		hi   float64
		want string
	}{{2, "1 2"}, {7, "1 2 3 4 5 6 7"}, {20, "1 2 4 6 8 10 12 14 16 18 20"}, {100, "1 10 20 30 40 50 60 70 80 90 100"}} {
		var got []string
		for _, tick := range (wholeTicks{}).Ticks(1, c.hi) {
			got = append(got, tick.Label)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("to %v: %v, want %v", c.hi, got, c.want)
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	if err := SVG(io.Discard, nil); err == nil {
		t.Error("no error for a drawing without panels")
	}
}
