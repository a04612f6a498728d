package serve

import (
	"context"
	"fmt"
	"math"
	"regexp"
	"slices"
	"testing"

	"github.com/chromedp/chromedp/kb"
)

// testLayout checks what people see of the page on a screen.
func testLayout(t *testing.T, browser context.Context, on screen, model string) {
	p := show(t, browser, on, model)
	testTheme(p)
	p.testOrder()
	p.testBoardStandsOut()
	if on.Touch {
		p.testTouch()
	}
	p.Answered(func() { p.draw(drawings[1].strokes...) })
	p.testAboveFold()
	p.snap("digitqa")
	if on.Width == desk.Width {
		p.testStrands()
	}
	p.click("#own")
	p.key("prime")
	p.refused("prime")
	if on.Width == desk.Width {
		p.testAboveFold()
	}
	p.Complaints() // of the refusal
}

// sections are the page's sections in reading order. On a phone each is below the one before.
var sections = []string{".drawing", ".question", ".seen", ".outputs", ".test-images", "footer"}

func (p *tab) testOrder() {
	p.Helper()
	all := make([]edges, len(sections))
	for i, s := range sections {
		all[i] = p.edges("main " + s)
		if i == 0 {
			continue
		}
		if !eval[bool](p, fmt.Sprintf(`((before, after) =>
			Boolean(before.compareDocumentPosition(after) & Node.DOCUMENT_POSITION_FOLLOWING))(
			document.querySelector('main %s'), document.querySelector('main %s'))`, sections[i-1], s)) {
			p.Errorf("in the document %s does not follow %s", s, sections[i-1])
		}
		if p.Screen.Width < 640 && all[i].Top < all[i-1].Bottom {
			p.Errorf("%s is at %v, %s at %v, want it below", s, all[i], sections[i-1], all[i-1])
		}
	}
}

// testAboveFold checks that what people need is visible without scrolling.
func (p *tab) testAboveFold() {
	p.Helper()
	needed := []string{
		"#purpose", "#pad", "#undo", "#clear", "#photo", "#questions label:last-child", "#own", "#saw",
		`[data-head="digit"] .verdict`, `[data-head="digit"] .few li:not([hidden])`,
		`[data-head="answer"] .scale`,
	}
	if p.Screen.Touch {
		needed = append(needed, "#camera")
	}
	if p.Screen.Width == desk.Width {
		needed = append(needed, "#own-words button:last-of-type", "#samples button:last-child",
			"#served")
	}
	for _, s := range needed {
		if !eval[bool](p, fmt.Sprintf(`(({ left, top, right, bottom }) => left < right &&
			left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight)(
			(scrollTo(0, 0), document.querySelector('%s').getBoundingClientRect()))`, s)) {
			p.Errorf("%s is not within the first %d x %d pixels", s, p.Screen.Width, p.Screen.Height)
		}
	}
}

// testBoardStandsOut checks that the board or its edge has the contrast that WCAG asks of things
// other than text.
func (p *tab) testBoardStandsOut() {
	p.Helper()
	page := p.brightness("body", "backgroundColor")
	fill := p.brightness(".board", "backgroundColor")
	edge := p.brightness(".board", "borderTopColor")
	if best := max(contrast(page, fill), contrast(page, edge)); best < 3 {
		p.Errorf("%s: the board's contrast to the page is %.1f, want 3", p.Screen.Theme, best)
	}
	if fill == page {
		p.Errorf("%s: the board has the page's colour", p.Screen.Theme)
	}
}

// testTouch checks that on a phone the page mentions no mouse or keys and offers the camera.
func (p *tab) testTouch() {
	p.Helper()
	text := eval[string](p, `document.body.innerText +
		document.querySelector('#pad').ariaDescribedByElements?.map((by) => by.textContent)`)
	mouse := regexp.MustCompile(`(?i)mouse|arrow|\bkeys?\b|ctrl|\besc\b|\bdrop\b|[←→]`)
	if got := mouse.FindAllString(text, -1); got != nil {
		p.Errorf("on a phone the page mentions %q", got)
	}
	if !eval[bool](p, `document.querySelector('#camera-file').matches('[capture=environment]')`) {
		p.Error("the camera's button does not open the camera")
	}
	buttons := []string{"#undo", "#clear", "#photo", "#camera", ".choice", "#own", ".more", "#curl"}
	for _, button := range buttons {
		if box := p.box(button); box.Height < 44 {
			p.Errorf("%s is %v high, too low for a finger", button, box.Height)
		}
	}
}

// testStrands checks that the strand of a question begins at the end of its text.
func (p *tab) testStrands() {
	p.Helper()
	check := func(question string) {
		p.Helper()
		begin := eval[point](p, `((path) => {
			const { x, y } = path.getPointAtLength(0);
			const box = path.ownerSVGElement.getBoundingClientRect();
			return { X: x + box.x, Y: y + box.y };
		})(document.querySelector('#strands .b'))`)
		box := p.box(question)
		end := point{box.X + box.Width, box.Y + box.Height/2}
		if math.Hypot(begin.X-end.X, begin.Y-end.Y) > 1 {
			p.Errorf("the strand begins at %v, want %v at the end of %s", begin, end, question)
		}
	}
	for _, n := range []int{2, 3, 4, 1} {
		question := fmt.Sprintf("#questions label:nth-child(%d)", n)
		p.Answered(func() { p.click(question) })
		check(question)
	}
	p.click("#own")
	p.Answered(func() { p.key("even" + kb.Enter) })
	check("#own")
	p.Answered(func() { p.key(kb.Escape) })
}

// testRunnerUp checks the likeliest two labels, and the way to all of them.
func testRunnerUp(p *tab) {
	p.Answered(func() { p.draw(drawings[1].strokes...) })
	type row struct {
		Label, Share string
		Top          float64
	}
	rows := func() []row {
		p.Helper()
		list := eval[[]row](p, `[...document.querySelectorAll('[data-head="digit"] li')]
			.filter((row) => row.checkVisibility()).map((row) => ({
				Label: row.dataset.bar,
				Share: row.querySelector('.share').textContent,
				Top: row.getBoundingClientRect().top,
			}))`)
		slices.SortFunc(list, func(a, b row) int { return int(a.Top - b.Top) })
		return list
	}
	two := rows()
	if len(two) != 2 || two[0].Label != "7" || two[1].Label == "7" {
		p.Fatalf("the likeliest two are %v, want 7 and another", two)
	}
	share := regexp.MustCompile(`^(<\x{202f})?\d+(\.\d+)?\x{202f}%$`)
	nothing := regexp.MustCompile(`^0(\.0+)?\x{202f}`)
	for _, r := range two {
		if !share.MatchString(r.Share) || nothing.MatchString(r.Share) {
			p.Errorf("%s has %q", r.Label, r.Share)
		}
	}
	if got := p.text(".more"); got != "Show all 10" {
		p.Errorf("the button says %q", got)
	}
	eval[bool](p, `(document.querySelector('.more').focus(), true)`)
	p.key(kb.Enter)
	all := rows()
	for i, r := range all {
		if r.Label != fmt.Sprint(i) || len(all) != 10 {
			p.Fatalf("all labels are %v, want 0 to 9", all)
		}
	}
	if got := eval[string](p, `document.querySelector('.more').ariaExpanded`); got != "true" {
		p.Errorf("aria-expanded is %q", got)
	}
	p.Answered(func() { p.click("#questions label:nth-child(2)") })
	if got := len(rows()); got != 10 {
		p.Errorf("after another question %d rows are shown", got)
	}
	p.click(".more")
	if got := rows(); len(got) != 2 || got[0].Label != "7" {
		p.Errorf("the likeliest two are %v, want 7 and another", got)
	}
}
