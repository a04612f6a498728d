package train_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/metric"
	"braid/tensor"
	"braid/train"
)

// An evaluation has all metrics that fit, and the tables; a history has what the plan names, but no
// table. The figures that both have are equal.
func TestAllMetrics(t *testing.T) {
	l := newLabelled(37).without(4, 20)
	p := twoLosses()
	kind := p.Heads["kind"]
	kind.Metrics = append(make(metric.List, 0, 20), metric.Precision{Average: metric.Macro},
		metric.CohenKappa{}, metric.ConfusionMatrix{Labels: []string{"a", "b", "c"}})
	p.Heads["kind"] = kind
	p.Validate = l.table(t)
	m := twoHeads(t)
	history, err := train.Fit(context.Background(), m, l.table(t), p)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"loss", "kind_loss", "level_loss", "kind_precision_macro", "kind_cohen_kappa",
		"level_accuracy", "level_median"}
	for _, name := range slices.Clone(want) {
		want = append(want, "val_"+name)
	}
	if !slices.Equal(history.Names, want) {
		t.Errorf("the history has %v, want %v", history.Names, want)
	}

	all := p.Heads.WithAllMetrics(m)
	if len(kind.Metrics) != 3 || kind.Metrics[:4][3] != nil || len(all["level"].Metrics) != 13 {
		t.Errorf("the plan's metrics became %v, those of level are %v", p.Heads["kind"].Metrics,
			all["level"].Metrics)
	}
	scores, err := train.Evaluate(context.Background(), m, l.table(t), all, 2)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range scores.Names {
		if strings.HasSuffix(name, "loss") || strings.HasPrefix(name, "level_") {
			continue
		}
		if slices.Contains(scores.Names[:i], name) || math.IsNaN(scores.Values[i]) {
			t.Errorf("%s is %v, or twice in %v", name, scores.Values[i], scores.Names)
		}
	}
	for _, name := range want[3:7] {
		got := scores.Values[slices.Index(scores.Names, name)]
		if last, _ := history.Value(3, "val_"+name); last != got {
			t.Errorf("%s is %v, want %v as in the history", name, got, last)
		}
	}
	table := scores.Tables["kind_confusion_matrix"]
	var sum, right float64
	for i, row := range table.Values {
		for j, v := range row {
			sum += v
			if i == j {
				right += v
			}
		}
	}
	accuracy := scores.Values[slices.Index(scores.Names, "kind_accuracy")]
	if sum != 37 || right/sum != accuracy || !slices.Equal(table.Rows, []string{"a", "b", "c"}) {
		t.Errorf("the confusion matrix is %v, the accuracy %v", table, accuracy)
	}
	if sum := scores.Tables["level_confusion_matrix"].Values; sum[0][0]+sum[0][1]+sum[1][0]+
		sum[1][1] != 35 {
		t.Errorf("the confusion matrix of 35 rows is %v", sum)
	}
	scores, err = train.Evaluate(context.Background(), m, l.table(t), twoLosses().Heads, 1)
	if err != nil || scores.Tables != nil {
		t.Errorf("tables are %v without such a metric, error %v", scores.Tables, err)
	}
}

// A run that is interrupted within an epoch goes on with the tallies of metrics.
func TestResumeWithTallies(t *testing.T) {
	l := newLabelled(29).without(1, 5, 6, 20)
	p := twoLosses()
	p.NoShuffle = false
	p.Heads = p.Heads.WithAllMetrics(twoHeads(t))
	whole := twoHeads(t)
	history, err := train.Fit(context.Background(), whole, l.table(t), p)
	if err != nil {
		t.Fatal(err)
	}
	want := end(t, whole, history)
	p.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints")}
	ctx, cancel := context.WithCancel(context.Background())
	p.Callbacks = []train.Callback{{Step: func(s train.Step) error {
		if s.Epoch == 2 && s.Step == 3 {
			cancel()
		}
		return nil
	}}}
	var stopped *train.Interrupted
	if _, err := train.Fit(ctx, twoHeads(t), l.table(t), p); !errors.As(err, &stopped) {
		t.Fatalf("error is %v, want an interruption", err)
	}
	p.Callbacks, p.Workers = nil, 2
	m := twoHeads(t)
	if history, err = train.Resume(context.Background(), m, l.table(t), p); err != nil {
		t.Fatal(err)
	}
	if got := end(t, m, history); got != want {
		t.Errorf("the resumed run ends with\n%v\nwant\n%v", got, want)
	}

	// Another setting of a metric is another run.
	kind := p.Heads["kind"]
	kind.Metrics = slices.Clone(kind.Metrics)
	for i, m := range kind.Metrics {
		if m == (metric.ExpectedCalibrationError{}) {
			kind.Metrics[i] = metric.ExpectedCalibrationError{Bins: 14}
		}
	}
	p.Heads["kind"] = kind
	if _, err := train.Resume(context.Background(), m, l.table(t), p); err == nil ||
		!strings.Contains(err.Error(), `expected_calibration_error{"bins":14}`) {
		t.Errorf("with other bins the error is %v", err)
	}
}

// The best epoch has the largest figure of a metric of which more is better, else the least.
func TestBest(t *testing.T) {
	l := newLabelled(40)
	p := twoLosses()
	p.Epochs, p.Batch = 9, 4
	p.Heads = p.Heads.WithAllMetrics(twoHeads(t))
	p.Validate = newLabelled(17).table(t)
	_, history := fitted(t, l, p)
	for name, choose := range map[string]func([]float64) float64{
		"kind_precision_macro": slices.Max[[]float64], "val_kind_auroc": slices.Max[[]float64],
		"level_matthews_corrcoef": slices.Max[[]float64], "kind_accuracy": slices.Max[[]float64],
		"kind_log_loss": slices.Min[[]float64], "val_level_brier_score": slices.Min[[]float64],
		"val_level_loss": slices.Min[[]float64],
	} {
		series := history.Series(name)
		if slices.Max(series) == slices.Min(series) {
			t.Errorf("%s is %v in all epochs", name, series[0])
		}
		want := 1 + slices.Index(series, choose(series))
		if got := history.Best(name); got != want {
			t.Errorf("the best epoch of %s is %d, want %d of %v", name, got, want, series)
		}
	}
}

// bare is a metric without any method Value.
type bare struct{}

func (bare) Kind() string                                           { return "bare" }
func (bare) Bind(braid.Spec, metric.Target) (metric.Func, error)    { return bare{}, nil }
func (bare) Width() int                                             { return 1 }
func (bare) Rows(metric.Batch, tensor.Rows[float32], int, int)      {}
func (bare) Tally() int                                             { return 1 }
func (bare) Add(tally []float64, numbers []float32, weight float64) {}

func TestMetricMistakes(t *testing.T) {
	l := newLabelled(5).table(t)
	macro, matrix := metric.F1{Average: metric.Macro}, metric.ConfusionMatrix{}
	two := metric.ConfusionMatrix{Labels: []string{"a", "b"}}
	for want, list := range map[string]metric.List{
		`two figures are named "kind_f1_score_macro"`:                           {macro, macro},
		`two figures are named "kind_confusion_matrix"`:                         {matrix, matrix},
		`head "kind": the metric bare is none of metric.OfSums, metric.OfTally`: {bare{}},
		`head "kind": 2 Labels, want 3`:                                         {two},
	} {
		p := twoLosses()
		kind := p.Heads["kind"]
		kind.Metrics = list
		p.Heads["kind"] = kind
		_, err := train.Evaluate(context.Background(), twoHeads(t), l, p.Heads, 1)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
		_, err = train.Fit(context.Background(), twoHeads(t), l, p)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}

// Heads that are wrong stay as they are, for Evaluate to say why.
func TestAllMetricsOfWrongHeads(t *testing.T) {
	heads := train.Heads{"kind": {}, "level": {Loss: twoLosses().Heads["kind"].Loss}, "x": {}}
	if got := heads.WithAllMetrics(twoHeads(t)); !reflect.DeepEqual(got, heads) {
		t.Errorf("got %v, want %v", got, heads)
	}
}
