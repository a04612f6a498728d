package feature_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"braid"
	"braid/feature"
	"braid/tensor"
)

// What a description offers is what the encoder takes: its example and values have no note, the
// range is that of training, and a missing value is accepted if it is optional.
func TestDescribe(t *testing.T) {
	type want = feature.Description
	for _, c := range []struct {
		feature feature.Feature
		cells   []string
		want    feature.Description
	}{
		{feature.Number{}, []string{"-3", "8", "12.5", ""}, want{Form: feature.AsNumber, Optional: true,
			Least: "-3", Most: "12.5", Decimal: ".", Example: "8"}},
		{feature.Number{NumberFormat: feature.NumberFormat{Decimal: ",", Strip: "€"}, Log: true},
			[]string{"0,5 €", "1000", "20"}, want{Form: feature.AsNumber, Optional: true,
				Least: "0,5", Most: "1000", Decimal: ",", Unit: "€", Example: "20"}},
		{feature.Number{},
			[]string{"1e20", "1e-9", "0"}, want{Form: feature.AsNumber, Optional: true, Least: "0",
				Most: "1e+20", Decimal: ".", Example: "1e-09"}},
		{feature.Category{}, []string{"b", "b", "b", "八", "八", "once"}, want{Form: feature.AsChoice,
			Optional: true, Values: []string{"b", "八"}, Example: "b"}},
		{feature.Binary{}, []string{"t", "f"}, want{Form: feature.AsTruth, Optional: true, Closed: true,
			Values: []string{"no", "yes"}, Example: "yes"}},
		{feature.Binary{True: "no"}, []string{"no", "yes"}, want{Form: feature.AsTruth, Optional: true,
			Closed: true, Values: []string{"yes", "no"}, Example: "no"}},
		{feature.Binary{True: "x"}, []string{"x", ""}, want{Form: feature.AsTruth, Optional: true,
			Values: []string{"", "x"}, Example: "x"}},
		{feature.Date{}, []string{"2024-12-31", "1999-01-01", "2000-02-29"}, want{Form: feature.AsDate,
			Optional: true, Least: "1999-01-01", Most: "2024-12-31", Layout: "2006-01-02",
			Example: "2000-02-29"}},
		{feature.Date{}, []string{"2024-12-30T23:58", "2024-12-30T23:58"}, want{Form: feature.AsDate,
			Optional: true, Least: "2024-12-30T23:58", Most: "2024-12-30T23:58",
			Layout: "2006-01-02T15:04", Example: "2024-12-30T23:58"}},
		{feature.Date{Format: "02.01.2006"}, []string{"03.04.1987"}, want{Form: feature.AsDate,
			Optional: true, Least: "03.04.1987", Most: "03.04.1987", Layout: "02.01.2006",
			Example: "03.04.1987"}},
		{feature.Date{}, []string{"", "-"}, want{Form: feature.AsDate, Optional: true,
			Layout: "2006-01-02"}},
		{feature.Labels{Separator: "|"}, []string{"a|b", "b|a|b", "b"}, want{Form: feature.AsList,
			Optional: true, Values: []string{"b", "a"}, Separator: "|", Example: "b|a"}},
		{feature.Sequence{}, []string{"p q", "p q"}, want{Form: feature.AsList, Optional: true,
			Values: []string{"p", "q"}, Separator: " ", Length: 2, Example: "p q"}},
		{feature.Sequence{Separator: ">", Length: 1}, []string{"p > q", "p>q"}, want{
			Form: feature.AsList, Optional: true, Values: []string{"p", "q"}, Separator: ">", Length: 1,
			Example: "p"}},
		{feature.Text{}, []string{"a few words", "a few"}, want{Form: feature.AsText, Optional: true,
			Length: 3, Example: "a few"}},
		{feature.Tokens{}, []string{"odd half", "even"}, want{Form: feature.AsText,
			Values: []string{"odd half", "even"}, Length: 2, Example: "even"}},
		{feature.Tokens{OOV: "?"}, []string{"odd half"}, want{Form: feature.AsText, Optional: true,
			Values: []string{"odd half"}, Length: 2, Example: "odd half"}},
	} {
		e := learn(t, c.feature, c.cells...)
		got := feature.Describe(e)
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v:\ngot  %+v\nwant %+v", c.feature, got, c.want)
		}
		values := append([]string{got.Example, got.Least, got.Most}, got.Values...)
		for _, v := range values {
			if v == "" {
				continue
			}
			if _, note := encode(t, e, v); note != 0 && !(got.Unit != "" && note == feature.OutOfRange) {
				t.Errorf("%+v: %q has note %b", c.feature, v, note)
			}
		}
		var again feature.Description
		text, err := json.Marshal(got)
		if err == nil {
			err = json.Unmarshal(text, &again)
		}
		if err != nil || !reflect.DeepEqual(again, got) {
			t.Errorf("%s is read as %+v, error %v", text, again, err)
		}
	}
}

// An encoder that is no Describer takes a file or a text.
func TestDescribeOthers(t *testing.T) {
	for name, c := range map[string]struct {
		encoder feature.Encoder
		want    feature.Description
	}{
		"digit":   {&feature.DigitEncoder{}, feature.Description{Form: feature.AsFile}},
		"image":   {&feature.ImageEncoder{}, feature.Description{Form: feature.AsFile, Optional: true}},
		"numbers": {&feature.NumbersEncoder{}, feature.Description{Form: feature.AsArray}},
		"another": {another{}, feature.Description{Optional: true}},
		"a file":  {anotherFile{}, feature.Description{Form: feature.AsFile, Optional: true}},
	} {
		if got := feature.Describe(c.encoder); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, c.want)
		}
	}
}

// another is an encoder from outside the package.
type another struct{}

func (another) Kind() string { return "another" }
func (another) Inputs(string) []feature.Input {
	return []feature.Input{{DType: tensor.Float32, Shape: tensor.Shape{3}}}
}

func (another) Encode(_ feature.Value, row []feature.Slot) (feature.Note, error) {
	row[0].Floats[2] = 1
	return feature.Missing, nil
}

func (another) Branch(*braid.Graph, string, []*braid.Node) feature.Branch {
	return feature.Branch{}
}

type anotherFile struct{ another }

func (anotherFile) Memory([]byte, int64) int64 { return 0 }
