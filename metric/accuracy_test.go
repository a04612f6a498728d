package metric_test

import (
	"testing"

	"braid"
	"braid/metric"
	"braid/tensor"
)

func TestAccuracy(t *testing.T) {
	labels, err := metric.Accuracy{}.Bind(braid.Spec{Shape: tensor.Shape{3}},
		metric.Target{DType: tensor.Int32})
	if err != nil {
		t.Fatal(err)
	}
	b := metric.Batch{
		Output: tensor.Rows[float32]{
			Data:  []float32{.1, .2, .7, .4, .4, .2, .5, .3, .2},
			Width: 3, Stride: 3,
		},
		Labels: tensor.Rows[int32]{Data: []int32{2, 1, 0}, Width: 1, Stride: 1},
	}
	check(t, labels, b, 2./3, 1, 0, 1) // of two equal classes the lower counts

	sides, err := metric.Accuracy{}.Bind(braid.Spec{Shape: tensor.Shape{2}},
		metric.Target{DType: tensor.Float32, Shape: tensor.Shape{2}})
	if err != nil {
		t.Fatal(err)
	}
	b = metric.Batch{
		Output: tensor.Rows[float32]{Data: []float32{.5, .9, .51, .2}, Width: 2, Stride: 2},
		Target: tensor.Rows[float32]{Data: []float32{1, 1, 1, 0}, Width: 2, Stride: 2},
	}
	check(t, sides, b, 0.75, 0.5, 1) // 0.5 counts as no
}

// check compares each row's contribution to the sum, and the value over all rows.
func check(t *testing.T, f metric.Func, b metric.Batch, value float64, want ...float32) {
	t.Helper()
	b.Scratch = make([]int32, len(want))
	terms := tensor.NewRows[float32](len(want), f.Width())
	f.Rows(b, terms, 0, 1) // in two spans, as two workers do
	f.Rows(b, terms, 1, len(want))
	sum := 0.0
	for row, w := range want {
		if terms.Row(row)[0] != w {
			t.Errorf("row %d counts %v, want %v", row, terms.Row(row)[0], w)
		}
		sum += float64(terms.Row(row)[0])
	}
	if got := f.(metric.OfSums).Value([]float64{sum}, float64(len(want))); got != value {
		t.Errorf("value is %v, want %v", got, value)
	}
}

func TestAccuracyMistakes(t *testing.T) {
	for _, c := range []struct {
		head   braid.Spec
		target metric.Target
	}{
		{braid.Spec{Shape: tensor.Shape{2, 2}}, metric.Target{DType: tensor.Int32}},
		{braid.Spec{Shape: tensor.Shape{2}},
			metric.Target{DType: tensor.Float32, Shape: tensor.Shape{3}}},
		{braid.Spec{Shape: tensor.Shape{5, 4}, Activation: braid.Softmax},
			metric.Target{DType: tensor.Float32, Shape: tensor.Shape{4, 5}}},
	} {
		if _, err := (metric.Accuracy{}).Bind(c.head, c.target); err == nil {
			t.Errorf("accuracy binds to a head %v with target %v", c.head, c.target)
		}
	}
}

func TestDecode(t *testing.T) {
	if m, err := metric.Decode("accuracy", []byte("{}")); err != nil || m != (metric.Accuracy{}) {
		t.Errorf("got %#v, error %v", m, err)
	}
	if _, err := metric.Decode("acuracy", []byte("{}")); err == nil {
		t.Error("an unknown kind is no error")
	}
}
