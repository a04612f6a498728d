package target_test

import (
	"math"
	"slices"
	"testing"

	"braid/feature"
	"braid/target"
)

func TestLabels(t *testing.T) {
	d := again(t, learn(t, target.Labels{}, "red;round", "round", "", ";", "red; flat ;red", "round;"))
	nearAll(t, "shares", d.Guess(), 1./5, 2./5, 3./5) // flat, red, round
	nearAll(t, "biases", d.Biases(), math.Log(1./4), math.Log(2./3), math.Log(3./2))
	row := feature.Slot{Floats: make([]float32, 3)}
	for cell, want := range map[string][]float64{
		"round ;flat": {1, 0, 1}, ";": {0, 0, 0}, "red;blue": {0, 1, 0},
		" ": {math.NaN(), math.NaN(), math.NaN()},
	} {
		note, err := d.Encode(cell, row)
		if err != nil || (note == feature.Unknown) != (cell == "red;blue") ||
			(note == feature.Missing) != (cell == " ") {
			t.Errorf("%q: note %d, error %v", cell, note, err)
		}
		nearAll(t, cell, row.Floats, want...)
	}
	a := d.Answer([]float32{.75, .25, .625})
	if a.Text != "flat;round" || a.Probability != .75*.75*.625 || len(a.Choices) != 3 ||
		a.Choices[1] != (target.Choice{Label: "red", Probability: .25}) ||
		!slices.Equal(a.Applies, []target.Choice{a.Choices[0], a.Choices[2]}) {
		t.Errorf("the answer is %+v", a)
	}
	if a := d.Answer([]float32{.5, .25, .125}); a.Text != ";" || a.Probability != .5*.75*.875 ||
		a.Applies == nil || len(a.Applies) > 0 {
		t.Errorf("the answer is %+v", a)
	}
}

// The figures are worked out by hand. "blue" is in no training row.
func TestLabelsScore(t *testing.T) {
	d := learn(t, target.Labels{}, "red;round", "round", "red;flat")
	outputs := []float32{ // flat, red, round
		.1, .9, .8, // red;round: right
		.6, .7, .2, // red: flat is too much
		.2, .4, .7, // round;blue: blue is missing
		.9, .9, .9, // not known
		.1, .2, .3, // none: right
	}
	s, figures := score(t, d, outputs, "red;round", "red", "round;blue", "", ";")
	if s.Known != 4 || s.Unknown != 1 {
		t.Errorf("%d known, %d unknown", s.Known, s.Unknown)
	}
	logs := 0.
	for _, p := range []float64{.9, .9, .8, .4, .7, .8, .8, .6, .7, .9, .8, .7} {
		logs -= math.Log(p) / 12
	}
	check(t, figures, map[string]float64{
		"micro_f1": 8. / (5 + 5), "macro_f1": (0 + 1 + 1 + 0) / 4., "subset_accuracy": .5,
		"log_loss": logs,
	})
	// With min_count a class that is too rare, or new, does not count.
	d = learn(t, target.Labels{MinCount: 2}, "red;round", "round", "red;flat", "round")
	if got := d.(target.LabelsDecoder); !slices.Equal(got.Classes, []string{"red", "round"}) {
		t.Errorf("got %+v", got)
	}
	s, figures = score(t, d, []float32{.9, .2}, "red;flat;blue")
	if s.Unknown != 0 || figures["micro_f1"] != 1 || figures["subset_accuracy"] != 1 {
		t.Errorf("got %+v", s)
	}
}

func TestLabelsMistakes(t *testing.T) {
	mistake(t, target.Labels{}, "MPAA Rating has no label in the training part", "", ";")
	mistake(t, target.Labels{}, `MPAA Rating has one class, "R", in the training part, want 2 or more`,
		"R", "R;R")
	mistake(t, target.Labels{MinCount: 2}, "MPAA Rating has 0 of 2 classes with 2 rows or more "+
		"(min_count) in the training part, want 2 or more", "R;G")
	learn(t, target.Labels{}, "R", ";") // one class that some rows do not have
}
