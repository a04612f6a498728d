package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"braid/data"
	"braid/digitqa"
	"braid/feature"
	"braid/predictor"
	"braid/vision"
	"braid/vision/digit"
)

// answersTo returns a model's answers to a question about an image.
func answersTo(
	t testing.TB, m *predictor.Model, path, question string,
) (answers []predictor.Answer, contradictions []string) {
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
	rows := m.NewBatch(1)
	copy(rows.Bytes(0), pixels)
	m.Columns[0].Standardize(rows, 0, 1)
	if _, err := m.Columns[1].Encode(rows, 0, feature.Value{Text: question}); err != nil {
		t.Fatal(err)
	}
	if err := m.Predict(rows); err != nil {
		t.Fatal(err)
	}
	for i := range m.Heads {
		answers = append(answers, m.Heads[i].Answer(rows.Outputs[i].Float32s()))
	}
	return answers, digitqa.RulesOf(m).Contradictions(rows, 0, answers)
}

func TestAsk(t *testing.T) {
	run, folder := trainRun(t)
	dir, paths := writePNGs(t, folder, 3)
	m, err := predictor.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	// lines returns the output for an image.
	lines := func(path, question, indent string) string {
		answers, contradictions := answersTo(t, m, path, question)
		text, width := "", len(answers[1].Label)
		for _, a := range answers {
			line := fmt.Sprintf("%s%-6s  %-*s  %s  %-8s  %s", indent, a.Head, width, a.Label,
				percent(a.Probability), bar(a.Probability), remark(a, question))
			text += strings.TrimRight(line, " ") + "\n"
		}
		for _, c := range contradictions {
			text += indent + "Both cannot be right: " + c + ".\n"
		}
		return text
	}
	check := func(path string, in io.Reader, args ...string) {
		t.Helper()
		code, out, errs := callWith(in, append([]string{"ask"}, args...)...)
		if want := lines(path, "odd number", ""); code != 0 || errs != "" || out != want {
			t.Errorf("exit code %d: %s\ngot\n%s\nwant\n%s", code, errs, out, want)
		}
	}
	check(paths[0], nil, run, paths[0], "odd number")
	blank := writeFile(t, dir, "blank\x1b[31m.png", encodePNG(t, make([]uint8, 30)))
	missing := filepath.Join(dir, "missing.png")
	model := filepath.Join(run, "model.safetensors")
	code, out, errs := call("ask", model, paths[2], blank, paths[1], missing, "Upper half?")
	want := paths[2] + "\n" + lines(paths[2], "Upper half?", "  ") +
		"\n" + strings.ReplaceAll(blank, "\x1b", "?") +
		"\n  not answered: the image is blank, want one with a digit that stands out from" +
		"\n  the background\n" +
		"\n" + paths[1] + "\n" + lines(paths[1], "Upper half?", "  ") +
		"\n" + missing + "\n  not answered: no such file or directory\n"
	if code != 1 || errs != "braid: 2 of 4 images could not be answered\n" || out != want {
		t.Errorf("exit code %d: %s\ngot\n%s\nwant\n%s", code, errs, out, want)
	}

	// A model file may have any name. Without a model's name the latest run answers.
	t.Chdir(t.TempDir())
	content, err := os.ReadFile(model)
	if err != nil {
		t.Fatal(err)
	}
	check(paths[0], nil, writeFile(t, dir, "renamed", content), paths[0], "odd number")
	const noRun = "no run at runs/latest: train one with braid train"
	if out := checkFails(t, noRun, "ask", paths[0], "odd number"); out != "" {
		t.Errorf("output without a model: %s", out)
	}
	if err := os.CopyFS(filepath.Join("runs", "latest"), os.DirFS(run)); err != nil {
		t.Fatal(err)
	}
	check(paths[0], nil, paths[0], "odd number")
	if content, err = os.ReadFile(paths[1]); err != nil {
		t.Fatal(err)
	}
	check(paths[1], bytes.NewReader(content), "-", "odd number")
}

func TestAskJSON(t *testing.T) {
	run, folder := trainRun(t)
	_, paths := writePNGs(t, folder, 40)
	m, err := predictor.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	blank := writeFile(t, t.TempDir(), "blank.png", encodePNG(t, make([]uint8, 30)))
	args := append(append([]string{"ask", run, "--json"}, paths...), blank, "odd number")
	code, out, errs := call(args...)
	lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
	if code != 1 || len(lines) != 41 || errs != "braid: 1 of 41 images could not be answered\n" {
		t.Fatalf("exit code %d, %d lines: %s", code, len(lines), errs)
	}
	want := reply{Question: "odd number", Model: "digitqa", Version: m.Version(), Notes: []string{}}
	if len(want.Version) != 12 {
		t.Errorf("the version is %q", want.Version)
	}
	contradicted := 0
	for i, path := range paths {
		answers, contradictions := answersTo(t, m, path, "odd number")
		contradicted += len(contradictions)
		want.Image, want.Heads = path, answers
		want.Contradictions = append([]string{}, contradictions...)
		if text, _ := json.Marshal(want); lines[i] != string(text) {
			t.Errorf("line %d is\n%s\nwant\n%s", i, lines[i], text)
		}
		if !strings.Contains(lines[i], `"notes":[]`) || strings.Contains(lines[i], "null") {
			t.Errorf("line %d has null instead of an empty list: %s", i, lines[i])
		}
	}
	if contradicted == 0 || contradicted == 40 {
		t.Errorf("%d answers of 40 contradict each other: want some", contradicted)
	}
	const isBlank = "the image is blank, want one with a digit that stands out from the background"
	if want := fmt.Sprintf(`{"image":%q,"error":%q}`, blank, isBlank); lines[40] != want {
		t.Errorf("the blank image's line is %s\nwant %s", lines[40], want)
	}
	// A text that the model was not trained on is answered, with a note.
	out, _ = mustCall(t, "ask", run, paths[0], "number odd", "--json")
	checkContains(t, out, `"notes":["\"number odd\" is none of the texts `+
		`that the model was trained on: \"lower half\", `)
	const unknown = `"blue"; it can be asked "lower half"`
	out = checkFails(t, unknown, "ask", run, paths[0], paths[1], "blue number", "--json")
	refused := strings.Count(out, `,"error":"\"blue number\" has `)
	if strings.Count(out, "\n") != 2 || refused != 2 {
		t.Errorf("the output is %s", out)
	}
}

func TestAskMistakes(t *testing.T) {
	run, folder := trainRun(t)
	dir, paths := writePNGs(t, folder, 2)
	png, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	large := writeFile(t, dir, "large.png", png)
	if err := os.Truncate(large, mostImage+1); err != nil {
		t.Fatal(err)
	}
	spaced := writeFile(t, dir, "odd number", png)
	spacedMore := writeFile(t, dir, "odd odd number", png)
	text := writeFile(t, dir, "text", []byte("odd number"))
	cut := writeFile(t, dir, "cut.png", png[:len(png)*2/3])
	const question = "odd number"
	image, second := paths[0], paths[1]
	for want, args := range map[string][]string{
		`an image is missing, want such as: braid ask seven.png "odd number"`: {run},
		`an image is missing, want such as: braid ask seven.png "even number"`: {
			run, "even number",
		},
		`the question is missing, want such as: braid ask ` + image + ` "odd number"`: {run, image},
		`the question is missing, want such as: braid ask - "odd number"`:             {run, "-"},
		`the question is missing: the last argument, ` + second + `, is a file`: {
			run, image, second,
		},
		`no model at nothing: no such file or directory, want a model or an image`: {
			"nothing", image, question,
		},
		`unknown column "picture", want one of "image", "question"`: {
			run, "picture=none.png", question,
		},
		`want such as: braid ask '` + spaced + `' "odd number"`: {run, spaced},
		`- is named twice`:                                  {run, "-", image, "-", question},
		`no model at none.safetensors`:                      {"none.safetensors", image, question},
		`want a model file, or a run folder with`:           {dir, image, question},
		`"blue small number" has`:                           {run, image, "blue small number"},
		`"blue", "small"; it can be asked "lower half", `:   {run, image, second, "blue small number"},
		`"" asks nothing; it can be asked`:                  {run, image, ""},
		`the last argument, ` + spacedMore + `, is a file`:  {run, image, spacedMore},
		`none.png: no such file or directory`:               {run, "none.png", question},
		dir + `: is a folder`:                               {run, dir, question},
		large + `: has 67108865 bytes, at most 67108864`:    {run, large, question},
		`text: got text ("odd number"): want a PNG or a JP`: {run, text, question},
		`cut.png: the PNG cannot be read, it is damaged`:    {run, cut, question},
		`standard input: got no bytes: want a PNG`:          {run, "-", question},
		`unknown flag: --jsn`:                               {run, image, question, "--jsn"},
		`model "other" takes numbers: its inputs are "sizes" (3 numbers), "ids" (2 ids)`: {
			otherModel(t), image, question,
		},
	} {
		code, out, errs := call(append([]string{"ask"}, args...)...)
		if code != failedCode(errs) || out != "" || !strings.Contains(errs, want) ||
			strings.Count(errs, dir) > 1 {
			t.Errorf("%v: exit code %d, output %q\ngot  %s\nwant %s", args, code, out, errs, want)
		}
	}
}

// A pipe, such as a shell's <(...), is read as a file.
func TestAskPipe(t *testing.T) {
	run, folder := trainRun(t)
	dir, paths := writePNGs(t, folder, 1)
	png, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	pipe := makePipe(t, dir, "pipe")
	want, _ := mustCall(t, "ask", run, paths[0], "odd number")
	t.Chdir(filepath.Dir(run))
	if err := os.MkdirAll("runs", 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(run, "runs/latest"); err != nil {
		t.Fatal(err)
	}
	// No model is named.
	code, out, errs := callWith(bytes.NewReader(png), "ask", "-", paths[0], "odd number")
	if code != 0 || strings.Count(out, "digit") != 2 {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	written := make(chan error)
	go func() { written <- os.WriteFile(pipe, png, 0o600) }()
	if out, _ := mustCall(t, "ask", run, pipe, "odd number"); out != want {
		t.Errorf("got %s\nwant %s", out, want)
	}
	if err := <-written; err != nil {
		t.Error(err)
	}
}

// A model that takes no text is asked without one.
func TestAskWithoutText(t *testing.T) {
	_, folder := trainRun(t)
	_, paths := writePNGs(t, folder, 2)
	model := imageModel(t, data.Standard{Mean: 30, Std: 70})
	out, _ := mustCall(t, append([]string{"ask", model}, paths...)...)
	if strings.Count(out, "  place  ") != 2 || strings.Count(out, "  class  ") != 2 {
		t.Errorf("the output is %s", out)
	}
	if out, _ = mustCall(t, "ask", model, paths[0], "--json"); strings.Contains(out, "question") {
		t.Errorf("the output is %s", out)
	}
}

// Without a model's name runs/latest answers, but not in the place of a model that is not there,
// and NAME=VALUE is no file's name unless there is one.
func TestAskNoModel(t *testing.T) {
	_, folder := trainRun(t)
	dir, paths := writePNGs(t, folder, 1)
	images := imageModel(t, data.Standard{Mean: 30, Std: 70})
	checkFails(t, `unknown column "picture", want one of "x"`, "ask", images, "picture=one.png")
	png, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	mustCall(t, "ask", images, writeFile(t, dir, "a=b.png", png))

	own, _ := trainOwn(t)
	for _, latest := range []string{images, own} {
		t.Chdir(t.TempDir())
		if err := os.Mkdir("runs", 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(latest, "runs/latest"); err != nil {
			t.Fatal(err)
		}
		for _, args := range [][]string{{"nosuch", "size=3"}, {"nosuch/run"}, {"nosuch", paths[0]}} {
			code, out, errs := call(append([]string{"ask"}, args...)...)
			if code != 1 || out != "" || !strings.Contains(errs, "no model at "+args[0]+": ") {
				t.Errorf("%s, %v: exit code %d, output %q: %s", latest, args, code, out, errs)
			}
		}
	}
	mustCall(t, "ask", "size=3")
}

// An image for which the network's numbers overflow gets an error instead of an answer.
func TestAskOverflow(t *testing.T) {
	_, folder := trainRun(t)
	_, paths := writePNGs(t, folder, 2)
	model := overflowingModel(t)
	const want = `head "place" gives NaN, which is no answer`
	if out := checkFails(t, paths[0]+": "+want, "ask", model, paths[0]); out != "" {
		t.Errorf("the output is %s", out)
	}
	for _, args := range [][]string{nil, {"--json"}} {
		all := slices.Concat([]string{"ask", model}, paths, args)
		out := checkFails(t, "2 of 2 images could not be answered", all...)
		if strings.Count(strings.ReplaceAll(out, `\"`, `"`), want) != 2 {
			t.Errorf("%v: the output is %s", args, out)
		}
	}
}

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
			{
				Head: "digit", Label: "7", Probability: 0.9712,
				Answers: choices("1 7 9 4 2 3", 0.0105, 0.9712, 0.0101, 0.0009, 0.0049, 0.0024),
			},
			{
				Head: "answer", Label: "yes", Probability: 0.5, Unsure: true,
				Answers: choices("no yes", 0.5, 0.5),
			},
			{
				Head: "größe", Label: "wide", Probability: 0.6, Unsure: true,
				Answers: choices("wide n\x1barrow mid", 0.6, 0.3996, 0.0004),
			},
			{
				Head: "tags", Label: "b;c", Probability: 0.089, Unsure: true,
				Answers: choices("a b c d", 0.25, 0.532, 0.8, 0.0004),
				Applies: choices("b c", 0.532, 0.8),
			},
			{
				Head: "signs", Label: ";", Probability: 0.36, Unsure: true,
				Answers: choices("x y", 0.4, 0.4), Applies: []predictor.Choice{},
			},
			{Head: "place", Label: "1.5 -2"},
			{Head: "sure", Label: "y", Probability: 1, Answers: choices("x y z", 0, 1, 0)},
		},
		Contradictions: []string{"digit says 7, but answer says no to \"odd number\""},
		Notes: []string{
			"this one is long enough to need a second line, as it has over seventy-six letters",
		},
	}
	want := `digit   7      97.1 %  ███████▊  then 1 (1.1 %), 9 (1.0 %), 2 (0.5 %)
answer  yes    50.0 %  ████      unsure; odd number
größe   wide   60.0 %  ████▊     unsure; then n?arrow (40.0 %)
tags    c      80.0 %  ██████▍
        b      53.2 %  ████▎     unsure; then a (25.0 %)
signs   none  then x (40.0 %), y (40.0 %)
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
	for fraction, want := range map[float64]string{
		0: "", 1.0 / 64: "▏", 7.0 / 64: "▉", 0.3: "██▍", 0.5: "████",
		1: "████████",
	} {
		if got := bar(fraction); got != want {
			t.Errorf("%v is %q, want %q", fraction, got, want)
		}
	}
	for fraction, want := range map[float64]string{
		0:        "  0.0 %",
		1:        "100.0 %",
		0.99951:  " 99.9 %",
		0.9949:   " 99.5 %",
		1 - 1e-9: " 99.9 %",
	} {
		if got := percent(fraction); got != want {
			t.Errorf("%s is %q, want %q", strconv.FormatFloat(fraction, 'g', -1, 64), got, want)
		}
	}
}
