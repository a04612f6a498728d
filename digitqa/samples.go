package digitqa

import (
	"strconv"

	"braid"
	"braid/data/mnist"
	"braid/tensor"
)

// samplesEach is how many samples show each digit.
const samplesEach = 2

// Samples are some images with questions that a model is tried with and people are shown: the first of each
// digit, in the digits' order, with the question that Table gives them.
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
	for _, of := range rows {
		for _, i := range of {
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

// Rule says of which digits a question is true.
type Rule struct {
	Question string
	Digits   []string
}

// Rules are the questions' truths, for all digits.
func Rules() []Rule {
	var list []Rule
	for _, q := range Questions {
		r := Rule{Question: q.Text}
		for digit := range int32(classes) {
			if q.True(digit) {
				r.Digits = append(r.Digits, strconv.Itoa(int(digit)))
			}
		}
		list = append(list, r)
	}
	return list
}
