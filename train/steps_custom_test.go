package train_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/tensor"
	"braid/train"
)

// likeliest is a metric of whole rows: the weighted sum, and how many rows there are, of the
// largest output of a row's labelled steps.
type likeliest struct{}

func (likeliest) Kind() string { return "likeliest" }

func (likeliest) Bind(braid.Spec, metric.Target) (metric.Func, error) { return likeliest{}, nil }

func (likeliest) Width() int { return 1 }

func (likeliest) Rows(b metric.Batch, numbers tensor.Rows[float32], lo, hi int) {
	for r := lo; r < hi; r++ {
		numbers.Row(r)[0] = 0
		for i, v := range b.Output.Row(r) {
			if b.StepWeights.IsNil() || b.StepWeights.Row(r)[i/3] > 0 {
				numbers.Row(r)[0] = max(numbers.Row(r)[0], v)
			}
		}
	}
}

func (likeliest) Value(rows tensor.Rows[float32], weights []float32) float64 {
	sum := 1000 * float64(len(weights))
	for r, w := range weights {
		sum += float64(w * rows.Row(r)[0])
	}
	return sum
}

// A metric of whole rows gets the weights of the steps. A row weighs their mean.
func TestMetricOfRowsWithSteps(t *testing.T) {
	s := newSequence(3).weighted(1, 0, 2, 1, 1, 1, 1, 1, 0, 3, 0, 1).without(3, 4, 5, 6, 7)
	m := tagger(t, false)
	p := tagPlan("weight")
	p.Heads["tag"] = train.Head{Loss: loss.SparseCategoricalCrossentropy{}, RowWeight: "weight",
		Metrics: metric.List{likeliest{}}}
	out, err := m.Predict(braid.Tensors{"x": tensor.Floats(s.x, 3, 4, 3)})
	if err != nil {
		t.Fatal(err)
	}
	largest := func(steps ...int) (v float64) {
		for _, step := range steps {
			v = max(v, float64(slices.Max(out["tag"].Float32s()[3*step:][:3])))
		}
		return v
	}
	want := 2000 + 3*largest(0, 2)/4 + 4*largest(9, 11)/4
	scores, err := train.Evaluate(context.Background(), m, s.table(t), p.Heads, 1)
	if err != nil {
		t.Fatal(err)
	}
	if got := scores.Values[slices.Index(scores.Names, "tag_likeliest")]; math.Abs(got-want) > 1e-4 {
		t.Errorf("the figure is %v, want %v", got, want)
	}
}

// whole is a loss whose target is one label for all steps of a row. It writes the steps' weights to
// the losses.
type whole struct{}

func (whole) Kind() string                       { return "whole" }
func (whole) Bind(braid.Spec) (loss.Func, error) { return whole{}, nil }
func (whole) Target() loss.Target                { return loss.Target{DType: tensor.Int32} }
func (whole) FromLogits() bool                   { return false }

func (whole) Rows(b loss.Batch, losses []float32, scale float32, lo, hi int) {
	for r := lo; r < hi; r++ {
		losses[r] = 1000
		for i, w := range b.StepWeights.Row(r) {
			losses[r] += w * float32(i+1)
		}
	}
}

// The target of a custom loss may have no steps, but its head has. A row without a label has none
// at any step.
func TestStepsOfCustomLoss(t *testing.T) {
	g := braid.NewGraph("whole")
	g.Head("tag", layer.Dense{Units: 2}, g.Input("x", tensor.Float32, 3, 1))
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	table, err := data.NewTable(data.Floats("x", make([]float32, 9), 3, 1),
		data.Ints("tag", []int32{4, data.NoLabel, 2}),
		data.Floats("weight", []float32{1, 0, 2, 5, 5, 5, 3, 1, 1}, 3))
	if err != nil {
		t.Fatal(err)
	}
	scores, err := train.Evaluate(context.Background(), m, table,
		train.Heads{"tag": {Loss: whole{}, RowWeight: "weight"}}, 1)
	if want := []float64{(1007 + 1008) / 2., (1007 + 1008) / 2.}; err != nil ||
		!slices.Equal(scores.Values, want) {
		t.Errorf("the losses are %v (%v), want %v", scores, err, want)
	}
}

// stepless is a loss that knows no steps.
type stepless struct{ loss.Loss }

func (l stepless) Bind(head braid.Spec) (loss.Func, error) {
	f, err := l.Loss.Bind(head)
	return steplessFunc{f, head}, err
}

type steplessFunc struct {
	loss.Func
	head braid.Spec
}

func (f steplessFunc) ScratchWidth() int { return loss.ScratchWidth(f.Func, f.head) }

func (f steplessFunc) Rows(b loss.Batch, losses []float32, scale float32, lo, hi int) {
	if !b.StepWeights.IsNil() {
		panic("a loss that knows no steps got their weights")
	}
	f.Func.Rows(b, losses, scale, lo, hi)
}

// A loss need not know the weights of steps where whole rows lack their labels or weigh.
func TestRowsOfLossWithoutSteps(t *testing.T) {
	s := newSequence(3).without(4, 5, 6, 7).weighted(1, 0, 3)
	p := tagPlan("weight")
	want := s.fit(t, true, p)
	for name, head := range p.Heads {
		head.Loss = stepless{head.Loss}
		p.Heads[name] = head
	}
	if got := s.fit(t, true, p); got != want {
		t.Error("a custom loss changes the run")
	}
}

// threeSteps is a metric that does not fit a head of four steps.
type threeSteps struct{}

func (threeSteps) Kind() string { return "three" }

func (threeSteps) Bind(braid.Spec, metric.Target) (metric.Func, error) {
	return metric.Steps{Func: likeliest{}, Count: 3}, nil
}

func TestMetricOfOtherSteps(t *testing.T) {
	bad := tagPlan("")
	bad.Heads["tag"] = train.Head{Loss: loss.SparseCategoricalCrossentropy{},
		Metrics: metric.List{threeSteps{}}}
	_, err := train.Fit(context.Background(), tagger(t, true), newSequence(2).table(t), bad)
	if want := `head "tag": the metric three has a metric.Steps of 3 steps, want a Func for each ` +
		`of 4`; err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("error is %v, want %q", err, want)
	}
}
