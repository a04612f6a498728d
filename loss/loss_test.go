package loss_test

import (
	"math"
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
	b := braidtest.Answer(rows(3, 0.5, -1, 2, 0, 0, 0, 1, 3, -2), braid.Softmax)
	b.Labels = tensor.Rows[int32]{Data: []int32{2, 0, 2}, Width: 1, Stride: 1}
	losses := make([]float32, 3)
	f.Rows(b, losses, 1, 0, 3)
	for i, want := range []float64{0.2413113, 1.0986123, 5.1328452} {
		if math.Abs(float64(losses[i])-want) > 1e-6 {
			t.Errorf("loss of row %d is %v, want %v", i, losses[i], want)
		}
	}
	braidtest.LossGradient(t, f, b, braid.Softmax)
}

func TestBinaryCrossentropy(t *testing.T) {
	f := bind(t, loss.BinaryCrossentropy{}, sigmoidHead)
	b := braidtest.Answer(rows(2, 0.5, -1, 2, 0), braid.Sigmoid)
	b.Target = rows(2, 1, 0, 0.25, 1)
	losses := make([]float32, 2)
	f.Rows(b, losses, 1, 0, 2)
	for i, want := range []float64{0.3936693, 1.1600376} {
		if math.Abs(float64(losses[i])-want) > 1e-6 {
			t.Errorf("loss of row %d is %v, want %v", i, losses[i], want)
		}
	}
	braidtest.LossGradient(t, f, b, braid.Sigmoid)
}

// Losses and gradients of logits of 1e4 are finite and exact.
func TestExtremeLogits(t *testing.T) {
	sparse := bind(t, loss.SparseCategoricalCrossentropy{}, softmaxHead)
	b := braidtest.Answer(rows(3, 1e4, -1e4, 0, 1e4, -1e4, 0), braid.Softmax)
	b.Grad = tensor.NewRows[float32](2, 3)
	b.Labels = tensor.Rows[int32]{Data: []int32{0, 1}, Width: 1, Stride: 1}
	losses := make([]float32, 2)
	sparse.Rows(b, losses, 1, 0, 2)
	if losses[0] != 0 || losses[1] != 2e4 || b.Grad.Row(1)[0] != 1 || b.Grad.Row(1)[1] != -1 {
		t.Errorf("losses %v, gradients %v", losses, b.Grad.Data)
	}
	binary := bind(t, loss.BinaryCrossentropy{}, sigmoidHead)
	b = braidtest.Answer(rows(2, 1e4, -1e4), braid.Sigmoid)
	b.Target, b.Grad = rows(2, 0, 0), tensor.NewRows[float32](1, 2)
	binary.Rows(b, losses, 1, 0, 1)
	if losses[0] != 5e3 || b.Grad.Data[0] != 0.5 || b.Grad.Data[1] != 0 {
		t.Errorf("loss %v, gradients %v, want 5000 and 0.5, 0", losses[0], b.Grad.Data)
	}
}

// A small loss keeps its digits: the loss uses log1p, not the logarithm of a number rounded to 1.
func TestSmallLosses(t *testing.T) {
	sparse := bind(t, loss.SparseCategoricalCrossentropy{}, softmaxHead)
	binary := bind(t, loss.BinaryCrossentropy{},
		braid.Spec{Name: "b", Shape: tensor.Shape{1}, Activation: braid.Sigmoid})
	for _, z := range []float32{5, 12, 18, 30} {
		losses := make([]float32, 1)
		b := braidtest.Answer(rows(1, z), braid.Sigmoid)
		b.Target = rows(1, 1)
		binary.Rows(b, losses, 1, 0, 1)
		want := math.Log1p(math.Exp(-float64(z)))
		if math.Abs(float64(losses[0])-want) > 4e-7*want {
			t.Errorf("loss at logit %v is %v, want %v", z, losses[0], want)
		}
		b = braidtest.Answer(rows(3, -z, 0, -z), braid.Softmax)
		b.Labels = tensor.Rows[int32]{Data: []int32{1}, Width: 1, Stride: 1}
		sparse.Rows(b, losses, 1, 0, 1)
		want = math.Log1p(2 * math.Exp(-float64(z)))
		if math.Abs(float64(losses[0])-want) > 4e-7*want {
			t.Errorf("loss beside logits %v is %v, want %v", -z, losses[0], want)
		}
	}
}

func TestMistakes(t *testing.T) {
	for _, l := range []loss.Loss{loss.SparseCategoricalCrossentropy{}, loss.BinaryCrossentropy{}} {
		if _, err := l.Bind(braid.Spec{Name: "x", Shape: tensor.Shape{3}}); err == nil {
			t.Errorf("%s binds to a linear head", l.Kind())
		}
	}
	pairs := braid.Spec{Shape: tensor.Shape{2, 3}, Activation: braid.Softmax}
	if _, err := (loss.SparseCategoricalCrossentropy{}).Bind(pairs); err == nil {
		t.Error("sparse loss binds to a head of two axes")
	}
}

func TestDecode(t *testing.T) {
	for _, l := range []loss.Loss{loss.BinaryCrossentropy{}, loss.SparseCategoricalCrossentropy{}} {
		if back, err := loss.Decode(l.Kind(), []byte("{}")); err != nil || back != l {
			t.Errorf("%s is decoded as %#v (%v)", l.Kind(), back, err)
		}
	}
	if _, err := loss.Decode("binary_crossentropy", []byte(`{"smoothing":0.1}`)); err == nil {
		t.Error("an unknown field is no error")
	}
}
