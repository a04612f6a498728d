package serve

import (
	"encoding/json"
	"fmt"
	"math"
	"os/exec"
	"reflect"
	"strings"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"

	"braid/internal/braidtest/chromium"
)

// The command that the page copies runs in a shell and prints the answer that the page shows.
func testCurl(p *tab) {
	if _, err := exec.LookPath("curl"); err != nil {
		p.Skipf("skipped: there is no curl to run the page's command: %v", err)
	}
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		chromium.Call(p.Page, browser.SetPermission, browser.SetPermissionParams{
			Permission:       &browser.PermissionDescriptor{Name: name},
			Setting:          browser.PermissionSettingGranted,
			Origin:           p.Address,
			BrowserContextID: chromedp.FromContext(p.Context).BrowserContextID,
		})
	}
	if got := eval[string](p, `document.querySelector('#curl').ariaDisabled`); got != "true" {
		p.Errorf("with nothing asked, aria-disabled is %q", got)
	}
	copied := func() string {
		p.Helper()
		p.click("#curl")
		p.Until(`document.querySelector('#copied').textContent === 'Copied.'`)
		return eval[string](p, `navigator.clipboard.readText()`)
	}
	run := func(line string) (answer map[string]any) {
		p.Helper()
		out, err := exec.CommandContext(p.Context, "sh", "-c", line).CombinedOutput()
		if err != nil {
			p.Fatalf("%v: %s\n%s", err, out, line)
		}
		if err := json.Unmarshal(out, &answer); err != nil {
			p.Fatalf("%v: %s", err, out)
		}
		return answer
	}
	one := jpegOf(p.T, photo(2000, 1500, drawings[0].strokes...), 1)
	for _, way := range []struct {
		name string
		how  func()
	}{
		{"drawn", func() { p.draw(drawings[1].strokes...) }},
		{"photo", func() { p.Choose("#photo-file", "one.jpg", one) }},
		{"a test image", func() { p.click("#samples button:nth-child(5)") }},
	} {
		p.click("#clear")
		p.Answered(way.how)
		shown := eval[map[string]any](p, `Object.fromEntries(
			[...document.querySelectorAll('.head')].map((head) => [head.dataset.head,
				['[data-label]', '.probability'].map((of) => head.querySelector(of).textContent)]))`)
		printed := map[string]any{}
		for _, head := range run(copied())["heads"].([]any) {
			h := head.(map[string]any)
			tenths := min(999, math.Round(1000*h["probability"].(float64)))
			printed[h["name"].(string)] = []any{h["label"], fmt.Sprintf("%.1f\u202f%%", tenths/10)}
		}
		if !reflect.DeepEqual(shown, printed) {
			p.Errorf("%s: the page shows %v, the command prints %v", way.name, shown, printed)
		}
	}

	// The shell changes nothing in a question.
	const hard = `it's "$(echo two)" \ ` + "`echo three`" + ` $HOME ! # * ;é`
	p.click("#own")
	eval[bool](p, fmt.Sprintf(`((own) => {
		own.value = %q;
		return own.dispatchEvent(new Event('input'));
	})(document.querySelector('#own'))`, hard))
	p.Until(`document.querySelector('#own-problem').textContent !== ''`)
	p.Quiet()
	line := copied()
	body := line[strings.LastIndex(line, " -d ")+4:]
	if got := run("printf '%s' " + body)["question"]; got != hard {
		p.Errorf("the shell makes %q of the question %q", got, hard)
	}
	if got := fmt.Sprint(run(line)["error"]); !strings.Contains(got, "does not know") {
		p.Errorf("the command prints %q", got)
	}

	// If the browser does not let the page copy, the page shows the command.
	eval[bool](p, `(navigator.clipboard.writeText = () => Promise.reject(new Error('no')), true)`)
	p.click("#curl")
	p.Until(`document.querySelector('#command').checkVisibility()`)
	if got := eval[string](p, `document.querySelector('#command').value`); got != line {
		p.Errorf("the page offers %q, want %q", got, line)
	}
	p.Complaints() // of the refusals
}
