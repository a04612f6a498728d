package target_test

import (
	"math"
	"slices"
	"testing"

	"braid/data"
	"braid/feature"
	"braid/loss"
	"braid/target"
)

// Names of classes are the cells' texts, whatever else they could mean.
func TestCategory(t *testing.T) {
	d := again(t, learn(t, target.Category{Missing: []string{"none"}},
		"no", "01", "null", " 01", "", "1.0", "no ", "none", "01"))
	for i, want := range []string{"01", "1.0", "no", "null"} {
		outputs := []float32{.1, .1, .1, .1}
		outputs[i] = .7
		a := d.Answer(outputs)
		if a.Text != want || a.Probability != float64(float32(.7)) || len(a.Choices) != 4 ||
			a.Choices[i].Label != want || a.Choices[i].Probability != a.Probability {
			t.Errorf("answer %d is %+v, want %s", i, a, want)
		}
	}
	if a := d.Answer([]float32{.1, .4, .4, .1}); a.Text != "1.0" { // the first of equal ones
		t.Errorf("the answer is %+v, want 1.0", a)
	}
	row := feature.Slot{Ints: make([]int32, 1)}
	for cell, want := range map[string]struct {
		label int32
		note  feature.Note
	}{
		"null": {3, 0}, " 01": {0, 0}, "1": {data.NoLabel, feature.Unknown},
		"": {data.NoLabel, feature.Missing}, "none": {data.NoLabel, feature.Missing},
	} {
		note, err := d.Encode(cell, row)
		if row.Ints[0] != want.label || note != want.note || err != nil {
			t.Errorf("%q: label %d, note %d, error %v, want %v", cell, row.Ints[0], note, err, want)
		}
	}
	nearAll(t, "shares", d.Guess(), 3./7, 1./7, 2./7, 1./7)
	nearAll(t, "biases", d.Biases(), math.Log(3./7+1e-6), math.Log(1./7+1e-6), math.Log(2./7+1e-6),
		math.Log(1./7+1e-6))
	if l := d.Loss().(loss.SparseCategoricalCrossentropy); l.Smoothing != .1 || l.ClassWeights != nil {
		t.Errorf("the loss is %+v", l)
	}
}

// The figures are worked out by hand, as scikit-learn defines them. "d" is in no training row.
func TestCategoryScore(t *testing.T) {
	d := learn(t, target.Category{}, "a", "a", "b", "c")
	outputs := []float32{
		.5, .3, .2, // a
		.6, .3, .1, // b, predicted a
		.1, .8, .1, // b
		.2, .2, .6, // missing
		.3, .3, .4, // d, predicted c
		.7, .2, .1, // a
	}
	s, figures := score(t, d, outputs, "a", "b", " b", "", "d", "a")
	if s.Known != 5 || s.Unknown != 1 || s.Rare != 0 {
		t.Errorf("%d known, %d unknown, %d rare", s.Known, s.Unknown, s.Rare)
	}
	check(t, figures, map[string]float64{
		"accuracy":          3. / 5,
		"macro_f1":          (4./5 + 2./3 + 0 + 0) / 4, // a, b, c, d
		"balanced_accuracy": (1 + 1./2 + 0) / 3,        // a, b, d
		"log_loss":          -(math.Log(.5) + math.Log(.3) + math.Log(.8) + math.Log(.7)) / 4,
	})
	b := s.Classes[1]
	if b.Label != "b" || b.Rows != 2 || b.Predicted != 1 || b.Precision != 1 || b.Recall != .5 ||
		!near(b.F1, 2./3) {
		t.Errorf("b has %+v", b)
	}
	if last := s.Classes[3]; last.Label != "d" || last.Rows != 1 || !math.IsNaN(last.Precision) {
		t.Errorf("d has %+v", last)
	}
	_, figures = score(t, d, []float32{.1, .2, .7}, "")
	nan := math.NaN()
	check(t, figures, map[string]float64{"accuracy": nan, "macro_f1": nan, "balanced_accuracy": nan,
		"log_loss": nan})
}

// With min_count, a class that is too rare is missing in all parts, and so is one of the test part.
func TestMinCount(t *testing.T) {
	d := learn(t, target.Category{MinCount: 2}, "a", "b", "c", "a", "b", "b")
	if got := d.(target.CategoryDecoder); !slices.Equal(got.Classes, []string{"a", "b"}) ||
		!slices.Equal(got.Counts, []int{2, 3}) {
		t.Errorf("got %+v", got)
	}
	s, figures := score(t, d, []float32{.6, .4, .6, .4, .9, .1}, "a", "c", "d")
	if s.Known != 1 || s.Rare != 2 || figures["accuracy"] != 1 {
		t.Errorf("got %+v", s)
	}
	mistake(t, target.Category{MinCount: 3}, "MPAA Rating has 1 of 3 classes with 3 rows or more "+
		"(min_count) in the training part, want 2 or more", "a", "b", "c", "a", "b", "b")
}

func TestClassWeights(t *testing.T) {
	cells := []string{"a", "b", "c", "a", "b", "b"}
	smoothing := 0.
	d := learn(t, target.Category{ClassWeights: target.ClassWeights{Balanced: true},
		Smoothing: &smoothing}, cells...)
	l := d.Loss().(loss.SparseCategoricalCrossentropy)
	if !slices.Equal(l.ClassWeights, []float64{1, 2. / 3, 2}) || l.Smoothing != 0 {
		t.Errorf("the loss is %+v", l)
	}
	again(t, d)
	some := map[string]float64{"c": 4, "a": .5}
	d = learn(t, target.Category{ClassWeights: target.ClassWeights{ByName: some}}, cells...)
	l = d.Loss().(loss.SparseCategoricalCrossentropy)
	if !slices.Equal(l.ClassWeights, []float64{.5, 1, 4}) {
		t.Errorf("the loss is %+v", l)
	}
	wrong := target.ClassWeights{ByName: map[string]float64{"cc": 4}}
	mistake(t, target.Category{ClassWeights: wrong}, `MPAA Rating: class_weights: unknown class `+
		`"cc", want one of "a", "b", "c"; did you mean "c"?`, cells...)
	wrong.ByName["a"] = -1
	mistake(t, target.Category{ClassWeights: wrong},
		`MPAA Rating: class_weights: "a": got -1, want a finite number from 0`, cells...)
}

func TestCategoryMistakes(t *testing.T) {
	mistake(t, target.Category{},
		`MPAA Rating has one class, "R", in the training part, want 2 or more`, "R", "", " R")
	mistake(t, target.Category{}, "MPAA Rating has no label in the training part", "", " ")
	mistake(t, target.Category{MinCount: -1},
		"MPAA Rating: min_count: got -1, want 1 or more, or 0, which means 1", "a", "b")
	one := 1.
	mistake(t, target.Category{Smoothing: &one},
		"MPAA Rating: smoothing: got 1, want 0 or more, and below 1", "a", "b")
}
