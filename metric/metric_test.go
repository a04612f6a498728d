package metric_test

import (
	"encoding/json"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/internal/random"
	"braid/metric"
	"braid/tensor"
)

var nan = math.NaN()

// Two of four rows of class 0 are right, the row of class 1 is, and none is of class 2. The matrix
// is [2 1 1], [0 1 0], [0 0 0]; with weights, [3 0 5], [0 2 0].
var (
	three = classes(3, []float32{.8, .1, .1, .6, .2, .2, .3, .5, .2, .1, .2, .7, .1, .9, 0},
		0, 0, 0, 0, 1)
	heavy = three.weighted(1, 2, 0, 5, 2)
	one   = answers(1, []float32{.9, .5, .6, .2, .7}, 1, 1, 0, 0, 1)
	two   = answers(2, []float32{.9, .2, .6, .3, .1, .8, .7, .4}, 1, 0, 0, 0, 0, 1, 1, 1)
	sides = signs(1, []float32{.4, .3, -.2, .1, -4, 0}, 1, 1, -1, -1, 1, -1)
	sizes = numbers(2, []float32{1, 2, 3, 5, 2, 9}, 2, 2, 1, 4, 6, 5)
)

// The figures are computed by hand.
func TestFigures(t *testing.T) {
	ln := math.Log
	for _, c := range []struct {
		name string
		metric.Metric
		example
		want float64
	}{
		{"accuracy", metric.Accuracy{}, three, 3. / 5},
		{"weighted", metric.Accuracy{}, heavy, 5. / 10},
		{"top", metric.TopKAccuracy{K: 2}, three, 4. / 5},
		{"top 1", metric.TopKAccuracy{K: 1}, heavy, 5. / 10},
		{"ties", metric.TopKAccuracy{K: 2}, classes(4, []float32{.3, .3, .3, .1, .3, .3, .3, .1},
			1, 2), .5},
		{"many answers", metric.Accuracy{}, two, 6. / 8},
		{"threshold", metric.Accuracy{Threshold: .65}, one, 4. / 5},
		{"answers", metric.Accuracy{Threshold: .35}, two, 7. / 8},
		{"signs", metric.Accuracy{}, sides, 4. / 6},
		{"signs", metric.Accuracy{Threshold: .2}, sides, 5. / 6},
		{"no sign", metric.Accuracy{}, signs(2, []float32{.3, 0, -.1, -.2}, 1, 0, 0, 1), 3. / 4},

		{"macro", metric.Precision{Average: metric.Macro}, three, (1 + .5 + 0) / 3},
		{"micro", metric.Precision{Average: metric.Micro}, three, 3. / 5},
		{"weighted", metric.Precision{Average: metric.Weighted}, three, (4*1 + 1*.5) / 5.},
		{"macro", metric.Recall{Average: metric.Macro}, three, (.5 + 1 + 0) / 3},
		{"weighted", metric.Recall{Average: metric.Weighted}, heavy, (8*3./8 + 2) / 10},
		{"macro", metric.F1{Average: metric.Macro}, three, (4./6 + 2./3 + 0) / 3},
		{"binary", metric.Precision{}, one, 2. / 3},
		{"threshold", metric.Precision{Threshold: 0.65}, one, 1},
		{"threshold", metric.Recall{Threshold: 0.3}, one, 1},
		{"binary", metric.Recall{}, one, 2. / 3},
		{"binary", metric.F1{}, one, 2. / 3},
		{"macro of one", metric.Recall{Average: metric.Macro}, one, (2./3 + 1./2) / 2},
		{"softmax", metric.Recall{}, classes(2, []float32{.9, .1, .2, .8, .7, .3}, 0, 1, 1), .5},
		{"answers", metric.Precision{Average: metric.Macro}, two, (2./3 + 1) / 2},
		{"answers", metric.Precision{Average: metric.Micro}, two, 3. / 4},
		{"answers", metric.Recall{Average: metric.Macro}, two, (1 + 1./2) / 2},
		{"answers", metric.F1{Average: metric.Weighted}, two, (2*4./5 + 2*2./3) / 4},
		{"answers", metric.Recall{Average: metric.Weighted, Threshold: .75}, two, .5},
		{"signs", metric.Precision{}, sides, 2. / 3},
		{"signs", metric.Recall{}, sides, 2. / 3},
		{"signs", metric.Recall{Threshold: .35}, sides, 1. / 3},
		{"signs", metric.Precision{Threshold: -.25}, sides, 2. / 5},
		{"signs", metric.Recall{Threshold: -4.5}, sides, 1},
		{"signs", metric.Recall{Threshold: 1.5}, sides, 0},
		{"no sign", metric.Recall{}, signs(1, []float32{.1, -.1, 0, -3}, 1, 0, 1, 1), 1. / 3},
		{"none", metric.Precision{}, answers(1, []float32{.1, .2}, 0, 1), 0},

		{"auroc", metric.AUROC{}, one, 5. / 6},
		{"auroc", metric.AUROC{}, one.weighted(1, 3, 1, 2, 1), (1*3 + 3*2 + 1*3) / 15.},
		{"ties", metric.AUROC{}, answers(1, []float32{.5, .5, .5, .2}, 1, 0, 1, 0), 1.5 / 2},
		{"zeros", metric.AUROC{}, answers(1, []float32{0, float32(math.Copysign(0, -1))}, 1, 0), .5},
		{"below zero", metric.AUROC{}, numbers(1, []float32{-2, -1, 3, -3}, 0, 1, 1, 0), 1},
		{"classes", metric.AUROC{}, three, (3.5/4 + 1) / 2}, // class 2 is absent
		{"answers", metric.AUROC{}, two, (1 + 1) / 2.},
		{"one class", metric.AUROC{}, answers(1, []float32{.1, .2}, 1, 1), nan},
		{"weightless", metric.AUROC{}, one.weighted(1, 1, 0, 0, 1), nan},
		{"NaN", metric.AUROC{}, answers(1, []float32{.1, float32(nan)}, 0, 1), nan},

		{"precision", metric.AveragePrecision{}, one, 1./3 + 1./3 + 1./3*3/4},
		{"ties", metric.AveragePrecision{}, answers(1, []float32{.5, .5, .7}, 1, 0, 1), .5 + .5*2/3},
		{"no yes", metric.AveragePrecision{}, answers(1, []float32{.5, .7}, 0, 0), nan},
		{"all yes", metric.AveragePrecision{}, answers(1, []float32{.5, .7}, 1, 1), 1},

		{"absolute", metric.MeanAbsoluteError{}, sizes, (1 + 0 + 2 + 1 + 4 + 4) / 6.},
		{"absolute", metric.MeanAbsoluteError{}, sizes.weighted(1, 2, 0), (.5 + 2*1.5) / 3},
		{"percent", metric.MeanAbsolutePercentageError{}, sizes,
			100 * (1./2 + 0 + 2 + 1./4 + 4./6 + 4./5) / 6},
		{"at zero", metric.MeanAbsolutePercentageError{}, numbers(1, []float32{0.25}, 0), 0.25e9},
		{"squared", metric.RootMeanSquaredError{}, sizes, math.Sqrt((1 + 4 + 1 + 16 + 16) / 6.)},
		{"large", metric.RootMeanSquaredError{}, numbers(1, []float32{3e25, 4e25}, 0, 0).
			weighted(1, 0), 3e25},
		{"R2", metric.R2{}, sizes, ((1 - 21./14) + (1 - 17/(14./3))) / 2},
		{"one row", metric.R2{}, numbers(1, []float32{3}, 2), nan},
		{"constant", metric.R2{}, numbers(1, []float32{3, 4, 5}, .1, .1, .1).weighted(.1, 3, .7), nan},
		{"weighted", metric.R2{}, numbers(1, []float32{1, 2, 9}, 0, 3, 50).weighted(2, 1, 0), 1 - 3./6},
		{"weighted", metric.R2{}, numbers(1, []float32{9, 1, 2}, 50, 0, 3).weighted(0, 2, 1), 1 - 3./6},
		{"far", metric.R2{}, numbers(1, []float32{1e6 + 1, 1e6 + 3, 1e6 + 2}, 1e6+1, 1e6+2, 1e6+3), 0},

		{"log", metric.LogLoss{}, three, -(ln(.8) + ln(.6) + ln(.3) + ln(.1) + ln(.9)) / 5},
		{"sum", metric.LogLoss{}, classes(2, []float32{.2, .2}, 1), -ln(.5)},
		{"log", metric.LogLoss{}, one, -(ln(.9) + ln(.5) + ln(.4) + ln(.8) + ln(.7)) / 5},
		{"clipped", metric.LogLoss{}, answers(1, []float32{0}, 1), -ln(1e-7)},
		{"clipped", metric.LogLoss{}, classes(2, []float32{1, 0}, 1), -ln(1e-7)},
		{"brier", metric.Brier{}, one, (.01 + .25 + .36 + .04 + .09) / 5},
		{"brier", metric.Brier{}, classes(3, []float32{.5, .3, .2}, 1), .25 + .49 + .04},
		{"brier", metric.Brier{}, two, (.01 + .04 + .36 + .09 + .01 + .04 + .09 + .36) / 8},

		// In 2 bins the confidences .9, .6, .8, .7 are all in the second, .5 in the first.
		{"bins", metric.ExpectedCalibrationError{Bins: 2}, one, (.5 + math.Abs(3-3.)) / 5},
		{"bins", metric.ExpectedCalibrationError{Bins: 10}, one, (.5 + math.Abs(.3-.6) + .2 + .1) / 5},
		{"edge", metric.ExpectedCalibrationError{Bins: 2}, classes(3, []float32{.5, .3, .2, .4, .3, .3,
			.75, .25, 0}, 1, 0, 0), (math.Abs(1-.9) + .25) / 3},
		{"weighted", metric.ExpectedCalibrationError{Bins: 1}, heavy, math.Abs(5-
			(.8+1.2+3.5+1.8)) / 10},
		{"zero", metric.ExpectedCalibrationError{}, classes(2, []float32{0, 0}, 0), 1},
		{"NaN", metric.ExpectedCalibrationError{}, answers(1, []float32{.1, float32(nan)}, 0, 1), nan},

		{"kappa", metric.CohenKappa{}, three, (.6 - (4*2+1*2)/25.) / (1 - (4*2+1*2)/25.)},
		{"kappa", metric.CohenKappa{}, classes(2, []float32{.9, .1, .8, .2}, 0, 0), nan},
		{"matthews", metric.Matthews{}, one, (2*1 - 1*1) / math.Sqrt(3*3*2*2)},
		{"signs", metric.AUROC{}, sides, (3 + 3 + 0) / 9.},
		{"signs", metric.CohenKappa{}, sides, (4./6 - 1./2) / (1 - 1./2)},
		{"signs", metric.Matthews{}, sides, (2*2 - 1*1) / math.Sqrt(3*3*3*3)},
		{"matthews", metric.Matthews{}, three, (3*5 - 10) / math.Sqrt((25-17)*(25-9))},
		{"matthews", metric.Matthews{}, answers(1, []float32{.1, .2}, 0, 1).weighted(.1, .3), 0},
	} {
		if got := c.figure(t, c.Metric); !close(got, c.want) {
			t.Errorf("%s, %s: got %v, want %v", metric.Name(c.Metric), c.name, got, c.want)
		}
	}
}

// Each metric of labels gives the same for numbers whose largest is the label's.
func TestOneHot(t *testing.T) {
	for _, m := range metric.For(three.head, three.wants()) {
		if _, ok := m.(metric.ConfusionMatrix); ok {
			continue
		}
		if a, b := heavy.figure(t, m), heavy.onehot().figure(t, m); !close(a, b) {
			t.Errorf("%s is %v of labels, %v of numbers", metric.Name(m), a, b)
		}
	}
}

// All figures of rows without weight are NaN.
func TestWeightless(t *testing.T) {
	for _, e := range []example{three, one, two, sizes} {
		for _, m := range metric.For(e.head, e.wants()) {
			if _, ok := m.(metric.ConfusionMatrix); ok {
				continue
			}
			none := make([]float32, len(e.output)/e.head.Shape.Size())
			if got := e.weighted(none...).figure(t, m); !math.IsNaN(got) {
				t.Errorf("%s is %v, want NaN", metric.Name(m), got)
			}
		}
	}
}

// A label that the head has no class for is a wrong answer, and counts for no class.
func TestLabelWithoutClass(t *testing.T) {
	e := classes(3, []float32{.8, .1, .1, .6, .2, .2, .1, .1, .8}, 0, 3, -1)
	for _, m := range metric.For(e.head, e.wants()) {
		f, numbers, weights, tally := e.tallies(t, m) // does not panic
		switch m.(type) {
		case metric.Accuracy, metric.TopKAccuracy:
			if got := e.figure(t, m); !close(got, 1./3) {
				t.Errorf("%s is %v, want 1/3", metric.Name(m), got)
			}
		case metric.AUROC:
			f.(metric.OfRows).Value(numbers, weights)
		case metric.ConfusionMatrix:
			if got := add(tally); got != 1 {
				t.Errorf("%v rows are in the confusion matrix, want 1", got)
			}
		}
	}
}

func add(list []float64) (sum float64) {
	for _, v := range list {
		sum += v
	}
	return sum
}

// AUROC and AveragePrecision agree with sums over all pairs, and over all thresholds.
func TestRanking(t *testing.T) {
	const rows, n = 61, 3
	for seed := range uint64(20) {
		draw := random.New(seed, "ranking")
		e := example{head: three.head}
		for i := range uint64(n * rows) { // of 7 values, so that many are equal
			e.output = append(e.output, float32(draw.Bits(i)%7)/8)
		}
		for r := range uint64(rows) {
			e.labels = append(e.labels, int32(draw.Bits(1000+r)%3))
			e.weights = append(e.weights, float32(draw.Bits(2000+r)%4)/2)
		}
		var area, mean float64
		for c := range n {
			var pairs, won, yes, sum float64
			for i, w := range e.weights {
				if e.labels[i] != int32(c) {
					continue
				}
				yes += float64(w)
				var above, right float64
				for j, v := range e.weights {
					a, b := e.output[n*i+c], e.output[n*j+c]
					if b >= a {
						above += float64(v)
						if e.labels[j] == int32(c) {
							right += float64(v)
						}
					}
					if e.labels[j] == int32(c) {
						continue
					}
					pairs += float64(w * v)
					switch {
					case a > b:
						won += float64(w * v)
					case a == b:
						won += float64(w*v) / 2
					}
				}
				if w > 0 {
					sum += float64(w) * right / above
				}
			}
			area, mean = area+won/pairs/n, mean+sum/yes/n
		}
		if got := e.figure(t, metric.AUROC{}); math.Abs(got-area) > 1e-12 {
			t.Errorf("AUROC is %v, want %v", got, area)
		}
		if got := e.figure(t, metric.AveragePrecision{}); math.Abs(got-mean) > 1e-12 {
			t.Errorf("average precision is %v, want %v", got, mean)
		}
	}
}

func TestConfusionMatrix(t *testing.T) {
	f, _, _, tally := heavy.tallies(t, metric.ConfusionMatrix{Labels: []string{"a", "b", "c"}})
	got := f.(metric.OfTable).Table(tally)
	want := metric.Table{Rows: []string{"a", "b", "c"}, Columns: []string{"a", "b", "c"},
		Values: [][]float64{{3, 0, 5}, {0, 2, 0}, {0, 0, 0}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	f, _, _, tally = one.tallies(t, metric.ConfusionMatrix{})
	got = f.(metric.OfTable).Table(tally)
	want = metric.Table{Rows: []string{"0", "1"}, Columns: []string{"0", "1"},
		Values: [][]float64{{1, 1}, {1, 2}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	f, _, _, tally = sides.weighted(1, 1, 1, 1, 3, 1).tallies(t, metric.ConfusionMatrix{})
	got = f.(metric.OfTable).Table(tally)
	want.Values = [][]float64{{2, 1}, {3, 2}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("of signs: got %v, want %v", got, want)
	}
}

// Metrics of a thousand classes keep a few numbers of each row, and a few of each class.
func TestManyClasses(t *testing.T) {
	const n = 1000
	head := braid.Spec{Name: "word", Shape: tensor.Shape{n}, Activation: braid.Softmax}
	e := example{head: head, output: make([]float32, 3*n), labels: []int32{999, 4, 998}}
	e.output[999], e.output[n+4], e.output[2*n+17] = .9, .8, .7
	list := metric.For(head, e.wants())
	for _, m := range list {
		f, _, _, tally := e.tallies(t, m)
		if f.Width() > 2 {
			t.Errorf("%s keeps %d numbers of a row", metric.Name(m), f.Width())
		}
		if _, table := f.(metric.OfTable); !table && len(tally) > 3*n+1 {
			t.Errorf("%s has a tally of %d numbers", metric.Name(m), len(tally))
		}
	}
	if got := e.figure(t, metric.F1{Average: metric.Macro}); !close(got, 2./n) {
		t.Errorf("F1 is %v, want %v", got, 2./n)
	}
	if got := e.figure(t, metric.AUROC{}); !close(got, (1+1+.5)/3) {
		t.Errorf("AUROC is %v, want %v", got, 2.5/3)
	}
}

// A metric allocates nothing for a batch.
func TestAllocations(t *testing.T) {
	for _, e := range []example{three, three.onehot(), one, two, sizes} {
		for _, m := range metric.For(e.head, e.wants()) {
			f, numbers, _, tally := e.tallies(t, m)
			b := e.batch()
			n := len(b.Scratch)
			if got := testing.AllocsPerRun(3, func() {
				f.Rows(b, numbers, 0, n)
				if f, ok := f.(tallier); ok {
					f.Add(tally, numbers.Row(0), 1)
				}
			}); got != 0 {
				t.Errorf("head %q, %s: %v allocations", e.head.Name, metric.Name(m), got)
			}
		}
	}
}

func TestFor(t *testing.T) {
	for _, c := range []struct {
		example
		want string
	}{
		{three, "accuracy precision_macro recall_macro f1_score_macro precision_weighted " +
			"recall_weighted f1_score_weighted auroc average_precision log_loss brier_score " +
			"expected_calibration_error cohen_kappa matthews_corrcoef confusion_matrix"},
		{one, "accuracy precision recall f1_score auroc average_precision log_loss brier_score " +
			"expected_calibration_error cohen_kappa matthews_corrcoef confusion_matrix"},
		{two, "accuracy precision_macro recall_macro f1_score_macro precision_micro recall_micro " +
			"f1_score_micro auroc average_precision log_loss brier_score"},
		{sides, "accuracy precision recall f1_score auroc average_precision cohen_kappa " +
			"matthews_corrcoef confusion_matrix"},
		{signs(2, nil, 1), "accuracy precision_macro recall_macro f1_score_macro precision_micro " +
			"recall_micro f1_score_micro auroc average_precision"},
		{sizes, "mean_absolute_error root_mean_squared_error mean_absolute_percentage_error r2_score"},
		{three.steps(21), "accuracy precision_macro recall_macro f1_score_macro precision_weighted " +
			"recall_weighted f1_score_weighted auroc average_precision log_loss brier_score " +
			"expected_calibration_error cohen_kappa matthews_corrcoef confusion_matrix"},
		{three.steps(2, 11), "accuracy precision_macro recall_macro f1_score_macro " +
			"precision_weighted recall_weighted f1_score_weighted log_loss brier_score " +
			"expected_calibration_error cohen_kappa matthews_corrcoef confusion_matrix"},
		{one.steps(3, 3), "accuracy precision recall f1_score auroc average_precision log_loss " +
			"brier_score expected_calibration_error cohen_kappa matthews_corrcoef confusion_matrix"},
		{sizes.steps(3), "mean_absolute_error root_mean_squared_error " +
			"mean_absolute_percentage_error r2_score"},
		{classes(65, nil, 1), "accuracy top_5_accuracy precision_macro recall_macro f1_score_macro " +
			"precision_weighted recall_weighted f1_score_weighted log_loss brier_score " +
			"expected_calibration_error cohen_kappa matthews_corrcoef confusion_matrix"},
	} {
		var got []string
		for _, m := range metric.For(c.head, c.wants()) {
			got = append(got, metric.Name(m))
		}
		if want := strings.Fields(c.want); !slices.Equal(got, want) {
			t.Errorf("head %q: got %v, want %v", c.head.Name, got, want)
		}
	}
}

// all has each kind with the name of its figure, and its configuration.
var all = []struct {
	metric.Metric
	name, config string
}{
	{metric.Accuracy{}, "accuracy", `{}`},
	{metric.Accuracy{Threshold: .5}, "accuracy", `{"threshold":0.5}`},
	{metric.Accuracy{Threshold: .75}, "accuracy_at_0_75", `{"threshold":0.75}`},
	{metric.AUROC{}, "auroc", `{}`},
	{metric.AveragePrecision{}, "average_precision", `{}`},
	{metric.Brier{}, "brier_score", `{}`},
	{metric.CohenKappa{}, "cohen_kappa", `{}`},
	{metric.ConfusionMatrix{}, "confusion_matrix", `{}`},
	{metric.ConfusionMatrix{Labels: []string{"no", "yes"}}, "confusion_matrix",
		`{"labels":["no","yes"]}`},
	{metric.ExpectedCalibrationError{}, "expected_calibration_error", `{}`},
	{metric.ExpectedCalibrationError{Bins: 10}, "expected_calibration_error_10", `{"bins":10}`},
	{metric.F1{Average: metric.Weighted}, "f1_score_weighted", `{"average":"weighted"}`},
	{metric.F1{Average: metric.Macro, Threshold: .5}, "f1_score_macro",
		`{"average":"macro","threshold":0.5}`},
	{metric.LogLoss{}, "log_loss", `{}`},
	{metric.Matthews{}, "matthews_corrcoef", `{}`},
	{metric.MeanAbsoluteError{}, "mean_absolute_error", `{}`},
	{metric.MeanAbsolutePercentageError{}, "mean_absolute_percentage_error", `{}`},
	{metric.Precision{}, "precision", `{}`},
	{metric.Precision{Average: metric.Macro}, "precision_macro", `{"average":"macro"}`},
	{metric.Precision{Average: metric.Micro, Threshold: 0.75}, "precision_micro_at_0_75",
		`{"average":"micro","threshold":0.75}`},
	{metric.R2{}, "r2_score", `{}`},
	{metric.Recall{Threshold: -1.5}, "recall_at_minus_1_5", `{"threshold":-1.5}`},
	{metric.Recall{Threshold: 1e-5}, "recall_at_0_00001", `{"threshold":0.00001}`},
	{metric.RootMeanSquaredError{}, "root_mean_squared_error", `{}`},
	{metric.TopKAccuracy{}, "top_5_accuracy", `{}`},
	{metric.TopKAccuracy{K: 3}, "top_3_accuracy", `{"k":3}`},
}

func TestConfigurations(t *testing.T) {
	for _, c := range all {
		if got := metric.Name(c.Metric); got != c.name {
			t.Errorf("%#v has the name %q, want %q", c.Metric, got, c.name)
		}
		config, err := json.Marshal(c.Metric)
		if err != nil || string(config) != c.config {
			t.Errorf("%#v is written as %s (%v), want %s", c.Metric, config, err, c.config)
		}
		back, err := metric.Decode(c.Metric.Kind(), []byte(c.config))
		if err != nil || !reflect.DeepEqual(back, c.Metric) {
			t.Errorf("%s is read as %#v (%v), want %#v", c.config, back, err, c.Metric)
		}
	}
	for config, want := range map[string]string{
		`{"average":"makro"}`:   `unknown average "makro", want one of "binary", "macro"`,
		`{"treshold":0.5}`:      `unknown field "treshold"`,
		`{"average":1}`:         "cannot unmarshal number",
		`{"threshold":"large"}`: "cannot unmarshal string",
	} {
		if m, err := metric.Decode("precision", []byte(config)); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %#v, error %v, want %q", config, m, err, want)
		}
	}
	if text, err := json.Marshal(metric.Precision{Average: 4}); err == nil {
		t.Errorf("an unknown average is written as %s", text)
	}
}

func TestBindMistakes(t *testing.T) {
	linear := three
	linear.head.Activation = braid.Linear
	scores := one
	scores.head.Activation = braid.Linear
	for _, c := range []struct {
		metric.Metric
		example
		want string
	}{
		{metric.Precision{}, three, `precision: head "kind": Average = binary, but it has 3 classes: ` +
			`want macro, micro or weighted`},
		{metric.Recall{}, two, `recall: head "yes": Average = binary, but it has 2 classes`},
		{metric.F1{Average: 4}, one, `f1_score: head "yes": Average = Average(4), want one of`},
		{metric.F1{Threshold: 1}, one, "Threshold = 1, want a number above 0 and below 1, or 0, which " +
			"means 0.5"},
		{metric.F1{Threshold: nan}, sides, "Threshold = NaN, want a finite number: an output above it"},
		{metric.F1{Threshold: math.Inf(-1)}, sides, "Threshold = -Inf, want a finite number"},
		{metric.F1{Threshold: -1}, one, "Threshold = -1, want a number above 0 and below 1"},
		{metric.F1{Threshold: nan}, one, "Threshold = NaN, want a number above 0 and below 1"},
		{metric.F1{Average: metric.Macro, Threshold: .4}, three, "Threshold = 0.4, but the most"},
		{metric.Accuracy{Threshold: 1}, one, `accuracy: head "yes": Threshold = 1, want a number`},
		{metric.Accuracy{Threshold: -.1}, one, "-0.1, want a number above 0 and below 1, or 0, which"},
		{metric.Accuracy{Threshold: nan}, sides, "Threshold = NaN, want a finite number"},
		{metric.Accuracy{Threshold: .4}, three, "Threshold = 0.4, but the most probable of its classes"},
		{metric.TopKAccuracy{}, three, "K = 5, want 1 to 2: it has 3 classes"},
		{metric.TopKAccuracy{K: 3}, three, "K = 3, want 1 to 2"},
		{metric.TopKAccuracy{K: -1}, three, "K = -1, want 1 to 2"},
		{metric.TopKAccuracy{}, classes(2, nil, 1), "K = 5, but the number of its classes is 2, too"},
		{metric.TopKAccuracy{}, classes(1, nil, 0), "K = 5, but the number of its classes is 1, too"},
		{metric.TopKAccuracy{K: 1}, classes(1, nil, 0), "the number of its classes is 1, too few for"},
		{metric.TopKAccuracy{K: 1}, one, "its target is yes or no, want labels"},
		{metric.CohenKappa{}, two, "it gives 2 answers of yes or no at once, want one"},
		{metric.Matthews{}, two, "it gives 2 answers of yes or no"},
		{metric.ConfusionMatrix{}, two, "it gives 2 answers of yes or no"},
		{metric.ConfusionMatrix{}, classes(4097, nil, 0), "it has 4097 classes, want at most 4096"},
		{metric.ConfusionMatrix{Labels: []string{"a", "b"}}, three, "2 Labels, want 3: one for each"},
		{metric.LogLoss{}, linear, "activation linear, want softmax: the metric needs probabilities"},
		{metric.Brier{}, scores, "activation linear, want sigmoid"},
		{metric.ExpectedCalibrationError{}, scores, "activation linear, want sigmoid"},
		{metric.ExpectedCalibrationError{Bins: -1}, one, "Bins = -1, want 1 to 65536"},
		{metric.ExpectedCalibrationError{Bins: 65537}, one, "Bins = 65537, want 1 to 65536"},
		{metric.LogLoss{}, sides, "its target has signs: the metric needs probabilities"},
		{metric.Brier{}, sides, "its target has signs"},
		{metric.ExpectedCalibrationError{}, sides, "its target has signs"},
		{metric.ExpectedCalibrationError{}, two, "it gives 2 answers of yes or no"},
		{metric.MeanAbsoluteError{}, three, "it has shape [3] a row and its target [] int32"},
		{metric.RootMeanSquaredError{}, three, "want numbers of the head's shape"},
		{metric.MeanAbsolutePercentageError{}, three, "want numbers of the head's shape"},
		{metric.R2{}, three, `r2_score: head "kind": it has shape [3]`},
	} {
		_, err := c.Metric.Bind(c.head, c.wants())
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%#v: error is %v, want %q", c.Metric, err, c.want)
		}
	}
	// Seven words have a label each.
	words := braid.Spec{Name: "words", Shape: tensor.Shape{7, 3}, Activation: braid.Softmax}
	for _, shape := range []tensor.Shape{nil, {1}, {3}, {7, 1}, {7, 3}} {
		for _, c := range all {
			_, err := c.Metric.Bind(words, metric.Target{DType: tensor.Int32, Shape: shape})
			if err == nil {
				t.Errorf("%s binds to seven words with labels of shape %v", c.name, shape)
			}
		}
	}
}
