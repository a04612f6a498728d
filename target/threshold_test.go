package target_test

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"braid/target"
)

// rows returns outputs and cells, each row so many times.
func rows(times int, outputs []float32, cells ...string) ([]float32, []string) {
	return slices.Repeat(outputs, times), slices.Repeat(cells, times)
}

// Of the three yes, two are above .1875, and of the six no, one: the balanced accuracy is 3/4.
// Above .0625 it is (1 + 1/2) / 2, as much: .1875 is nearer to .5.
func TestTune(t *testing.T) {
	outputs := []float32{.75, .25, .125, .375, .125, .125, 0, 0, 0}
	cells := []string{"yes", "yes", "yes", "no", "no", "no", "no", "no", "no"}
	auto := target.Binary{Threshold: target.Threshold{Auto: true}}
	for _, c := range []struct {
		target target.Binary
		times  int
		want   float64
	}{
		{auto, 6, .1875},
		{auto, 5, .5}, // 45 known rows are too few
		{target.Binary{Threshold: target.Threshold{Value: .875}}, 6, .875},
	} {
		p, known := rows(c.times, outputs, cells...)
		p, known = append(p, .9), append(known, "")
		d, err := target.Tune(learn(t, c.target, "yes", "no"), p, known)
		if err != nil {
			t.Fatal(err)
		}
		if got := again(t, d).(target.BinaryDecoder).Threshold; got != c.want {
			t.Errorf("%+v with %d rows is tuned to %v, want %v", c.target, len(known), got, c.want)
		}
	}
	d := learn(t, auto, "yes", "no")
	p, known := rows(60, []float32{.2}, "yes")
	if d, err := target.Tune(d, p, known); d.(target.BinaryDecoder).Threshold != .5 || err != nil {
		t.Errorf("rows of one class give %+v, error %v", d, err)
	}
	p, known = rows(30, []float32{.5, .5}, "yes", "no")
	if d, err := target.Tune(d, p, known); d.(target.BinaryDecoder).Threshold != .5 || err != nil {
		t.Errorf("equal outputs give %+v, error %v", d, err)
	}
	if _, err := target.Tune(d, p[1:], known); err == nil {
		t.Error("a row without an output has no error")
	}
	n := learn(t, target.Number{}, "1", "2")
	if d, err := target.Tune(n, p, known); d.Kind() != "number" || err != nil {
		t.Errorf("a number gives %+v, error %v", d, err)
	}
}

// Above .3125 one of two classes that apply is answered, and no other: F1 is 2/3. Above .1875 both
// are, and four others: F1 is 1/2, although the balanced accuracy is larger.
func TestTuneLabels(t *testing.T) {
	outputs := []float32{.375, .125, .125, .25, .25, .25, .25, .25, 0, 0, 0, 0, 0, 0, .9, .9}
	cells := []string{"a", "b", ";", ";", ";", ";", ";", ""}
	d := learn(t, target.Labels{Threshold: target.Threshold{Auto: true}}, "a;b", "b", "a")
	for times, want := range map[int]float64{8: .3125, 7: .5} { // 49 known rows are too few
		p, cells := rows(times, outputs, cells...)
		got, err := target.Tune(d, p, cells)
		if err != nil || again(t, got).(target.LabelsDecoder).Threshold != want {
			t.Errorf("%d rows give %+v, error %v, want %v", len(cells), got, err, want)
		}
	}
	p, all := rows(50, []float32{.375, .125}, "a;b")
	if got, err := target.Tune(d, p, all); got.(target.LabelsDecoder).Threshold != .5 || err != nil {
		t.Errorf("rows with all classes give %+v, error %v", got, err)
	}
}

func TestThresholdJSON(t *testing.T) {
	for text, want := range map[string]target.Threshold{
		`"auto"`: {Auto: true}, `0.25`: {Value: .25}, `0.5`: {Value: .5},
	} {
		var got target.Threshold
		if err := json.Unmarshal([]byte(text), &got); err != nil || got != want {
			t.Errorf("%s is %+v, error %v, want %+v", text, got, err, want)
		}
		if back, err := json.Marshal(got); string(back) != text || err != nil {
			t.Errorf("%+v is written as %s, error %v, want %s", got, back, err, text)
		}
	}
	for _, text := range []string{`0`, `1`, `"half"`, `true`, `[0.5]`} {
		var got target.Threshold
		if err := json.Unmarshal([]byte(text), &got); err == nil {
			t.Errorf("%s is %+v, want an error", text, got)
		}
	}
}

// Factors divide a head's figures by those of guessing: by the loss, and by the share of errors.
func TestFactors(t *testing.T) {
	d := learn(t, target.Category{}, "a", "a", "a", "b")
	guessing, err := target.Guessing(d, []string{"a", "b", "", "b", "b", "b"})
	if err != nil {
		t.Fatal(err)
	}
	wantLoss := -(math.Log(.75) + 4*math.Log(.25)) / 5
	if loss, answers := target.Factors(d, guessing); !near(loss, 1/wantLoss) || !near(answers, -1/.8) {
		t.Errorf("factors are %v and %v, want %v and %v", loss, answers, 1/wantLoss, -1/.8)
	}
	d = learn(t, target.Number{Loss: target.MAE}, "0", "1", "8") // the median is 1
	if guessing, err = target.Guessing(d, []string{"4", "2"}); err != nil {
		t.Fatal(err)
	}
	std := math.Sqrt(38. / 3)
	if loss, answers := target.Factors(d, guessing); !near(loss, std/2) || !near(answers, .5) {
		t.Errorf("factors are %v and %v, want %v and %v", loss, answers, std/2, .5)
	}
	d = learn(t, target.Number{}, "0", "1", "2")
	if guessing, err = target.Guessing(d, []string{"1"}); err != nil { // no error at all
		t.Fatal(err)
	}
	if loss, answers := target.Factors(d, guessing); !near(loss, 1e9) || !near(answers, 1e9) {
		t.Errorf("factors are %v and %v, want 1e9", loss, answers)
	}
	if guessing, err = target.Guessing(d, []string{""}); err != nil {
		t.Fatal(err)
	}
	if loss, answers := target.Factors(d, guessing); loss != 0 || answers != 0 {
		t.Errorf("factors are %v and %v, want 0", loss, answers)
	}
}
