package loss_test

import (
	"math"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/loss"
	"braid/tensor"
)

// Losses and gradients of logits of 1e4 are finite and exact.
func TestExtremeLogits(t *testing.T) {
	sparse := bind(t, loss.SparseCategoricalCrossentropy{}, softmaxHead)
	b := braidtest.Answer(rows(3, 1e4, -1e4, 0, 1e4, -1e4, 0), softmaxHead)
	b.Grad = tensor.NewRows[float32](2, 3)
	b.Labels = tensor.Rows[int32]{Data: []int32{0, 1}, Width: 1, Stride: 1}
	losses := make([]float32, 2)
	sparse.Rows(b, losses, 1, 0, 2)
	if losses[0] != 0 || losses[1] != 2e4 || b.Grad.Row(1)[0] != 1 || b.Grad.Row(1)[1] != -1 {
		t.Errorf("losses %v, gradients %v", losses, b.Grad.Data)
	}
	dense := bind(t, loss.CategoricalCrossentropy{}, softmaxHead)
	b.Target = rows(3, 1, 0, 0, 0, 1, 0)
	dense.Rows(b, losses, 1, 0, 2)
	if losses[0] != 0 || losses[1] != 2e4 || b.Grad.Row(1)[0] != 1 || b.Grad.Row(1)[1] != -1 {
		t.Errorf("of dense targets: losses %v, gradients %v", losses, b.Grad.Data)
	}
	binary := bind(t, loss.BinaryCrossentropy{}, sigmoidHead)
	b = braidtest.Answer(rows(2, 1e4, -1e4), sigmoidHead)
	b.Target, b.Grad = rows(2, 0, 0), tensor.NewRows[float32](1, 2)
	binary.Rows(b, losses, 1, 0, 1)
	if losses[0] != 5e3 || b.Grad.Data[0] != 0.5 || b.Grad.Data[1] != 0 {
		t.Errorf("loss %v, gradients %v, want 5000 and 0.5, 0", losses[0], b.Grad.Data)
	}
}

// A small loss keeps its digits: the loss uses log1p, not the logarithm of a number rounded to 1.
func TestSmallLosses(t *testing.T) {
	one := braid.Spec{Name: "b", Shape: tensor.Shape{1}, Activation: braid.Sigmoid}
	linear := braid.Spec{Name: "x", Shape: tensor.Shape{1}}
	check := func(
		l loss.Loss, head braid.Spec, want, tolerance float64, logits []float32, y ...float32,
	) {
		t.Helper()
		b := braidtest.Answer(rows(len(logits), logits...), head)
		b.Target = rows(len(y), y...)
		b.Labels = tensor.Rows[int32]{Data: []int32{1}, Width: 1, Stride: 1}
		losses := make([]float32, 1)
		bind(t, l, head).Rows(b, losses, 1, 0, 1)
		if !(math.Abs(float64(losses[0])-want) <= tolerance*want) {
			t.Errorf("%s at %v is %v, want %v", l.Kind(), logits, losses[0], want)
		}
	}
	gamma := 0.5
	for _, z := range []float32{5, 12, 18, 30} {
		want := math.Log1p(math.Exp(-float64(z)))
		check(loss.BinaryCrossentropy{}, one, want, 4e-7, []float32{z}, 1)
		want *= math.Pow(1/(1+math.Exp(float64(z))), gamma)
		check(loss.BinaryFocalCrossentropy{Gamma: &gamma}, one, want, 4e-6, []float32{z}, 1)
		others := 2 * math.Exp(-float64(z))
		want = math.Log1p(others)
		logits := []float32{-z, 0, -z}
		check(loss.SparseCategoricalCrossentropy{}, softmaxHead, want, 4e-7, logits)
		check(loss.CategoricalCrossentropy{}, softmaxHead, want, 4e-7, logits, 0, 1, 0)
		want *= math.Pow(others/(1+others), gamma)
		check(loss.CategoricalFocalCrossentropy{Gamma: &gamma, Alpha: []float64{1}}, softmaxHead, want,
			4e-6, logits, 0, 1, 0)
	}
	for _, d := range []float64{1e-4, 0.01, 0.2, 0.249, 0.251, 0.3} {
		d = float64(float32(d))
		tolerance := 4e-6
		if d < 0.25 {
			tolerance = 5e-7 // a series
		}
		check(loss.LogCosh{}, linear, math.Log(math.Cosh(d)), tolerance, []float32{float32(d)}, 0)
	}
	p, y := float32(50.001), float32(50)
	want := math.Log1p(float64(p)) - math.Log1p(float64(y))
	check(loss.MeanSquaredLogarithmicError{}, linear, want*want, 1e-6, []float32{p}, y)
}

// extremes are outputs, logits and targets that have made losses NaN or infinite.
var extremes = []float32{0, 1e-30, 1e-7, 0.5, 1 - 6e-8, 1, 3, 88, 104, 1e4}

// Losses and gradients are finite at any output and any valid target.
func TestExtremes(t *testing.T) {
	for _, c := range cases {
		head := c.head()
		f := bind(t, c.loss, head)
		target := f.Target()
		for _, size := range extremes {
			for _, sign := range []float32{1, -1} {
				for _, y := range []float32{0, 1e-30, 0.5, 1, -1, 1e4} {
					if target.Unit && (y < 0 || y > 1) || target.NotNegative && y < 0 ||
						target.Signs && abs(y) != 1 {
						continue
					}
					v := size * sign
					if head.Activation == braid.Exponential && size > 80 {
						continue // the output itself is infinite
					}
					b := braidtest.Answer(rows(6, v, -v, 0, v, v, v), head)
					b.Target, b.Grad = rows(6, y, 1, 0, 0, 1, y), tensor.NewRows[float32](1, 6)
					if target.Signs {
						b.Target = rows(6, y, 1, -1, -1, y, 1)
					}
					b.Labels = tensor.Rows[int32]{Data: []int32{2, 1}, Width: 2, Stride: 2}
					losses := make([]float32, 1)
					f.Rows(b, losses, 1, 0, 1)
					for _, g := range append(losses, b.Grad.Data...) {
						if math.IsNaN(float64(g)) || math.IsInf(float64(g), 0) {
							t.Fatalf("%s at %v, target %v: loss %v, gradients %v", c.name(), v, y, losses[0],
								b.Grad.Data)
						}
					}
				}
			}
		}
	}
}

func abs(x float32) float32 { return max(x, -x) }

// A number that is not finite shows in the loss, so that training stops.
func TestNaNShows(t *testing.T) {
	for _, c := range cases {
		for at := range 6 {
			values := []float32{0.1, 0.2, 0.3, 0.4, 0.5, 0.6}
			values[at] = float32(math.NaN())
			b := braidtest.Answer(rows(6, values...), c.head())
			b.Target = rows(6, 1, 1, 1, 1, 1, 1)
			b.Labels = tensor.Rows[int32]{Data: []int32{2, 1}, Width: 2, Stride: 2}
			losses := make([]float32, 1)
			bind(t, c.loss, c.head()).Rows(b, losses, 1, 0, 1)
			if !math.IsNaN(float64(losses[0])) {
				t.Errorf("%s: output %d is NaN, but the loss is %v", c.name(), at, losses[0])
			}
		}
	}
}

// A step of weight 0 costs nothing, whatever the network answers there.
func TestWeightlessStep(t *testing.T) {
	for _, c := range cases {
		f := bind(t, c.loss, c.head())
		var want float32
		for _, logit := range []float32{0.5, float32(math.NaN()), float32(math.Inf(1)), -3e38, 3e38} {
			b := c.rows(f, c.head(), 1)
			copy(b.Logits.Data, []float32{logit, 0.25, logit})
			again := braidtest.Answer(b.Logits, c.head())
			b.Output, b.LogSumExp, b.StepWeights = again.Output, again.LogSumExp, rows(2, 0, 3)
			losses := make([]float32, 1)
			f.Rows(b, losses, 1, 0, 1)
			if logit == 0.5 {
				want = losses[0]
			}
			if losses[0] != want || want == 0 {
				t.Errorf("%s: with logits of %v at step 0 the loss is %v, want %v", c.name(), logit,
					losses[0], want)
			}
		}
	}
}

// Outputs beyond the bounds of a probability count as the bound and have no gradient, as in Keras.
func TestBounds(t *testing.T) {
	least, gamma := -math.Log(1e-7), 0.
	head := braid.Spec{Name: "p", Shape: tensor.Shape{3}}
	for _, c := range []struct {
		loss loss.Loss
		p, y []float32
	}{
		{loss.BinaryCrossentropy{Probabilities: true}, []float32{0, 1, -3}, []float32{1, 0, 1}},
		{loss.BinaryFocalCrossentropy{Probabilities: true, Gamma: &gamma}, []float32{0, 2, -3},
			[]float32{1, 0, 1}},
		{loss.KLDivergence{Probabilities: true}, []float32{0, 1.5, -1}, []float32{1, 1, 0}},
		{loss.CategoricalCrossentropy{Probabilities: true}, []float32{0, 0.5, 0.5}, []float32{1, 0, 0}},
		{loss.CategoricalFocalCrossentropy{Probabilities: true, Gamma: &gamma, Alpha: []float64{1}},
			[]float32{0, 2, 3}, []float32{1, 0, 0}},
		{loss.SparseCategoricalCrossentropy{Probabilities: true}, []float32{0, 0.5, 0.5}, nil},
		// The sum of the outputs is below its bound.
		{loss.CategoricalCrossentropy{Probabilities: true}, []float32{0, 0, 0}, []float32{1, 0, 0}},
	} {
		b := braidtest.Answer(rows(3, c.p...), head)
		b.Target, b.Grad = rows(3, c.y...), rows(3, 7, 7, 7)
		b.Labels = tensor.Rows[int32]{Data: []int32{0}, Width: 1, Stride: 1}
		losses := make([]float32, 1)
		bind(t, c.loss, head).Rows(b, losses, 1, 0, 1)
		if !(math.Abs(float64(losses[0])-least) < 1e-4) {
			t.Errorf("%s of %v is %v, want %v", c.loss.Kind(), c.p, losses[0], least)
		}
		for _, g := range b.Grad.Data {
			if g != 0 {
				t.Errorf("%s of %v has the gradient %v, want 0", c.loss.Kind(), c.p, b.Grad.Data)
				break
			}
		}
	}
}
