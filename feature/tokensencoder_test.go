package feature_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"braid/feature"
	"braid/text"
)

// words is what an encoder of texts is made from.
type words struct {
	Tokenizer *text.Tokenizer
	Padding   text.Padding
	Questions []string // of training
}

// reader returns the encoder of a network that takes ids below limit.
func reader(t interface{ Fatal(...any) }, of words, limit int) *feature.TokensEncoder {
	e, err := feature.NewTokensEncoder(of.Tokenizer, of.Padding, limit, of.Questions)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// fitted returns a tokenizer that is fitted on texts.
func fitted(t interface{ Fatal(...any) }, o text.Options, texts ...string) *text.Tokenizer {
	tokenizer, err := text.NewTokenizer(o)
	if err != nil {
		t.Fatal(err)
	}
	tokenizer.FitOnTexts(texts)
	return tokenizer
}

// drawText draws a tokenizer of random options, a padding, and texts of the same letters.
func drawText(t *rapid.T) (of words, vocabulary int, texts []string) {
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
	alphabet := rapid.RuneFrom([]rune("aabbeABE  ,!\n\r$\u03a3\u0130\u00a0"))
	letters := rapid.StringOfN(alphabet, 0, 12, -1)
	fit := rapid.SliceOfN(letters, 0, 6).Draw(t, "fit")
	texts = rapid.SliceOfN(letters, 1, 8).Draw(t, "texts")
	of = words{
		Tokenizer: fitted(t, o, fit...),
		Padding: text.Padding{
			Length:   rapid.IntRange(1, 5).Draw(t, "length"),
			PadAfter: rapid.Bool().Draw(t, "padAfter"),
			CutAfter: rapid.Bool().Draw(t, "cutAfter"),
		},
	}
	vocabulary = 2
	for _, id := range of.Tokenizer.WordIndex() {
		vocabulary = max(vocabulary, int(id)+1)
	}
	return of, vocabulary, texts
}

// With any tokenizer and padding, Read gives the ids of text.TextsToSequences and
// text.PadSequences. Without an OOV token, ReadText refuses texts with unknown words or none.
func TestReadAsTraining(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of, vocabulary, texts := drawText(t)
		in := reader(t, of, vocabulary)
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
			var unreadable *feature.Unreadable
			err = in.ReadText(got, each)
			refused := of.Tokenizer.Options().OOVToken == "" &&
				(len(list[0]) == 0 || of.Tokenizer.Unknown(each) != nil)
			if errors.As(err, &unreadable) != refused || err != nil && !refused {
				t.Fatalf("ReadText(%q): %v, want an error: %v", each, err, refused)
			}
		}
	})
}

// A model can read what it suggests, and knows each word.
func TestSuggest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		of, vocabulary, _ := drawText(t)
		in := reader(t, of, vocabulary)
		ids := make([]int32, of.Padding.Length)
		suggestion := in.Suggest()
		if suggestion != "" {
			r, err := in.Read(ids, suggestion)
			err = errors.Join(err, in.ReadText(ids, suggestion))
			if err != nil || r.Unknown != nil || r.Words == 0 || r.Cut > 0 {
				t.Fatalf("suggests %q, which is %+v (%v)", suggestion, r, err)
			}
			return
		}
		for _, w := range of.Tokenizer.Words() {
			printable := strings.Trim(w, "abeABE,!$") == ""
			if printable && in.ReadText(ids, w) == nil && of.Tokenizer.Unknown(w) == nil {
				t.Fatalf("suggests nothing, but can be asked %q", w)
			}
		}
	})
}

func TestSuggestions(t *testing.T) {
	chars, plain, commas := text.Defaults(), text.Defaults(), text.Defaults()
	chars.CharLevel = true
	commas.Split, commas.Filters = ",", ""
	for _, c := range []struct {
		o         text.Options
		fit       string
		length    int
		questions []string
		want      string
	}{
		{chars, "odd number", 10, nil, "don"},
		{chars, "odd number", 2, nil, "do"},
		{plain, "odd number", 9, nil, "odd number"},
		{commas, "odd one,even", 9, nil, "odd one,even"},
		{plain, "the last one", 2, []string{"one", "the last"}, "the last"},
	} {
		of := textOf(fitted(t, c.o, c.fit), c.length)
		of.Questions = c.questions
		if got := reader(t, of, 20).Suggest(); got != c.want {
			t.Errorf("suggests %q, want %q", got, c.want)
		}
	}
}

func textOf(tokenizer *text.Tokenizer, length int) words {
	return words{Tokenizer: tokenizer, Padding: text.Padding{Length: length}}
}

// Line ends that the tokenizer does not know are those of a file or a form, and are converted.
func TestLineEnds(t *testing.T) {
	plain, raw, chars := text.Defaults(), text.Options{Split: " "}, text.Options{CharLevel: true}
	crlf := text.Options{Split: "\r\n"}
	for _, c := range []struct {
		o    text.Options
		fit  string
		ask  string
		same string // the converted text
	}{
		{plain, "odd number", "odd number\r\n", "odd number"},
		{plain, "odd number", "odd\r\nnumber", "odd number"},
		{plain, "odd number", "odd number\n\r\n\r", "odd number"},
		{plain, "odd number", "odd\rnumber", "odd number"},
		{plain, "odd number\r", "odd number\r\n", "odd number\r"},
		{raw, "odd number", "odd number\r\n", "odd number"},
		{raw, "odd number\n", "odd number\r\n", "odd number\n"},
		{chars, "odd number", "odd number\r\n", "odd number"},
		{chars, "odd number\n", "odd number\r\n", "odd number\n"},
		{chars, "odd number\r\n", "odd number\r\n", "odd number\r\n"},
		{crlf, "odd\r\nnumber", "odd\r\nnumber\r\n", "odd\r\nnumber"},
	} {
		for _, oov := range []string{"", "<oov>"} {
			c.o.OOVToken = oov
			of := textOf(fitted(t, c.o, c.fit), 12)
			ids := of.Tokenizer.TextsToSequences([]string{c.same})
			want, err := text.PadSequences(ids, of.Padding)
			if err != nil {
				t.Fatal(err)
			}
			got := make([]int32, 12)
			err = reader(t, of, 20).ReadText(got, c.ask)
			if err != nil || !slices.Equal(got, want[0]) {
				t.Errorf("fitted on %q: %q is %v (%v), want %v", c.fit, c.ask, got, err, want[0])
			}
		}
	}
}

func TestRemarks(t *testing.T) {
	oov, chars := text.Defaults(), text.Options{CharLevel: true}
	oov.OOVToken = "<oov>"
	films, letters := fitted(t, oov, "good film", "bad film"), fitted(t, chars, "good")
	first, asked := textOf(films, 2), textOf(films, 1)
	first.Padding.CutAfter, asked.Questions = true, []string{"good film"}
	for _, c := range []struct {
		of   words
		ask  string
		want []string
	}{
		{textOf(films, 2), "good film", nil},
		{textOf(films, 2), "good bad film", []string{"only the last 2 of 3 words were read"}},
		{first, "a good film", []string{
			`unknown words were read as <oov>: "a"`, "only the first 2 of 3 words were read",
		}},
		{textOf(films, 2), "", []string{"no word was read: the network sees padding alone"}},
		{textOf(letters, 2), "dog", []string{"only the last 2 of 3 characters were read"}},
		{textOf(letters, 2), "do it", []string{`unknown characters were left out: " ", "i", "t"`}},
		{asked, "good film", nil},
		{asked, "good", []string{
			`"good" is none of the texts that the model was trained on: "good film"`,
		}},
	} {
		if got := reader(t, c.of, 20).Remarks(feature.Value{Text: c.ask}); !slices.Equal(got, c.want) {
			t.Errorf("remarks on %q are %q, want %q", c.ask, got, c.want)
		}
	}
}

// A text with ids beyond the network's vocabulary is an *feature.Unreadable.
func TestVocabularyTooLarge(t *testing.T) {
	in := reader(t, textOf(fitted(t, text.Defaults(), "good bad film"), 2), 3)
	ids := make([]int32, 2)
	if err := in.ReadText(ids, "good bad"); err != nil || !slices.Equal(ids, []int32{1, 2}) {
		t.Errorf("ids are %v (%v)", ids, err)
	}
	var unreadable *feature.Unreadable
	const want = `"good film" needs id 3, the network takes 0 to 2`
	err := in.ReadText(ids, "good film")
	if !errors.As(err, &unreadable) || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error is %v, want %s", err, want)
	}
}

func TestReadText(t *testing.T) {
	questions := []string{"odd number", "upper half"}
	tokenizer := fitted(t, text.Defaults(), questions...)
	in := reader(t, words{tokenizer, text.Padding{Length: 2}, questions}, 6)
	for question, want := range map[string][]int32{
		"odd number":          {1, 2},
		"Number, odd!":        {2, 1},
		"half":                {0, 4},
		"upper  half":         {3, 4},
		"half odd number odd": {2, 1},
		"number\r\nodd\r\n":   {2, 1},
		"number odd\r":        {2, 1},
		"\todd\nodd\n\n":      {1, 1},
	} {
		ids := make([]int32, 2)
		if err := in.ReadText(ids, question); err != nil || !slices.Equal(ids, want) {
			t.Errorf("%q is %v (%v), want %v", question, ids, err, want)
		}
		trained := question == "odd number" || question == "upper  half"
		if got := in.Trained(ids); got != trained {
			t.Errorf("%q counts as trained: %v", question, got)
		}
	}
	for question, want := range map[string]string{
		"odd fellow": `"odd fellow" has a word the model does not know: "fellow"; ` +
			`it can be asked "odd number", "upper half"`,
		"an odd fel": `has words the model does not know: "an", "fel"; it can be asked`,
		"":           `"" asks nothing`,
		"?!":         `"?!" asks nothing`,
		"\r\n":       `asks nothing; it can be asked`,
		"odd half fellow": `"odd half fellow" has a word the model does not know: "fellow"; ` +
			`it can be asked`,
		"odd number\u00a0":       `has a word the model does not know: "number\u00a0"`,
		strings.Repeat("x ", 30): "and 10 more",
	} {
		err := in.ReadText(make([]int32, 2), question)
		var unreadable *feature.Unreadable
		if !errors.As(err, &unreadable) || !strings.Contains(err.Error(), want) ||
			len(err.Error()) > 300 {
			t.Errorf("%q: error is %v, want %q", question, err, want)
		}
	}
}
