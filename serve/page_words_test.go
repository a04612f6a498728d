package serve

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/chromedp/kb"
)

// A typed question is answered with a note that it is untrained, or refused with the word that the
// net does not know. Heads that do not read the question are answered all the same.
func testWords(p *tab) {
	p.Answered(func() { p.draw(drawings[1].strokes[0]) })
	bar := p.figures("digit")
	p.Answered(func() { p.draw(drawings[1].strokes[1]) })
	p.expect("7", "lower half", "no")
	p.click("#own")
	p.key("even half")
	p.Until(`document.querySelector('[data-head="answer"] .asked').textContent === 'even half'`)
	p.Quiet()
	const untrained = `"even half" is none of the texts that the model was trained on: `
	note := p.text("#message p")
	if !strings.HasPrefix(note, untrained) || !strings.Contains(note, `"lower half"`) {
		p.Errorf("the note is %q", note)
	}
	p.key(" prime")
	p.refused("prime")
	if got := p.text("#own-problem"); got != `The model does not know "prime".` {
		p.Errorf("the problem is shown as %q", got)
	}
	if eval[bool](p, `document.querySelector('#message').checkVisibility()`) {
		p.Errorf("the page also shows %q", p.text("#message"))
	}
	words := eval[string](p, `[...document.querySelectorAll('#own-words button')]
		.filter((word) => word.checkVisibility()).map(({ textContent, dataset }) =>
			dataset.used === 'true' ? textContent.toUpperCase() : textContent).join(' ')`)
	if words != "lower upper HALF EVEN odd number" {
		p.Errorf("the words that are known, and used in capitals, are %q", words)
	}
	seven := p.figures("digit")
	p.expectDigitAlone("7")
	p.expectRefusals("422 (Unprocessable Entity)")

	// The image changes under the refused question, and back.
	p.Answered(func() { p.click("#undo") })
	if got := p.figures("digit"); got != bar {
		p.Errorf("after Undo the digit's figures are %q, want %q as before the question", got, bar)
	}
	p.Answered(func() { p.draw(drawings[1].strokes[1]) })
	if got := p.figures("digit"); got != seven {
		p.Errorf("the digit's figures are %q, want %q", got, seven)
	}
	p.expectDigitAlone("7")
	p.refused("prime")

	// A word that is pressed is typed.
	p.click("#own")
	p.Answered(func() { p.key(kb.Escape) })
	p.click("#own-words button:nth-of-type(5)")
	p.Until(`document.querySelector('[data-head="answer"] .asked').textContent === 'odd'`)
	p.Answered(func() { p.click("#own-words button:nth-of-type(6)") })
	p.expect("7", "odd number", "yes")

	eval[bool](p, `((own) => {
		own.value = 'odd '.repeat(16400);
		return own.dispatchEvent(new Event('input'));
	})(document.querySelector('#own'))`)
	p.Until(`document.querySelector('#own-problem').textContent
		.includes('got a text of 65599 bytes')`)
	p.Quiet()
	p.expectRefusals("413 (Request Entity Too Large)")
	p.click("#own")
	p.Answered(func() { p.key(kb.Escape) })
	p.expect("7", "lower half", "no")
	if got := p.text("#own-problem"); got != "" {
		p.Errorf("the page still shows %q", got)
	}
}

// expectRefusals checks that the console has Chromium's message for a refused request and nothing
// else. There may be several, because the page sends requests before the last letter is typed.
func (p *tab) expectRefusals(status string) {
	p.Helper()
	want := "network: Failed to load resource: the server responded with a status of " + status +
		" (/ask?model=digitqa)"
	if got := slices.Compact(p.Complaints()); !slices.Equal(got, []string{want}) {
		p.Errorf("the console has %q", got)
	}
}

// A drawing that is refused while it grows is no problem of the question.
func testGrowing(p *tab) {
	p.click("#own")
	p.key("even half")
	p.Until(`document.querySelector('#own').value === 'even half'`)
	eval[bool](p, `((real) => {
		let refusals = 0;
		window.fetch = async (path, options) => {
			if (refusals++ > 0 || !options.body) return real(path, options);
			await new Promise((drawn) => { window.drawn = drawn; });
			return new Response('{"error": "too little is drawn"}', { status: 422 });
		};
		return true;
	})(window.fetch)`)
	p.draw(drawings[1].strokes[0])
	p.Until(`'drawn' in window`)
	p.draw(drawings[1].strokes[1])
	p.Answered(func() { eval[bool](p, `(drawn(), true)`) })
	p.Until(`document.querySelector('[data-head="answer"] .asked').textContent === 'even half'`)
	if got := p.text("#own-problem"); got != "" {
		p.Errorf("the page shows the problem %q of a question that is answered", got)
	}
}

// refused waits until the page shows that the question has an unknown word.
func (p *tab) refused(word string) {
	p.Helper()
	p.Until(fmt.Sprintf(
		`document.querySelector('#own-problem').textContent.includes('"' + %q + '"')`, word))
	p.Quiet()
}

// figures is the text of a head's visible bars.
func (p *tab) figures(head string) string {
	p.Helper()
	return eval[string](p, fmt.Sprintf(`[...document.querySelectorAll('[data-head="%s"] li')]
		.filter((row) => !row.hidden).map((row) => row.textContent).join()`, head))
}

// expectDigitAlone checks that the digit is answered, and the question is not.
func (p *tab) expectDigitAlone(digit string) {
	p.Helper()
	got := eval[[]string](p, `[...document.querySelectorAll('.head')]
		.map((head) => head.dataset.state + ' ' + head.querySelector('[data-label]').textContent)`)
	if want := []string{"answered " + digit, "error "}; !slices.Equal(got, want) {
		p.Errorf("the heads are %q, want %q", got, want)
	}
}
