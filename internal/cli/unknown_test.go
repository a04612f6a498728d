package cli

import (
	"encoding/json"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/modelfile"
	"braid/tensor"
	"braid/text"
)

// films is a model of a text of three words, read from its first words on, and of an image where
// asked for.
type films struct {
	path    string
	file    *modelfile.File
	padding text.Padding
}

func newFilms(t testing.TB, o text.Options, image bool) *films {
	t.Helper()
	tokenizer, err := text.NewTokenizer(o)
	if err != nil {
		t.Fatal(err)
	}
	tokenizer.FitOnTexts([]string{"good film", "bad film", "very good", "very bad"})
	g := braid.NewGraph("films")
	ids := g.Input("review", tensor.Int32, 3)
	last := g.Add(
		"read",
		layer.LSTM{Units: 4},
		g.Add("words", layer.Embedding{Vocabulary: 20, Width: 4}, ids),
	)
	f := &films{
		path:    filepath.Join(t.TempDir(), "films.safetensors"),
		padding: text.Padding{Length: 3, CutAfter: true},
	}
	inputs := []modelfile.Input{
		{Name: "review", Text: &modelfile.Text{Tokenizer: tokenizer, Padding: f.padding}},
	}
	if image {
		x := g.Input("poster", tensor.Float32, 6, 5)
		last = g.Add("both", layer.Concatenate{}, last, g.Add("pixels", layer.Flatten{}, x))
		inputs = append(
			inputs,
			modelfile.Input{Name: "poster", Pixels: &data.Standard{Mean: 30, Std: 70}},
		)
	}
	g.Head("good", layer.Dense{Units: 1, Activation: layer.Sigmoid}, last)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	f.file = &modelfile.File{Model: m, Inputs: inputs}
	if err := modelfile.Save(f.path, f.file); err != nil {
		t.Fatal(err)
	}
	return f
}

// good is what the network says to a text as the library reads it for training.
func (f *films) good(t testing.TB, review string) float64 {
	t.Helper()
	ids, err := text.PadSequences(
		f.file.Inputs[0].Text.Tokenizer.TextsToSequences([]string{review}),
		f.padding,
	)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.file.Model.Predict(braid.Tensors{"review": tensor.Ints(ids[0], 1, 3)})
	if err != nil {
		t.Fatal(err)
	}
	return float64(out["good"].Float32s()[0])
}

// reviews are texts with unknown words, too many words, none, and all known.
var reviews = []string{
	"good",
	"excellent film",
	"very very good film indeed",
	"",
	"?!",
	"Bad, bad film, bad",
	"no idea",
}

func withOOV() text.Options {
	o := text.Defaults()
	o.NumWords, o.OOVToken = 10, "<oov>"
	return o
}

// A model with an OOV token is asked any text, and reads it as in training.
func TestAskUnknownWords(t *testing.T) {
	f := newFilms(t, withOOV(), false)
	for _, review := range reviews {
		code, out, errs := call("ask", f.path, review, "--json")
		var got reply
		if err := json.Unmarshal([]byte(out), &got); code != 0 || errs != "" || err != nil {
			t.Fatalf("%q: exit code %d, %v: %s%s", review, code, err, out, errs)
		}
		if p := got.Heads[0].Answers[1].Probability; p != f.good(t, review) {
			t.Errorf("%q: good is %v, want %v", review, p, f.good(t, review))
		}
	}
	code, out, errs := call("ask", f.path, "very excellent film indeed\r\n")
	for _, want := range []string{
		"Note: unknown words were read as <oov>: \"excellent\", \"indeed\".\n",
		"Note: only the first 3 of 4 words were read.\n",
	} {
		if code != 0 || errs != "" || !strings.Contains(out, want) {
			t.Errorf("exit code %d: %s%s, want %s", code, out, errs, want)
		}
	}
	dir := t.TempDir()
	t.Chdir(dir)
	file := filepath.Base(writeFile(t, dir, "film.txt", nil))
	for want, args := range map[string][]string{
		`model "films" takes a text and no image, want such as: braid ask "good film bad"`: {f.path, file},
		`takes a text and no image`:                            {f.path, "seven.png", "good film"},
		`an image is missing, want such as`:                    {newFilms(t, withOOV(), true).path, "excellent film"},
		`the question is missing: the last argument, ` + file:  {newFilms(t, withOOV(), true).path, "seven.png", file},
		`"excellent film" has a word the model does not know:`: {newFilms(t, text.Defaults(), false).path, "excellent film"},
		`"" asks nothing`:                                      {newFilms(t, text.Defaults(), false).path, ""},
	} {
		if code, out, errs := call(append([]string{"ask"}, args...)...); code != 1 || out != "" ||
			!strings.Contains(errs, want) {
			t.Errorf("%v: exit code %d, output %q\ngot  %s\nwant %s", args, code, out, errs, want)
		}
	}
	_, folder := trainRun(t)
	_, paths := writePNGs(t, folder, 1)
	code, out, errs = call("ask", newFilms(t, withOOV(), true).path, paths[0], "excellent film")
	if code != 0 ||
		!strings.Contains(out, "Note: unknown words were read as <oov>: \"excellent\".\n") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}

// What is suggested to ask a model of characters, it answers.
func TestAskSuggestion(t *testing.T) {
	o := text.Defaults()
	o.CharLevel = true
	f := newFilms(t, o, true)
	_, folder := trainRun(t)
	_, paths := writePNGs(t, folder, 1)
	_, _, errs := call("ask", f.path, paths[0])
	_, rest, _ := strings.Cut(errs, "want such as: braid ask "+paths[0]+" \"")
	suggestion, _, found := strings.Cut(rest, "\"")
	if code, out, errs := call("ask", f.path, paths[0], suggestion); !found || code != 0 ||
		strings.Contains(out, "Note") {
		t.Errorf("suggestion %q: exit code %d: %s%s", suggestion, code, out, errs)
	}
	code, _, errs := call("ask", f.path, paths[0], "good xilm")
	if code != 1 ||
		!strings.Contains(
			errs,
			`"good xilm" has a character the model does not know: "x"; it knows `,
		) {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// Where a model has no OOV token, what is longer than the padding is cut, too, and a person is
// told.
func TestAskLongText(t *testing.T) {
	run, folder := trainRun(t)
	_, paths := writePNGs(t, folder, 1)
	_, want, _ := call("ask", run, paths[0], "odd number")
	code, out, errs := call("ask", run, paths[0], "even half odd number")
	want = strings.ReplaceAll(
		want,
		"odd number",
		"even half odd number",
	) + "Note: only the last 2 of 4 words were read.\n"
	if code != 0 || errs != "" || out != want {
		t.Errorf("exit code %d: %s%swant %s", code, out, errs, want)
	}
}

// lines are reviews as JSON lines.
func lines(t testing.TB, reviews []string) string {
	t.Helper()
	var b strings.Builder
	for _, review := range reviews {
		text, err := json.Marshal(review)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "{\"review\": %s}\n", text)
	}
	return b.String()
}

// predicted is what braid predict answers to reviews.
func predicted(t testing.TB, out string) []float64 {
	t.Helper()
	var list []float64
	for line := range strings.Lines(out) {
		var row struct {
			Good map[string]float64 `json:"good_probabilities"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		list = append(list, row.Good["1"])
	}
	return list
}

// Predict reads texts as ask does, and can leave unknown words out, as Keras does where there is
// no OOV token.
func TestPredictUnknownWords(t *testing.T) {
	oov, plain := newFilms(t, withOOV(), false), newFilms(t, text.Defaults(), false)
	for _, c := range []struct {
		f    *films
		args []string
		said string
		log  string
	}{
		{oov, nil, "; rows whose text was cut: 2\n", `,"cut_rows":2}`},
		{oov, []string{"--unknown", "drop"}, "; rows whose text was cut: 2\n", `,"cut_rows":2}`},
		{
			plain, []string{"--unknown", "drop"}, "; unknown words dropped: 4, in rows: 3; rows whose text was cut: 2\n",
			`,"dropped_words":4,"dropped_rows":3,"cut_rows":2}`,
		},
	} {
		in := writeFile(t, t.TempDir(), "in", []byte(lines(t, reviews)))
		args := append([]string{"predict", c.f.path, "--in", in, "--probabilities"}, c.args...)
		code, out, errs := call(args...)
		var want []float64
		for _, review := range reviews {
			want = append(want, c.f.good(t, review))
		}
		same := func(a, b float64) bool { return math.Abs(a-b) < 1e-6 }
		if got := predicted(t, out); code != 0 || !slices.EqualFunc(got, want, same) ||
			!strings.HasSuffix(errs, "a second"+c.said) {
			t.Errorf(
				"%v: exit code %d: %v, want %v\n%swant %s",
				c.args,
				code,
				got,
				want,
				errs,
				c.said,
			)
		}
		if code, _, errs = call(append(args, "--log", "json")...); code != 0 ||
			!strings.Contains(errs, c.log) {
			t.Errorf("%v: exit code %d: %swant %s", c.args, code, errs, c.log)
		}
	}
	in := writeFile(t, t.TempDir(), "in", []byte(lines(t, reviews)))
	for _, args := range [][]string{nil, {"--unknown", "error"}} {
		code, out, errs := call(append([]string{"predict", plain.path, "--in", in}, args...)...)
		if code != 1 || strings.Count(out, "\n") != 1 ||
			!strings.Contains(
				errs,
				`line 2: "review": "excellent film" has a word the model does not know: "excellent"`,
			) {
			t.Errorf("%v: exit code %d: %s%s", args, code, out, errs)
		}
		code, out, errs = call(
			append([]string{"predict", plain.path, "--in", in, "--skip-bad"}, args...)...)
		if code != 0 || strings.Count(out, "error") != 5 ||
			!strings.Contains(errs, "; 5 could not be answered; rows whose text was cut: 1\n") {
			t.Errorf("%v: exit code %d: %s%s", args, code, out, errs)
		}
	}
	if code, _, errs := call("predict", plain.path, "--in", in, "--unknown", "drp"); code != 1 ||
		!strings.Contains(errs, `--unknown is "drp", want one of "error", "drop"`) {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// Questions of IDX images are read so, too: one for all, and one for each.
func TestPredictUnknownQuestions(t *testing.T) {
	f := newFilms(t, text.Defaults(), true)
	dir := t.TempDir()
	images := writeFile(t, dir, "images", idxFile(make([]byte, 60), 2, 6, 5))
	questions := writeFile(t, dir, "questions", []byte("very excellent film\r\nvery good bad film\r\n"))
	for _, c := range []struct {
		args []string
		said string
	}{
		{[]string{"--questions", questions}, "; unknown words dropped: 1, in rows: 1; rows whose text was cut: 1\n"},
		{[]string{"--question", "not very good\r\n"}, "; unknown words dropped: 2, in rows: 2\n"},
	} {
		args := append([]string{"predict", f.path, "--in", images}, c.args...)
		if code, out, errs := call(append(args, "--unknown", "drop")...); code != 0 ||
			strings.Count(out, "\n") != 2 ||
			!strings.HasSuffix(errs, c.said) {
			t.Errorf("%v: exit code %d: %s%swant %s", c.args, code, out, errs, c.said)
		}
		if code, _, errs := call(args...); code != 1 ||
			!strings.Contains(errs, "the model does not know") {
			t.Errorf("%v: exit code %d: %s", c.args, code, errs)
		}
	}
	_, _, errs := call(
		"predict",
		f.path,
		"--in",
		images,
		"--unknown",
		"drop",
		"--question",
		"not very good",
	)
	if !strings.HasPrefix(errs, "braid: unknown words were left out: \"not\"\n") {
		t.Errorf("said %s", errs)
	}
}
