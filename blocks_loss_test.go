package braid_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/layer"
	"braid/loss"
	"braid/tensor"
)

// loss returns the loss of the configuration, and the activation of a head that it fits.
func (b *block) loss(t *testing.T) (l loss.Loss, activation braid.Activation) {
	t.Helper()
	name, _ := b.Config["name"].(string)
	config := map[string]any{}
	binary := strings.HasPrefix(name, "binary")
	for key, v := range b.Config {
		switch {
		case key == "delta", key == "gamma":
			config[key] = v
		case key == "label_smoothing":
			config["smoothing"] = v
		case key == "pos_weight":
			config["positive_weight"] = listOf(v)
		case key == "alpha" && !binary:
			config[key] = listOf(v)
		}
	}
	if b.Config.is("apply_class_balancing") {
		config["alpha"] = 0.25 // Keras' default
		if alpha := b.Config.pointer("alpha"); alpha != nil {
			config["alpha"] = *alpha
		}
	}
	switch {
	case b.Config.is("from_logits") && binary:
		activation = layer.Sigmoid
	case b.Config.is("from_logits"):
		activation = layer.Softmax
	case name == "kl_divergence", strings.HasSuffix(name, "_crossentropy"):
		config["probabilities"] = true
	}
	text, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	if l, err = loss.Decode(name, text); err != nil {
		t.Fatal(err)
	}
	return l, activation
}

// lossRun has the loss of a case, its batch, and the case's weights of rows and steps.
type lossRun struct {
	f             loss.Func
	batch         loss.Batch
	rows, steps   int
	weights, mask []float64 // of rows; of steps of rows
}

func (b *block) lossRun(t *testing.T) *lossRun {
	t.Helper()
	l, activation := b.loss(t)
	shape := b.Inputs[1].Shape
	spec := braid.Spec{Name: "y", Shape: shape, Activation: activation}
	f, err := l.Bind(spec)
	if err != nil {
		t.Fatal(err)
	}
	width := shape.Size()
	run := &lossRun{f: f, rows: b.Batch, steps: shape[:len(shape)-1].Size()}
	run.batch = braidtest.Answer(tensor.Rows[float32]{Data: b.floats(t, "in/y_pred"), Width: width,
		Stride: width}, spec)
	truth := b.floats(t, "in/y_true")
	if f.Target().DType == tensor.Int32 {
		run.batch.Labels = tensor.NewRows[int32](b.Batch, run.steps)
		for i, v := range truth {
			run.batch.Labels.Data[i] = int32(v)
		}
	} else {
		run.batch.Target = tensor.Rows[float32]{Data: truth, Width: width, Stride: width}
	}
	run.batch.Grad = tensor.NewRows[float32](b.Batch, width)
	run.batch.StepWeights = tensor.NewRows[float32](b.Batch, run.steps)
	run.weights = slices.Repeat([]float64{1}, b.Batch)
	if _, given := b.tensors.Entry(b.Name + "/in/sample_weight"); given {
		run.weights = b.doubles(t, "in/sample_weight")
	}
	run.mask = slices.Repeat([]float64{1}, b.Batch*run.steps)
	if _, given := b.tensors.Entry(b.Name + "/mask"); given {
		run.mask = b.doubles(t, "mask")
	}
	return run
}

// sum returns the sum over all steps of their loss times a weight. It leaves its gradient in Grad.
func (run *lossRun) sum(weight func(row, step int) float64) float64 {
	for r := range run.rows {
		for s := range run.steps { // a row's loss is divided by its steps
			run.batch.StepWeights.Row(r)[s] = float32(weight(r, s) * float64(run.steps))
		}
	}
	losses := make([]float32, run.rows)
	run.f.Rows(run.batch, losses, 1, 0, run.rows)
	var sum float64
	for _, v := range losses {
		sum += float64(v)
	}
	return sum
}

// checkLoss compares the losses of rows or steps, their gradients, and the reductions that
// weights and masks of rows and steps give.
func (b *block) checkLoss(t *testing.T) (missing string) {
	run := b.lossRun(t)
	var losses []float32
	for row := range run.rows {
		for step := range run.steps {
			losses = append(losses, float32(run.sum(func(r, s int) float64 {
				if r == row && s == step {
					return 1
				}
				return 0
			})))
		}
	}
	b.compare(t, "out", losses, blockLimit)
	upstream := b.doubles(t, "upstream")
	run.sum(func(r, s int) float64 { return upstream[r*run.steps+s] })
	b.compare(t, "grad_in/y_pred", run.batch.Grad.Data, gradientLimit)

	var steps, weights float64
	for r, w := range run.weights {
		for _, m := range run.mask[r*run.steps : (r+1)*run.steps] {
			steps += m
			weights += w * m
		}
	}
	for _, c := range []struct {
		name    string
		divisor float64
	}{{"keras", steps}, {"weighted_mean", weights}, {"sum", 1}} {
		if _, given := b.tensors.Entry(b.Name + "/loss_" + c.name); !given {
			continue
		}
		total := run.sum(func(r, s int) float64 {
			return run.weights[r] * run.mask[r*run.steps+s] / c.divisor
		})
		b.compare(t, "loss_"+c.name, []float32{float32(total)}, blockLimit)
		b.compare(t, "grad_"+c.name+"/y_pred", run.batch.Grad.Data, gradientLimit)
	}
	return ""
}
