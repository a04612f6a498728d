package text

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func seedTokenizer(t testing.TB) *Tokenizer {
	t.Helper()
	o := Defaults()
	o.NumWords = 8
	tok, err := NewTokenizer(o)
	if err != nil {
		t.Fatal(err)
	}
	tok.FitOnTexts([]string{"lower", "upper", "half", "even", "odd", "number"})
	return tok
}

func TestSeedVocabulary(t *testing.T) {
	tok := seedTokenizer(t)
	want := []string{"lower", "upper", "half", "even", "odd", "number"}
	if got := tok.Words(); !slices.Equal(got, want) {
		t.Errorf("words %q, want %q", got, want)
	}
	if got := tok.TextsToSequences([]string{"Odd NUMBER!", "upper half"}); !reflect.DeepEqual(got,
		[][]int32{{5, 6}, {2, 3}}) {
		t.Errorf("sequences %v", got)
	}
	if got := tok.Unknown("is it an even prime"); !slices.Equal(got,
		[]string{"is", "it", "an", "prime"}) {
		t.Errorf("unknown words %q", got)
	}
}

// The token for unknown words gets the word's id if it occurs as a word: a quirk of Keras.
func TestTokenAsWord(t *testing.T) {
	o := Defaults()
	o.OOVToken = "b"
	tok, err := NewTokenizer(o)
	if err != nil {
		t.Fatal(err)
	}
	tok.FitOnTexts([]string{"a a b"})
	if got := tok.TextsToSequences([]string{"a b x"}); !reflect.DeepEqual(got, [][]int32{{2, 3, 3}}) {
		t.Errorf("sequences %v, want [[2 3 3]]", got)
	}
}

func TestBadOptions(t *testing.T) {
	for _, o := range []Options{{}, {Split: " ", NumWords: -1}} {
		if _, err := NewTokenizer(o); err == nil {
			t.Errorf("no error for %+v", o)
		}
	}
	tok := seedTokenizer(t)
	if _, err := tok.SequencesToMatrix([][]int32{{-1}}, Binary); err == nil {
		t.Error("no error for a negative id")
	}
	if _, err := tok.SequencesToMatrix(nil, Mode(9)); err == nil {
		t.Error("no error for an unknown mode")
	}
	empty, _ := NewTokenizer(Defaults())
	if _, err := empty.TextsToMatrix([]string{"a"}, Binary); err == nil {
		t.Error("no error for a matrix without a vocabulary")
	}
	if _, err := PadSequences(nil, Padding{Length: -1}); err == nil {
		t.Error("no error for a negative length")
	}
}

func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{
			NumWords: rapid.IntRange(0, 6).Draw(t, "numWords"), Lower: rapid.Bool().Draw(t, "lower"),
			Filters: "!é", Split: rapid.SampledFrom([]string{" ", ",", "ab"}).Draw(t, "split"),
			CharLevel: rapid.Bool().Draw(t, "charLevel"),
			OOVToken:  rapid.SampledFrom([]string{"", "?", "a"}).Draw(t, "oov"),
		}
		texts := rapid.SliceOf(rapid.StringOf(rapid.RuneFrom([]rune("abAB ,é!İΣ")))).Draw(t, "texts")
		tok, err := NewTokenizer(o)
		if err != nil {
			t.Fatal(err)
		}
		tok.FitOnTexts(texts)
		content, err := json.Marshal(tok)
		if err != nil {
			t.Fatal(err)
		}
		var back Tokenizer
		if err := json.Unmarshal(content, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(*tok, back) {
			t.Fatalf("got %+v, want %+v", back, *tok)
		}
	})
}

func FuzzTokenizerJSON(f *testing.F) {
	content, err := json.Marshal(seedTokenizer(f))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(content, "Odd number")
	for _, bad := range []string{
		``, `null`, `{}`, `[]`, `{"Options":{"Split":""}}`, `{"Options":{"Split":" ","NumWords":-3}}`,
		`{"Options":{"Split":" "},"Documents":1,"Words":[{"Word":"a","Count":1,"Texts":1},` +
			`{"Word":"a","Count":1,"Texts":1}]}`,
		`{"Options":{"Split":" "},"Documents":0,"Words":[{"Word":"a","Count":1,"Texts":1}]}`,
		`{"Options":{"Split":" "},"Documents":-1}`, `{"Documents":1e99}`,
		"{\"Options\":{\"Split\":\"\xff\"}}",
	} {
		f.Add([]byte(bad), "\xff a!")
	}
	f.Fuzz(func(t *testing.T, content []byte, text string) {
		var tok Tokenizer
		if json.Unmarshal(content, &tok) != nil || tok.ids == nil {
			return
		}
		for _, ids := range tok.TextsToSequences([]string{text}) {
			for _, id := range ids {
				if id < 1 || int(id) > len(tok.words)+1 {
					t.Fatalf("id %d of %d words", id, len(tok.words))
				}
			}
		}
		for _, back := range tok.SequencesToTexts(tok.TextsToSequences([]string{text})) {
			if !utf8.ValidString(back) {
				t.Fatalf("text %q is not UTF-8", back)
			}
		}
	})
}

func Example() {
	options := Defaults()
	options.NumWords = 8
	tok, err := NewTokenizer(options)
	if err != nil {
		fmt.Println(err)
		return
	}
	tok.FitOnTexts([]string{"lower", "upper", "half", "even", "odd", "number"})
	ids := tok.TextsToSequences([]string{"odd number", "upper"})
	padded, err := PadSequences(ids, Padding{Length: 2})
	fmt.Println(padded, err)
	// Output: [[5 6] [0 2]] <nil>
}
