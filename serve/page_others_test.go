package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"braid"
	"braid/data"
	"braid/digitqa"
	"braid/feature"
	"braid/internal/braidtest"
	"braid/internal/braidtest/chromium"
	"braid/layer"
	"braid/modelfile"
	"braid/predictor"
	"braid/tensor"
	"braid/text"
)

// The page works for other networks than the default one: other inputs, other heads, labels that
// are no digits.
func TestPageOfOthersInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: shows pages in Chromium, not with -short")
	}
	checkLeaks(t)
	browser := chromium.Start(t)
	for _, on := range braidtest.Cases([]screen{desk, phone}, []screen{desk, window, phone}) {
		for name, test := range map[string]func(*testing.T, context.Context, screen){
			"labels": testLabels, "no image": testNoImage, "asked": testAsked,
		} {
			t.Run(fmt.Sprintf("%s/width=%d/touch=%v", name, on.Width, on.Touch), func(t *testing.T) {
				t.Parallel() // mostly waits
				test(t, browser, on)
			})
		}
	}
}

// garments are Fashion-MNIST's labels.
var garments = []string{
	"T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
	"Ankle boot",
}

// longLabels are labels some of which do not fit the page.
var longLabels = []string{
	"0", "with a loop at its foot", "Donaudampfschifffahrtsgesellschaftskapitän",
	"Handwritten seven", "W", strings.Repeat("on and on and ", 12) + "for ever",
	strings.Repeat("八", 40), "<b>nine</b>",
}

// photoModel writes the file of a network that reads a photo. A head with two labels is a yes-no
// question.
func photoModel(t *testing.T, heads ...modelfile.Target) string {
	t.Helper()
	g := braid.NewGraph("wardrobe")
	pixels := g.Add("pixels", layer.Flatten{}, g.Input("photo", tensor.Float32, 28, 28))
	for _, h := range heads {
		if list := labelsOf(h); len(list) == 2 {
			g.Head(h.Column, layer.Dense{Units: 1, Activation: layer.Sigmoid}, pixels)
		} else {
			g.Head(h.Column, layer.Dense{Units: len(list), Activation: layer.Softmax}, pixels)
		}
	}
	g.Head("price", layer.Dense{Units: 1}, pixels)
	return saveNetwork(t, g, modelfile.File{
		Features: []modelfile.Feature{grey("photo", 28, 28, data.Standard{Mean: 72.9, Std: 90})},
		Targets:  heads,
	})
}

// labelsOf returns the labels of a head.
func labelsOf(t modelfile.Target) (list []string) {
	for _, c := range t.Decoder.Answer(t.Decoder.Guess()).Choices {
		list = append(list, c.Label)
	}
	return list
}

// saveNetwork writes an untrained network into a file with the given properties.
func saveNetwork(t *testing.T, g *braid.Graph, f modelfile.File) string {
	t.Helper()
	var err error
	if f.Model, err = g.Build(1); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := modelfile.Save(path, &f); err != nil {
		t.Fatal(err)
	}
	return path
}

// The bars of a head can be compared, whatever its labels are, and no label hides another.
func testLabels(t *testing.T, browser context.Context, on screen) {
	classes := make([]string, 40)
	for i := range classes {
		classes[i] = fmt.Sprint(i)
	}
	heads := []modelfile.Target{
		labels("garment", garments...),
		labels("long", longLabels...),
		labels("class", classes...),
		labels("worn", "certainly not, never ever", "yes_without_any_reservation_whatsoever"),
	}
	p := show(t, browser, on, photoModel(t, heads...))
	if got := p.text(".invitation b"); got != "Draw the photo here" {
		t.Errorf("the board says %q", got)
	}
	text := eval[string](p, `document.body.textContent`)
	if got := regexp.MustCompile("(?i).*digit.*").FindAllString(text, -1); len(got) > 0 {
		t.Errorf("the page mentions digits: %q", got)
	}
	p.Answered(func() { p.draw(drawings[1].strokes...) })
	p.Fits()
	clear, seen := p.box("#clear"), p.box(".seen")
	if clear.X+clear.Width > seen.X && clear.Y+clear.Height > seen.Y {
		t.Errorf("the button %v covers what the net sees, %v", clear, seen)
	}
	for _, h := range heads[:3] {
		of := fmt.Sprintf(`[data-head="%s"]`, h.Column)
		shown := fmt.Sprintf(`document.querySelectorAll('%s li:not([hidden])').length`, of)
		want := 2
		if len(labelsOf(h)) > 10 {
			want = 5
		}
		if got := eval[int](p, shown); got != want {
			t.Errorf("%s: %d bars are shown, want the likeliest %d", h.Column, got, want)
		}
		p.click(of + " .more")
		bars := p.bars(h.Column)
		checkBars(t, h, bars)
		eval[int](p, `document.querySelectorAll('.bars li')
			.forEach((bar) => bar.classList.add('chosen')), 0`)
		for i, bold := range p.bars(h.Column) {
			if bold.Left != bars[i].Left || bold.Width != bars[i].Width {
				t.Errorf("%s: the track of %q goes from %v to %v when it is chosen",
					h.Column, bold.Label, bars[i], bold)
			}
		}
	}
	scale, outputs := p.box(`[data-head="worn"] .track`), p.box(".outputs")
	if scale.Width < outputs.Width/4 {
		t.Errorf("of %v, the scale between long labels has %v", outputs.Width, scale.Width)
	}
	titles := eval[[]string](p, `[...document.querySelectorAll('.scale .end')]
		.map((end) => end.title)`)
	if !slices.Equal(titles, labelsOf(heads[3])) {
		t.Errorf("the titles beside the scale are %q", titles)
	}
}

// bar is a label of a head with its track, as the page lays them out.
type bar struct {
	Label, Text, Title                 string
	Left, Width, LabelEnd, Top, Bottom float64
}

func (p *tab) bars(head string) []bar {
	p.Helper()
	return eval[[]bar](p, fmt.Sprintf(`[
		...document.querySelectorAll('[data-head="%s"] .bars li')
	].map((line) => {
		const name = line.querySelector('.name');
		const [track, label, whole] = [line.querySelector('.track'), name, line]
			.map((element) => element.getBoundingClientRect());
		return {
			Label: line.dataset.bar, Text: name.textContent, Title: name.title,
			Left: track.left, Width: track.width, LabelEnd: label.right,
			Top: Math.min(label.top, whole.top), Bottom: Math.max(label.bottom, whole.bottom),
		};
	})`, head))
}

func checkBars(t *testing.T, h modelfile.Target, bars []bar) {
	t.Helper()
	if len(bars) != len(labelsOf(h)) {
		t.Fatalf("%s: %d bars, want %d", h.Column, len(bars), len(labelsOf(h)))
	}
	for i, b := range bars {
		if b.Label != labelsOf(h)[i] || b.Text != b.Label || b.Title != b.Label {
			t.Errorf("%s: bar %q says %q, and %q in its title", h.Column, b.Label, b.Text, b.Title)
		}
		if b.Left != bars[0].Left || b.Width != bars[0].Width {
			t.Errorf("%s: the track of %q is at %v, %v wide, want %v and %v",
				h.Column, b.Label, b.Left, b.Width, bars[0].Left, bars[0].Width)
		}
		if b.Width < 60 || b.LabelEnd > b.Left {
			t.Errorf("%s: the label %q ends at %v, its track begins at %v and is %v wide",
				h.Column, b.Label, b.LabelEnd, b.Left, b.Width)
		}
		if i > 0 && b.Top < bars[i-1].Bottom {
			t.Errorf("%s: %q begins at %v, the bar above ends at %v",
				h.Column, b.Label, b.Top, bars[i-1].Bottom)
		}
	}
}

// captionModel writes the file of a network with three heads: only mood answers the caption. No
// rule says so, and no caption is suggested.
func captionModel(t *testing.T) string {
	t.Helper()
	tokenizer, err := digitqa.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	g := braid.NewGraph("captioned")
	pixels := g.Add("pixels", layer.Flatten{}, g.Input("photo", tensor.Float32, 28, 28))
	caption := g.Input("caption", tensor.Int32, 2)
	words := g.Add("words", layer.Embedding{Vocabulary: 8, Width: 2}, caption)
	both := g.Add("both", layer.Concatenate{}, pixels, g.Add("flat", layer.Flatten{}, words))
	g.Head("garment", layer.Dense{Units: len(garments), Activation: layer.Softmax}, pixels)
	g.Head("mood", layer.Dense{Units: 3, Activation: layer.Softmax}, both)
	g.Head("worn", layer.Dense{Units: 1, Activation: layer.Sigmoid}, pixels)
	return saveNetwork(t, g, modelfile.File{
		Features: []modelfile.Feature{
			grey("photo", 28, 28, data.Standard{Mean: 72.9, Std: 90}),
			reading(t, "caption", tokenizer, text.Padding{Length: 2}, 8),
		},
		Targets: []modelfile.Target{
			labels("garment", garments...),
			labels("mood", "low", "even", "high"),
			labels("worn", "new", "worn"),
		},
	})
}

// A word that the model does not know blanks the heads that answer the text, and no others.
func testAsked(t *testing.T, browser context.Context, on screen) {
	p := show(t, browser, on, captionModel(t))
	p.draw(drawings[1].strokes...)
	p.blanked(`[]`) // nothing is asked yet
	p.Answered(func() { p.click("#own"); p.key("odd half" + kb.Enter) })
	p.blanked(`[]`)
	answer := eval[[]string](p, `[...document.querySelectorAll('.asked')]
		.map((asked) => asked.textContent)`)
	if !slices.Equal(answer, []string{"", "odd half", ""}) {
		p.Errorf("the heads answer %q", answer)
	}
	garment, worn := p.figures("garment"), p.text(`[data-head="worn"] .probability`)
	p.Answered(func() { p.key(" prime" + kb.Enter) })
	p.blanked(`["mood"]`)
	if got := p.figures("garment"); got != garment {
		p.Errorf("the garment is %q, want %q as before", got, garment)
	}
	if got := p.text(`[data-head="worn"] .probability`); got != worn {
		p.Errorf("worn is %s, want %s as before", got, worn)
	}
	p.Answered(func() { p.draw(drawings[0].strokes...) }) // another image under the refused caption
	p.blanked(`["mood"]`)
	if p.figures("garment") == garment {
		p.Error("the garment's figures are those of the image before")
	}
	p.Complaints() // of the refusals
}

// blanked checks which heads a refusal blanks.
func (p *tab) blanked(want string) {
	p.Helper()
	p.Quiet()
	got := eval[string](p, `JSON.stringify([...document.querySelectorAll('.head')]
		.filter((head) => head.dataset.state === 'error').map((head) => head.dataset.head))`)
	if got != want {
		p.Errorf("blanked are %s, want %s: %s", got, want, p.text("#message"))
	}
}

// Heads that answer a text are those that the model's rules name. Without rules they are those that
// read it.
func TestPageHeadsAsked(t *testing.T) {
	r := start(t, func(c *Config) { c.Models = append(c.Models, ModelPath{Path: captionModel(t)}) })
	var reply struct{ Models []about }
	if err := json.Unmarshal(r.call(t, "GET", "/models", nil).body, &reply); err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, m := range reply.Models {
		for _, h := range m.Heads {
			asked[m.Name+" "+h.Name] = h.Asked
		}
	}
	want := map[string]bool{
		"digitqa digit": false, "digitqa answer": true,
		"captioned garment": false, "captioned mood": true, "captioned worn": false,
	}
	if !maps.Equal(asked, want) {
		t.Errorf("asked are %v, want %v", asked, want)
	}
}

// A text that must not be missing has a field that says so, and what the model knows.
func testNoImage(t *testing.T, browser context.Context, on screen) {
	tokenizer, err := digitqa.Tokenizer()
	if err != nil {
		t.Fatal(err)
	}
	g := braid.NewGraph("mood")
	review := g.Input("review", tensor.Int32, 3)
	words := g.Add("words", layer.Embedding{Vocabulary: 8, Width: 2}, review)
	stars := layer.Dense{Units: 3, Activation: layer.Softmax}
	g.Head("stars", stars, g.Add("flat", layer.Flatten{}, words))
	path := saveNetwork(t, g, modelfile.File{Features: []modelfile.Feature{
		reading(t, "review", tokenizer, text.Padding{Length: 3}, 8, "odd half")}})
	m, err := predictor.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	p := show(t, browser, on, path)
	if eval[bool](p, `document.querySelector('#pad').checkVisibility()`) {
		t.Error("the page has a pad")
	}
	if got := p.text(`[data-field="review"]`); !strings.Contains(got, "needed") {
		t.Errorf("the field says %q", got)
	}
	p.Fill(map[string]string{"review": "odd half"})
	p.shows(m, map[string]feature.Value{"review": {Text: "odd half"}})
	p.click("[data-field=review] input")
	p.key(" zebra" + kb.Enter)
	p.Until(`document.querySelector('[data-field="review"] .problem').textContent !== ''`)
	p.Quiet()
	if got := p.text(`[data-field="review"] .problem`); !strings.Contains(got, `"zebra"`) {
		t.Errorf("the problem is %q", got)
	}
	p.Complaints() // of the refusal
}
