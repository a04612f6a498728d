package report

import (
	"math"
	"strconv"
	"strings"
	"testing"

	"braid/target"
)

// Classes that are numbers have the order of numbers, unless they are too many for one table.
func TestInOrder(t *testing.T) {
	rows := map[string]int{"10": 1, "2": 7, "-3": 5, "b": 2, "a": 9, "7": 5}
	many := make([]string, mostClasses+1)
	for i := range many {
		many[i] = strconv.Itoa(i)
	}
	rows["20"] = 99
	for want, list := range map[string][]string{
		"-3 2 7 10": {"10", "2", "-3", "7"}, "a 2 -3 7 b": {"b", "2", "-3", "7", "a"}, "": {},
		"20 2 7 10": many,
	} {
		inOrder(list, func(label string) string { return label }, func(label string) int {
			return rows[label]
		})
		if got := strings.Join(list[:min(len(list), 5)], " "); !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// Counts fit above a bar, and numbers have a minus.
func TestShortNumbers(t *testing.T) {
	for n, want := range map[int]string{
		0: "0", 999: "999", 1000: "1.0k", 9949: "9.9k", 9950: "10k", 999_499: "999k", 999_500: "1M",
		20_600_000: "21M",
	} {
		if got := compact(n); got != want {
			t.Errorf("%d is %s, want %s", n, got, want)
		}
	}
	for v, want := range map[float64]string{
		0: "0", 2026: "2026", -0.5: "−0.5", 300_000_000: "300,000,000", -123456: "−123,456",
		1e15: "1e+15", 0.1 + 0.2: "0.3", 1.0 / 3: "0.333333", 1e-7: "0.0000001", 1.5e-11: "1.5e-11",
	} {
		if got := number(v); got != want {
			t.Errorf("%v is %s, want %s", v, got, want)
		}
	}
	for text, want := range map[string]string{"-0.028": "−0.028", "3": "3", "n/a": "n/a"} {
		if got := minus(text); got != want {
			t.Errorf("%s is %s, want %s", text, got, want)
		}
	}
}

// A wrong set of labels names the label that is most wrong.
func TestSure(t *testing.T) {
	for want, o := range map[string]outcome{
		"72.3 %":             {probability: 0.723},
		"wrong: “a”, 72.3 %": {probability: 0.723, worst: "a", gives: true},
		"lacks “a”, 27.7 %":  {probability: 0.723, worst: "a"},
		"lacks a label that training did not have": {unseen: true},
	} {
		if got := o.sure(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// A lead over guessing that so few rows give by chance is marked, for an accuracy and a mean
// absolute error.
func TestRemark(t *testing.T) {
	const within = "within two standard errors of guessing"
	accuracy := func(v float64, rows int) target.Score {
		accuracy := target.Figure{Name: "accuracy", Value: v, Better: 1}
		return target.Score{Known: rows, Figures: []target.Figure{accuracy}}
	}
	mae := func(v, rmse float64, rows int) target.Score {
		return target.Score{Known: rows, Figures: []target.Figure{
			{Name: "mae", Value: v, Better: -1}, {Name: "rmse", Value: rmse, Better: -1},
		}}
	}
	f1 := func(v float64) target.Score {
		return target.Score{Known: 3, Figures: []target.Figure{{Name: "micro_f1", Value: v, Better: 1}}}
	}
	for name, c := range map[string]struct {
		score, guess target.Score
		want         string
	}{
		"equal":                {accuracy(0.5, 100), accuracy(0.5, 100), "no better than guessing"},
		"worse":                {accuracy(0.4, 100), accuracy(0.5, 100), "no better than guessing"},
		"1.8 standard errors":  {accuracy(0.59, 100), accuracy(0.5, 100), within},
		"2.2 standard errors":  {accuracy(0.61, 100), accuracy(0.5, 100), ""},
		"more rows":            {accuracy(0.59, 1000), accuracy(0.5, 1000), ""},
		"all right of few":     {accuracy(1, 5), accuracy(0.8, 5), within},
		"all right of many":    {accuracy(1, 50), accuracy(0.8, 50), ""},
		"MAE, 1.9":             {mae(4.05, 5, 100), mae(4.62, 5.5, 100), within},
		"MAE, 2.1":             {mae(4, 5, 100), mae(4.63, 5.5, 100), ""},
		"MAE, no spread":       {mae(4, 4, 100), mae(4.1, 4.1, 100), ""},
		"MAE, worse":           {mae(4.2, 5, 100), mae(4.1, 5, 100), "no better than guessing"},
		"F1":                   {f1(0.51), f1(0.5), ""},
		"F1, worse":            {f1(0.49), f1(0.5), "no better than guessing"},
		"not defined, no rows": {accuracy(math.NaN(), 0), accuracy(0.5, 0), "no better than guessing"},
	} {
		if got := Remark(c.score, c.guess); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
}
