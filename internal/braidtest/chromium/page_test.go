package chromium

import (
	"os"
	"path/filepath"
	"testing"
)

// fading is a page whose text is too pale to read until it has faded in.
const fading = `<!doctype html>
<html lang="en">
<meta name="viewport" content="width=device-width">
<title>Fading</title>
<style>
p { opacity: 0.2; transition: opacity 4s step-end }
p.shown { opacity: 1 }
img { animation: turn 1s linear infinite }
@keyframes turn { to { rotate: 1turn } }
</style>
<main>
<h1>Fading</h1>
<p>This appears.</p>
<ul><li>One</li></ul>
<img src="data:," alt="a wheel">
<label>Name <input type="text" autocomplete="name"></label>
<button type="button" aria-expanded="false">More</button>
</main>
</html>
`

// A page is checked as it looks when its transitions have ended. What moves for ever is not waited
// for.
func TestAccessibleWaits(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: shows a page in Chromium, not with -short")
	}
	if Axe(t) == "" {
		t.Skip("skipped: there is no axe-core")
	}
	path := filepath.Join(t.TempDir(), "fading.html")
	if err := os.WriteFile(path, []byte(fading), 0o600); err != nil {
		t.Fatal(err)
	}
	p := Open(t, Start(t), Desk, "file://"+path)
	Eval[bool](p, `document.querySelector('p').classList.add('shown'), true`)
	p.Accessible("a fading page")
}
