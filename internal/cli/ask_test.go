package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/modelfile"
	"braid/predictor"
	"braid/tensor"
	"braid/vision"
	"braid/vision/digit"
)

// pictures are PNGs of test images.
func pictures(t testing.TB, folder string, n int) (dir string, paths []string) {
	t.Helper()
	m := manyRows(t, folder, n)
	dir = t.TempDir()
	for row := range n {
		paths = append(paths, put(t, dir, fmt.Sprintf("%02d.png", row), picture(t, m.pixels[30*row:][:30])))
	}
	return dir, paths
}

// asked is what a model says to a question about an image.
func asked(t testing.TB, m *predictor.Model, path, question string) (answers []predictor.Answer, contradictions []string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	img, err := vision.Decode(content, 1<<30)
	if err != nil {
		t.Fatal(err)
	}
	pixels, err := digit.MNIST(img, 6, 5)
	if err != nil {
		t.Fatal(err)
	}
	rows := m.Rows(1)
	m.Inputs[0].Pixels.Floats(rows.Inputs[0].Float32s(), pixels)
	if err := m.Inputs[1].ReadText(rows.Inputs[1].Int32s(), question); err != nil {
		t.Fatal(err)
	}
	if err := m.Predict(rows); err != nil {
		t.Fatal(err)
	}
	for i := range m.Heads {
		answers = append(answers, m.Heads[i].Answer(rows.Answers[i].Float32s()))
	}
	return answers, m.Contradictions(rows, 0, answers)
}

func TestAsk(t *testing.T) {
	run, folder := trained(t)
	dir, paths := pictures(t, folder, 3)
	m, err := predictor.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	// lines are the two lines of an answer.
	lines := func(path, question, indent string) string {
		a, contradictions := asked(t, m, path, question)
		text, width := "", len(a[1].Label)
		for _, a := range a {
			line := fmt.Sprintf("%s%-6s  %-*s  %s  %-8s  %s", indent, a.Head, width, a.Label, percent(a.Probability), bar(a.Probability), remark(a, question))
			text += strings.TrimRight(line, " ") + "\n"
		}
		for _, c := range contradictions {
			text += indent + "Both cannot be right: " + c + ".\n"
		}
		return text
	}
	code, out, errs := call("ask", run, paths[0], "odd number")
	if want := lines(paths[0], "odd number", ""); code != 0 || errs != "" || out != want {
		t.Errorf("exit code %d: %s\ngot\n%s\nwant\n%s", code, errs, out, want)
	}
	blank := put(t, dir, "blank\x1b[31m.png", picture(t, make([]uint8, 30)))
	missing := filepath.Join(dir, "missing.png")
	model := filepath.Join(run, "model.safetensors")
	code, out, errs = call("ask", model, paths[2], blank, paths[1], missing, "Upper half?")
	want := paths[2] + "\n" + lines(paths[2], "Upper half?", "  ") +
		"\n" + strings.ReplaceAll(blank, "\x1b", "?") + "\n  not answered: the image is blank, want one with a digit that stands out from\n  the background\n" +
		"\n" + paths[1] + "\n" + lines(paths[1], "Upper half?", "  ") +
		"\n" + missing + "\n  not answered: no such file or directory\n"
	if code != 1 || errs != "braid: 2 of 4 images could not be answered\n" || out != want {
		t.Errorf("exit code %d: %s\ngot\n%s\nwant\n%s", code, errs, out, want)
	}

	// A model is told by what its file begins with, too; and one that is not named is the latest run.
	t.Chdir(t.TempDir())
	content, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	if code, out, errs = call("ask", put(t, dir, "renamed", content), paths[0], "odd number"); code != 0 || out != lines(paths[0], "odd number", "") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	if code, out, errs = call("ask", paths[0], "odd number"); code != 1 || out != "" || !strings.Contains(errs, "no run at runs/latest: train one with braid train") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	if err := os.CopyFS(filepath.Join("runs", "latest"), os.DirFS(run)); err != nil {
		t.Fatal(err)
	}
	if code, out, errs = call("ask", paths[0], "odd number"); code != 0 || out != lines(paths[0], "odd number", "") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	if content, err = os.ReadFile(paths[1]); err != nil {
		t.Fatal(err)
	}
	if code, out, errs = callWith(bytes.NewReader(content), "ask", "-", "odd number"); code != 0 || out != lines(paths[1], "odd number", "") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}

func TestAskJSON(t *testing.T) {
	run, folder := trained(t)
	_, paths := pictures(t, folder, 40)
	m, err := predictor.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	blank := put(t, t.TempDir(), "blank.png", picture(t, make([]uint8, 30)))
	args := append(append([]string{"ask", run, "--json"}, paths...), blank, "odd number")
	code, out, errs := call(args...)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if code != 1 || len(lines) != 41 || errs != "braid: 1 of 41 images could not be answered\n" {
		t.Fatalf("exit code %d, %d lines: %s", code, len(lines), errs)
	}
	digest, contradicted := m.Version(), 0
	for i, path := range paths {
		answers, contradictions := asked(t, m, path, "odd number")
		contradicted += len(contradictions)
		var got reply
		d := json.NewDecoder(strings.NewReader(lines[i]))
		d.DisallowUnknownFields()
		err := d.Decode(&got)
		want, _ := json.Marshal(answers)
		have, _ := json.Marshal(got.Heads)
		if err != nil || got.Image != path || got.Question != "odd number" || got.Model != "digitqa" || got.Version != digest || len(digest) != 12 ||
			!bytes.Equal(have, want) || !slices.Equal(got.Contradictions, contradictions) || len(got.Notes) != 0 {
			t.Errorf("line %d is %s (%v)\nwant %s %q", i, lines[i], err, want, contradictions)
		}
		if !strings.Contains(lines[i], `"notes":[]`) {
			t.Errorf("line %d has no list of notes", i)
		}
		if strings.Contains(lines[i], "null") {
			t.Errorf("line %d is %s", i, lines[i])
		}
	}
	if contradicted == 0 || contradicted == 40 {
		t.Errorf("%d answers of 40 contradict each other: want some", contradicted)
	}
	if want := fmt.Sprintf(`{"image":%q,"error":"the image is blank, want one with a digit that stands out from the background"}`, blank); lines[40] != want {
		t.Errorf("the blank image's line is %s\nwant %s", lines[40], want)
	}
	// A text that the model was not trained on is answered, with a note.
	code, out, _ = call("ask", run, paths[0], "number odd", "--json")
	if code != 0 || !strings.Contains(out, `"notes":["\"number odd\" is none of the questions that the model was trained on: \"lower half\", `) {
		t.Errorf("exit code %d: %s", code, out)
	}
	code, out, errs = call("ask", run, paths[0], paths[1], "blue number", "--json")
	if code != 1 || strings.Count(out, "\n") != 2 || strings.Count(out, `,"error":"\"blue number\" has `) != 2 || !strings.Contains(errs, `"blue"; it can be asked "lower half"`) {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}

func TestAskMistakes(t *testing.T) {
	run, folder := trained(t)
	dir, paths := pictures(t, folder, 2)
	png, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	large := filepath.Join(dir, "large.png")
	if err := os.WriteFile(large, png, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, mostImage+1); err != nil {
		t.Fatal(err)
	}
	spaced := put(t, dir, "odd number", png)
	for want, args := range map[string][]string{
		`an image is missing, want such as: braid ask seven.png "odd number"`:            {run},
		`an image is missing, want such as: braid ask seven.png "even number"`:           {run, "even number"},
		`the question is missing, want such as: braid ask ` + paths[0] + ` "odd number"`: {run, paths[0]},
		`the question is missing, want such as: braid ask - "odd number"`:                {run, "-"},
		`the question is missing: the last argument, ` + paths[1] + `, is a file`:        {run, paths[0], paths[1]},
		`nothing: no such file or directory, want a model or an image`:                   {"nothing", paths[0], "odd number"},
		`want such as: braid ask '` + spaced + `' "odd number"`:                          {run, spaced},
		`- is named twice`:                                                                {run, "-", paths[0], "-", "odd number"},
		`no model at none.safetensors`:                                                    {"none.safetensors", paths[0], "odd number"},
		`want a model file, or a run folder with`:                                         {dir, paths[0], "odd number"},
		`"blue small number" has`:                                                         {run, paths[0], "blue small number"},
		`"blue", "small"; it can be asked "lower half", `:                                 {run, paths[0], paths[1], "blue small number"},
		`"" asks nothing; it can be asked`:                                                {run, paths[0], ""},
		`the last argument, ` + put(t, dir, "odd odd number", png) + `, is a file`:        {run, paths[0], filepath.Join(dir, "odd odd number")},
		`none.png: no such file or directory`:                                             {run, "none.png", "odd number"},
		dir + `: is a folder`:                                                             {run, dir, "odd number"},
		large + `: has 67108865 bytes, at most 67108864`:                                  {run, large, "odd number"},
		`text: got text ("odd number"): want a PNG or a JP`:                               {run, put(t, dir, "text", []byte("odd number")), "odd number"},
		`cut.png: the PNG cannot be read, it is damaged`:                                  {run, put(t, dir, "cut.png", png[:len(png)*2/3]), "odd number"},
		`standard input: got no bytes: want a PNG`:                                        {run, "-", "odd number"},
		`unknown flag: --jsn`:                                                             {run, paths[0], "odd number", "--jsn"},
		`model "other" takes no image: its inputs are "sizes" (3 numbers), "ids" (2 ids)`: {other(t), paths[0], "odd number"},
	} {
		code, out, errs := call(append([]string{"ask"}, args...)...)
		if code != 1 || out != "" || !strings.Contains(errs, want) || strings.Count(errs, dir) > 1 {
			t.Errorf("%v: exit code %d, output %q\ngot  %s\nwant %s", args, code, out, errs, want)
		}
	}
}

// A pipe is read as a file is, as the shell's <(...) makes them.
func TestAskPipe(t *testing.T) {
	run, folder := trained(t)
	dir, paths := pictures(t, folder, 1)
	png, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skipf("skipped: no pipe can be made here: %v", err)
	}
	_, want, _ := call("ask", run, paths[0], "odd number")
	t.Chdir(filepath.Dir(run))
	if err := os.MkdirAll("runs", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(run, "runs/latest"); err != nil {
		t.Fatal(err)
	}
	code, out, errs := callWith(bytes.NewReader(png), "ask", "-", paths[0], "odd number") // no model is named
	if code != 0 || strings.Count(out, "digit") != 2 {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	written := make(chan error)
	go func() { written <- os.WriteFile(pipe, png, 0o600) }()
	code, out, errs = call("ask", run, pipe, "odd number")
	if code != 0 || out != want {
		t.Errorf("exit code %d: %s%swant %s", code, out, errs, want)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
}

// A model that takes no text is asked without one.
func TestAskWithoutText(t *testing.T) {
	_, folder := trained(t)
	_, paths := pictures(t, folder, 2)
	model := wordless(t, data.Standard{Mean: 30, Std: 70})
	code, out, errs := call(append([]string{"ask", model}, paths...)...)
	if code != 0 || strings.Count(out, "  place  ") != 2 || strings.Count(out, "  class  ") != 2 {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	code, out, errs = call("ask", model, paths[0], "--json")
	if code != 0 || strings.Contains(out, "question") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}

// wordless is a model that takes images alone.
func wordless(t testing.TB, pixels data.Standard) (path string) {
	t.Helper()
	g := braid.NewGraph("wordless")
	x := g.Input("x", tensor.Float32, 6, 5)
	flat := g.Add("flat", layer.Flatten{}, x)
	g.Head("place", layer.Dense{Units: 2}, flat)
	g.Head("class", layer.Dense{Units: 3, Activation: layer.Softmax}, flat)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "m.safetensors")
	if err := modelfile.Save(path, &modelfile.File{Model: m, Inputs: []modelfile.Input{{Name: "x", Pixels: &pixels}}}); err != nil {
		t.Fatal(err)
	}
	return path
}

// overflowing is wordless with weights so large that whatever is not black overflows.
func overflowing(t testing.TB) (path string) {
	t.Helper()
	path = wordless(t, data.Standard{Std: 1})
	f, err := modelfile.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range f.Model.Weights() {
		values := w.Values()
		for i := range values {
			values[i] = math.MaxFloat32 * float32(1-i%3) // also less than zero, and zero
		}
		if err := w.Set(values); err != nil {
			t.Fatal(err)
		}
	}
	if err := modelfile.Save(path, f); err != nil {
		t.Fatal(err)
	}
	return path
}

// Where a network's numbers overflow there is no answer, and that is said of each image.
func TestAskOverflow(t *testing.T) {
	_, folder := trained(t)
	_, paths := pictures(t, folder, 2)
	model := overflowing(t)
	const want = `head "place" gives NaN, which is no answer`
	code, out, errs := call("ask", model, paths[0])
	if code != 1 || out != "" || !strings.Contains(errs, paths[0]+": "+want) {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	for _, args := range [][]string{nil, {"--json"}} {
		code, out, errs = call(append(append([]string{"ask", model}, paths...), args...)...)
		if code != 1 || strings.Count(strings.ReplaceAll(out, `\"`, `"`), want) != 2 || !strings.Contains(errs, "2 of 2 images could not be answered") {
			t.Errorf("%v: exit code %d: %s%s", args, code, out, errs)
		}
	}
}

// What a person reads, whole.
func TestDescribeReply(t *testing.T) {
	choices := func(labels string, probabilities ...float64) []predictor.Choice {
		var list []predictor.Choice
		for i, label := range strings.Fields(labels) {
			list = append(list, predictor.Choice{Label: label, Probability: probabilities[i]})
		}
		return list
	}
	r := &reply{
		Question: "odd number",
		Heads: []predictor.Answer{
			{Head: "digit", Label: "7", Probability: 0.9712, Answers: choices("1 7 9 4 2 3", 0.0105, 0.9712, 0.0101, 0.0009, 0.0049, 0.0024)},
			{Head: "answer", Label: "yes", Probability: 0.5, Unsure: true, Answers: choices("no yes", 0.5, 0.5)},
			{Head: "größe", Label: "wide", Probability: 0.6, Unsure: true, Answers: choices("wide n\x1barrow mid", 0.6, 0.3996, 0.0004)},
			{Head: "place", Label: "1.5 -2"},
			{Head: "sure", Label: "y", Probability: 1, Answers: choices("x y z", 0, 1, 0)},
		},
		Contradictions: []string{"digit says 7, but answer says no to \"odd number\""},
		Notes:          []string{"this one is long enough to need a second line, as it has over seventy-six letters"},
	}
	want := `digit   7      97.1 %  ███████▊  then 1, 9, 2
answer  yes    50.0 %  ████      unsure; odd number
größe   wide   60.0 %  ████▊     unsure; then n?arrow
place   1.5 -2
sure    y     100.0 %  ████████
Both cannot be right: digit says 7, but answer says no to "odd number".
Note: this one is long enough to need a second line, as it has over
seventy-six letters.
`
	if got := describeReply(r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestBar(t *testing.T) {
	for share, want := range map[float64]string{0: "", 1: "████████", 0.5: "████", 1.0 / 64: "▏", 7.0 / 64: "▉", 0.3: "██▍"} {
		if got := bar(share); got != want {
			t.Errorf("%v is %q, want %q", share, got, want)
		}
	}
	for share, want := range map[float64]string{0: "  0.0 %", 1: "100.0 %", 0.99951: " 99.9 %", 0.9949: " 99.5 %", 1 - 1e-9: " 99.9 %"} {
		if got := percent(share); got != want {
			t.Errorf("%s is %q, want %q", strconv.FormatFloat(share, 'g', -1, 64), got, want)
		}
	}
}
