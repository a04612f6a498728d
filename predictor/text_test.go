package predictor_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"braid"
	"braid/layer"
	"braid/modelfile"
	"braid/predictor"
	"braid/tensor"
	"braid/text"
)

// reader is a model that takes a text alone.
func reader(
	t interface{ Fatal(...any) },
	of *modelfile.Text,
	vocabulary int,
) (*predictor.Model, error) {
	g := braid.NewGraph("reader")
	ids := g.Input("review", tensor.Int32, of.Padding.Length)
	words := g.Add("words", layer.Embedding{Vocabulary: vocabulary, Width: 1}, ids)
	g.Head(
		"good",
		layer.Dense{Units: 1, Activation: layer.Sigmoid},
		g.Add("flat", layer.Flatten{}, words),
	)
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	return predictor.New(
		&modelfile.File{Model: m, Inputs: []modelfile.Input{{Name: "review", Text: of}}},
	)
}

// fitted is a tokenizer fitted on texts.
func fitted(t interface{ Fatal(...any) }, o text.Options, texts ...string) *text.Tokenizer {
	tokenizer, err := text.NewTokenizer(o)
	if err != nil {
		t.Fatal(err)
	}
	tokenizer.FitOnTexts(texts)
	return tokenizer
}

// drawText draws a tokenizer of random options, a padding, and texts of the same letters.
func drawText(t *rapid.T) (of *modelfile.Text, vocabulary int, texts []string) {
	o := text.Options{
		NumWords: rapid.IntRange(0, 9).Draw(t, "numWords"),
		Filters: rapid.SampledFrom([]string{"", text.Filters, "!e", "\r\n", "\r"}).
			Draw(t, "filters"),
		Lower: rapid.Bool().Draw(t, "lower"),
		Split: rapid.SampledFrom([]string{" ", ",", "ab", "aa", "AB", "\n", "\r\n"}).
			Draw(t, "split"),
		CharLevel: rapid.Bool().Draw(t, "charLevel"),
		OOVToken:  rapid.SampledFrom([]string{"", "<oov>", "a"}).Draw(t, "oov"),
	}
	letters := rapid.StringOfN(
		rapid.RuneFrom([]rune("aabbeABE  ,!\n\r$\u03a3\u0130\u00a0")),
		0,
		12,
		-1,
	)
	fit := rapid.SliceOfN(letters, 0, 6).Draw(t, "fit")
	texts = rapid.SliceOfN(letters, 1, 8).Draw(t, "texts")
	of = &modelfile.Text{
		Tokenizer: fitted(t, o, fit...),
		Padding: text.Padding{
			Length:   rapid.IntRange(1, 5).Draw(t, "length"),
			PadAfter: rapid.Bool().Draw(t, "padAfter"), CutAfter: rapid.Bool().Draw(t, "cutAfter"),
		},
	}
	vocabulary = 2
	for _, id := range of.Tokenizer.WordIndex() {
		vocabulary = max(vocabulary, int(id)+1)
	}
	return of, vocabulary, texts
}

// A text is read as text.TextsToSequences and text.PadSequences read it, whatever the tokenizer
// and the padding; where there is no OOV token, ReadText refuses exactly what has unknown words,
// or none.
func TestReadAsTraining(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of, vocabulary, texts := drawText(t)
		m, err := reader(t, of, vocabulary)
		if err != nil {
			t.Fatal(err)
		}
		in := &m.Inputs[0]
		for _, each := range texts {
			if strings.ContainsAny(each, "\r\n") { // see TestLineEnds
				continue
			}
			list := of.Tokenizer.TextsToSequences([]string{each})
			want, err := text.PadSequences(list, of.Padding)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]int32, of.Padding.Length)
			r, err := in.Read(got, each)
			if err != nil || !slices.Equal(got, want[0]) || r.Words != len(list[0]) ||
				r.Cut != max(0, len(list[0])-len(got)) {
				t.Fatalf("%q is %v, %+v (%v), want %v", each, got, r, err, want[0])
			}
			var wrong *predictor.Unanswerable
			err = in.ReadText(got, each)
			refused := of.Tokenizer.Options().OOVToken == "" &&
				(len(list[0]) == 0 || of.Tokenizer.Unknown(each) != nil)
			if errors.As(err, &wrong) != refused || err != nil && !refused {
				t.Fatalf("ReadText(%q): %v, want an error: %v", each, err, refused)
			}
		}
	})
}

// What a model suggests, it can be asked, and it knows each word of it.
func TestSuggest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of, vocabulary, _ := drawText(t)
		m, err := reader(t, of, vocabulary)
		if err != nil {
			t.Fatal(err)
		}
		in := &m.Inputs[0]
		ids := make([]int32, of.Padding.Length)
		suggestion := in.Suggest()
		if suggestion != "" {
			r, err := in.Read(ids, suggestion)
			if err := errors.Join(err, in.ReadText(ids, suggestion)); err != nil ||
				r.Unknown != nil ||
				r.Words == 0 ||
				r.Cut > 0 {
				t.Fatalf("suggests %q, which is %+v (%v)", suggestion, r, err)
			}
			return
		}
		for _, w := range of.Tokenizer.Words() {
			if strings.Trim(w, "abeABE,!$") == "" && in.ReadText(ids, w) == nil &&
				of.Tokenizer.Unknown(w) == nil {
				t.Fatalf("suggests nothing, but can be asked %q", w)
			}
		}
	})
}

func TestSuggestions(t *testing.T) {
	chars, words, commas := text.Defaults(), text.Defaults(), text.Defaults()
	chars.CharLevel = true
	commas.Split, commas.Filters = ",", ""
	for want, of := range map[string]*modelfile.Text{
		"don":          {Tokenizer: fitted(t, chars, "odd number"), Padding: text.Padding{Length: 10}},
		"do":           {Tokenizer: fitted(t, chars, "odd number"), Padding: text.Padding{Length: 2}},
		"odd number":   {Tokenizer: fitted(t, words, "odd number"), Padding: text.Padding{Length: 9}},
		"odd one,even": {Tokenizer: fitted(t, commas, "odd one,even"), Padding: text.Padding{Length: 9}},
		"the last": {
			Tokenizer: fitted(t, words, "the last one"), Padding: text.Padding{Length: 2},
			Questions: []string{"one", "the last"},
		},
	} {
		m, err := reader(t, of, 20)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Inputs[0].Suggest(); got != want {
			t.Errorf("suggests %q, want %q", got, want)
		}
	}
}

// Line ends that the texts of training cannot have had are those of the file or the form that a
// text comes from.
func TestLineEnds(t *testing.T) {
	words, raw, chars := text.Defaults(), text.Options{Split: " "}, text.Options{CharLevel: true}
	crlf := text.Options{Split: "\r\n"}
	for _, c := range []struct {
		o    text.Options
		fit  string
		ask  string
		same string // what it is read as, by the tokenizer
	}{
		{words, "odd number", "odd number\r\n", "odd number"},
		{words, "odd number", "odd\r\nnumber", "odd number"},
		{words, "odd number", "odd number\n\r\n\r", "odd number"},
		{words, "odd number", "odd\rnumber", "odd number"},
		{words, "odd number\r", "odd number\r\n", "odd number\r"},
		{raw, "odd number", "odd number\r\n", "odd number"},
		{raw, "odd number\n", "odd number\r\n", "odd number\n"},
		{chars, "odd number", "odd number\r\n", "odd number"},
		{chars, "odd number\n", "odd number\r\n", "odd number\n"},
		{chars, "odd number\r\n", "odd number\r\n", "odd number\r\n"},
		{crlf, "odd\r\nnumber", "odd\r\nnumber\r\n", "odd\r\nnumber"},
	} {
		for _, oov := range []string{"", "<oov>"} {
			c.o.OOVToken = oov
			of := &modelfile.Text{
				Tokenizer: fitted(t, c.o, c.fit),
				Padding:   text.Padding{Length: 12},
			}
			m, err := reader(t, of, 20)
			if err != nil {
				t.Fatal(err)
			}
			want, err := text.PadSequences(
				of.Tokenizer.TextsToSequences([]string{c.same}),
				of.Padding,
			)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]int32, 12)
			if err := m.Inputs[0].ReadText(got, c.ask); err != nil || !slices.Equal(got, want[0]) {
				t.Errorf("fitted on %q: %q is %v (%v), want %v", c.fit, c.ask, got, err, want[0])
			}
		}
	}
}

// A person learns what was not read.
func TestNotes(t *testing.T) {
	oov, chars := text.Defaults(), text.Options{CharLevel: true}
	oov.OOVToken = "<oov>"
	films, letters := fitted(t, oov, "good film", "bad film"), fitted(t, chars, "good")
	of := func(tokenizer *text.Tokenizer, length int) *modelfile.Text {
		return &modelfile.Text{Tokenizer: tokenizer, Padding: text.Padding{Length: length}}
	}
	first, asked := of(films, 2), of(films, 1)
	first.Padding.CutAfter, asked.Questions = true, []string{"good film"}
	for _, c := range []struct {
		of   *modelfile.Text
		ask  string
		want []string
	}{
		{of(films, 2), "good film", nil},
		{of(films, 2), "good bad film", []string{"only the last 2 of 3 words were read"}},
		{first, "a good film", []string{
			`unknown words were read as <oov>: "a"`, "only the first 2 of 3 words were read",
		}},
		{of(films, 2), "", []string{"no word was read: the network sees padding alone"}},
		{of(letters, 2), "dog", []string{"only the last 2 of 3 characters were read"}},
		{of(letters, 2), "do it", []string{`unknown characters were left out: " ", "i", "t"`}},
		{asked, "good film", nil},
	} {
		m, err := reader(t, c.of, 20)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Inputs[0].Notes(c.ask); !slices.Equal(got, c.want) {
			t.Errorf("notes on %q are %q, want %q", c.ask, got, c.want)
		}
	}
}

// Ids that the network does not take are an error of that text.
func TestVocabularyTooLarge(t *testing.T) {
	m, err := reader(
		t,
		&modelfile.Text{
			Tokenizer: fitted(t, text.Defaults(), "good bad film"),
			Padding:   text.Padding{Length: 2},
		},
		3,
	)
	if err != nil {
		t.Fatal(err)
	}
	ids := make([]int32, 2)
	if err := m.Inputs[0].ReadText(ids, "good bad"); err != nil ||
		!slices.Equal(ids, []int32{1, 2}) {
		t.Errorf("ids are %v (%v)", ids, err)
	}
	var wrong *predictor.Unanswerable
	const want = `"good film" needs id 3, the network takes 0 to 2`
	if err := m.Inputs[0].ReadText(ids, "good film"); !errors.As(err, &wrong) ||
		!strings.HasPrefix(err.Error(), want) {
		t.Errorf("error is %v, want %s", err, want)
	}
}
