package target_test

import (
	"math"
	"reflect"
	"testing"

	"braid/feature"
	"braid/loss"
	"braid/target"
)

// Words are answered as most cells spell them.
func TestBinary(t *testing.T) {
	d := again(t, learn(t, target.Binary{PositiveWeight: 3}, "Yes", "no", "YES", "", "NO", "Yes", "NO",
		"NO"))
	yes, no := d.Answer([]float32{.75}), d.Answer([]float32{.25})
	choices := []target.Choice{{Label: "NO", Probability: .25}, {Label: "Yes", Probability: .75}}
	if yes.Text != "Yes" || yes.Probability != .75 || !reflect.DeepEqual(yes.Choices, choices) {
		t.Errorf("the answer is %+v", yes)
	}
	if no.Text != "NO" || no.Probability != .75 {
		t.Errorf("the answer is %+v", no)
	}
	if a := d.Answer([]float32{.5}); a.Text != "NO" {
		t.Errorf("the answer is %+v", a)
	}
	tie := learn(t, target.Binary{}, "no", "yes", "Yes", "No")
	if a := tie.Answer([]float32{.75}); a.Text != "Yes" || a.Choices[0].Label != "No" {
		t.Errorf("the answer is %+v, want the first in the order of bytes", a)
	}
	nearAll(t, "shares", d.Guess(), 3./7)
	nearAll(t, "biases", d.Biases(), math.Log(3./4))
	want := loss.BinaryCrossentropy{Smoothing: .1, PositiveWeight: []float64{3}}
	if !reflect.DeepEqual(d.Loss(), want) {
		t.Errorf("the loss is %+v, want %+v", d.Loss(), want)
	}
	row := feature.Slot{Floats: make([]float32, 1)}
	for cell, want := range map[string]float64{"t": 1, " No ": 0, "on": 1, "": math.NaN()} {
		note, err := d.Encode(cell, row)
		if !near(float64(row.Floats[0]), want) || err != nil ||
			(note == feature.Missing) != math.IsNaN(want) {
			t.Errorf("%q: label %v, note %d, error %v", cell, row.Floats[0], note, err)
		}
	}
	_, err := d.Encode("maybe", row)
	if err == nil || err.Error() != `got "maybe", want "Yes" or "NO"` || !near(float64(row.Floats[0]),
		math.NaN()) {
		t.Errorf("label %v, error %v", row.Floats[0], err)
	}
}

// A declared pair is exact.
func TestDeclaredBinary(t *testing.T) {
	d := again(t, learn(t, target.Binary{True: ">50K", Missing: []string{"?"}}, "<=50K", ">50K", "?",
		"<=50K", "<=50K "))
	if a := d.Answer([]float32{.75}); a.Text != ">50K" || a.Choices[0].Label != "<=50K" {
		t.Errorf("the answer is %+v", a)
	}
	nearAll(t, "shares", d.Guess(), .25)
	row := feature.Slot{Floats: make([]float32, 1)}
	if _, err := d.Encode(">50k", row); err == nil {
		t.Errorf("another case is %v", row.Floats[0])
	}
	no := learn(t, target.Binary{True: "no"}, "no", "yes", "yes")
	if a := no.Answer([]float32{.75}); a.Text != "no" {
		t.Errorf("the answer is %+v", a)
	}
	mistake(t, target.Binary{True: "big"},
		`column "MPAA Rating": 2 cells cannot be read`+"\n"+
			`  films.csv:4: got "tiny", want "big" or "small"`+"\n"+
			`  films.csv:6: got "Big", want "big" or "small"`,
		"small", "big", "tiny", "small", "Big")
	mistake(t, target.Binary{True: ">50k"}, `MPAA Rating has no cell ">50k", which true declares, in `+
		`the training part; the most frequent is ">50K"`, ">50K", "<=50K", ">50K")
}

func TestBinaryMistakes(t *testing.T) {
	mistake(t, target.Binary{},
		`MPAA Rating has one class, "no", in the training part, want 2 or more`, "no", "", "no")
	mistake(t, target.Binary{True: "a"},
		`MPAA Rating has one class, "a", in the training part, want 2 or more`, "a", "a")
	mistake(t, target.Binary{}, "MPAA Rating has no label in the training part", "")
	mistake(t, target.Binary{True: "x"}, "MPAA Rating has no label in the training part", "")
	mistake(t, target.Binary{PositiveWeight: -1}, "MPAA Rating: positive_weight: got -1, want a "+
		"finite number above 0, or 0, which means 1", "yes", "no")
	mistake(t, target.Binary{Threshold: target.Threshold{Value: 1.5}}, "MPAA Rating: threshold: got "+
		"1.5, want auto, or a number above 0 and below 1", "yes", "no")
	mistake(t, target.Binary{}, `films.csv:3: column "MPAA Rating": got "big", want a pair such as `+
		"yes and no, or true: TEXT in the head's settings, with the text of a yes", "yes", "big")
}

// The figures are worked out by hand. Of the 2*3 pairs of a yes and a no, the yes is above in 4,
// and one is a tie.
func TestBinaryScore(t *testing.T) {
	d := learn(t, target.Binary{Threshold: target.Threshold{Value: .25}}, "yes", "no")
	outputs := []float32{.75, .5, .125, .375, .375, .9}
	s, figures := score(t, d, outputs, "yes", "no", "no", "yes", "0", "")
	if s.Known != 5 {
		t.Errorf("%d rows are known, want 5", s.Known)
	}
	check(t, figures, map[string]float64{
		"accuracy": 3. / 5, "f1": 4. / 6, "auroc": 4.5 / 6, "balanced_accuracy": (1 + 1./3) / 2,
		"log_loss": -(math.Log(.75) + math.Log(.5) + math.Log(.875) + math.Log(.375) +
			math.Log(.625)) / 5,
	})
	// Where a class is absent, what needs both is not defined.
	_, figures = score(t, d, outputs[:2], "yes", "yes")
	check(t, figures, map[string]float64{"accuracy": 1, "f1": 1, "auroc": math.NaN(),
		"balanced_accuracy": 1, "log_loss": -(math.Log(.75) + math.Log(.5)) / 2})
	nan := math.NaN()
	_, figures = score(t, d, outputs[:1], "")
	check(t, figures, map[string]float64{"accuracy": nan, "f1": nan, "auroc": nan,
		"balanced_accuracy": nan, "log_loss": nan})
	if _, err := d.Score(outputs[:1], []string{"perhaps"}); err == nil {
		t.Error("a third value has no error")
	}
}
