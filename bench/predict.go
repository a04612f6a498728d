package main

import (
	"braid"
	"braid/tensor"
)

// predictor returns a function that predicts one batch of rows rows with the seed network, which
// the harness and the benchmarks measure. The inputs and outputs are allocated beforehand.
func predictor(model *braid.Model, rows int) (func() error, error) {
	pixels, words := make([]float32, rows*784), make([]int32, 2*rows)
	for i := range pixels {
		pixels[i] = float32(i*31%256) / 255
	}
	for i := range words {
		words[i] = int32(1 + i%6)
	}
	in := braid.Tensors{
		"image":    tensor.Floats(pixels, rows, 28, 28),
		"question": tensor.Ints(words, rows, 2),
	}
	out, err := model.Predict(in)
	if err != nil {
		return nil, err
	}
	return func() error { return model.PredictInto(out, in) }, nil
}
