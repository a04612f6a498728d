package report

import (
	"math"
	"testing"

	"braid/target"
)

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
