package report_test

import (
	"braid/internal/braidtest/chromium"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	weblog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// tab is a page in a browser. A command that fails ends the test.
type tab struct {
	*testing.T
	ctx context.Context

	mu         sync.Mutex
	requests   []string // their addresses
	complaints []string // in the console
}

// show opens a file on a screen. theme is light or dark.
func show(t *testing.T, browser context.Context, path string, width int64, theme string) *tab {
	t.Helper()
	p := &tab{T: t}
	ctx, end := context.WithTimeout(browser, time.Minute)
	t.Cleanup(end)
	p.ctx, end = chromedp.NewContext(ctx,
		chromedp.WithListener(p.note), chromedp.WithNewBrowserContext())
	t.Cleanup(end)
	call(p, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
		Width: width, Height: 844, DeviceScaleFactor: 1, Mobile: width < 600,
	})
	call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: theme}},
	})
	if err := chromedp.Do(p.ctx, chromedp.Navigate("file://"+path)); err != nil {
		t.Fatal(err)
	}
	return p
}

// note records the page's requests, and what its console says.
func (p *tab) note(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		p.requests = append(p.requests, e.Request.URL)
	case *runtime.EventConsoleAPICalled:
		p.complaints = append(p.complaints, fmt.Sprintf("console.%s", e.Type))
	case *runtime.EventExceptionThrown:
		p.complaints = append(p.complaints, e.ExceptionDetails.Text)
	case *weblog.EventEntryAdded:
		p.complaints = append(p.complaints, e.Entry.Text)
	}
}

// verify checks that the page asked for nothing but itself, and that the console is empty.
func (p *tab) verify() {
	p.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, complaint := range p.complaints {
		p.Errorf("the console has %s", complaint)
	}
	opened := 0
	for _, address := range p.requests {
		switch {
		case strings.HasPrefix(address, "file://"):
			opened++
		case !strings.HasPrefix(address, "data:"):
			p.Errorf("the page requests %s", address)
		}
	}
	if opened != 1 {
		p.Errorf("the page opens %d files: %q", opened, p.requests)
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

// A page opens from disk, fits the screen, asks for nothing else, and its console stays empty.
func TestBrowser(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: shows a page in Chromium, not with -short")
	}
	path := filepath.Join(t.TempDir(), "report.html")
	content := written(t, trained(t, odd(t)))
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	browser := chromium.Start(t)
	for _, width := range []int64{1280, 390} {
		for theme, want := range map[string]string{
			"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 28)",
		} {
			t.Run(fmt.Sprintf("%d/%s", width, theme), func(t *testing.T) {
				p := show(t, browser, path, width, theme)
				if got := eval[int64](p, `document.documentElement.scrollWidth`); got != width {
					t.Errorf("the page is %d pixels wide", got)
				}
				got := eval[string](p, `getComputedStyle(document.body).backgroundColor`)
				if got != want {
					t.Errorf("the background is %s, want %s", got, want)
				}
				broken := eval[int](p, `[...document.images].filter(image => {
					image.loading = 'eager';
					return image.complete && image.naturalWidth == 0;
				}).length`)
				if images := eval[int](p, `document.images.length`); broken > 0 || images == 0 {
					t.Errorf("%d of %d pictures are broken", broken, images)
				}
				p.verify()
			})
		}
	}
}
