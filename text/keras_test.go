package text

import (
	"encoding/json"
	"maps"
	"math"
	"os"
	"reflect"
	"slices"
	"testing"

	"braid/internal/braidtest"
)

// kerasOptions are options with Keras' names; missing ones have Keras' defaults.
type kerasOptions struct {
	NumWords  int     `json:"num_words"`
	Filters   *string `json:"filters"`
	Lower     *bool   `json:"lower"`
	Split     *string `json:"split"`
	CharLevel bool    `json:"char_level"`
	OOVToken  string  `json:"oov_token"`
}

func (k kerasOptions) options() Options {
	o := Defaults()
	o.NumWords, o.CharLevel, o.OOVToken = k.NumWords, k.CharLevel, k.OOVToken
	if k.Filters != nil {
		o.Filters = *k.Filters
	}
	if k.Lower != nil {
		o.Lower = *k.Lower
	}
	if k.Split != nil {
		o.Split = *k.Split
	}
	return o
}

type kerasCases struct {
	Tokenizer []struct {
		Options       kerasOptions
		Fit           []string
		WordIndex     map[string]int32 `json:"word_index"`
		WordCounts    [][2]any         `json:"word_counts"`
		DocumentCount int              `json:"document_count"`
		Texts         []string
		Sequences     [][]int32
		Back          []string
		Binary        [][]float64 `json:"matrix_binary"`
		Count         [][]float64 `json:"matrix_count"`
		Freq          [][]float64 `json:"matrix_freq"`
		TFIDF         [][]float64 `json:"matrix_tfidf"`
	}
	Words []struct {
		Text    string
		Options kerasOptions
		Words   []string
	} `json:"text_to_word_sequence"`
	Pad []struct {
		Sequences [][]int32
		Options   struct {
			MaxLen     int `json:"maxlen"`
			Padding    string
			Truncating string
			Value      int32
		}
		Padded [][]int32
	} `json:"pad_sequences"`
}

// TestKerasText compares with the outputs of Keras' code, case by case.
func TestKerasText(t *testing.T) {
	files := []string{braidtest.Oracle(t, "keras_text.json")}
	if extra := os.Getenv("BRAID_KERAS_TEXT"); extra != "" {
		files = append(files, extra)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases kerasCases
		if err := json.Unmarshal(content, &cases); err != nil {
			t.Fatal(err)
		}
		if len(cases.Tokenizer)+len(cases.Words)+len(cases.Pad) == 0 {
			t.Fatalf("%s holds no case", file)
		}
		cases.check(t)
	}
}

func (cases kerasCases) check(t *testing.T) {
	for i, c := range cases.Tokenizer {
		tok, err := NewTokenizer(c.Options.options())
		if err != nil {
			t.Fatal(err)
		}
		tok.FitOnTexts(c.Fit)
		if got := tok.WordIndex(); !maps.Equal(got, c.WordIndex) {
			t.Errorf("tokenizer %d: word index %v, want %v", i, got, c.WordIndex)
		}
		for j, got := range tok.WordCounts() {
			if want := c.WordCounts[j]; got.Word != want[0] || float64(got.Count) != want[1] {
				t.Errorf("tokenizer %d: word count %v, want %v", i, got, want)
			}
		}
		if tok.DocumentCount() != c.DocumentCount || len(tok.WordCounts()) != len(c.WordCounts) {
			t.Errorf("tokenizer %d: %v, want %d words from %d texts", i, tok, len(c.WordCounts),
				c.DocumentCount)
		}
		if got := tok.TextsToSequences(c.Texts); !reflect.DeepEqual(got, c.Sequences) {
			t.Errorf("tokenizer %d: sequences %v, want %v", i, got, c.Sequences)
		}
		if got := tok.SequencesToTexts(c.Sequences); !slices.Equal(got, c.Back) {
			t.Errorf("tokenizer %d: back %q, want %q", i, got, c.Back)
		}
		for mode, want := range map[Mode][][]float64{Binary: c.Binary, Counts: c.Count, Freq: c.Freq,
			TFIDF: c.TFIDF} {
			got, err := tok.TextsToMatrix(c.Texts, mode)
			if err != nil || !near(got, want) {
				t.Errorf("tokenizer %d, mode %d: matrix %v (%v), want %v", i, mode, got, err, want)
			}
		}
	}
	for i, c := range cases.Words {
		if got, err := WordSequence(c.Text, c.Options.options()); err != nil ||
			!slices.Equal(got, c.Words) {
			t.Errorf("words %d of %q: %q (%v), want %q", i, c.Text, got, err, c.Words)
		}
	}
	for i, c := range cases.Pad {
		got, err := PadSequences(c.Sequences, Padding{
			Length: c.Options.MaxLen, Value: c.Options.Value,
			PadAfter: c.Options.Padding == "post", CutAfter: c.Options.Truncating == "post",
		})
		if err != nil || !reflect.DeepEqual(got, c.Padded) {
			t.Errorf("padding %d: %v (%v), want %v", i, got, err, c.Padded)
		}
	}
}

func near(got, want [][]float64) bool {
	return slices.EqualFunc(got, want, func(a, b []float64) bool {
		return slices.EqualFunc(a, b, func(x, y float64) bool { return math.Abs(x-y) <= 1e-12 })
	})
}
