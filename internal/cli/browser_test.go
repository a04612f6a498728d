package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/internal/braidtest/chromium"
	"braid/layer"
	"braid/modelfile"
	"braid/tensor"
)

// screens returns those on which a page is shown.
func screens() []chromium.Screen {
	return braidtest.Cases([]chromium.Screen{chromium.Desk, chromium.Phone}, chromium.Screens)
}

// checkReport shows a report on each screen.
func checkReport(t *testing.T, browser context.Context, path string) {
	for _, on := range screens() {
		t.Run(fmt.Sprintf("report/width=%d/theme=%s", on.Width, on.Theme), func(t *testing.T) {
			p := chromium.OpenFile(t, browser, on, path)
			p.Fits()
			if n := chromium.Eval[int](p, `document.querySelectorAll('h2').length`); n < 3 {
				t.Errorf("the report has %d parts", n)
			}
			p.Accessible("the report")
		})
	}
}

// checkPage shows the page of braid serve on each screen.
func checkPage(
	t *testing.T, browser context.Context, model string, test func(*testing.T, *chromium.Page),
) {
	s := startServer(t, model)
	for _, on := range screens() {
		t.Run(fmt.Sprintf("page/width=%d/theme=%s", on.Width, on.Theme), func(t *testing.T) {
			p := chromium.Open(t, browser, on, s.url)
			p.Ready()
			test(t, p)
			p.Fits()
			p.Accessible("the page")
		})
	}
	if err := s.end(syscall.SIGTERM); err != nil {
		t.Errorf("%v: %s", err, s.said)
	}
}

// asks empties the fields of the page, and fills in the values of a row. Pictures are files in the
// folder.
func asks(p *chromium.Page, folder string, row map[string]string) {
	p.Helper()
	chromium.Eval[bool](p, `(document.querySelector('#reset').click(), true)`)
	p.Quiet()
	texts := map[string]string{}
	for _, f := range chromium.Eval[[]struct {
		Name   string
		IsFile bool
	}](p, `[...document.querySelectorAll('.field')].map((field) => ({
		Name: field.dataset.field, IsFile: Boolean(field.querySelector('input[type=file]')) }))`) {
		value := row[f.Name]
		switch {
		case value == "":
		case f.IsFile:
			content, err := os.ReadFile(filepath.Join(folder, filepath.FromSlash(value)))
			if err != nil {
				p.Fatal(err)
			}
			p.Answered(func() {
				p.Choose(fmt.Sprintf(`[data-field=%q] input`, f.Name), filepath.Base(value), content)
			})
		default:
			texts[f.Name] = value
		}
	}
	if len(texts) > 0 {
		p.Fill(texts)
	}
}

// shows checks that the page shows the answers that predict wrote: of each head HEAD, and
// HEAD_probability and HEAD_p_CLASS if it has classes. A head of several numbers has HEAD_0 and so
// on, which the page rounds to six digits.
func shows(p *chromium.Page, want map[string]string) {
	p.Helper()
	heads := p.Answers()
	if len(heads) == 0 {
		p.Error("the page shows no head")
	}
	allClasses := slices.ContainsFunc(slices.Collect(maps.Keys(want)),
		func(name string) bool { return strings.Contains(name, "_p_") })
	percent := func(name string) string {
		p.Helper()
		v, err := strconv.ParseFloat(want[name], 64)
		if err != nil {
			p.Fatalf("%s: %v", name, err)
		}
		return chromium.Percent(v)
	}
	for _, h := range heads {
		label, ok := want[h.Name]
		for i := 0; want[fmt.Sprintf("%s_%d", h.Name, i)] != ""; i++ {
			number, err := strconv.ParseFloat(want[fmt.Sprintf("%s_%d", h.Name, i)], 64)
			if err != nil {
				p.Fatal(err)
			}
			label, ok = strings.TrimSpace(fmt.Sprintf("%s %.6g", label, number)), true
		}
		if !ok || h.Exact != label {
			p.Errorf("%s: the page shows %q, predict wrote %q of %v", h.Name, h.Exact, label, want)
		}
		if _, ok := want[h.Name+"_probability"]; !ok {
			continue
		}
		if got := percent(h.Name + "_probability"); h.Probability != got {
			p.Errorf("%s: the page shows %s, predict wrote %s", h.Name, h.Probability, got)
		}
		for class, shown := range h.Bars {
			if !allClasses {
				break
			}
			if got := percent(h.Name + "_p_" + class); shown != got {
				p.Errorf("%s: %s: the page shows %s, predict wrote %s", h.Name, class, shown, got)
			}
		}
	}
}

// predictRows returns the answers of braid predict to the rows of a file.
func predictRows(t *testing.T, model, rows string, flags ...string) []map[string]string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "answers.csv")
	mustCall(t, append([]string{"predict", model, "--in", rows, "--out", out, "--probabilities"},
		flags...)...)
	return cells(t, out)
}

// cells returns the rows of a CSV file by the names of their columns.
func cells(t *testing.T, path string) (list []map[string]string) {
	t.Helper()
	lines := readCSV(t, path)
	for _, line := range lines[1:] {
		row := map[string]string{}
		for i, name := range lines[0] {
			row[name] = line[i]
		}
		list = append(list, row)
	}
	if len(list) == 0 {
		t.Fatalf("%s has no rows", path)
	}
	return list
}

// required returns the folder of data that a variable names. Without it the test is skipped, or
// fails if BRAID_REQUIRE_NAME is set.
func required(t *testing.T, name string) string {
	t.Helper()
	folder := os.Getenv("BRAID_" + name)
	if folder == "" && os.Getenv("BRAID_REQUIRE_"+name) != "" {
		t.Fatalf("BRAID_%s is not set", name)
	}
	if folder == "" {
		t.Skipf("skipped: BRAID_%s names no folder of data (see CONTRIBUTING.md)", name)
	}
	return folder
}

// The report of a run and the page of its model fit all screens, complain of nothing and request
// nothing else, and the page shows what predict answers.
func TestPagesInChromium(t *testing.T) {
	slow(t)
	browser := chromium.Start(t)
	t.Run("movies", func(t *testing.T) { testMovies(t, browser) })
	t.Run("digitqa", func(t *testing.T) { testDigitPages(t, browser) })
	t.Run("odd", func(t *testing.T) { testOddPage(t, browser) })
}

// testMovies trains on a table of numbers, categories, titles and dates with many gaps, in the
// folder BRAID_MOVIES.
func testMovies(t *testing.T, browser context.Context) {
	content, err := os.ReadFile(filepath.Join(required(t, "MOVIES"), "movies.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	data := writeFile(t, folder, "movies.jsonl", content)
	run, file := filepath.Join(folder, "run"), filepath.Join(folder, "movies.yaml")
	mustCall(t, "init", data, "--heads", "MPAA Rating,IMDB Rating,Major Genre", "--out", file)
	mustCall(t, "train", file, "--set", "train.epochs=3", "--out", run, "--log", "none")
	checkReport(t, browser, filepath.Join(run, "report.html"))

	lines := bytes.SplitAfter(content, []byte("\n"))
	var rows []map[string]string
	var few []byte
	for _, i := range []int{0, 1100, 2999} {
		few = append(few, lines[i]...)
		rows = append(rows, texts(t, lines[i]))
	}
	want := predictRows(t, run, writeFile(t, folder, "few.jsonl", few))
	checkPage(t, browser, run, func(t *testing.T, p *chromium.Page) {
		for i, row := range rows {
			asks(p, folder, row)
			shows(p, want[i])
		}
	})
}

// texts returns the members of a JSON object as people write them, without those that are null.
func texts(t *testing.T, object []byte) map[string]string {
	t.Helper()
	row, members := map[string]string{}, map[string]any{}
	d := json.NewDecoder(bytes.NewReader(object))
	d.UseNumber()
	if err := d.Decode(&members); err != nil {
		t.Fatal(err)
	}
	for name, value := range members {
		if value != nil {
			row[name] = fmt.Sprint(value)
		}
	}
	return row
}

// testDigitPages trains the default network. The page shows the pixels that it sent, and predict
// answers these.
func testDigitPages(t *testing.T, browser context.Context) {
	folder, run := writeImages(t, 300, 28, 28), filepath.Join(t.TempDir(), "run")
	train := words("train --epochs 3 --batch 16 --rate 0.01 --log none")
	mustCall(t, append(train, "--data", folder, "--out", run)...)
	checkReport(t, browser, filepath.Join(run, "report.html"))
	checkPage(t, browser, run, func(t *testing.T, p *chromium.Page) {
		p.Answered(func() {
			chromium.Eval[bool](p,
				`(document.querySelector('#samples button:nth-child(4)').click(), true)`)
		})
		question := chromium.Eval[string](p, `[...document.querySelectorAll('.asked')]
			.map((each) => each.textContent).find(Boolean)`)
		saw := chromium.Eval[[]int](p, `(() => {
			const context = new OffscreenCanvas(28, 28).getContext('2d');
			context.drawImage(document.querySelector('#saw'), 0, 0);
			return [...context.getImageData(0, 0, 28, 28).data].filter((_, i) => i % 4 === 0);
		})()`)
		pixels := make([]byte, len(saw))
		for i, v := range saw {
			pixels[i] = byte(v)
		}
		if bytes.Count(pixels, []byte{0}) == len(pixels) {
			t.Fatal("the page shows no pixels")
		}
		rows := writeFile(t, t.TempDir(), "rows.idx", braidtest.IDX(pixels, 1, 28, 28))
		shows(p, predictRows(t, run, rows, "--question", question)[0])
	})
}

// testOddPage shows the page of a network that is built in Go, whose inputs no feature describes.
func testOddPage(t *testing.T, browser context.Context) {
	g := braid.NewGraph("odd")
	signal := g.Add("flat", layer.Flatten{}, g.Input("signal", tensor.Float32, 2, 3))
	ids := g.Add("words", layer.Embedding{Vocabulary: 6, Width: 2}, g.Input("ids", tensor.Int32, 4))
	both := g.Add("both", layer.Concatenate{}, signal, g.Add("flat ids", layer.Flatten{}, ids),
		g.Input("one", tensor.Float32, 1))
	g.Head("state", layer.Dense{Units: 4, Activation: layer.Softmax}, both)
	g.Head("vector", layer.Dense{Units: 3}, both)
	g.Head("yes", layer.Dense{Units: 1, Activation: layer.Sigmoid}, both)
	model, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	path := filepath.Join(folder, "odd.safetensors")
	if err := modelfile.Save(path, &modelfile.File{Model: model}); err != nil {
		t.Fatal(err)
	}
	row := map[string]string{
		"signal": "[[1, 2, 3], [4, 5, 6.5]]", "ids": "[1, 2, 3, 5]", "one": "[0.5]",
	}
	var members []string
	for _, name := range []string{"signal", "ids", "one"} {
		members = append(members, fmt.Sprintf("%q: %s", name, row[name]))
	}
	rows := writeFile(t, folder, "rows.jsonl", []byte("{"+strings.Join(members, ", ")+"}\n"))
	want := predictRows(t, path, rows)[0]
	checkPage(t, browser, path, func(t *testing.T, p *chromium.Page) {
		asks(p, folder, row)
		shows(p, want)
	})
}
