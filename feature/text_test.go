package feature_test

import (
	"slices"
	"strings"
	"testing"

	"braid/feature"
)

func TestText(t *testing.T) {
	e := learn(t, feature.Text{}, "The cat", "", "the dog; the CAT", "a bird").(*feature.TextEncoder)
	if want := []string{"the", "cat"}; !slices.Equal(e.Words.Words(), want) {
		t.Errorf("words are %q, want %q", e.Words.Words(), want)
	}
	if e.Steps != 4 || e.Grams != 12 || e.Deep { // the median text has 2 words
		t.Errorf("%d steps and %d 3-grams, deep %t, want 4 and 12, not deep", e.Steps, e.Grams, e.Deep)
	}
	for cell, want := range map[string][4]int32{
		"cat THE": {3, 2}, "the new cat": {2, 1, 3}, "": {}, "the the the the the": {2, 2, 2, 2},
	} {
		row, note := encode(t, e, cell)
		wantNote := map[string]feature.Note{"": feature.Missing, "the new cat": feature.Unknown,
			"the the the the the": feature.Cut}[cell]
		if !slices.Equal(row[0].Ints, want[:]) || note != wantNote {
			t.Errorf("%q is %v with note %b, want %v with %b", cell, row[0].Ints, note, want, wantNote)
		}
	}
}

// TestTextGrams checks which columns are read by 3-grams, and by the branch too: by the words of
// the median text.
func TestTextGrams(t *testing.T) {
	for words, deep := range map[int]bool{1: false, 3: false, 4: true, 11: true, 12: false} {
		text := strings.TrimSpace(strings.Repeat("cat anew ", words)[:len("cat anew ")*words/2])
		e := learn(t, feature.Text{}, text, text+" and so on", "cat").(*feature.TextEncoder)
		if n := len(strings.Fields(text)); n != words {
			t.Fatalf("%q has %d words", text, n)
		}
		if (e.Grams > 0) != (words <= 11) || e.Deep != deep {
			t.Errorf("%d words: %d 3-grams, deep %t", words, e.Grams, e.Deep)
		}
		if e.Narrow(); (e.Grams > 0) != deep {
			t.Errorf("%d words: %d 3-grams for heads that are not wide", words, e.Grams)
		}
	}
	e := learn(t, feature.Text{}, "cat a cat a").(*feature.TextEncoder)
	row, note := encode(t, e, "a cat été cat a cat")
	if e.Grams != 8 || note != feature.Cut|feature.Unknown ||
		!slices.Equal(row[0].Ints, []int32{2, 3, 1, 3}) ||
		!slices.Equal(row[1].Ints, []int32{3437, 1053, 2676, 2276, 145, 1955, 3916, 1053}) {
		t.Errorf("%d 3-grams, ids %v, %v, note %b", e.Grams, row[0].Ints, row[1].Ints, note)
	}
	row, _ = encode(t, e, "a")
	if !slices.Equal(row[1].Ints, []int32{3437, 0, 0, 0, 0, 0, 0, 0}) {
		t.Errorf("the 3-grams of a are %v", row[1].Ints)
	}
	e = learn(t, feature.Text{Encoding: feature.GRU}, "cat a cat a").(*feature.TextEncoder)
	if e.Grams > 0 {
		t.Error("a GRU has 3-grams")
	}
}

func TestTextCharacters(t *testing.T) {
	e := learn(t, feature.Text{Encoding: feature.Characters, Length: 5}, "Ab  a")
	row, note := encode(t, e, " bAa\tx")
	if want := []int32{1, 2, 2, 1, 1}; !slices.Equal(row[0].Ints, want) || note != feature.Unknown {
		t.Errorf("ids are %v with note %b, want %v", row[0].Ints, note, want)
	}
}

func TestCanonical(t *testing.T) {
	for _, c := range []struct {
		feature feature.Feature
		same    []string // the first is the canonical text
	}{
		{feature.Number{}, []string{"1.5", "1.50", " +1.5", "15e-1"}},
		{feature.Number{}, []string{"0", "-0", "0.0"}},
		{feature.Number{}, []string{"", "NA", " ", "inf"}},
		{feature.Number{NumberFormat: feature.NumberFormat{Decimal: ",", Thousands: "."}},
			[]string{"1234.5", "1.234,5", "1234,50"}},
		{feature.Number{}, []string{" abc"}},
		{feature.Category{}, []string{"01", " 01"}}, {feature.Category{}, []string{"NA"}},
		{feature.Category{Missing: []string{"NA"}}, []string{"", "NA"}},
		{feature.Binary{}, []string{"true", "YES", "1", "t "}},
		{feature.Binary{}, []string{"false", "no", "0"}}, {feature.Binary{True: "no"}, []string{"no"}},
		{feature.Binary{}, []string{"maybe"}},
		{feature.Date{}, []string{"2002-10-11T00:00:00", "20021011", "2002-10-11 00:00"}},
		{feature.Date{}, []string{"", "-"}}, {feature.Date{}, []string{"soon"}},
		{feature.Text{}, []string{"the cat", "The  cat\n"}}, {feature.Text{}, []string{"none", "None"}},
		{feature.Labels{}, []string{"a;b", "b; a;;b"}}, {feature.Labels{}, []string{"", ";"}},
		{feature.Sequence{}, []string{"b a B", " b  a B"}},
		{feature.Sequence{Separator: ","}, []string{"b,a c", "b, ,a c"}},
	} {
		for _, cell := range c.same {
			if got := c.feature.Canonical(cell); got != c.same[0] {
				t.Errorf("%s: %q is %q, want %q", c.feature.Kind(), cell, got, c.same[0])
			}
		}
	}
}
