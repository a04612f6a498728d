// Package chromium shows pages in a browser, for their tests.
package chromium

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// Start starts Debian's Chromium, which opens all pages of a test, and ends it with the test.
// Without it the test is skipped, or fails if BRAID_REQUIRE_CHROMIUM is set.
func Start(t *testing.T) context.Context {
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
		missing("there is no Chromium to show the page in (apt-get install chromium)", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU,
		// as without a network
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"))
	for _, off := range []string{
		"disable-quic", "disable-background-networking", "disable-component-update",
		"disable-sync", "disable-dev-shm-usage",
	} {
		options = append(options, chromedp.Flag(off, true))
	}
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
