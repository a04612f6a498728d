package curves

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"math"
	"regexp"
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
			t.Errorf("%d epochs: drawn twice, it differs", epochs)
		}
		text := said(t, first)
		for _, want := range []string{
			"Loss", "Accuracy", "digit <&>", "digit, validation", "answer", "broken", "epoch",
		} {
			if !strings.Contains(text, want) {
				t.Errorf("%d epochs: the drawing does not say %q", epochs, want)
			}
		}
	}
}

// drawn draws panels and checks that each coordinate is a number.
func drawn(t *testing.T, panels []Panel) string {
	t.Helper()
	var b strings.Builder
	if err := SVG(&b, panels); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(b.String(), "NaN") || strings.Contains(b.String(), "Inf") {
		t.Error("the drawing holds a coordinate that is no number")
	}
	return b.String()
}

// said is the text of a drawing, which must be well-formed: one line for each piece.
func said(t *testing.T, svg string) string {
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

// A training that diverged must still be drawn: its figures are no reason to fail or to hang.
func TestStrangeValues(t *testing.T) {
	for name, values := range map[string][]float64{
		"huge, once":   {1e20},
		"huge, equal":  {1e99, 1e99},
		"whole range":  {math.MaxFloat64, -math.MaxFloat64},
		"to the limit": {beyond, -beyond, 1},
		"neighbours":   {1, math.Nextafter(1, 2)},
		"far away":     {1e20, math.Nextafter(1e20, 2e20)},
		"least":        {0, math.SmallestNonzeroFloat64},
		"small":        {1e-99, 2e-99},
		"zeros":        {0, 0},
		"negative":     {-3, -2},
		"no number":    {math.NaN(), math.Inf(1), math.Inf(-1)},
	} {
		text := said(t, drawn(t, []Panel{{Lines: []Line{{Name: "it", Values: values}}}}))
		if !strings.Contains(text, "it\n") || len(text) > 400 {
			t.Errorf("%s: the drawing says %q, want the line's name and a few ticks", name, text)
		}
	}
}

func TestEachPointIsDrawn(t *testing.T) {
	values := []float64{3, math.NaN(), 2, math.Inf(1), 1}
	svg := drawn(t, []Panel{{Lines: []Line{{Values: values, Color: 1}}}})
	orange := regexp.MustCompile(`d="M([^"]*)" style="[^"]*stroke:#D55E00`)
	paths := orange.FindAllStringSubmatch(svg, -1)
	if len(paths) != 2 { // the curve, and the legend's stroke
		t.Fatalf("%d strokes have the line's colour, want 2", len(paths))
	}
	if n := strings.Count(paths[0][1], "L"); n != 2 {
		t.Errorf("the curve is %q, want three points", paths[0][1])
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
