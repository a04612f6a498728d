package braidtest

import (
	"math"
	"testing"

	"braid"
	"braid/loss"
	"braid/op"
	"braid/tensor"
)

// Answer returns a batch for a loss of a head with these logits, as the engine would compute it.
// Its scratch is wide enough for each loss of package loss.
func Answer(logits tensor.Rows[float32], head braid.Spec) loss.Batch {
	rows := len(logits.Data) / logits.Stride
	runs := len(logits.Data) / lastAxis(head)
	b := loss.Batch{
		Logits: logits, Output: tensor.NewRows[float32](rows, logits.Width),
		Scratch:   tensor.NewRows[float32](rows, 8*logits.Width),
		LogSumExp: op.LogSumExp{Max: make([]float32, runs), Rest: make([]float32, runs)},
	}
	answer(b, head)
	return b
}

func lastAxis(head braid.Spec) int {
	if len(head.Shape) == 0 {
		return 1
	}
	return head.Shape[len(head.Shape)-1]
}

func answer(b loss.Batch, head braid.Spec) {
	head.Activation.Forward(b.Output, b.Logits, 0, len(b.Output.Data)/b.Output.Stride, lastAxis(head),
		b.LogSumExp, make([]float32, op.TemporarySize))
}

// LossGradient compares a loss's gradient with central differences: with respect to the logits, or
// to the head's output. The tolerance is 1e-3 of the largest gradient, or of 1 if that is larger.
func LossGradient(t *testing.T, f loss.Func, b loss.Batch, head braid.Spec) {
	t.Helper()
	rows := len(b.Output.Data) / b.Output.Stride
	b.Scratch = tensor.NewRows[float32](rows, loss.ScratchWidth(f, head))
	b.Grad = tensor.NewRows[float32](rows, b.Output.Width)
	for i := range b.Grad.Data {
		b.Grad.Data[i] = 1e6 // Rows must overwrite it
	}
	losses := make([]float32, rows)
	const scale = 0.7
	f.Rows(b, losses, scale, 0, rows)
	grad := b.Grad
	b.Grad = tensor.Rows[float32]{}
	want := make([]float64, len(grad.Data))
	tolerance := 1e-3
	for r := range rows {
		x := b.Output.Row(r)
		if f.FromLogits() {
			x = b.Logits.Row(r)
		}
		for i, v := range x {
			at := func(v float32) float64 {
				x[i] = v
				if f.FromLogits() {
					answer(b, head)
				}
				f.Rows(b, losses, scale, r, r+1)
				return float64(losses[r])
			}
			w := scale * (at(v+step) - at(v-step)) / (float64(v+step) - float64(v-step))
			at(v)
			want[r*grad.Stride+i] = w
			tolerance = max(tolerance, 1e-3*math.Abs(w))
		}
	}
	for i, got := range grad.Data {
		if !(math.Abs(float64(got)-want[i]) <= tolerance) {
			t.Errorf("row %d, element %d: gradient %v, central difference %v", i/grad.Stride,
				i%grad.Stride, got, want[i])
		}
	}
}
