package loss_test

import (
	"math"
	"slices"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/loss"
	"braid/tensor"
)

func bind(t *testing.T, l loss.Loss, head braid.Spec) loss.Func {
	t.Helper()
	f, err := l.Bind(head)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func rows(width int, values ...float32) tensor.Rows[float32] {
	return tensor.Rows[float32]{Data: values, Width: width, Stride: width}
}

var (
	softmaxHead = braid.Spec{Name: "digit", Shape: tensor.Shape{3}, Activation: braid.Softmax}
	sigmoidHead = braid.Spec{Name: "answer", Shape: tensor.Shape{2}, Activation: braid.Sigmoid}
)

// The expected losses are from Python's math: log(sum(exp(z))) - z[label].
func TestSparseCategoricalCrossentropy(t *testing.T) {
	f := bind(t, loss.SparseCategoricalCrossentropy{}, softmaxHead)
	b := braidtest.Answer(rows(3, 0.5, -1, 2, 0, 0, 0, 1, 3, -2), softmaxHead)
	b.Labels = tensor.Rows[int32]{Data: []int32{2, 0, 2}, Width: 1, Stride: 1}
	losses := make([]float32, 3)
	f.Rows(b, losses, 1, 0, 3)
	for i, want := range []float64{0.2413113, 1.0986123, 5.1328452} {
		if math.Abs(float64(losses[i])-want) > 1e-6 {
			t.Errorf("loss of row %d is %v, want %v", i, losses[i], want)
		}
	}
	braidtest.LossGradient(t, f, b, softmaxHead)
}

// Smoothing labels gives the bytes of smoothing a target with a number for each class.
func TestSmoothLabels(t *testing.T) {
	var results [2][]float32
	for i, l := range []loss.Loss{loss.SparseCategoricalCrossentropy{Smoothing: 0.1},
		loss.CategoricalCrossentropy{Smoothing: 0.1}} {
		b := braidtest.Answer(rows(3, 0.5, -1, 2, 0, 0, 1, 1, 3, -2), softmaxHead)
		b.Labels = tensor.Rows[int32]{Data: []int32{2, 0, 1}, Width: 1, Stride: 1}
		b.Target = rows(3, 0, 0, 1, 1, 0, 0, 0, 1, 0)
		b.Grad = tensor.NewRows[float32](3, 3)
		losses := make([]float32, 3)
		bind(t, l, softmaxHead).Rows(b, losses, 0.75, 0, 3)
		results[i] = append(losses, b.Grad.Data...)
	}
	if !slices.Equal(results[0], results[1]) {
		t.Errorf("losses and gradients are %v, want %v", results[0], results[1])
	}
}

func TestBinaryCrossentropy(t *testing.T) {
	f := bind(t, loss.BinaryCrossentropy{}, sigmoidHead)
	b := braidtest.Answer(rows(2, 0.5, -1, 2, 0), sigmoidHead)
	b.Target = rows(2, 1, 0, 0.25, 1)
	losses := make([]float32, 2)
	f.Rows(b, losses, 1, 0, 2)
	for i, want := range []float64{0.3936693, 1.1600376} {
		if math.Abs(float64(losses[i])-want) > 1e-6 {
			t.Errorf("loss of row %d is %v, want %v", i, losses[i], want)
		}
	}
	braidtest.LossGradient(t, f, b, sigmoidHead)
}

// Weights of classes multiply losses and gradients; they do not divide them.
func TestClassWeights(t *testing.T) {
	plain := bind(t, loss.SparseCategoricalCrossentropy{}, softmaxHead)
	weights := []float64{2, 0, 0.5}
	weighted := bind(t, loss.SparseCategoricalCrossentropy{ClassWeights: weights}, softmaxHead)
	b := braidtest.Answer(rows(3, 0.5, -1, 2, 0, 0, 1, 1, 3, -2), softmaxHead)
	b.Labels = tensor.Rows[int32]{Data: []int32{2, 0, 1}, Width: 1, Stride: 1}
	want, got := make([]float32, 3), make([]float32, 3)
	b.Grad = tensor.NewRows[float32](3, 3)
	plain.Rows(b, want, 1, 0, 3)
	wantGrad := b.Grad
	b.Grad = tensor.NewRows[float32](3, 3)
	weighted.Rows(b, got, 1, 0, 3)
	for r, weight := range []float32{0.5, 2, 0} { // powers of two are exact
		if got[r] != want[r]*weight {
			t.Errorf("loss of row %d is %v, want %v times %v", r, got[r], weight, want[r])
		}
		for i, g := range b.Grad.Row(r) {
			if g != wantGrad.Row(r)[i]*weight {
				t.Errorf("gradient of row %d is %v, want %v times %v", r, b.Grad.Row(r), weight,
					wantGrad.Row(r))
			}
		}
	}
}

// PyTorch's BCEWithLogitsLoss: w y log(1 + exp(-z)) + (1 - y) log(1 + exp(z)).
func TestPositiveWeight(t *testing.T) {
	pairs := braid.Spec{Name: "pairs", Shape: tensor.Shape{2, 2}, Activation: braid.Sigmoid}
	f := bind(t, loss.BinaryCrossentropy{PositiveWeight: []float64{3, 0.5}}, pairs)
	b := braidtest.Answer(rows(4, 0.5, -1, 2, 0.25), pairs)
	b.Target = rows(4, 1, 1, 0.25, 0)
	losses := make([]float32, 1)
	f.Rows(b, losses, 1, 0, 1)
	var want float64
	for i, z := range []float64{0.5, -1, 2, 0.25} {
		y, w := float64(b.Target.Data[i]), []float64{3, 0.5}[i%2]
		want += (w*y*math.Log1p(math.Exp(-z)) + (1-y)*math.Log1p(math.Exp(z))) / 4
	}
	if math.Abs(float64(losses[0])-want) > 1e-6 {
		t.Errorf("loss is %v, want %v", losses[0], want)
	}
}

// A label 0 is the sign -1.
func TestHingeLabels(t *testing.T) {
	head := braid.Spec{Name: "x", Shape: tensor.Shape{4}}
	for _, l := range []loss.Loss{loss.Hinge{}, loss.SquaredHinge{}} {
		var want []float32
		for _, target := range [][]float32{{1, -1, -1, 1}, {1, 0, 0, 1}} {
			b := braidtest.Answer(rows(4, 0.5, 0.25, -3, -2), head)
			b.Target, b.Grad = rows(4, target...), tensor.NewRows[float32](1, 4)
			losses := make([]float32, 1)
			bind(t, l, head).Rows(b, losses, 1, 0, 1)
			got := append(losses, b.Grad.Data...)
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) || got[2] == 0 {
				t.Errorf("%s of %v: loss and gradients %v, want %v", l.Kind(), target, got, want)
			}
		}
	}
}
