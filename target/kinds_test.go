package target_test

import (
	"reflect"
	"strings"
	"testing"

	"braid/feature"
	"braid/target"
)

// The settings of experiment files.
func TestDecode(t *testing.T) {
	none := 0.
	for _, c := range []struct {
		kind, config string
		want         target.Target
	}{
		{"category", `{"class_weights":"balanced","smoothing":0,"min_count":20}`, target.Category{
			ClassWeights: target.ClassWeights{Balanced: true}, Smoothing: &none, MinCount: 20}},
		{"category", `{"class_weights":{"01":2,"no":0.5}}`, target.Category{
			ClassWeights: target.ClassWeights{ByName: map[string]float64{"01": 2, "no": .5}}}},
		{"category", `{"class_weights":"none","missing":["?"]}`, target.Category{
			Missing: []string{"?"}}},
		{"binary", `{"true":">50K","positive_weight":2,"threshold":"auto"}`, target.Binary{True: ">50K",
			PositiveWeight: 2, Threshold: target.Threshold{Auto: true}}},
		{"labels", `{"separator":"|","min_count":3,"threshold":0.25}`, target.Labels{Separator: "|",
			MinCount: 3, Threshold: target.Threshold{Value: .25}}},
	} {
		got, err := target.Decode(c.kind, []byte(c.config))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s %s is %+v, error %v, want %+v", c.kind, c.config, got, err, c.want)
		}
	}
	got, err := target.Decode("number", []byte(
		`{"decimal":",","thousands":".","strip":"$","log":true,"loss":"huber"}`))
	n, ok := got.(target.Number)
	if err != nil || !ok || n.Decimal != "," || n.Thousands != "." || n.Strip != "$" || !n.Log ||
		n.Loss != target.Huber {
		t.Errorf("number is %+v, error %v", got, err)
	}
	for _, c := range []struct{ kind, config, want string }{
		{"categry", `{}`, `unknown target kind "categry", want one of "binary", "category", "labels", ` +
			`"number"; did you mean "category"?`},
		{"category", `{"smoothin":0}`, `did you mean "smoothing"?`},
		{"category", `{"class_weights":"heavy"}`, `got "heavy", want none, balanced, or a number for ` +
			`each class`},
		{"category", `{"class_weights":{"a":"2"}}`, "want none, balanced"},
		{"binary", `{"threshold":"half"}`, "want auto, or a number above 0 and below 1"},
		{"number", `{"loss":"mean"}`, `unknown loss "mean"`},
	} {
		if _, err := target.Decode(c.kind, []byte(c.config)); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: error is %v, want %s", c.kind, c.config, err, c.want)
		}
	}
}

// A decoder that was damaged or edited is refused before it is used.
func TestDecodeDecoder(t *testing.T) {
	for _, c := range []struct{ kind, learnt, want string }{
		{"category", `{}`, "there are no classes"},
		{"category", `{"classes":["a","b"],"counts":[1]}`, "counts has 1 numbers, want one for each"},
		{"category", `{"classes":["a","b"],"counts":[1,-1]}`, "counts has a number below 0"},
		{"category", `{"classes":["a","b"],"counts":[0,0]}`, "counts are all 0"},
		{"category", `{"classes":["b","a","b"],"counts":[1,2,1]}`, `the class "b" is there twice`},
		{"category", `{"classes":["a","b"],"counts":[1,2],"weights":[1]}`, "1 weights for 2 classes"},
		{"category", `{"classes":["a","b"],"counts":[1,2],"smoothing":1}`, "smoothing: got 1"},
		{"category", `{"classes":["a","b"],"counts":[1,2],"prior":[1,2]}`, `unknown field "prior"`},
		{"binary", `{"false":"a","true":"a","rows":2,"yes":1,"threshold":0.5}`, `are both "a"`},
		{"binary", `{"false":"a","true":"b","rows":2,"yes":2,"threshold":0.5}`, "yes = 2 of 2 rows"},
		{"binary", `{"false":"a","true":"b","rows":2,"yes":1}`, "threshold = 0, want"},
		{"binary", `{"false":"a","true":"b","rows":2,"yes":1,"threshold":0.5,"positive_weight":-1}`,
			"positive_weight: got -1"},
		{"labels", `{"classes":[],"counts":[],"rows":2}`, "there are no classes"},
		{"labels", `{"classes":["a"],"counts":[3],"rows":2,"separator":";","threshold":0.5}`,
			"a class has 3 rows of 2"},
		{"labels", `{"classes":["a"],"counts":[1],"rows":2,"threshold":0.5}`, "the separator is empty"},
		{"labels", `{"classes":["a"],"rows":2}`, "counts is missing"},
		{"labels", `{"classes":["a"],"counts":[1],"rows":2,"separator":";"}`, "threshold = 0"},
		{"number", `{"mean":1,"std":0,"median":0}`, "std = 0, want a finite number above 0"},
		{"number", `{"mean":1,"std":-2,"median":0}`, "std = -2"},
		{"number", `{"mean":1e999,"std":2,"median":0}`, "number:"},
		{"number", `{"mean":1,"std":2,"median":0,"loss":"mean"}`, `unknown loss "mean"`},
		{"sequence", `{}`, `unknown decoder kind "sequence"`},
	} {
		d, err := target.DecodeDecoder(c.kind, []byte(c.learnt))
		if err == nil || d != nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s %s: %+v, error %v, want %s", c.kind, c.learnt, d, err, c.want)
		}
	}
}

// A decoder of a network from elsewhere has classes in the order of its outputs, and no counts.
func TestOtherDecoders(t *testing.T) {
	c, err := target.DecodeDecoder("category", []byte(`{"classes":["shirt","coat","bag"]}`))
	if err != nil {
		t.Fatal(err)
	}
	for want, cell := range []string{"shirt", "coat", "bag"} {
		label := []int32{-7}
		if _, err := c.Encode(cell, feature.Slot{Ints: label}); err != nil || label[0] != int32(want) {
			t.Errorf("%s has the label %d, error %v, want %d", cell, label[0], err, want)
		}
	}
	if got := c.Answer([]float32{0.5, 0.125, 0.375}); got.Text != "shirt" ||
		got.Choices[2] != (target.Choice{Label: "bag", Probability: 0.375}) {
		t.Errorf("answer is %+v", got)
	}
	if got := c.Guess(); len(got) != 3 || got[0] != got[2] {
		t.Errorf("guess is %v, want equal shares", got)
	}
	s, err := c.Score([]float32{0.5, 0.125, 0.375, 0.25, 0.5, 0.25}, []string{"bag", "coat"})
	if err != nil || s.Figures[0].Value != 0.5 || s.Unknown != 0 {
		t.Errorf("score is %+v, error %v, want one right of two", s, err)
	}
	b, err := target.DecodeDecoder("binary", []byte(`{"false":"no","true":"yes","threshold":0.5}`))
	if err != nil {
		t.Fatal(err)
	}
	if got := b.Guess(); len(got) != 1 || got[0] != 0.5 {
		t.Errorf("guess is %v, want a half", got)
	}
}
