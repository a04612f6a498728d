package feature_test

import (
	"slices"
	"strings"
	"testing"

	"braid/feature"
)

var questions = []string{"lower half", "upper half", "even number", "odd number"}

// The seed's six words have ids 1 to 6 in the order of the settings, whatever the texts of training
// and their frequencies are.
func TestTokens(t *testing.T) {
	f := feature.Tokens{NumWords: 8, Length: 2,
		Words: []string{"lower", "upper", "half", "even", "odd", "number"}}
	e := learn(t, f, "odd number", "lower half", "odd number").(*feature.TokensEncoder)
	if in := e.Inputs("q")[0]; in.Vocabulary != 8 || in.Shape[0] != 2 || in.Name != "q" {
		t.Errorf("input is %+v", in)
	}
	if want := []string{"odd number", "lower half"}; !slices.Equal(e.Texts, want) {
		t.Errorf("texts of training are %q, want %q", e.Texts, want)
	}
	for i, want := range [][2]int32{{1, 3}, {2, 3}, {4, 6}, {5, 6}} {
		slots, note := encode(t, e, questions[i])
		if got := slots[0].Ints; !slices.Equal(got, want[:]) || note != 0 {
			t.Errorf("%s: ids %v, notes %v, want %v", questions[i], got, note, want)
		}
	}
	slots, note := encode(t, e, "Even, even ODD!")
	if got := slots[0].Ints; !slices.Equal(got, []int32{4, 5}) || note != feature.Cut {
		t.Errorf("ids %v, notes %v, want the last two words", got, note)
	}
	slots, _ = encode(t, e, "even")
	if got := slots[0].Ints; !slices.Equal(got, []int32{0, 4}) {
		t.Errorf("ids %v, want padding first", got)
	}
}

// A text of training is noted as any other: here it is cut, has an unknown word, or is empty.
func TestTokensNotes(t *testing.T) {
	e := learn(t, feature.Tokens{OOV: "?", Length: 1, Words: []string{"a"}}, "a a", "b", "", "a")
	for cell, want := range map[string]feature.Note{
		"a a": feature.Cut, "b": feature.Unknown, "": feature.Missing, "a": 0,
	} {
		for _, spaces := range []string{"", " "} {
			if _, note := encode(t, e, cell+spaces); note != want {
				t.Errorf("%q: notes are %b, want %b", cell+spaces, note, want)
			}
		}
	}
	if f := (feature.Tokens{CharLevel: true}); f.Canonical("a ") != "a " {
		t.Error("a space is a word too")
	}
}

// With Drop, unknown words are left out, and a text may have none that is known.
func TestTokensDrop(t *testing.T) {
	e := learn(t, feature.Tokens{Length: 2}, "odd number", "even number").(*feature.TokensEncoder)
	for cell, want := range map[string][]int32{"very odd": {0, 2}, "": {0, 0}} {
		row := slots(e)
		e.Drop = false
		if _, err := e.Encode(feature.Value{Text: cell}, row); err == nil {
			t.Errorf("%q is read", cell)
		}
		e.Drop = true
		_, err := e.Encode(feature.Value{Text: cell}, row)
		if err != nil || !slices.Equal(row[0].Ints, want) {
			t.Errorf("%q is %v, error %v, want %v", cell, row[0].Ints, err, want)
		}
	}
}

// The most frequent word of training has the first id without words in the settings.
func TestTokensFitted(t *testing.T) {
	e := learn(t, feature.Tokens{OOV: "?", PadAfter: true}, "b a", "a", "c a b", "a")
	if in := e.Inputs("q")[0]; in.Vocabulary != 5 || in.Shape[0] != 3 {
		t.Errorf("input is %+v, want 5 ids, 3 steps", in)
	}
	for cell, want := range map[string][]int32{"c b a": {4, 3, 2}, "x a": {1, 2, 0}, "": {0, 0, 0}} {
		slots, note := encode(t, e, cell)
		if got := slots[0].Ints; !slices.Equal(got, want) {
			t.Errorf("%q: ids %v, want %v", cell, got, want)
		}
		if unknown := note&feature.Unknown != 0; unknown != (cell == "x a") {
			t.Errorf("%q: notes are %v", cell, note)
		}
		if missing := note&feature.Missing != 0; missing != (cell == "") {
			t.Errorf("%q: notes are %v", cell, note)
		}
	}
}

// Without a token for them, unknown words are errors that say what can be read.
func TestTokensUnreadable(t *testing.T) {
	f := feature.Tokens{Length: 2, Words: []string{"even", "odd"}}
	e := learn(t, f, "even odd", "odd")
	for cell, want := range map[string]string{
		"even ood": `"even ood" has a word the model does not know: "ood"`,
		"  ":       `"  " asks nothing`,
	} {
		_, err := e.Encode(feature.Value{Text: cell}, []feature.Slot{{Ints: make([]int32, 2)}})
		if want += `; it can be asked "even odd", "odd"`; err == nil || err.Error() != want {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
	_, err := f.Learn(feature.Column{
		Name: "c", Frame: frame(t, "c", "odd", "off", "even"), Rows: rows(3)})
	if err == nil || !strings.Contains(err.Error(), `some/file.csv:3: column "c": "off" has a word`) {
		t.Errorf("error is %v, want the place of the cell", err)
	}
	e.(*feature.TokensEncoder).Limit = 2
	_, err = e.Encode(feature.Value{Text: "odd even"}, []feature.Slot{{Ints: make([]int32, 2)}})
	if err == nil || !strings.Contains(err.Error(), "needs id 2, the network takes 0 to 1") {
		t.Errorf("error is %v, want the network's ids", err)
	}
}
