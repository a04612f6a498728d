package experiment

import (
	"reflect"
	"testing"

	"braid/feature"
	"braid/target"
)

// TestRealKinds checks that all settings of the real types are read, and written as they were.
func TestRealKinds(t *testing.T) {
	checkKeys(t, "input", features, "type")
	checkKeys(t, "head", targets, "type", "weight")
	e, err := Parse("a.yaml", []byte(`data: a.csv
inputs:
  amount: {type: number, decimal: ",", thousands: ".", strip: "$%", log: true, encoder: periodic,
    clip: [0, 100.5], missing: [-9]}
  maker: {type: category, min_count: 3, max: 100, encoder: embedding}
  sold: {type: binary, true: no}
  story: {type: text, encoder: gru, width: 32, vocabulary: 100, length: 40}
  title: {type: text, length: auto}
  pages: {type: sequence, separator: ";", encoder: lstm}
  day: {type: date, format: "Jan 02 2006", parts: auto}
  year: {type: date, parts: [year]}
  tags: {type: labels, separator: "|", min_count: 1}
heads:
  group: {type: category, class_weights: balanced, smoothing: 0, min_count: 20, weight: 2}
  kind: {type: category, class_weights: {no: 2, 01: 0.5}}
  rich: {type: binary, true: ">50K", threshold: auto, positive_weight: 3}
  ill: {type: binary, threshold: 0.25}
  price: {type: number, loss: huber, decimal: ","}
  marks: {type: labels, separator: "|", threshold: 0.3}
`))
	if err != nil {
		t.Fatal(err)
	}
	checkRoundTrip(t, &Experiment{Name: "x", Data: e.Data, Inputs: e.Inputs, Heads: e.Heads}, nil)
	want := []any{
		target.Category{ClassWeights: target.ClassWeights{Balanced: true}, Smoothing: new(0.0),
			MinCount: 20},
		target.Category{ClassWeights: target.ClassWeights{
			ByName: map[string]float64{"no": 2, "01": 0.5},
		}},
		target.Binary{True: ">50K", Threshold: target.Threshold{Auto: true}, PositiveWeight: 3},
		target.Binary{Threshold: target.Threshold{Value: 0.25}},
	}
	for i, w := range want {
		if got := e.Heads[i].Target; !reflect.DeepEqual(got, w) {
			t.Errorf("head %q is %+v, want %+v", e.Heads[i].Column, got, w)
		}
	}
	if got := e.Inputs[2].Feature; !reflect.DeepEqual(got, feature.Binary{True: "no"}) {
		t.Errorf("sold is %+v", got)
	}
}

func TestRealMistakes(t *testing.T) {
	checkMistakes(t, `data: a.csv
inputs:
  a: {type: number, decimal: ",", encoder: perodic}
  b: {type: binary, tru: no}
  c: {type: text, length: 5, width: -1}
heads:
  d: {type: category, class_weights: blanced}
  e: {type: binary, threshold: 3}
  f: {type: text}
`, `e.yaml:3:44: encoder in input "a": unknown encoder "perodic", want one of "scale", "periodic"`+
		`; did you mean "periodic"?
e.yaml:4:21: unknown key "tru" in input "b"; did you mean "true"?
e.yaml:5:37: input "c": width = -1, want 1 or more
e.yaml:7:38: class_weights in head "d": got "blanced", want none, balanced, or a number for each `+
		`class, such as {cat: 2, dog: 0.5}
e.yaml:8:32: threshold in head "e": threshold: got 3, want auto, or a number above 0 and below 1
e.yaml:9:13: head "f" cannot have type "text", want one of "binary", "category", `+
		`"labels", "number"`)
}

// TestRealExperiments checks that the experiments of TestRead are read with the real types too.
func TestRealExperiments(t *testing.T) {
	for name, content := range map[string]string{"movies": movies, "wordnet": wordnet} {
		if _, err := Parse(name+".yaml", []byte(content)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
