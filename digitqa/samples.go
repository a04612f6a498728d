package digitqa

import (
	"braid"
	"braid/data/mnist"
	"braid/tensor"
)

// samplesEach is the number of samples of each digit.
const samplesEach = 2

// Samples returns images with questions to check a model with and to show as examples: the first
// images of each digit, in the digits' order, with the questions of Table.
func Samples(images mnist.Images) (braid.Tensors, error) {
	ids, err := questionIDs()
	if err != nil {
		return nil, err
	}
	shape := images.Pixels.Shape()
	size := shape[1] * shape[2]
	var rows [classes][]int
	for i, label := range images.Labels.Uint8s() {
		if int(label) < classes && len(rows[label]) < samplesEach {
			rows[label] = append(rows[label], i)
		}
	}
	var pixels []uint8
	var questions []int32
	n := 0
	for _, examples := range rows {
		for _, i := range examples {
			pixels = append(pixels, images.Pixels.Uint8s()[i*size:][:size]...)
			questions = append(questions, ids[i%len(Questions)]...)
			n++
		}
	}
	return braid.Tensors{
		"image":    tensor.Bytes(pixels, n, shape[1], shape[2]),
		"question": tensor.Ints(questions, n, questionWords),
	}, nil
}
