package main

import (
	"encoding/json"
	"io"
	"runtime"
	"time"

	"braid"
	"braid/tensor"
)

// predict prints the median time of a prediction.
func (j job) predict(out io.Writer) error {
	runtime.GOMAXPROCS(j.workers)
	model, err := j.model()
	if err != nil {
		return err
	}
	predict, err := predictor(model, j.rows)
	if err != nil {
		return err
	}
	times, err := repeat(j.budget, predict)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(readings{
		"calls": float64(len(times)), "predict_s": median(times),
	})
}

// predictor returns a function that predicts one batch of rows rows with a model, which the harness
// and the benchmarks measure. The inputs and outputs are allocated beforehand.
func predictor(model *braid.Model, rows int) (func() error, error) {
	in := braid.Tensors{}
	for _, spec := range model.Inputs() {
		shape := append(tensor.Shape{rows}, spec.Shape...)
		if spec.DType == tensor.Int32 {
			words := make([]int32, shape.Size())
			for i := range words {
				words[i] = int32(1 + i%6)
			}
			in[spec.Name] = tensor.Ints(words, shape...)
			continue
		}
		pixels := make([]float32, shape.Size())
		for i := range pixels {
			pixels[i] = float32(i*31%256) / 255
		}
		in[spec.Name] = tensor.Floats(pixels, shape...)
	}
	out, err := model.Predict(in)
	if err != nil {
		return nil, err
	}
	return func() error { return model.PredictInto(out, in) }, nil
}

// repeat repeats an operation for a time, and returns how long each repetition took, in seconds.
func repeat(budget time.Duration, work func() error) ([]float64, error) {
	var times []float64
	began := time.Now()
	for last := began; last.Sub(began) < budget; {
		if err := work(); err != nil {
			return nil, err
		}
		now := time.Now()
		times = append(times, now.Sub(last).Seconds())
		last = now
	}
	return times, nil
}
