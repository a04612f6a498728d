package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
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

// screen is what a page is shown on.
type screen struct {
	width, height int64
	touch         bool   // the pointer is a finger, not a mouse
	theme         string // light or dark, as the browser prefers
}

var (
	desk   = screen{1280, 800, false, "light"}
	night  = screen{1280, 800, false, "dark"}
	window = screen{390, 844, false, "light"}
	phone  = screen{390, 844, true, "dark"}
	day    = screen{390, 844, true, "light"}
)

// tab is the page in a browser. A command that fails ends the test.
type tab struct {
	*testing.T
	ctx    context.Context
	server *running
	origin string
	screen screen

	mu         sync.Mutex
	requests   []string // their addresses
	complaints []string // errors and warnings in the console
}

// show opens the page of a server that serves models' files. At the test's end the console may hold
// no complaint, and the page may have sent requests to the server only.
func show(t *testing.T, browser context.Context, on screen, models ...string) *tab {
	t.Helper()
	r := start(t, func(c *Config) {
		c.Models = nil
		for _, path := range models {
			c.Models = append(c.Models, ModelPath{Path: path})
		}
	})
	p := &tab{T: t, server: r, origin: r.url, screen: on}
	ctx, end := context.WithTimeout(browser, 3*time.Minute)
	t.Cleanup(end)
	p.ctx, end = chromedp.NewContext(ctx,
		chromedp.WithListener(p.note), chromedp.WithNewBrowserContext())
	t.Cleanup(func() {
		end()
		p.verify()
	})
	call(p, emulation.SetFocusEmulationEnabled,
		emulation.SetFocusEmulationEnabledParams{Enabled: true})
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: on.width, Height: on.height, DeviceScaleFactor: 1, Mobile: on.touch,
	})
	call(p, emulation.SetTouchEmulationEnabled,
		emulation.SetTouchEmulationEnabledParams{Enabled: on.touch})
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: on.theme}},
	})
	p.do(chromedp.Navigate(r.url))
	p.until(`document.querySelector('main').dataset.ready === 'true'`)
	p.quiet()
	p.fits()
	return p
}

// fits checks that the page does not scroll sideways.
func (p *tab) fits() {
	p.Helper()
	if width := eval[int64](p, `document.documentElement.scrollWidth`); width != p.screen.width {
		p.Errorf("the page is %d pixels wide on a screen of %d", width, p.screen.width)
	}
}

// note records the page's requests, and the errors and warnings in its console.
func (p *tab) note(event any) {
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
				strings.TrimPrefix(e.Entry.URL, p.origin))
		}
	case *inspector.EventTargetCrashed:
		complain("the page crashed")
	}
}

// complained returns the complaints since the last call.
func (p *tab) complained() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.complaints
	p.complaints = nil
	return list
}

func (p *tab) verify() {
	for _, complaint := range p.complained() {
		p.Errorf("the console has %s", complaint)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	toServer := 0
	for _, address := range p.requests {
		switch {
		case strings.HasPrefix(address, p.origin+"/"):
			toServer++
		case !strings.HasPrefix(address, "data:") && !strings.HasPrefix(address, "blob:"):
			p.Errorf("the page requests %s", address)
		}
	}
	if toServer < 5 { // note missed some
		p.Errorf("the page sent the server %d requests: %q", toServer, p.requests)
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

// eval returns the value of JavaScript in the page.
func eval[T any](p *tab, script string) T {
	p.Helper()
	value, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		p.Fatalf("%s: %v", script, err)
	}
	return value
}

// until waits until JavaScript in the page is true.
func (p *tab) until(script string) {
	p.Helper()
	end := time.Now().Add(30 * time.Second)
	for !eval[bool](p, script) {
		if time.Now().After(end) {
			text := eval[string](p, `document.querySelector('main').innerText`)
			p.Fatalf("not true after 30 seconds: %s\nthe page shows: %s", script, text)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// quiet waits until the page shows the answer to its last request.
func (p *tab) quiet() {
	p.Helper()
	p.until(`document.querySelector('main').dataset.busy === 'false'`)
}

// answered does something and waits until its answer is shown.
func (p *tab) answered(do func()) {
	p.Helper()
	before := eval[int](p, `Number(document.querySelector('main').dataset.answered)`)
	do()
	p.until(fmt.Sprintf(`(({busy, answered}) => busy === 'false' && answered > %d)(
		document.querySelector('main').dataset)`, before))
}

func (p *tab) text(selector string) string {
	p.Helper()
	return eval[string](p, fmt.Sprintf(`document.querySelector(%q).textContent`, selector))
}

// snap is for people who look at the pages: it writes a picture of the whole page into the folder
// that BRAID_SCREENSHOTS names. With the path of axe.min.js (npm package axe-core) in BRAID_AXE it
// also checks that people can use the page without seeing it.
func (p *tab) snap(name string) {
	p.Helper()
	name = fmt.Sprintf("%s-%d-%s", name, p.screen.width, p.screen.theme)
	if path := os.Getenv("BRAID_AXE"); path != "" {
		script, err := os.ReadFile(path)
		if err != nil {
			p.Fatal(err)
		}
		eval[bool](p, string(script)+";true")
		const run = `axe.run().then(({ violations }) => violations.map(({ id, impact, nodes }) =>
			impact + ': ' + id + ': ' + nodes[0].html + ': ' + nodes[0].failureSummary))`
		list, err := chromedp.Run(p.ctx,
			chromedp.Evaluate[[]string](run, chromedp.EvalAwaitPromise))
		if err != nil {
			p.Fatal(err)
		}
		for _, violation := range list {
			p.Errorf("%s: %s", name, violation)
		}
	}
	if folder := os.Getenv("BRAID_SCREENSHOTS"); folder != "" {
		shot, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(100))
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name+".png"), shot, 0o644)
		}
		if err != nil {
			p.Fatal(err)
		}
	}
}

// key presses keys, which are characters or constants of package kb.
func (p *tab) key(keys string, with ...chromedp.Modifier) {
	p.Helper()
	p.do(chromedp.KeyEvent(keys, chromedp.KeyModifiers(with...)))
}

// point is a position, in pixels or as a fraction of the board.
type point struct{ X, Y float64 }

// stroke is the path of a pen while it is down.
type stroke []point

// hand draws a curve through points, a little unsteadily, as by hand.
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

// draw draws strokes on the board. Their points are fractions of its width and height.
func (p *tab) draw(strokes ...stroke) {
	p.Helper()
	board := p.box("#pad")
	for _, s := range strokes {
		points := make([]point, len(s))
		for i, at := range s {
			points[i] = point{board.X + at.X*board.Width, board.Y + at.Y*board.Height}
		}
		p.drag(points...)
	}
}

// click clicks on, or taps, the middle of an element.
func (p *tab) click(selector string) {
	p.Helper()
	box := p.box(selector)
	p.drag(point{box.X + box.Width/2, box.Y + box.Height/2})
}

// box is the rectangle of an element.
type box struct {
	point
	Width, Height float64
}

// box scrolls an element into view and returns its rectangle.
func (p *tab) box(selector string) box {
	p.Helper()
	return eval[box](p, fmt.Sprintf(`(element => {
		const all = () => element.getBoundingClientRect();
		if (all().top < 0 || all().bottom > innerHeight)
			element.scrollIntoView({ block: 'center', behavior: 'instant' });
		const { x: X, y: Y, width: Width, height: Height } = all();
		return { X, Y, Width, Height };
	})(document.querySelector(%q))`, selector))
}

// drag puts the finger or the mouse's button down, moves through points, and lifts it.
func (p *tab) drag(points ...point) {
	p.Helper()
	if p.screen.touch {
		for i, at := range points {
			kind := device.DispatchTouchEventTypeTouchMove
			if i == 0 {
				kind = device.DispatchTouchEventTypeTouchStart
			}
			p.finger(kind, &device.TouchPoint{X: at.X, Y: at.Y})
		}
		p.finger(device.DispatchTouchEventTypeTouchEnd)
		return
	}
	p.mouse(device.DispatchMouseEventTypeMouseMoved, points[0], 0)
	p.mouse(device.DispatchMouseEventTypeMousePressed, points[0], 1)
	for _, at := range points[1:] {
		p.mouse(device.DispatchMouseEventTypeMouseMoved, at, 1)
	}
	p.mouse(device.DispatchMouseEventTypeMouseReleased, points[len(points)-1], 0)
}

func (p *tab) finger(kind device.DispatchTouchEventType, at ...*device.TouchPoint) {
	p.Helper()
	call(p, device.DispatchTouchEvent, device.DispatchTouchEventParams{
		Type: kind, TouchPoints: append([]*device.TouchPoint{}, at...), // never null
	})
}

func (p *tab) mouse(kind device.DispatchMouseEventType, at point, buttons int64) {
	p.Helper()
	params := device.DispatchMouseEventParams{
		Type: kind, X: at.X, Y: at.Y, Buttons: buttons, ClickCount: 1,
	}
	if kind != device.DispatchMouseEventTypeMouseMoved || buttons > 0 {
		params.Button = device.MouseButtonLeft
	}
	call(p, device.DispatchMouseEvent, params)
}
