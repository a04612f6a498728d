package chromium

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/inspector"
	weblog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Screen is what a page is shown on.
type Screen struct {
	Width, Height int64
	Touch         bool   // the pointer is a finger, not a mouse
	Theme         string // light or dark, as the browser prefers
}

// Screens of a desk and of a phone, in both themes.
var (
	Desk  = Screen{1280, 800, false, "light"}
	Night = Screen{1280, 800, false, "dark"}
	Day   = Screen{390, 844, true, "light"}
	Phone = Screen{390, 844, true, "dark"}
)

// Screens are those on which a page is to be readable.
var Screens = []Screen{Desk, Night, Day, Phone}

// Page is a page in a browser. A command that fails ends the test.
type Page struct {
	*testing.T
	Context context.Context // of the commands
	Screen  Screen
	Address string

	mu         sync.Mutex
	requests   []string // their addresses
	complaints []string // errors and warnings in the console
}

// Open opens an address, of a file or of a server. At the test's end the console may hold no
// complaint, and the page may have requested nothing but what lies below the address.
func Open(t *testing.T, browser context.Context, on Screen, address string) *Page {
	t.Helper()
	p := &Page{T: t, Screen: on, Address: address}
	ctx, end := context.WithTimeout(browser, 3*time.Minute)
	t.Cleanup(end)
	p.Context, end = chromedp.NewContext(ctx,
		chromedp.WithListener(p.note), chromedp.WithNewBrowserContext())
	t.Cleanup(func() {
		end()
		p.verify()
	})
	Call(p, emulation.SetFocusEmulationEnabled,
		emulation.SetFocusEmulationEnabledParams{Enabled: true})
	Call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: on.Width, Height: on.Height, DeviceScaleFactor: 1, Mobile: on.Touch,
	})
	Call(p, emulation.SetTouchEmulationEnabled,
		emulation.SetTouchEmulationEnabledParams{Enabled: on.Touch})
	Call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: on.Theme}},
	})
	p.Do(chromedp.Navigate(address))
	return p
}

// OpenFile opens a file, and checks that its pictures can be shown.
func OpenFile(t *testing.T, browser context.Context, on Screen, path string) *Page {
	t.Helper()
	p := Open(t, browser, on, "file://"+path)
	broken := Eval[int](p, `[...document.images].filter((image) => {
		image.loading = 'eager';
		return image.complete && image.naturalWidth === 0;
	}).length`)
	if broken > 0 {
		t.Errorf("%d pictures are broken", broken)
	}
	return p
}

// note records the page's requests, and the errors and warnings in its console.
func (p *Page) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	complain := func(format string, args ...any) {
		p.complaints = append(p.complaints, fmt.Sprintf(format, args...))
	}
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *network.EventWebSocketCreated:
		p.requests = append(p.requests, e.URL)
	case *runtime.EventConsoleAPICalled:
		switch e.Type {
		case runtime.ConsoleAPICalledTypeError, runtime.ConsoleAPICalledTypeWarning,
			runtime.ConsoleAPICalledTypeAssert:
			args, _ := json.Marshal(e.Args)
			complain("console.%s: %s", e.Type, args)
		}
	case *runtime.EventExceptionThrown:
		complain("%v", &chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails})
	case *weblog.EventEntryAdded:
		switch e.Entry.Level {
		case weblog.EntryLevelError, weblog.EntryLevelWarning:
			complain("%s: %s (%s)", e.Entry.Source, e.Entry.Text,
				strings.TrimPrefix(e.Entry.URL, p.Address))
		}
	case *inspector.EventTargetCrashed:
		complain("the page crashed")
	}
}

// Complaints returns what the console complained of since the last call.
func (p *Page) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.complaints
	p.complaints = nil
	return list
}

// Requests returns the addresses that the page requested, but for those of data in the page.
func (p *Page) Requests() (list []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, address := range p.requests {
		if !strings.HasPrefix(address, "data:") && !strings.HasPrefix(address, "blob:") {
			list = append(list, address)
		}
	}
	return list
}

func (p *Page) verify() {
	for _, complaint := range p.Complaints() {
		p.Errorf("the console has %s", complaint)
	}
	list := p.Requests()
	for _, address := range list {
		below := strings.HasPrefix(p.Address, "http") && strings.HasPrefix(address, p.Address+"/")
		if !below && address != p.Address {
			p.Errorf("the page requests %s", address)
		}
	}
	if len(list) == 0 {
		p.Error("the page requested nothing: note missed it")
	}
}

// Do runs steps.
func (p *Page) Do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.Context, steps...); err != nil {
		p.Fatal(err)
	}
}

// Call sends the browser a command.
func Call[P any](p *Page, command cdp.Command[P, cdp.Empty], params P) {
	p.Helper()
	if _, err := chromedp.Call(p.Context, command, params); err != nil {
		p.Fatal(err)
	}
}

// Eval returns the value of JavaScript in the page. It waits for a promise.
func Eval[T any](p *Page, script string) T {
	p.Helper()
	value, err := chromedp.Run(p.Context,
		chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		p.Fatalf("%s: %v", script, err)
	}
	return value
}

// Until waits until JavaScript in the page is true.
func (p *Page) Until(script string) {
	p.Helper()
	end := time.Now().Add(30 * time.Second)
	for !Eval[bool](p, script) {
		if time.Now().After(end) {
			text := Eval[string](p, `(document.querySelector('main') ?? document.body).innerText`)
			p.Fatalf("not true after 30 seconds: %s\nthe page shows: %s", script, text)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Fits checks that the page does not scroll sideways.
func (p *Page) Fits() {
	p.Helper()
	if width := Eval[int64](p, `document.documentElement.scrollWidth`); width != p.Screen.Width {
		p.Errorf("the page is %d pixels wide on a screen of %d", width, p.Screen.Width)
	}
}

// Axe returns the script of axe-core, which npm has installed in the folder BRAID_TFJS, or else in
// braid-tfjs in the user's folder of caches. It is empty where there is none, and the test fails if
// BRAID_REQUIRE_TFJS is set.
func Axe(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("BRAID_TFJS")
	if folder == "" {
		caches, err := os.UserCacheDir()
		if err != nil {
			return ""
		}
		folder = filepath.Join(caches, "braid-tfjs")
	}
	content, err := os.ReadFile(filepath.Join(folder, "node_modules/axe-core/axe.min.js"))
	if err != nil {
		if os.Getenv("BRAID_REQUIRE_TFJS") != "" {
			t.Fatalf("BRAID_REQUIRE_TFJS is set and there is no axe-core: %v", err)
		}
		t.Logf("accessibility is not checked: %v (npm install --prefix %s axe-core)", err, folder)
	}
	return string(content)
}

// still waits until colours and places do not change any more: in the middle of a transition the
// contrast of a text is lower than after it. Animations without an end run on.
const still = `(async () => {
	for (;;) {
		const running = document.getAnimations().filter((each) =>
			each.playState !== 'finished' && each.effect.getComputedTiming().endTime !== Infinity);
		if (running.length === 0) return true;
		await Promise.allSettled(running.map((each) => each.finished));
	}
})()`

// Accessible checks with axe-core names, roles, contrast and the rest that people need who do not
// see, or do not see well. Without axe-core it does nothing. name says what the page shows.
func (p *Page) Accessible(name string) {
	p.Helper()
	script := Axe(p.T)
	if script == "" {
		return
	}
	Eval[bool](p, script+";true")
	Eval[bool](p, still)
	found := Eval[struct {
		Passes     int
		Violations []string
	}](p, `axe.run().then(({ passes, violations }) => ({
		Passes: passes.length,
		Violations: violations.map(({ id, impact, nodes }) =>
			impact + ': ' + id + ': ' + nodes[0].html + ': ' + nodes[0].failureSummary),
	}))`)
	if found.Passes < 15 {
		p.Errorf("%s: axe-core found %d rules kept, want 15 or more", name, found.Passes)
	}
	for _, violation := range found.Violations {
		p.Errorf("%s: %.1000s", name, violation)
	}
}
