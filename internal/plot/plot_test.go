package plot

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
	"strconv"
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
	above := func(x float64) float64 { return falling(x) + 0.05 }
	twice := func(x float64) float64 { return falling(x) * 2 }
	rising := func(x float64) float64 { return 1 - 0.3/x }
	broken := append([]float64{math.NaN(), math.Inf(1)}, series(max(epochs-2, 0), rising)...)
	return []Panel{
		{Title: "Loss", X: "epoch", Y: "loss", Lines: []Line{
			{Name: "digit <&>", Values: series(epochs, falling)},
			{Name: "digit, validation", Values: series(epochs, above), Dashed: true},
			{Name: "answer", Values: series(epochs, twice), Color: 1},
		}},
		{Title: "Accuracy", X: "epoch", Y: "accuracy", Lines: []Line{
			{Name: "digit", Values: series(epochs, rising)},
			{Name: "broken", Values: broken, Color: 7},
		}},
		{Title: "Empty", X: "epoch", Y: "nothing"},
	}
}

func TestSVG(t *testing.T) {
	for _, epochs := range []int{0, 1, 2, 20, 1000} {
		first, again := drawn(t, panels(epochs)), drawn(t, panels(epochs))
		if first != again {
			t.Errorf("%d epochs: two drawings differ", epochs)
		}
		text := texts(t, first)
		for _, want := range []string{
			"Loss", "Accuracy", "digit <&>", "digit, validation", "answer", "broken", "epoch",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%d epochs: the drawing does not show %q", epochs, want)
			}
		}
	}
}

// drawn returns the SVG of panels and checks that it holds neither NaN nor Inf.
func drawn(t *testing.T, panels []Panel) string {
	t.Helper()
	var b strings.Builder
	if err := SVG(&b, panels); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
		t.Error("the drawing holds a coordinate that is NaN or Inf")
	}
	return b.String()
}

// texts returns the text elements of a drawing, one a line, and checks that the XML is well-formed.
func texts(t *testing.T, svg string) string {
	t.Helper()
	var text strings.Builder
	d := xml.NewDecoder(strings.NewReader(svg))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return text.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		if c, ok := token.(xml.CharData); ok && len(bytes.TrimSpace(c)) > 0 {
			text.Write(append(c, '\n'))
		}
	}
}

// The values of a training that diverged must neither fail nor hang.
func TestStrangeValues(t *testing.T) {
	for name, values := range map[string][]float64{
		"huge, once":   {1e20},
		"huge, equal":  {1e99, 1e99},
		"whole range":  {math.MaxFloat64, -math.MaxFloat64},
		"to the limit": {maxValue, -maxValue, 1},
		"neighbours":   {1, math.Nextafter(1, 2)},
		"far away":     {1e20, math.Nextafter(1e20, 2e20)},
		"least":        {0, math.SmallestNonzeroFloat64},
		"small":        {1e-99, 2e-99},
		"zeros":        {0, 0},
		"negative":     {-3, -2},
		"no number":    {math.NaN(), math.Inf(1), math.Inf(-1)},
	} {
		text := texts(t, drawn(t, []Panel{{Lines: []Line{{Name: "it", Values: values}}}}))
		pieces := strings.Count(text, "\n") // the name, an epoch or more, two ticks or more
		if !strings.Contains(text, "it\n") || pieces < 4 || len(text) > 400 {
			t.Errorf("%s: the drawing shows %q, want the line's name and a few ticks", name, text)
		}
	}
}

func TestPointsDrawn(t *testing.T) {
	orange := regexp.MustCompile(`d="M([^"]*)" style="[^"]*stroke:#D55E00`)
	for _, c := range []struct {
		values  []float64
		strokes int // the legend's included
		points  int // of the first stroke
	}{
		{[]float64{3, math.NaN(), 2, math.Inf(1), 1}, 2, 3},
		{[]float64{maxValue, -maxValue}, 2, 2},
		{[]float64{2 * maxValue, -2 * maxValue}, 1, 2},
	} {
		svg := drawn(t, []Panel{{Lines: []Line{{Values: c.values, Color: 1}}}})
		paths := orange.FindAllStringSubmatch(svg, -1)
		if len(paths) != c.strokes {
			t.Errorf("%v: %d strokes have the line's colour, want %d", c.values, len(paths), c.strokes)
		} else if n := strings.Count(paths[0][1], "L") + 1; n != c.points {
			t.Errorf("%v: the first stroke is %q, want %d points", c.values, paths[0][1], c.points)
		}
	}
}

// The three points are at epochs 1, 2 and 5, the second at a quarter of the width.
func TestPointsAtTheirEpochs(t *testing.T) {
	values := []float64{3, 2, math.NaN(), math.NaN(), 1}
	svg := drawn(t, []Panel{{Lines: []Line{{Values: values, Color: 1}}}})
	curve := regexp.MustCompile(
		`d="M([\d.]+),[\d.]+L([\d.]+),[\d.]+L([\d.]+),[\d.]+" style="[^"]*stroke:#D55E00`)
	found := curve.FindStringSubmatch(svg)
	if found == nil {
		t.Fatal("no curve of three points")
	}
	var x [3]float64
	for i := range x {
		x[i], _ = strconv.ParseFloat(found[i+1], 64)
	}
	const digits = 0.02 // the file keeps five digits
	if x[2]-x[0] < panelWidth/2 || math.Abs(x[1]-(0.75*x[0]+0.25*x[2])) > digits {
		t.Errorf("the points are at %v, want the second at a quarter", x)
	}
}

func TestColors(t *testing.T) {
	n := len(palette)
	for color, want := range map[int]int{0: 0, 1: 1, n: 0, -1: n - 1, -n: 0, -6*n - 2: n - 2} {
		if got := (Line{Color: color}).style().Color; got != palette[want] {
			t.Errorf("color %d is %v, want %v", color, got, palette[want])
		}
	}
}

func TestNothingToDraw(t *testing.T) {
	if err := SVG(io.Discard, nil); err == nil {
		t.Error("no error for a drawing without panels")
	}
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, io.ErrShortWrite }

func TestFailingWriter(t *testing.T) {
	if err := SVG(full{}, panels(2)); !errors.Is(err, io.ErrShortWrite) {
		t.Errorf("error is %v, want the writer's", err)
	}
}
