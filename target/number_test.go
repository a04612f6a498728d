package target_test

import (
	"math"
	"reflect"
	"testing"

	"braid/feature"
	"braid/loss"
	"braid/target"
)

// The mean of 1, 2, 3, 10 is 4, their deviation sqrt((9 + 4 + 1 + 36) / 4).
func TestNumber(t *testing.T) {
	std := math.Sqrt(12.5)
	d := again(t, learn(t, target.Number{Missing: []string{"old"}}, "2", "1.0", "", "10", "old", "3",
		"NA"))
	n := d.(target.NumberDecoder)
	if n.Mean != 4 || n.Std != std || !near(n.Median, -1.5/std) {
		t.Errorf("got %+v", n)
	}
	row := feature.Slot{Floats: make([]float32, 1)}
	for cell, want := range map[string]float64{"6.5": 2.5 / std, " 4": 0, "": math.NaN(),
		"NA": math.NaN(), "old": math.NaN()} {
		note, err := d.Encode(cell, row)
		if !near(float64(row.Floats[0]), want) || err != nil ||
			(note == feature.Missing) != math.IsNaN(want) {
			t.Errorf("%q: label %v, note %d, error %v", cell, row.Floats[0], note, err)
		}
	}
	if _, err := d.Encode("ten", row); err == nil || !math.IsNaN(float64(row.Floats[0])) {
		t.Errorf("ten is %v, error %v", row.Floats[0], err)
	}
	if a := d.Answer([]float32{float32(2.5 / std)}); a.Text != "6.5" || a.Number != 6.5 ||
		a.Probability != 1 || a.Choices != nil {
		t.Errorf("the answer is %+v", a)
	}
	nearAll(t, "guess", d.Guess(), 0)
	if d.Biases() != nil {
		t.Errorf("biases are %v", d.Biases())
	}
}

// A number is answered as the column has it, within what float64 holds.
func TestNumberText(t *testing.T) {
	d := target.NumberDecoder{Mean: 1234, Std: .25}
	for output, want := range map[float32]string{
		0: "1234", 1: "1234.25", -4936: "0", -4936.5: "-0.125", 4e9: "1000001234",
		1. / 3: "1234.083333",
	} {
		if a := d.Answer([]float32{output}); a.Text != want {
			t.Errorf("%v is %s, want %s", output, a.Text, want)
		}
	}
	d = target.NumberDecoder{Std: 1e20}
	for output, want := range map[float32]string{
		2: "2e+20", 1. / 3: "3.333333e+19", 1e-19: "10", 1. / 3e20: "0.3333333",
	} {
		if a := d.Answer([]float32{output}); a.Text != want {
			t.Errorf("%v is %s, want %s", output, a.Text, want)
		}
	}
	d = target.NumberDecoder{Mean: 1, Std: .5,
		NumberFormat: feature.NumberFormat{Decimal: ","}}
	if a := d.Answer([]float32{1}); a.Text != "1,5" || a.Number != 1.5 {
		t.Errorf("the answer is %+v", a)
	}
	d = target.NumberDecoder{Mean: 1e300, Std: 1e300}
	for _, output := range []float32{3e38, -3e38} {
		if a := d.Answer([]float32{output}); math.IsInf(a.Number, 0) {
			t.Errorf("the answer is %+v", a)
		}
	}
}

// What is learnt with log: true are ln 1, ln 3 and ln 9.
func TestNumberLog(t *testing.T) {
	d := again(t, learn(t, target.Number{Log: true, Loss: target.MAE}, "0", "8", "2", "2", "8", "8"))
	ln3 := math.Log(3)
	n := d.(target.NumberDecoder)
	if !near(n.Mean, ln3*8/6) || !near(n.Std, ln3*math.Sqrt(14./6-64./36)) {
		t.Errorf("got %+v", n)
	}
	for z, want := range map[float64]float64{0: math.Pow(3, 8./6) - 1, -1e4: 0} {
		if a := d.Answer([]float32{float32(z)}); !near(a.Number, want) {
			t.Errorf("%v is %+v, want %v", z, a, want)
		}
	}
	if a := d.Answer([]float32{1e9}); math.IsInf(a.Number, 0) {
		t.Errorf("the answer is %+v", a)
	}
	// The median of the logarithms is that of the numbers: (2 + 8)/2 in logarithms.
	if a := d.Answer(d.Guess()); !near(a.Number, math.Sqrt(27)-1) {
		t.Errorf("the median is %+v", a)
	}
	mistake(t, target.Number{Log: true}, `films.csv:3: column "MPAA Rating": got "-1", want a number `+
		"from 0, of which log: true learns ln(1 + x)", "1", "-1")
}

// The figures are worked out by hand, for a mean of 4 and a deviation of 2.
func TestNumberScore(t *testing.T) {
	for _, c := range []struct {
		loss target.NumberLoss
		want float64
		of   loss.Loss
	}{
		{target.MSE, (.25 + 4 + 0) / 3, loss.MeanSquaredError{}},
		{target.MAE, (.5 + 2 + 0) / 3, loss.MeanAbsoluteError{}},
		{target.Huber, (.125 + 1.5 + 0) / 3, loss.Huber{}},
	} {
		d := learn(t, target.Number{Loss: c.loss}, "2", "6")
		if !reflect.DeepEqual(d.Loss(), c.of) {
			t.Errorf("%v has the loss %+v", c.loss, d.Loss())
		}
		s, figures := score(t, d, []float32{0, 3, -2.5, 1}, "5", "NaN", "3", "6")
		if s.Known != 3 {
			t.Errorf("%d rows are known, want 3", s.Known)
		}
		check(t, figures, map[string]float64{
			"mae": (1 + 4 + 0) / 3., "rmse": math.Sqrt((1 + 16 + 0) / 3.),
			"r2":   1 - 17/(1./9+25./9+16./9), // about the mean 14/3
			"loss": c.want,
		})
	}
	d := learn(t, target.Number{}, "2", "6")
	_, figures := score(t, d, []float32{0, 0}, "6", "6")
	check(t, figures, map[string]float64{"mae": 2, "rmse": 2, "r2": math.NaN(), "loss": 1})
}

// A column of one number is not divided by 0.
func TestEqualNumbers(t *testing.T) {
	d := again(t, learn(t, target.Number{}, "0.1", "0.10", "0.1"))
	row := feature.Slot{Floats: make([]float32, 1)}
	if _, err := d.Encode("0.1", row); err != nil || row.Floats[0] != 0 {
		t.Errorf("0.1 is %v, error %v", row.Floats[0], err)
	}
	if a := d.Answer(row.Floats); a.Text != "0.1" {
		t.Errorf("the answer is %+v", a)
	}
}

// Nor is one whose squares are 0.
func TestTinyNumbers(t *testing.T) {
	d := again(t, learn(t, target.Number{}, "1e-200", "2e-200"))
	if d.(target.NumberDecoder).Std != 1 {
		t.Errorf("got %+v, want a deviation of 1", d)
	}
}

func TestNumberMistakes(t *testing.T) {
	mistake(t, target.Number{}, "MPAA Rating has no label in the training part", "", "NA")
	mistake(t, target.Number{}, "MPAA Rating has numbers of more than 1e150, want smaller ones",
		"1e300", "-1e300")
	mistake(t, target.Number{Loss: 3},
		`MPAA Rating: NumberLoss(3), want one of "mse", "mae", "huber"`, "1", "2")
}

// People read four digits of the deviation, and the digits before these.
func TestShortNumbers(t *testing.T) {
	for _, c := range []struct {
		d           target.NumberDecoder
		output      float32
		text, short string
	}{
		{target.NumberDecoder{Mean: 20, Std: 22}, 0.2119, "24.6618", "24.66"},
		{target.NumberDecoder{Mean: 1990, Std: 15}, 0.6123, "1999.1845", "1999.18"},
		{target.NumberDecoder{Mean: 1e5, Std: 0.05}, 0.5, "100000.025", "100000.025"},
		{target.NumberDecoder{Mean: 0, Std: 90_000}, 1.7517, "157653", "157700"},
		{target.NumberDecoder{Mean: 3, Std: 1, Log: true}, 0, "19.08554", "19.09"},
		{target.NumberDecoder{NumberFormat: feature.NumberFormat{Decimal: ","}, Std: 1}, -2.34567,
			"-2,34567", "-2,346"},
		{target.NumberDecoder{Mean: 4, Std: 0.5}, 0, "4", "4"},
	} {
		got := c.d.Answer([]float32{c.output})
		if got.Text != c.text || got.Short != c.short {
			t.Errorf("%+v: got %q and %q, want %q and %q", c.d, got.Text, got.Short, c.text, c.short)
		}
	}
}
