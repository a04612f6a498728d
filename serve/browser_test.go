package serve

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	device "github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"braid/internal/braidtest/chromium"
)

// Screens of the tests of the page.
var (
	desk   = chromium.Desk
	night  = chromium.Night
	window = screen{Width: 390, Height: 844, Theme: "light"}
	phone  = chromium.Phone
	day    = chromium.Day
)

type screen = chromium.Screen

// tab is the page in a browser. A command that fails ends the test.
type tab struct {
	*chromium.Page
	server *running
}

// show opens the page of a server that serves models' files.
func show(t *testing.T, browser context.Context, on screen, models ...string) *tab {
	t.Helper()
	r := start(t, func(c *Config) {
		c.Models = nil
		for _, path := range models {
			c.Models = append(c.Models, ModelPath{Path: path})
		}
	})
	p := &tab{chromium.Open(t, browser, on, r.url), r}
	t.Cleanup(func() {
		if list := p.Requests(); len(list) < 5 { // some were missed
			p.Errorf("the page sent the server %d requests: %q", len(list), list)
		}
	})
	p.Ready()
	p.Fits()
	return p
}

// eval returns the value of JavaScript in the page.
func eval[T any](p *tab, script string) T {
	p.Helper()
	return chromium.Eval[T](p.Page, script)
}

func (p *tab) text(selector string) string {
	p.Helper()
	return eval[string](p, fmt.Sprintf(`document.querySelector(%q).textContent`, selector))
}

// snap checks that the page is accessible. For people who look at the pages it writes a picture of
// the whole page into the folder that BRAID_SCREENSHOTS names.
func (p *tab) snap(name string) {
	p.Helper()
	name = fmt.Sprintf("%s-%d-%s", name, p.Screen.Width, p.Screen.Theme)
	p.Accessible(name)
	if folder := os.Getenv("BRAID_SCREENSHOTS"); folder != "" {
		p.Picture(filepath.Join(folder, name+".png"), 0)
	}
}

// key presses keys, which are characters or constants of package kb.
func (p *tab) key(keys string, with ...chromedp.Modifier) {
	p.Helper()
	p.Do(chromedp.KeyEvent(keys, chromedp.KeyModifiers(with...)))
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
	if p.Screen.Touch {
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
	chromium.Call(p.Page, device.DispatchTouchEvent, device.DispatchTouchEventParams{
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
	chromium.Call(p.Page, device.DispatchMouseEvent, params)
}
