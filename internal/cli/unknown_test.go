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
	"braid/feature"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/modelfile"
	"braid/tensor"
	"braid/text"
)

// films is a model that reads the first three words of a text and, optionally, an image.
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
	embedded := g.Add("words", layer.Embedding{Vocabulary: 20, Width: 4}, ids)
	last := g.Add("read", layer.LSTM{Units: 4}, embedded)
	f := &films{
		path:    filepath.Join(t.TempDir(), "films.safetensors"),
		padding: text.Padding{Length: 3, CutAfter: true},
	}
	reads, err := feature.NewTokensEncoder(tokenizer, f.padding, 20, nil)
	if err != nil {
		t.Fatal(err)
	}
	features := []modelfile.Feature{{Column: "review", Encoder: reads}}
	if image {
		x := g.Input("poster", tensor.Float32, 6, 5)
		last = g.Add("both", layer.Concatenate{}, last, g.Add("pixels", layer.Flatten{}, x))
		features = append(features, pictureOf("poster", data.Standard{Mean: 30, Std: 70}))
	}
	g.Head("good", layer.Dense{Units: 1, Activation: layer.Sigmoid}, last)
	m, err := g.Build(3)
	if err != nil {
		t.Fatal(err)
	}
	f.file = &modelfile.File{Model: m, Features: features}
	if err := modelfile.Save(f.path, f.file); err != nil {
		t.Fatal(err)
	}
	return f
}

// good returns the network's output for a text that is read as for training.
func (f *films) good(t testing.TB, review string) float64 {
	t.Helper()
	words := f.file.Features[0].Encoder.(*feature.TokensEncoder)
	sequences := words.Tokenizer.TextsToSequences([]string{review})
	ids, err := text.PadSequences(sequences, f.padding)
	if err != nil {
		t.Fatal(err)
	}
	out, err := f.file.Model.Predict(braid.Tensors{"review": tensor.Ints(ids[0], 1, 3)})
	if err != nil {
		t.Fatal(err)
	}
	return float64(out["good"].Float32s()[0])
}

// reviews are texts with known words, unknown words, too many words, and none.
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

// A model with an OOV token answers any text, read as in training.
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
	out, errs := mustCall(t, "ask", f.path, "very excellent film indeed\r\n")
	if errs != "" {
		t.Error(errs)
	}
	checkContains(t, out,
		"Note: unknown words were read as <oov>: \"excellent\", \"indeed\".\n",
		"Note: only the first 3 of 4 words were read.\n",
	)
	dir := t.TempDir()
	t.Chdir(dir)
	file := filepath.Base(writeFile(t, dir, "film.txt", nil))
	illustrated := newFilms(t, withOOV(), true).path
	plain := newFilms(t, text.Defaults(), false).path
	for want, args := range map[string][]string{
		`model "films" takes a text and no image, want such as: braid ask "good film bad"`: {
			f.path, file,
		},
		`takes a text and no image`:                            {f.path, "seven.png", "good film"},
		`an image is missing, want such as`:                    {illustrated, "excellent film"},
		`the question is missing: the last argument, ` + file:  {illustrated, "seven.png", file},
		`"excellent film" has a word the model does not know:`: {plain, "excellent film"},
		`"" asks nothing`:                                      {plain, ""},
	} {
		if out := checkFails(t, want, append([]string{"ask"}, args...)...); out != "" {
			t.Errorf("%v: output %q", args, out)
		}
	}
	_, folder := trainRun(t)
	_, paths := writePNGs(t, folder, 1)
	out, _ = mustCall(t, "ask", illustrated, paths[0], "excellent film")
	checkContains(t, out, "Note: unknown words were read as <oov>: \"excellent\".\n")
}

// A model of characters answers the question that is suggested for it.
func TestAskSuggestion(t *testing.T) {
	o := text.Defaults()
	o.CharLevel = true
	f := newFilms(t, o, true)
	_, folder := trainRun(t)
	_, paths := writePNGs(t, folder, 1)
	_, _, errs := call("ask", f.path, paths[0])
	_, rest, _ := strings.Cut(errs, "want such as: braid ask "+paths[0]+" \"")
	suggestion, _, found := strings.Cut(rest, "\"")
	out, _ := mustCall(t, "ask", f.path, paths[0], suggestion)
	if !found || strings.Contains(out, "Note") {
		t.Errorf("suggestion %q: %s", suggestion, out)
	}
	const unknown = `"good xilm" has a character the model does not know: "x"; it knows `
	checkFails(t, unknown, "ask", f.path, paths[0], "good xilm")
}

// Words beyond the model's length are cut, with a note, also without an OOV token.
func TestAskLongText(t *testing.T) {
	run, folder := trainRun(t)
	_, paths := writePNGs(t, folder, 1)
	want, _ := mustCall(t, "ask", run, paths[0], "odd number")
	want = strings.ReplaceAll(want, "odd number", "even half odd number") +
		"Note: only the last 2 of 4 words were read.\n"
	out, errs := mustCall(t, "ask", run, paths[0], "even half odd number")
	if errs != "" || out != want {
		t.Errorf("%s%swant %s", out, errs, want)
	}
}

// lines returns reviews as JSON lines.
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

// predicted reads the probabilities in the output of braid predict.
func predicted(t testing.TB, out string) []float64 {
	t.Helper()
	var list []float64
	for line := range strings.Lines(out) {
		var row struct {
			Good float64 `json:"good_p_1"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		list = append(list, row.Good)
	}
	return list
}

// predict reads texts as ask does. It can leave unknown words out, as Keras does without an OOV
// token.
func TestPredictUnknownWords(t *testing.T) {
	oov, plain := newFilms(t, withOOV(), false), newFilms(t, text.Defaults(), false)
	const (
		said = "of 7 rows:\n" +
			"  review  %d missing, 3 with an unknown or rare word, 2 cut, as they are too long\n"
		log = `"notes":{"review":{"rows":7,"missing":%d,"unknown":3,"out_of_range":0,"cut":2}}`
	)
	for _, c := range []struct {
		f       *films
		args    []string
		missing int // texts without a word that is read
	}{
		{oov, nil, 2},
		{oov, []string{"--unknown", "drop"}, 2},
		{plain, []string{"--unknown", "drop"}, 3},
	} {
		said, log := fmt.Sprintf(said, c.missing), fmt.Sprintf(log, c.missing)
		in := writeFile(t, t.TempDir(), "in", []byte(lines(t, reviews)))
		args := append([]string{"predict", c.f.path, "--in", in, "--probabilities"}, c.args...)
		out, errs := mustCall(t, args...)
		var want []float64
		for _, review := range reviews {
			want = append(want, c.f.good(t, review))
		}
		same := func(a, b float64) bool { return math.Abs(a-b) < 1e-6 }
		if got := predicted(t, out); !slices.EqualFunc(got, want, same) ||
			!strings.HasSuffix(errs, "a second\n"+said) {
			t.Errorf("%v: %v, want %v\n%swant %s", c.args, got, want, errs, said)
		}
		_, errs = mustCall(t, append(args, "--log", "json")...)
		checkContains(t, errs, log)
	}
	in := writeFile(t, t.TempDir(), "in", []byte(lines(t, reviews)))
	predict := []string{"predict", plain.path, "--in", in}
	for _, args := range [][]string{nil, {"--unknown", "error"}} {
		const unknown = `in:2: column "review": "excellent film" has a word the model does not know: ` +
			`"excellent"`
		out := checkFails(t, unknown, append(predict, args...)...)
		if strings.Count(out, "\n") != 1 {
			t.Errorf("%v: output %s", args, out)
		}
		out, errs := mustCall(t, slices.Concat(predict, args, []string{"--skip-bad"})...)
		if strings.Count(out, `"error": "`) != 5 {
			t.Errorf("%v: output %s", args, out)
		}
		checkContains(t, errs, "review  1 cut", "5 rows could not be answered:\n")
	}
	const wrong = `--unknown is "drp", want one of "error", "drop"`
	checkFails(t, wrong, append(predict, "--unknown", "drp")...)
}

// --unknown applies to --question and --questions, too.
func TestPredictUnknownQuestions(t *testing.T) {
	f := newFilms(t, text.Defaults(), true)
	dir := t.TempDir()
	images := writeFile(t, dir, "images", braidtest.IDX(make([]byte, 60), 2, 6, 5))
	const twoQuestions = "very excellent film\r\nvery good bad film\r\n"
	questions := writeFile(t, dir, "questions", []byte(twoQuestions))
	for _, c := range []struct {
		args []string
		said string
	}{
		{
			[]string{"--questions", questions},
			"of 2 rows:\n  review  1 with an unknown or rare word, 1 cut, as they are too long\n",
		},
		{
			[]string{"--question", "not very good\r\n"},
			"of 2 rows:\n  review  2 with an unknown or rare word\n",
		},
	} {
		args := append([]string{"predict", f.path, "--in", images}, c.args...)
		out, errs := mustCall(t, append(args, "--unknown", "drop")...)
		if strings.Count(out, "\n") != 2 || !strings.HasSuffix(errs, c.said) {
			t.Errorf("%v: %s%swant %s", c.args, out, errs, c.said)
		}
		checkFails(t, "the model does not know", args...)
	}
	drop := words("predict --unknown drop", f.path, "--in", images, "--question", "not very good")
	_, errs := mustCall(t, drop...)
	if !strings.HasPrefix(errs, "braid: unknown words were left out: \"not\"\n") {
		t.Errorf("said %s", errs)
	}
}
