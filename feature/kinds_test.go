package feature_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"braid/data"
	"braid/feature"
)

// TestDecode reads the settings of each kind and writes them again.
func TestDecode(t *testing.T) {
	for _, c := range []struct {
		kind, settings string
		want           feature.Feature
	}{
		{"number", `{"decimal":",","thousands":".","strip":"€","log":true,"encoder":"periodic",` +
			`"clip":[0,9.5],"missing":["x"]}`,
			feature.Number{NumberFormat: feature.NumberFormat{Decimal: ",", Thousands: ".", Strip: "€"},
				Log: true, Encoding: feature.Periodic, Clip: []float64{0, 9.5}, Missing: []string{"x"}}},
		{"category", `{"min_count":1,"max":50,"encoder":"one_hot"}`,
			feature.Category{MinCount: 1, Max: 50, Encoding: feature.OneHot}},
		{"category", `{"encoder":"auto"}`, feature.Category{}},
		{"binary", `{"true":">50K"}`, feature.Binary{True: ">50K"}},
		{"date", `{"format":"Jan 02 2006","parts":["weekday","time"]}`, feature.Date{
			Format: "Jan 02 2006", Parts: feature.DateParts{feature.Weekday, feature.TimeOfDay}}},
		{"date", `{"format":"iso","parts":"auto"}`, feature.Date{Format: "iso"}},
		{"text", `{"encoder":"transformer","width":32,"vocabulary":900,"min_count":3,"length":80}`,
			feature.Text{Encoding: feature.Transformer, Width: 32, Vocabulary: 900, MinCount: 3,
				Length: 80}},
		{"text", `{"length":"auto"}`, feature.Text{}},
		{"labels", `{"separator":"|","min_count":5,"max":7}`,
			feature.Labels{Separator: "|", MinCount: 5, Max: 7}},
		{"tokens", `{"words":["a","b"],"num_words":8,"length":2,"filters":"","keep_case":true,"oov":"?"}`,
			feature.Tokens{Words: []string{"a", "b"}, NumWords: 8, Length: 2, Filters: new(""),
				KeepCase: true, OOV: "?"}},
		{"digit", `{"height":12,"width":9,"standard":{"mean":1.5,"std":3}}`, feature.Digit{
			Height: 12, Width: 9, Standard: &data.Standard{Mean: 1.5, Std: 3}}},
		{"sequence", `{"separator":">","encoder":"lstm","length":9}`,
			feature.Sequence{Separator: ">", Encoding: feature.SequenceLSTM, Length: 9}},
	} {
		got, err := feature.Decode(c.kind, []byte(c.settings))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %s: got %+v, error %v, want %+v", c.kind, c.settings, got, err, c.want)
			continue
		}
		written, err := json.Marshal(got)
		if err != nil {
			t.Fatal(err)
		}
		again, err := feature.Decode(c.kind, written)
		if err != nil || !reflect.DeepEqual(again, c.want) {
			t.Errorf("%s %s: written as %s, read as %+v, error %v", c.kind, c.settings, written, again, err)
		}
	}
	if want := []string{"binary", "category", "date"}; !slices.Equal(feature.Kinds()[:3], want) {
		t.Errorf("the kinds are %q", feature.Kinds())
	}
}

func TestDecodeMistakes(t *testing.T) {
	for _, c := range []struct{ kind, settings, want string }{
		{"numbr", `{}`, `unknown column kind "numbr", want one of "binary"`},
		{"number", `{"decimel":","}`, `number: unknown field "decimel"`},
		{"number", `{"decimal":";"}`, `number: decimal = ";", want "." or ","`},
		{"number", `{"decimal":",","thousands":","}`, `number: thousands = ",", want another`},
		{"number", `{"thousands":".,"}`, `number: thousands = ".,", want one character`},
		{"number", `{"thousands":"5"}`, `thousands = "5", want a character that`},
		{"number", `{"thousands":"."}`, `thousands = ".", want another character than decimal`},
		{"number", `{"strip":"$0"}`, `strip has '0'`},
		{"number", `{"clip":[1]}`, `clip = [1], want the smallest and the largest`},
		{"number", `{"clip":[2,1]}`, `clip = [2 1]`},
		{"number", `{"encoder":"scaled"}`, `unknown encoder "scaled", want one of "scale", "periodic"`},
		{"number", `{"missing":[" x"]}`, `missing has " x"`},
		{"category", `{"min_count":-1}`, `category: min_count = -1, want 1 or more`},
		{"category", `{"max":-2}`, `category: max = -2`},
		{"binary", `{"true":" x"}`, `binary: true = " x", want a text without spaces`},
		{"date", `{"format":"DD.MM.YYYY"}`, `date: format = "DD.MM.YYYY" has no year, want iso, or how`},
		{"date", `{"parts":["month"]}`, `unknown part "month"`},
		{"date", `{"parts":["year","year"]}`, `parts has year twice`},
		{"date", `{"parts":[]}`, `parts is empty`},
		{"text", `{"width":-1}`, `width = -1`}, {"text", `{"vocabulary":-1}`, `vocabulary = -1`},
		{"text", `{"length":-1}`, `length = -1, want 1 to 4096, or auto`},
		{"text", `{"length":5000}`, `length = 5000, want 1 to 4096, or auto`},
		{"text", `{"length":"long"}`, `length = "long", want a whole number, or auto`},
		{"sequence", `{"encoder":"gru"}`, `unknown encoder "gru", want one of "words", "lstm"`},
		{"tokens", `{"words":["a","a"]}`, `tokens: words has "a" twice`},
		{"tokens", `{"length":-1}`, `-1 steps, want 1`}, {"tokens", `{"num_words":-1}`, `num_words = -1`},
		{"digit", `{"width":-1}`, `digit: width = -1`},
		{"digit", `{"standard":{"mean":1}}`, `mean = 1 and std = 0`},
		{"labels", `{"min_count":-3}`, `labels: min_count = -3`},
	} {
		_, err := feature.Decode(c.kind, []byte(c.settings))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: error is %v, want %s", c.kind, c.settings, err, c.want)
		}
	}
	for _, c := range []struct{ kind, content, want string }{
		{"category", `{"values":["a","a"]}`, "twice"}, {"category", `{"width":-1}`, "width = -1"},
		{"category", `{"valeus":[]}`, `unknown field "valeus"`},
		{"number", `{"settings":{"clip":[1]},"scale":{"spread":1}}`, "clip = [1]"},
		{"number", `{"scale":{"median":1}}`, "the spread is not above 0"},
		{"number", `{"scale":{"spread":1,"mean":2}}`, `unknown field "mean"`},
		{"date", `{"parts":["year"]}`, "the spread"},
		{"date", `{"years":{"spread":1}}`, "parts is empty"},
		{"text", `{"words":["a"]}`, "steps, want 1"}, {"text", `{"steps":5000}`, "5000 steps"},
		{"text", `{"steps":1,"grams":-1}`, "-1 steps"}, {"sequence", `{"steps":0}`, "steps, want 1"},
		{"tokens", `{"padding":{"length":2}}`, "the tokenizer is missing"},
		{"digit", `{"height":1,"standard":{"std":1}}`, "size = 1 x 0"},
		{"labels", `{}`, "separator is empty"},
		{"labels", `{"separator":";","width":3}`, "length = 0"},
	} {
		_, err := feature.DecodeEncoder(c.kind, []byte(c.content))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: error is %v, want %s", c.kind, c.content, err, c.want)
		}
	}
}

// example is a feature with cells to learn from, and others.
type example struct {
	feature feature.Feature
	cells   []string
	other   []string
}

// examples has each kind, and each of its encodings.
func examples() []example {
	numbers := []string{"8", "NA", "1", "4", "", "100", "2"}
	texts := []string{"the cat sat on a mat", "", "A cat and the dog", "dogs and the cat sit on",
		"日本の cat"}
	var many []string
	for i := range 70 {
		many = append(many, fmt.Sprintf("l%d;k", i), fmt.Sprintf("l%d;k", i))
	}
	pages := []string{"a b a", "", "b c", "b  a"}
	list := []example{
		{feature.Number{}, numbers, []string{"-900", "5"}},
		{feature.Number{Log: true, Encoding: feature.Periodic}, numbers, []string{"900", "5"}},
		{feature.Category{}, cells, []string{"z", "z"}},
		{feature.Category{Encoding: feature.Embedded}, cells, []string{"z", "z"}},
		{feature.Binary{}, []string{"yes", "no", ""}, []string{"true"}},
		{feature.Binary{True: "x"}, []string{"x", "z", ""}, []string{"x"}},
		{feature.Date{}, []string{"2002-10-11", "", "2010-12-31"}, []string{"1950-01-01T12:00"}},
		{feature.Labels{}, []string{"red; blue", "blue;red;", ""}, []string{"x;x", "x"}},
		{feature.Labels{}, many, []string{"x", "x"}},
		{feature.Sequence{}, pages, []string{"x y z x x x x"}},
		{feature.Sequence{Encoding: feature.SequenceLSTM, Width: 8}, pages, []string{"x x x x x"}},
		{feature.Tokens{OOV: "?"}, texts, []string{"other words of other people other words"}},
		{feature.Text{}, texts, []string{"other words of other people other words"}},
	}
	for _, e := range []feature.TextEncoding{feature.Characters, feature.CNN, feature.GRU,
		feature.Transformer} {
		list = append(list, example{feature.Text{Encoding: e, Width: 8}, texts,
			[]string{"other words of other people", "xyzzy xyzzy"}})
	}
	return list
}

// TestRoundTrip checks that an encoder that was written and read encodes as before.
func TestRoundTrip(t *testing.T) {
	for _, x := range examples() {
		e := learn(t, x.feature, x.cells...)
		content, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		read, err := feature.DecodeEncoder(e.Kind(), content)
		if err != nil {
			t.Errorf("%s: %v", content, err)
			continue
		}
		if again, _ := json.Marshal(read); string(again) != string(content) ||
			!reflect.DeepEqual(read.Inputs("c"), e.Inputs("c")) || e.Kind() != x.feature.Kind() {
			t.Errorf("%s is read and written as %s", content, again)
		}
		for _, cell := range x.cells {
			want, note := encode(t, e, cell)
			got, again := encode(t, read, cell)
			if !reflect.DeepEqual(got, want) || note != again {
				t.Errorf("%s: %q is %v, want %v", content, cell, got, want)
			}
		}
	}
}

// TestLearnReadsRows checks that only the given rows count: other cells change nothing.
func TestLearnReadsRows(t *testing.T) {
	for _, x := range examples() {
		all := slices.Concat(x.other, x.cells)
		train := rows(len(all))[len(x.other):]
		e, err := x.feature.Learn(feature.Column{Name: "c", Frame: frame(t, "c", all...), Rows: train})
		if err != nil {
			t.Fatal(err)
		}
		got, _ := json.Marshal(e)
		want, _ := json.Marshal(learn(t, x.feature, x.cells...))
		if string(got) != string(want) {
			t.Errorf("%+v: learnt %s, want %s", x.feature, got, want)
		}
		both, _ := json.Marshal(learn(t, x.feature, all...))
		if _, same := x.feature.(feature.Binary); string(both) == string(want) && !same {
			t.Errorf("%+v: the other cells would not show", x.feature)
		}
	}
}
