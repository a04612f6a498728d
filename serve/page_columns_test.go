package serve

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"braid"
	"braid/data"
	"braid/feature"
	"braid/internal/braidtest"
	"braid/internal/braidtest/chromium"
	"braid/layer"
	"braid/modelfile"
	"braid/predictor"
	"braid/target"
	"braid/tensor"
)

// The page makes a field for each column of any model, and shows what the model answers.
func TestPageOfColumnsInChromium(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: shows pages in Chromium, not with -short")
	}
	checkLeaks(t)
	browser := chromium.Start(t)
	screens := braidtest.Cases([]screen{desk, phone}, []screen{desk, night, day, phone})
	for _, on := range screens {
		for name, test := range map[string]func(*testing.T, context.Context, screen){
			"shop": testShop, "films": testFilms, "heads": testHeads, "numbers": testNumbers,
			"pictures": testPictures,
			"fields":   testFields, "beside": testBesidePad,
		} {
			t.Run(fmt.Sprintf("%s/width=%d/theme=%s", name, on.Width, on.Theme), func(t *testing.T) {
				t.Parallel() // mostly waits
				test(t, browser, on)
			})
		}
	}
}

// evil is a name that a page must escape.
const evil = `<script>alert('1')</script> "&`

// saveShop writes a model of a column of each type, with names that are hard to show.
func saveShop(t *testing.T, path string) *predictor.Model {
	t.Helper()
	const header = "look,title,weight,city,名前,fresh,day,moment,tags,path," +
		`"<script>alert('1')</script> ""&",class,price,flags,sold` + "\n"
	var rows strings.Builder
	rows.WriteString(header)
	for i := range 2400 {
		tag := []string{"red;big", "big", "<b>;red", "old;big;red"}[i%4]
		fmt.Fprintf(&rows, "red.png,a thing of %d parts and a long text that goes on and on,"+
			"\"%d,5 kg\",city %d,%s,%s,2024-%02d-11,11.%02d.2023 08:30,%s,a > b%d > c,v%d,"+
			"class %d of many,%d,%s,%s\n",
			i%7, 3*i%170, i%300, []string{"東京", "大阪", "京都"}[i%3], []string{"yes", "no"}[i%2],
			1+i%12, 1+i%12, tag, i%5, i%4, i%99, i*i%977, []string{"x|y", "y", "|"}[i%3],
			[]string{"no", "yes"}[i/7%2])
	}
	return saveExperiment(t, path, rows.String(), `name: shop
data: rows.csv
inputs:
  look: {type: image, size: 8}
  title: text
  weight: {type: number, decimal: ",", strip: " kg", encoder: periodic}
  city: category
  名前: category
  fresh: binary
  day: date
  moment: {type: date, format: "02.01.2006 15:04"}
  tags: labels
  path: {type: sequence, separator: ">"}
  "<script>alert('1')</script> \"&": category
heads:
  class: category
  price: number
  flags: {type: labels, separator: "|"}
  sold: binary
`, map[string][]byte{"red.png": striped(t)})
}

// shows checks that the page shows a model's answers to values.
func (p *tab) shows(m *predictor.Model, values map[string]feature.Value) {
	p.Helper()
	b := m.NewBatch(1)
	defer m.Free(b)
	row := make([]feature.Value, len(m.Columns))
	for i, name := range m.ColumnNames() {
		row[i] = values[name]
	}
	if err := m.Encode(b, 0, row, make([]feature.Note, len(row))); err != nil {
		p.Fatal(err)
	}
	p.showsRow(m, b)
}

func (p *tab) showsRow(m *predictor.Model, b *predictor.Batch) {
	p.Helper()
	if err := m.Predict(b); err != nil {
		p.Fatal(err)
	}
	heads := p.Answers()
	if len(heads) != len(m.Heads) {
		p.Fatalf("%d heads are shown, want %d", len(heads), len(m.Heads))
	}
	for i := range m.Heads {
		h, got := &m.Heads[i], heads[i]
		a := h.Answer(b.Output(i, 0))
		label, probability := cmp.Or(a.Short, a.Label), chromium.Percent(a.Probability)
		if d, ok := h.Decoder().(target.LabelsDecoder); ok {
			label, probability = strings.ReplaceAll(a.Label, d.Separator, ", "), ""
			if a.Label == d.Separator {
				label = "none"
			}
		}
		if a.Answers == nil {
			probability = ""
		}
		isExact := a.Short == "" || got.Exact == a.Label
		if got.Name != a.Head || got.Label != label || !isExact || got.Probability != probability {
			p.Errorf("the page shows %+v, want %s %s %s", got, a.Head, label, probability)
		}
		if len(got.Bars) == 0 {
			continue
		}
		for _, c := range a.Answers {
			if got.Bars[c.Label] != chromium.Percent(c.Probability) {
				p.Errorf("%s: the bar %q says %q, want %s", a.Head, c.Label, got.Bars[c.Label],
					chromium.Percent(c.Probability))
			}
		}
	}
}

// edges are where an element begins and ends in the window.
type edges struct{ Top, Bottom float64 }

func (p *tab) edges(selector string) edges {
	p.Helper()
	return eval[edges](p, fmt.Sprintf(`(({ top: Top, bottom: Bottom }) => ({ Top, Bottom }))(
		document.querySelector(%q).getBoundingClientRect())`, selector))
}

func testShop(t *testing.T, browser context.Context, on screen) {
	path := filepath.Join(t.TempDir(), "shop.safetensors")
	m := saveShop(t, path)
	p := show(t, browser, on, path)
	p.snap("shop-empty")
	p.testNoAnswerYet()
	names := eval[[]string](p, `[...document.querySelectorAll('.field')].map((field) =>
		field.querySelector('label, .title').textContent)`)
	if !slices.Equal(names, m.ColumnNames()) {
		t.Errorf("the fields are %q, want %q", names, m.ColumnNames())
	}
	options := eval[int](p, `document.querySelectorAll('[data-field="city"] option').length`)
	if options != 300 {
		t.Errorf("%d cities are suggested, want 300", options)
	}
	if got := p.text(`[data-field="weight"] .hint`); got != "0,5 to 169,5\u202fkg in training" {
		t.Errorf("the weight's hint is %q", got)
	}
	red := striped(t)
	p.Answered(func() { p.Choose(`[data-field="look"] input`, "red.png", red) })
	p.shows(m, map[string]feature.Value{"look": {Content: red}}) // all others are missing
	values := map[string]string{
		"title": "a thing\nof 3 parts", "weight": "12,5", "city": "city 7", "名前": "大阪",
		"fresh": "no", "day": "2024-03-09", "moment": "11.02.2023 08:30", "tags": "red; <b>",
		"path": "a > b1", evil: "v2",
	}
	p.Fill(values)
	want := map[string]feature.Value{"look": {Content: red}}
	for name, value := range values {
		want[name] = feature.Value{Text: value}
	}
	p.shows(m, want)
	p.Fits()
	if got := eval[int](p, `document.querySelectorAll(
		'[data-head="class"] .bars li:not([hidden])').length`); got != 5 {
		t.Errorf("%d of 99 classes are shown, want 5", got)
	}
	p.snap("shop")
	eval[bool](p, `(scrollTo({ top: 9999, behavior: 'instant' }), true)`)
	if answers, footer := p.edges(".answers"), p.edges("footer"); answers.Bottom > footer.Top {
		t.Errorf("the answers end at %v, the footer begins at %v", answers.Bottom, footer.Top)
	}
	pictures := t.TempDir()
	if err := os.WriteFile(filepath.Join(pictures, "red.png"), red, 0o600); err != nil {
		t.Fatal(err)
	}
	p.runCurl(pictures)
	p.click(`[data-head="class"] .more`)
	if got := eval[int](p, `document.querySelectorAll(
		'[data-head="class"] .bars li:not([hidden])').length`); got != 99 {
		t.Errorf("%d classes are shown, want 99", got)
	}
	p.Fits()
	p.snap("shop-all")
	p.click(`[data-head="class"] .more`)

	// A value that training did not have is noted; one that cannot be read is refused at its field.
	p.Fill(map[string]string{"city": "Atlantis"})
	if got := p.text("#message"); !strings.Contains(got, `city "Atlantis" is a value that training`) {
		t.Errorf("the note is %q", got)
	}
	eval[bool](p, `(() => {
		const weight = document.querySelector('[data-field="weight"] input');
		weight.value = 'heavy';
		return weight.dispatchEvent(new Event('input', { bubbles: true }));
	})()`)
	p.Until(`document.querySelector('[data-field="weight"] .problem').textContent !== ''`)
	p.Quiet()
	got := p.text(`[data-field="weight"] .problem`)
	if got != `Got "heavy", want a number such as 1234,5.` {
		t.Errorf("the weight's problem is %q", got)
	}
	p.snap("shop-problem")
	states := eval[[]string](p, `[...document.querySelectorAll('.head')]
		.map((head) => head.dataset.state)`)
	if slices.Contains(states, "answered") {
		t.Errorf("after a refusal the heads are %q", states)
	}
	if got := p.Complaints(); len(got) != 1 || !strings.Contains(got[0], "400") {
		t.Errorf("the console has %q", got)
	}
	p.Fill(map[string]string{"weight": ""})
	if eval[bool](p, `document.querySelector('[data-field="weight"] .problem').checkVisibility()`) {
		t.Error("the problem stays")
	}
	p.click("#reset")
	p.Quiet()
	if got := p.text("#heads"); strings.Contains(got, "\u202f%") {
		t.Errorf("emptied, the page says %q", got)
	}
	p.Answered(func() { p.click("#example") })
}

// testNoAnswerYet checks that heads without an answer keep no height for one, and offer nothing.
func (p *tab) testNoAnswerYet() {
	p.Helper()
	const visible = `document.querySelectorAll('.head :is(.more, .bars, .scale)').values()
		.some((part) => part.checkVisibility({ visibilityProperty: true }))`
	if eval[bool](p, visible) {
		p.Error("a head without an answer has bars or a button")
	}
	said := eval[[]string](p, `[...document.querySelectorAll('.head [data-label]')]
		.map((label) => getComputedStyle(label, '::before').content)`)
	for _, got := range said {
		if got != `"no answer yet"` {
			p.Errorf("a head without an answer says %s", got)
		}
	}
	box := p.box(".head")
	if box.Height > 80 {
		p.Errorf("a head without an answer is %v high", box.Height)
	}
}

// A head of seven classes shows all, one of more labels the likeliest five and all of its answer.
func testHeads(t *testing.T, browser context.Context, on screen) {
	var rows strings.Builder
	rows.WriteString("x,seven,eight,tags\n")
	for i := range 120 {
		fmt.Fprintf(&rows, "%d,s%d,e%d,%s\n", i, i%7, i%8,
			[]string{"t0;t1;t2;t3;t4;t5", "t1;t2;t3;t4;t5;t6", "t0;t1;t2;t3;t4;t5;t6;t7;t8"}[i%3])
	}
	path := filepath.Join(t.TempDir(), "heads")
	m := saveExperiment(t, path, rows.String(), "name: heads\ndata: rows.csv\n"+
		"inputs: {x: number}\nheads: {seven: category, eight: category, tags: labels}\n", nil)
	p := show(t, browser, on, path)
	p.Fill(map[string]string{"x": "3000"})
	p.shows(m, map[string]feature.Value{"x": {Text: "3000"}})
	type shown struct {
		Bars, Chosen []string
		More         bool
	}
	see := func(head string) shown {
		return eval[shown](p, fmt.Sprintf(`((head) => ({
			Bars: [...head.querySelectorAll('.bars li')].filter((bar) => bar.checkVisibility())
				.map((bar) => bar.dataset.bar),
			Chosen: [...head.querySelectorAll('.bars li.chosen')].map((bar) => bar.dataset.bar),
			More: head.querySelector('.more').checkVisibility(),
		}))(document.querySelector('[data-head=%q]'))`, head))
	}
	if got := see("seven"); len(got.Bars) != 7 || got.More {
		t.Errorf("of seven classes %+v are shown", got)
	}
	if got := see("eight"); len(got.Bars) != 5 || !got.More {
		t.Errorf("of eight classes %+v are shown", got)
	}
	got := see("tags")
	if want := max(5, len(got.Chosen)); len(got.Bars) != want || len(got.Chosen) < 6 || !got.More {
		t.Errorf("of nine labels %+v are shown, want %d", got, want)
	}
	for _, label := range got.Chosen {
		if !slices.Contains(got.Bars, label) {
			t.Errorf("the answer has %q, which has no bar", label)
		}
	}
	p.snap("heads")
}

// runCurl runs the command that the page offers in a folder, and checks that it prints the answer
// that the page shows.
func (p *tab) runCurl(folder string) {
	p.Helper()
	if _, err := exec.LookPath("curl"); err != nil {
		p.Logf("the page's command is not run: %v", err)
		return
	}
	eval[bool](p, `(navigator.clipboard.writeText = () => Promise.reject(new Error('no')), true)`)
	p.click("#curl")
	p.Until(`document.querySelector('#command').checkVisibility()`)
	line := eval[string](p, `document.querySelector('#command').value`)
	command := exec.CommandContext(p.Context, "sh", "-c", line)
	command.Dir = folder
	out, err := command.CombinedOutput()
	if err != nil {
		p.Fatalf("%v: %s\n%s", err, out, line)
	}
	var answer answerJSON
	if err := json.Unmarshal(out, &answer); err != nil || len(answer.Heads) == 0 {
		p.Fatalf("%v: %s\n%s", err, out, line)
	}
	for _, h := range answer.Heads {
		got := p.text(fmt.Sprintf(`[data-head=%q] .probability`, h.Head))
		if h.Answers != nil && got != "" && got != chromium.Percent(h.Probability) {
			p.Errorf("%s: the page shows %s, the command prints %v\n%s", h.Head, got, h.Probability, line)
		}
		number := p.text(fmt.Sprintf(`[data-head=%q] [data-label]`, h.Head))
		if want := cmp.Or(h.Short, h.Label); h.Number != nil && number != want {
			p.Errorf("%s: the page shows %s, the command prints %s\n%s", h.Head, number, want, line)
		}
	}
}

// saveFilms writes a model of a table of numbers.
func saveFilms(t *testing.T, path string) *predictor.Model {
	t.Helper()
	var rows strings.Builder
	rows.WriteString("Year,Running Time,Budget,Gross,Rating\n")
	for i := range 80 {
		fmt.Fprintf(&rows, "%d,%d,$%d,$%d,%s\n", 1950+i, 80+i%50, 1000*(i*i%97), 77*i*i,
			[]string{"PG", "R"}[i%2])
	}
	return saveExperiment(t, path, rows.String(), "name: films\ndata: rows.csv\n"+
		"inputs: {Year: number, Running Time: number, Budget: {type: number, strip: $, log: true}}\n"+
		"heads: {Gross: {type: number, strip: $}, Rating: category}\n", nil)
}

func testFilms(t *testing.T, browser context.Context, on screen) {
	path := filepath.Join(t.TempDir(), "films.safetensors")
	m := saveFilms(t, path)
	p := show(t, browser, on, path)
	p.click(`[data-field="Year"] input`)
	p.Answered(func() { p.key("1999" + kb.Tab) })
	p.shows(m, map[string]feature.Value{"Year": {Text: "1999"}})
	if got := p.text("#message"); got != "No value is given for Running Time, Budget" {
		t.Errorf("the note is %q", got)
	}
	p.Fill(map[string]string{"Running Time": "101", "Budget": "$25000"})
	p.shows(m, map[string]feature.Value{"Year": {Text: "1999"}, "Running Time": {Text: "101"},
		"Budget": {Text: "$25000"}})
	if got := p.text(`[data-head="Gross"] .unit`); got != "$" {
		t.Errorf("the unit is %q", got)
	}
	p.snap("films")
	p.Fits()
	p.runCurl(".")

	// The page changes to another version of the model, and what is filled in stays.
	m = saveExperiment(t, path, "Year,Running Time,Gross,Rating\n"+
		strings.Repeat("1960,100,$5,R\n1970,90,$8,PG\n1980,70,$9,R\n", 20), "name: films\n"+
		"data: rows.csv\ninputs: {Running Time: number, Year: number}\n"+
		"heads: {Gross: {type: number, strip: $}, Rating: category}\n", nil)
	if err := p.server.Reload(); err != nil {
		t.Fatal(err)
	}
	eval[bool](p, `(() => {
		const year = document.querySelector('[data-field="Year"] input');
		year.value = '1998';
		return year.dispatchEvent(new Event('input', { bubbles: true }));
	})()`)
	p.Until(`document.querySelectorAll('.field').length === 2`)
	p.Until(`document.querySelector('[data-head="Gross"]').dataset.state === 'answered'`)
	p.Quiet()
	p.shows(m, map[string]feature.Value{"Year": {Text: "1998"}, "Running Time": {Text: "101"}})
	if got := p.Complaints(); len(got) != 1 || !strings.Contains(got[0], "400") {
		t.Errorf("the console has %q", got) // the version before had a column more
	}
}

// saveNumbers writes a network that is built in Go, with inputs and heads that no feature or target
// describes.
func saveNumbers(t *testing.T) string {
	t.Helper()
	g := braid.NewGraph("odd")
	x := g.Input("signal", tensor.Float32, 2, 3)
	ids := g.Input("ids", tensor.Int32, 4)
	one := g.Input("one", tensor.Float32, 1)
	words := g.Add("words", layer.Embedding{Vocabulary: 6, Width: 2}, ids)
	both := g.Add("both", layer.Concatenate{}, g.Add("flat", layer.Flatten{}, x),
		g.Add("flat ids", layer.Flatten{}, words), one)
	g.Head("state", layer.Dense{Units: 4, Activation: layer.Softmax}, both)
	g.Head("vector", layer.Dense{Units: 3}, both)
	g.Head("yes", layer.Dense{Units: 1, Activation: layer.Sigmoid}, both)
	return saveNetwork(t, g, modelfile.File{})
}

func testNumbers(t *testing.T, browser context.Context, on screen) {
	path := saveNumbers(t)
	m, err := predictor.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	p := show(t, browser, on, path)
	set := func(name, value string) {
		p.Helper()
		eval[bool](p, fmt.Sprintf(`(() => {
			const control = document.querySelector('[data-field=%q] textarea');
			control.value = %q;
			return control.dispatchEvent(new Event('input', { bubbles: true }));
		})()`, name, value))
		p.Quiet()
	}
	if got := p.text(`[data-field="ids"] .hint`); got != "4 ids from 0 to 5, as a list in JSON" {
		t.Errorf("the hint is %q", got)
	}
	set("signal", "[[1, 2, 3], [4, 5, 6.5]]")
	if got := p.text("#message"); got != "Still needed: ids, one." {
		t.Errorf("the note is %q", got)
	}
	p.snap("numbers-needed")
	set("ids", "[1, 2, ")
	if got := p.text(`[data-field="ids"] .problem`); !strings.HasPrefix(got, "Want a list") {
		t.Errorf("the problem is %q", got)
	}
	set("one", "[0.5]")
	p.Fill(map[string]string{"ids": "1, 2, 3, 5"})
	b := m.NewBatch(1)
	defer m.Free(b)
	copy(b.Inputs[0].Float32s(), []float32{1, 2, 3, 4, 5, 6.5})
	copy(b.Inputs[1].Int32s(), []int32{1, 2, 3, 5})
	copy(b.Inputs[2].Float32s(), []float32{0.5})
	p.showsRow(m, b)
	p.snap("numbers")
	p.Fits()
	set("ids", "[1, 2, 3, 6]")
	if got := p.text(`[data-field="ids"] .problem`); !strings.Contains(got, "6") {
		t.Errorf("the problem is %q", got)
	}
	if got := p.Complaints(); len(got) != 1 {
		t.Errorf("the console has %q", got)
	}
}

// savePictures writes a model of five columns of pictures.
func savePictures(t *testing.T, path string) *predictor.Model {
	t.Helper()
	var rows strings.Builder
	rows.WriteString("front,back,left,right,top,kind\n")
	for i := range 40 {
		fmt.Fprintf(&rows, "red.png,red.png,red.png,red.png,red.png,%s\n",
			[]string{"cup", "axe", "bow"}[i%3])
	}
	const image = "{type: image, size: 8}"
	return saveExperiment(t, path, rows.String(), "name: pictures\ndata: rows.csv\ninputs: {front: "+
		image+", back: "+image+", left: "+image+", right: "+image+", top: "+image+"}\n"+
		"heads: {kind: category}\n", map[string][]byte{"red.png": striped(t)})
}

func testPictures(t *testing.T, browser context.Context, on screen) {
	path := filepath.Join(t.TempDir(), "pictures.safetensors")
	m := savePictures(t, path)
	p := show(t, browser, on, path)
	want := map[string]feature.Value{}
	for i, name := range m.ColumnNames() {
		img := image.NewRGBA(image.Rect(0, 0, 300, 100+50*i))
		for at := range img.Pix {
			img.Pix[at] = uint8(at/(7+i)%200 + 55*(at%4/3))
		}
		img.Set(i, i, color.White)
		content := braidtest.PNG(t, img)
		want[name] = feature.Value{Content: content}
		if on.Touch || i%2 == 0 {
			p.Answered(func() {
				p.Choose(fmt.Sprintf(`[data-field=%q] input`, name), "a.png", content)
			})
		} else {
			p.Answered(func() {
				p.drop(fmt.Sprintf(`[data-field=%q] .preview`, name), "a.png", content)
			})
		}
		p.shows(m, want)
	}
	p.snap("pictures")
	p.Fits()
	p.Answered(func() { p.click(`[data-field="left"] button:nth-of-type(2)`) })
	delete(want, "left")
	p.shows(m, want)
	p.Choose(`[data-field="left"] input`, "notes.png", []byte("no picture"))
	p.Until(`document.querySelector('[data-field="left"] .problem').textContent !== ''`)
	if got := p.text(`[data-field="left"] .problem`); !strings.Contains(got, "cannot read") {
		t.Errorf("the problem is %q", got)
	}
}

// testFields checks that the choice of a model changes the inputs, and that each control has a
// label.
func testFields(t *testing.T, browser context.Context, on screen) {
	folder := t.TempDir()
	shop, films := filepath.Join(folder, "shop"), filepath.Join(folder, "films")
	saveShop(t, shop)
	saveFilms(t, films)
	p := show(t, browser, on, films, shop, photoModel(t, labels("garment", garments...)))
	choose := func(name string) {
		p.Helper()
		eval[bool](p, fmt.Sprintf(`((model) => {
			model.value = %q;
			return model.dispatchEvent(new Event('change'));
		})(document.querySelector('#model'))`, name))
		p.Quiet()
		p.Fits()
	}
	if got := eval[string](p, `document.querySelector('#api').href`); got !=
		p.Address+"/models/films/openapi.json" {
		t.Errorf("the page links to %s", got)
	}
	p.Fill(map[string]string{"Year": "1999"})
	choose("wardrobe")
	const board = `document.querySelector('#pad').checkVisibility()`
	if !eval[bool](p, board) || eval[int](p, `document.querySelectorAll('.field').length`) > 0 {
		t.Error("a model with a pad has fields, or no pad")
	}
	p.Answered(func() { p.draw(drawings[1].strokes...) })
	choose("shop")
	if eval[bool](p, board) {
		t.Error("a model without a pad has one")
	}
	p.key(kb.Escape) // does not clear the hidden pad
	p.Answered(func() { choose("wardrobe") })
	choose("films")
	unnamed := eval[[]string](p, `[...document.querySelectorAll('.field :is(input, select, textarea)')]
		.filter((control) => control.type !== 'file' && !control.labels?.length)
		.map((control) => control.outerHTML)`)
	if len(unnamed) > 0 {
		t.Errorf("controls without a label: %q", unnamed)
	}
}

// A model with a pad has fields for its other columns.
func testBesidePad(t *testing.T, browser context.Context, on screen) {
	g := braid.NewGraph("priced")
	pixels := g.Add("pixels", layer.Flatten{}, g.Input("photo", tensor.Float32, 28, 28))
	both := g.Add("both", layer.Concatenate{}, pixels, g.Input("price", tensor.Float32, 2))
	g.Head("garment", layer.Dense{Units: len(garments), Activation: layer.Softmax}, both)
	path := saveNetwork(t, g, modelfile.File{
		Features: []modelfile.Feature{
			grey("photo", 28, 28, data.Standard{Mean: 72.9, Std: 90}),
			{Column: "price", Encoder: &feature.NumberEncoder{
				Scale: feature.Scale{Median: 5, Spread: 3, Max: 10}}},
		},
		Targets: []modelfile.Target{labels("garment", garments...)},
	})
	p := show(t, browser, on, path)
	p.Answered(func() { p.draw(drawings[1].strokes...) })
	without := p.figures("garment")
	p.Fill(map[string]string{"price": "9"})
	if got := p.figures("garment"); got == without {
		t.Errorf("the price changes nothing: %s", got)
	}
	p.snap("beside")
	p.Fits()
	eval[bool](p, `(() => {
		const price = document.querySelector('[data-field="price"] input');
		price.value = 'much';
		return price.dispatchEvent(new Event('input', { bubbles: true }));
	})()`)
	p.Until(`document.querySelector('[data-field="price"] .problem').textContent !== ''`)
	p.Quiet()
	p.Complaints() // of the refusal
}
