package train

import (
	"fmt"

	"braid/internal/kernel"
	"braid/tensor"
)

// EMA keeps an exponential moving average of each trained weight: Polyak and Juditsky, 1992, with
// Keras' semantics of use_ema. After the first update the average is the weight, after later ones
//
//	average = Momentum average + (1 - Momentum) weight
//
// The averages are what is validated, what Callback.Epoch sees, and what the model holds when Fit
// returns; Callback.Step sees the weights. Checkpoints hold both, the average under the weight's
// name. MaxNorm limits the weights after the average was taken, as in Keras.
type EMA struct {
	Momentum float64 `json:"momentum"` // 0 means 0.99

	// Warmup limits the momentum of update n, from 1, to (1 + n) / (10 + n): early averages forget the
	// first weights sooner. It is num_updates of TensorFlow's ExponentialMovingAverage.
	Warmup bool `json:"warmup,omitzero"`

	// State averages the state that training changes too, such as the moving statistics of
	// BatchNormalization, as PyTorch's AveragedModel with use_buffers. Keras averages weights alone.
	State bool `json:"state,omitzero"`

	// Overwrite replaces the weights by their averages after every so many updates; 0: never.
	Overwrite int `json:"overwrite,omitzero"`
}

func (e EMA) withDefaults() (EMA, error) {
	if e.Momentum == 0 {
		e.Momentum = 0.99
	}
	if !(e.Momentum > 0 && e.Momentum < 1) {
		return e, fmt.Errorf("EMA.Momentum = %v, want above 0 and below 1", e.Momentum)
	}
	if e.Overwrite < 0 {
		return e, fmt.Errorf("EMA.Overwrite = %d, want 1 or more, or 0 for never", e.Overwrite)
	}
	return e, nil
}

// update updates the averages of rows after an update of their weights, counted from 1.
func (e *EMA) update(number int, average, weights tensor.Rows[float32], rows int) {
	if e == nil {
		return
	}
	momentum := e.Momentum
	if e.Warmup {
		momentum = min(momentum, float64(1+number)/float64(10+number))
	}
	keep, add := float32(momentum), float32(1-momentum)
	tensor.EachRow(average, weights, 0, rows, func(average, weights []float32) {
		if number == 1 {
			copy(average, weights)
		} else {
			kernel.Default().Blend(average, weights, keep, add)
		}
		if e.Overwrite > 0 && number%e.Overwrite == 0 {
			copy(weights, average)
		}
	})
}

// updateState updates the state of the layers and, at the end of a group of batches, its averages
// and the factors of the losses.
// One worker calls it.
func (run *runner) updateState(t turn) {
	run.team.UpdateState()
	run.updateFactors(t)
	if run.ema == nil || !t.last {
		return
	}
	for _, w := range run.model.Weights() {
		if !w.IsState() {
			continue
		}
		memory := w.Memory()
		for i, average := range run.array(memory, averageArray) {
			run.ema.update(t.update, average, memory.Storage[i], memory.Rows)
		}
	}
}

// swapAverages exchanges the weights and their averages. The workers must be idle.
func (run *runner) swapAverages() {
	if run.ema == nil {
		return
	}
	for _, w := range run.model.Weights() {
		for i, average := range run.array(w.Memory(), averageArray) {
			weights := w.Memory().Storage[i].Data
			for j, v := range average.Data {
				average.Data[j], weights[j] = weights[j], v
			}
		}
	}
}

// averaged calls work while the model holds the averages.
func (f *fit) averaged(work func() error) error {
	f.runner.swapAverages()
	defer f.runner.swapAverages()
	return work()
}
