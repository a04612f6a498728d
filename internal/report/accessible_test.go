package report_test

import (
	"braid/internal/braidtest/chromium"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// axe returns the script of axe-core, which npm has installed in the folder BRAID_TFJS, or else in
// braid-tfjs in the user's folder of caches. Without it the test is skipped, or fails if
// BRAID_REQUIRE_TFJS is set.
func axe(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("BRAID_TFJS")
	if folder == "" {
		caches, err := os.UserCacheDir()
		if err != nil {
			t.Skipf("skipped: no folder for axe-core: %v", err)
		}
		folder = filepath.Join(caches, "braid-tfjs")
	}
	content, err := os.ReadFile(filepath.Join(folder, "node_modules/axe-core/axe.min.js"))
	switch {
	case err == nil:
		return string(content)
	case os.Getenv("BRAID_REQUIRE_TFJS") != "":
		t.Fatalf("BRAID_REQUIRE_TFJS is set and there is no axe-core: %v", err)
	}
	t.Skipf("skipped: there is no axe-core (npm install --prefix %s axe-core): %v", folder, err)
	return ""
}

// axe-core finds nothing in a page: names, roles, contrast and the rest, on light and on dark.
func TestAccessible(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: shows a page in Chromium, not with -short")
	}
	script := axe(t)
	browser := chromium.Start(t)
	path := filepath.Join(t.TempDir(), "report.html")
	content := written(t, trained(t, odd(t)))
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, width := range []int64{1280, 390} {
		for _, theme := range []string{"light", "dark"} {
			t.Run(fmt.Sprintf("%d/%s", width, theme), func(t *testing.T) {
				p := show(t, browser, path, width, theme)
				eval[bool](p, `document.querySelectorAll('details').forEach(d => d.open = true), true`)
				eval[bool](p, script+`;
					axe.run().then(found => window.found = found, failed => window.found = { failed });
					true`)
				for end := time.Now().Add(time.Minute); !eval[bool](p, `'found' in window`); {
					if time.Now().After(end) {
						t.Fatal("axe-core does not end")
					}
					time.Sleep(50 * time.Millisecond)
				}
				if passed := eval[int](p, `found.passes.length`); passed < 20 {
					t.Errorf("axe-core ran %d rules", passed)
				}
				var list []struct{ ID, Help, HTML string }
				text := eval[string](p, `JSON.stringify(found.violations.map(v => (
					{ id: v.id, help: v.help, html: v.nodes[0].html })))`)
				if err := json.Unmarshal([]byte(text), &list); err != nil {
					t.Fatal(err)
				}
				for _, v := range list {
					t.Errorf("%s: %s: %.200s", v.ID, v.Help, v.HTML)
				}
			})
		}
	}
}
