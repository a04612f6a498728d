package main

import (
	"compress/gzip"
	"context"
	"encoding/base64"
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"braid/data"
	"braid/digitqa"
	"braid/feature"
	"braid/internal/braidtest/chromium"
	"braid/modelfile"
	"braid/predictor"
)

// TestPage draws on the page, and compares its answers with those of this process to the same
// picture. The files must have less than 6 MB compressed.
func TestPage(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: a build for WebAssembly takes long in a new cache")
	}
	browser := chromium.Start(t)
	model, folder := filepath.Join(t.TempDir(), "model.safetensors"), t.TempDir()
	saveModel(t, model)
	if err := write(t.Context(), model, folder); err != nil {
		t.Fatal(err)
	}
	checkSize(t, folder)
	server := httptest.NewServer(http.FileServer(http.Dir(folder)))
	defer server.Close()
	ctx, end := chromedp.NewContext(browser)
	defer end()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 800),
		chromedp.Navigate(server.URL)); err != nil {
		t.Fatal(err)
	}
	for began := time.Now(); evaluate(t, ctx, `document.body.dataset.ready ?? ''`) != "yes"; {
		if time.Since(began) > 2*time.Minute {
			t.Fatalf("not ready: %s", evaluate(t, ctx, `document.getElementById('status').textContent`))
		}
		time.Sleep(50 * time.Millisecond)
	}
	// A vertical stroke. asked keeps the picture that the page sends to the module.
	evaluate(t, ctx, `{
		const ask = braidAsk;
		globalThis.braidAsk = (...what) => { globalThis.asked = what; return ask(...what); };
		const pad = document.getElementById('pad'), box = pad.getBoundingClientRect();
		const at = (type, y) => pad.dispatchEvent(new PointerEvent(type, { pointerId: 1, isPrimary: true,
			bubbles: true, buttons: 1, clientX: box.x + box.width / 2, clientY: box.y + y * box.height }));
		pad.setPointerCapture = () => {};
		at('pointerdown', 0.2); at('pointermove', 0.5); at('pointermove', 0.8); at('pointerup', 0.8);
		'' }`)
	var said string
	for began := time.Now(); said == "" && time.Since(began) < time.Minute; {
		time.Sleep(50 * time.Millisecond)
		said = evaluate(t, ctx, `document.getElementById('answers').innerText`)
	}
	png, err := base64.StdEncoding.DecodeString(evaluate(t, ctx,
		`btoa(String.fromCharCode(...(globalThis.asked?.[0] ?? [])))`))
	if err != nil || len(png) == 0 {
		t.Fatalf("the page asked nothing: %v", err)
	}
	m, err := predictor.Open(model)
	if err != nil {
		t.Fatal(err)
	}
	answers, err := m.Ask(map[string]feature.Value{"image": {Content: png},
		"question": {Text: evaluate(t, ctx, `globalThis.asked[1]`)}})
	if err != nil {
		t.Fatal(err)
	}
	want := ""
	for _, name := range []string{"answer", "digit"} {
		a := answers[name]
		want += fmt.Sprintf("%s\n%s (%.0f %%)\n", name, a.Text, math.Floor(100*a.Probability+0.5))
	}
	if said+"\n" != want {
		t.Errorf("the page says %q, want %q", said, want)
	}
	screenshots(t, ctx)
}

// screenshots writes pictures of the page, wide and narrow, to the folder BRAID_SCREENSHOTS.
func screenshots(t *testing.T, ctx context.Context) {
	folder := os.Getenv("BRAID_SCREENSHOTS")
	for _, width := range []int64{1280, 390} {
		if folder == "" {
			return
		}
		if err := chromedp.Do(ctx, chromedp.EmulateViewport(width, 800)); err != nil {
			t.Fatal(err)
		}
		shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, fmt.Sprintf("wasm-%d.png", width))
		if err := os.WriteFile(path, shot, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func evaluate(t *testing.T, ctx context.Context, script string) string {
	t.Helper()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[string](script))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// saveModel writes an untrained network.
func saveModel(t *testing.T, path string) {
	t.Helper()
	m, err := digitqa.Network(28, 28).Build(1)
	if err != nil {
		t.Fatal(err)
	}
	f := &modelfile.File{Model: m}
	standard := data.Standard{Mean: 33, Std: 79}
	if f.Features, f.Targets, err = digitqa.Columns(28, 28, standard); err != nil {
		t.Fatal(err)
	}
	w, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	if err := f.Write(w); err != nil {
		t.Fatal(err)
	}
}

func checkSize(t *testing.T, folder string) {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var size counter
	zip := gzip.NewWriter(&size)
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := zip.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := zip.Close(); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d files, %d bytes compressed", len(files), size)
	if size > 6e6 {
		t.Errorf("the page has %d bytes compressed, want 6 MB or less", size)
	}
}

type counter int

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}
