package report_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"braid/internal/braidtest/chromium"
)

// A page opens from disk, fits the screen, is accessible, requests nothing else, and its console
// stays empty.
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
	for _, on := range chromium.Screens {
		t.Run(fmt.Sprintf("%d/%s", on.Width, on.Theme), func(t *testing.T) {
			p := chromium.OpenFile(t, browser, on, path)
			got := chromium.Eval[string](p, `getComputedStyle(document.body).backgroundColor`)
			want := map[string]string{"light": "rgb(255, 255, 255)", "dark": "rgb(20, 23, 28)"}
			if got != want[on.Theme] {
				t.Errorf("the background is %s, want %s", got, want[on.Theme])
			}
			if chromium.Eval[int](p, `document.images.length`) == 0 {
				t.Error("there are no pictures")
			}
			chromium.Eval[bool](p,
				`document.querySelectorAll('details').forEach((each) => each.open = true), true`)
			p.Fits()
			p.Accessible("the report")
		})
	}
}
