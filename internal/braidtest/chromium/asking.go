package chromium

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"

	"github.com/chromedp/chromedp"
)

// This file asks the page of braid serve, as people do but at once.

// Ready waits until the page has the inputs of its model.
func (p *Page) Ready() {
	p.Helper()
	p.Until(`document.querySelector('main').dataset.ready === 'true'`)
	p.Quiet()
}

// Quiet waits until the page shows the answer to its last request.
func (p *Page) Quiet() {
	p.Helper()
	p.Until(`document.querySelector('main').dataset.busy === 'false'`)
}

// Answered does something and waits until its answer is shown.
func (p *Page) Answered(do func()) {
	p.Helper()
	before := Eval[int](p, `Number(document.querySelector('main').dataset.answered)`)
	do()
	p.Until(fmt.Sprintf(`(({busy, answered}) => busy === 'false' && answered > %d)(
		document.querySelector('main').dataset)`, before))
}

// Fill sets the values of fields by the names of their columns, and waits for the answer. A field
// that cannot have its value is an error.
func (p *Page) Fill(values map[string]string) {
	p.Helper()
	text, err := json.Marshal(values)
	if err != nil {
		p.Fatal(err)
	}
	p.Answered(func() {
		Eval[bool](p, fmt.Sprintf(`(() => {
			for (const [name, value] of Object.entries(%s)) {
				const field = [...document.querySelectorAll('.field')]
					.find((each) => each.dataset.field === name);
				const [control] = [...field.querySelectorAll('input, select, textarea')]
					.filter((each) => each.type !== 'radio' || each.value === value);
				if (control.type === 'radio') control.checked = true;
				else control.value = value;
				if (control.value !== value) throw new Error(name + ' cannot be ' + value);
				control.dispatchEvent(new Event('input', { bubbles: true }));
			}
			return true;
		})()`, text))
	})
}

// Choose puts a file into an input, as a file chooser or the camera does.
func (p *Page) Choose(input, name string, content []byte) {
	p.Helper()
	path := filepath.Join(p.TempDir(), name)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		p.Fatal(err)
	}
	p.Do(chromedp.SetUploadFiles(input, []string{path}))
}

// Answer is what the page shows of a head.
type Answer struct {
	Name, Label, Unit, Probability string
	Exact                          string            // Label, or the number that it rounds
	Bars                           map[string]string // the probability of each class
}

// Answers returns the answers that the page shows.
func (p *Page) Answers() []Answer {
	p.Helper()
	return Eval[[]Answer](p, `[...document.querySelectorAll('.head')].map((head) => ({
		Name: head.dataset.head,
		Label: head.querySelector('[data-label]').textContent,
		Exact: head.querySelector('[data-label]').title || head.querySelector('[data-label]').textContent,
		Unit: head.querySelector('.unit').textContent,
		Probability: head.querySelector('.probability').textContent,
		Bars: Object.fromEntries([...head.querySelectorAll('.bars li')].map((bar) =>
			[bar.dataset.bar, bar.querySelector('.share').textContent])),
	}))`)
}

// Percent is what the page writes for a probability.
func Percent(p float64) string {
	switch {
	case p < 0.00001:
		return "<\u202f0.001\u202f%"
	case p < 0.001:
		text := strconv.FormatFloat(100*p, 'g', 1, 64)
		short, _ := strconv.ParseFloat(text, 64)
		return strconv.FormatFloat(short, 'f', -1, 64) + "\u202f%"
	case p < 1:
		return fmt.Sprintf("%.1f\u202f%%", min(999, math.Floor(1000*p+0.5))/10)
	}
	return "100.0\u202f%"
}
