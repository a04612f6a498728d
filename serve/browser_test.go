package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	device "github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/inspector"
	weblog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium starts Debian's Chromium, in which all pages of a test are opened. Where it cannot be had, the test is
// skipped, unless BRAID_REQUIRE_CHROMIUM is set: then it fails.
func chromium(t *testing.T) context.Context {
	t.Helper()
	missing := func(why string, err error) {
		t.Helper()
		if os.Getenv("BRAID_REQUIRE_CHROMIUM") != "" {
			t.Fatalf("BRAID_REQUIRE_CHROMIUM is set and %s: %v", why, err)
		}
		t.Skipf("skipped: %s: %v", why, err)
	}
	path, err := exec.LookPath("chromium")
	if err != nil {
		missing("there is no Chromium to show the page in, as by apt-get install chromium", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU)
	for _, off := range []string{"disable-quic", "disable-background-networking", "disable-component-update", "disable-sync", "disable-dev-shm-usage"} {
		options = append(options, chromedp.Flag(off, true))
	}
	options = append(options, chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1")) // as where there is no network
	allocator, end := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(end)
	browser, end := chromedp.NewContext(allocator)
	t.Cleanup(end)
	late := time.AfterFunc(time.Minute, end)
	defer late.Stop()
	if err := chromedp.Do(browser); err != nil {
		missing("Chromium does not start", err)
	}
	t.Cleanup(func() {
		soon, end := context.WithTimeout(browser, 20*time.Second)
		defer end()
		if err := chromedp.Cancel(soon); err != nil {
			t.Errorf("ending Chromium: %v", err)
		}
	})
	return browser
}

// screen is what a page is shown on.
type screen struct {
	width, height int64
	touch         bool   // it is drawn on with a finger, not with a mouse
	theme         string // that its owner likes: light or dark
}

var (
	desk   = screen{1280, 800, false, "light"}
	night  = screen{1280, 800, false, "dark"}
	window = screen{390, 844, false, "light"}
	phone  = screen{390, 844, true, "dark"}
	day    = screen{390, 844, true, "light"}
)

// tab is the page as somebody has it open. What fails ends the test.
type tab struct {
	*testing.T
	ctx    context.Context
	origin string
	screen screen

	mu         sync.Mutex
	requests   []string // their addresses
	complaints []string // errors and warnings in the console
}

// show opens the page of a server that serves models' files. At the end, nothing may have been complained of, and
// nobody asked but the server.
func show(t *testing.T, browser context.Context, on screen, models ...string) *tab {
	t.Helper()
	r := start(t, func(c *Config) {
		c.Models = nil
		for _, path := range models {
			c.Models = append(c.Models, Source{Path: path})
		}
	})
	p := &tab{T: t, origin: r.url, screen: on}
	ctx, end := context.WithTimeout(browser, 3*time.Minute)
	t.Cleanup(end)
	p.ctx, end = chromedp.NewContext(ctx, chromedp.WithListener(p.note), chromedp.WithNewBrowserContext())
	t.Cleanup(func() {
		end()
		p.verify()
	})
	call(p, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true})
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: on.width, Height: on.height, DeviceScaleFactor: 1, Mobile: on.touch,
	})
	call(p, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: on.touch})
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: on.theme}},
	})
	p.do(chromedp.Navigate(r.url))
	p.until(`document.querySelector('main').dataset.ready === 'true'`)
	p.quiet()
	p.fits()
	return p
}

// fits checks that nothing is to be scrolled sideways for.
func (p *tab) fits() {
	p.Helper()
	if width := eval[int64](p, `document.documentElement.scrollWidth`); width != p.screen.width {
		p.Errorf("the page is %d pixels wide on a screen of %d", width, p.screen.width)
	}
}

// note hears of all that happens in the page.
func (p *tab) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *network.EventWebSocketCreated:
		p.requests = append(p.requests, e.URL)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError || e.Type == runtime.ConsoleAPICalledTypeWarning || e.Type == runtime.ConsoleAPICalledTypeAssert {
			told, _ := json.Marshal(e.Args)
			p.complaints = append(p.complaints, fmt.Sprintf("console.%s: %s", e.Type, told))
		}
	case *runtime.EventExceptionThrown:
		p.complaints = append(p.complaints, (&chromedp.ExceptionError{ExceptionDetails: e.ExceptionDetails}).Error())
	case *weblog.EventEntryAdded:
		if e.Entry.Level == weblog.EntryLevelError || e.Entry.Level == weblog.EntryLevelWarning {
			p.complaints = append(p.complaints, fmt.Sprintf("%s: %s (%s)", e.Entry.Source, e.Entry.Text, strings.TrimPrefix(e.Entry.URL, p.origin)))
		}
	case *inspector.EventTargetCrashed:
		p.complaints = append(p.complaints, "the page crashed")
	}
}

// complained returns what the console told since it was last asked.
func (p *tab) complained() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.complaints
	p.complaints = nil
	return list
}

func (p *tab) verify() {
	for _, complaint := range p.complained() {
		p.Errorf("the console tells %s", complaint)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	own := 0
	for _, address := range p.requests {
		switch {
		case strings.HasPrefix(address, p.origin+"/"):
			own++
		case !strings.HasPrefix(address, "data:") && !strings.HasPrefix(address, "blob:"):
			p.Errorf("the page asks %s", address)
		}
	}
	if own < 5 {
		p.Errorf("the page asked the server %d times: %q", own, p.requests) // or it was not seen
	}
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.Fatal(err)
	}
}

func call[P any](p *tab, command cdp.Command[P, cdp.Empty], params P) {
	p.Helper()
	if _, err := chromedp.Call(p.ctx, command, params); err != nil {
		p.Fatal(err)
	}
}

// eval returns what JavaScript in the page says.
func eval[T any](p *tab, script string) T {
	p.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		p.Fatalf("%s: %v", script, err)
	}
	return value
}

// until waits until JavaScript in the page says true.
func (p *tab) until(script string) {
	p.Helper()
	for end := time.Now().Add(30 * time.Second); !eval[bool](p, script); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			p.Fatalf("it did not come to be: %s\nthe page tells: %s", script, eval[string](p, `document.querySelector('main').innerText`))
		}
	}
}

// quiet waits until what is shown is up to date.
func (p *tab) quiet() {
	p.Helper()
	p.until(`document.querySelector('main').dataset.busy === 'false'`)
}

// answered does something and waits until its answer is shown.
func (p *tab) answered(do func()) {
	p.Helper()
	before := eval[int](p, `Number(document.querySelector('main').dataset.answered)`)
	do()
	p.until(fmt.Sprintf(`(({busy, answered}) => busy === 'false' && answered > %d)(document.querySelector('main').dataset)`, before))
}

func (p *tab) text(selector string) string {
	p.Helper()
	return eval[string](p, fmt.Sprintf(`document.querySelector(%q).textContent`, selector))
}

// key presses keys; a key's name is one of package kb.
func (p *tab) key(keys string, with ...chromedp.Modifier) {
	p.Helper()
	p.do(chromedp.KeyEvent(keys, chromedp.KeyModifiers(with...)))
}

// point is a place, across and down.
type point struct{ X, Y float64 }

// stroke is where a pen goes while it is down.
type stroke []point

// hand draws through points as a hand does: round, and not quite steadily.
func hand(points ...point) stroke {
	const steps = 5 // between two points
	at := func(i int) point { return points[min(max(i, 0), len(points)-1)] }
	s := stroke{at(0)}
	for i := range len(points) - 1 {
		a, b, c, d := at(i-1), at(i), at(i+1), at(i+2)
		for step := 1; step <= steps; step++ {
			f := float64(step) / steps
			curve := func(a, b, c, d float64) float64 { // Catmull and Rom's
				return b + f*(c-a+f*(2*a-5*b+4*c-d+f*(3*(b-c)+d-a)))/2
			}
			shake := 0.003 * math.Sin(float64(3*len(s)))
			s = append(s, point{curve(a.X, b.X, c.X, d.X) + shake, curve(a.Y, b.Y, c.Y, d.Y) - shake})
		}
	}
	return s
}

// draw draws strokes on the board, in parts of its width and height.
func (p *tab) draw(strokes ...stroke) {
	p.Helper()
	board := p.box("#pad")
	for _, s := range strokes {
		places := make([]point, len(s))
		for i, at := range s {
			places[i] = point{board.X + at.X*board.Width, board.Y + at.Y*board.Height}
		}
		p.point(places...)
	}
}

// click clicks on, or taps, the middle of an element.
func (p *tab) click(selector string) {
	p.Helper()
	box := p.box(selector)
	p.point(point{box.X + box.Width/2, box.Y + box.Height/2})
}

// box brings an element into sight and tells where it is.
func (p *tab) box(selector string) struct {
	point
	Width, Height float64
} {
	p.Helper()
	return eval[struct {
		point
		Width, Height float64
	}](p, fmt.Sprintf(`(element => {
		const all = () => element.getBoundingClientRect();
		if (all().top < 0 || all().bottom > innerHeight) element.scrollIntoView({ block: 'center', behavior: 'instant' });
		const { x: X, y: Y, width: Width, height: Height } = all();
		return { X, Y, Width, Height };
	})(document.querySelector(%q))`, selector))
}

// point puts the finger or the mouse's button down, goes to all places in turn, and lifts it.
func (p *tab) point(places ...point) {
	p.Helper()
	for i, at := range places {
		if p.screen.touch {
			kind := device.DispatchTouchEventTypeTouchMove
			if i == 0 {
				kind = device.DispatchTouchEventTypeTouchStart
			}
			call(p, device.DispatchTouchEvent, device.DispatchTouchEventParams{Type: kind, TouchPoints: []*device.TouchPoint{{X: at.X, Y: at.Y}}})
			continue
		}
		kind := device.DispatchMouseEventTypeMouseMoved
		if i == 0 {
			p.mouse(kind, at, 0)
			kind = device.DispatchMouseEventTypeMousePressed
		}
		p.mouse(kind, at, 1)
	}
	if p.screen.touch {
		call(p, device.DispatchTouchEvent, device.DispatchTouchEventParams{Type: device.DispatchTouchEventTypeTouchEnd, TouchPoints: []*device.TouchPoint{}})
		return
	}
	p.mouse(device.DispatchMouseEventTypeMouseReleased, places[len(places)-1], 0)
}

func (p *tab) mouse(kind device.DispatchMouseEventType, at point, buttons int64) {
	p.Helper()
	params := device.DispatchMouseEventParams{Type: kind, X: at.X, Y: at.Y, Buttons: buttons, ClickCount: 1}
	if kind != device.DispatchMouseEventTypeMouseMoved || buttons > 0 {
		params.Button = device.MouseButtonLeft
	}
	call(p, device.DispatchMouseEvent, params)
}
