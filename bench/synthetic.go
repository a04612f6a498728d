package main

import (
	"context"

	"braid/data"
	"braid/internal/random"
)

// Rows of the synthetic data sets: 100 steps in an epoch.
const (
	wideRows = 12_800
	textRows = 6_400
)

// wideTable returns random images, mostly dark, with more rows of low classes than of high ones.
func wideTable(context.Context) (*data.Table, error) {
	pixels, classes := make([]uint8, wideRows*784), make([]int32, wideRows)
	draw := random.New(1, "bench/wide/pixels")
	for i := range pixels {
		bits := draw.Bits(uint64(i))
		pixels[i] = uint8(bits & (bits >> 8))
	}
	skewed(classes, wideClasses, random.New(1, "bench/wide/classes"))
	standard, err := data.Measure(pixels)
	if err != nil {
		return nil, err
	}
	return data.NewTable(data.Bytes("image", pixels, standard, 784), data.Ints("digit", classes))
}

// textTable returns random sentences in which, as in real text, a few words are frequent.
func textTable(context.Context) (*data.Table, error) {
	ids, topics := make([]int32, textRows*textSteps), make([]int32, textRows)
	good := make([]float32, textRows)
	skewed(ids, textWords, random.New(1, "bench/text/ids"))
	skewed(topics, textTopics, random.New(1, "bench/text/topics"))
	draw := random.New(1, "bench/text/good")
	for i := range good {
		if draw.Unit(uint64(i)) < 0.3 {
			good[i] = 1
		}
	}
	return data.NewTable(
		data.Ints("ids", ids, textSteps), data.Ints("topic", topics), data.Floats("good", good))
}

// skewed fills ids with random numbers below limit, lower ones more often. The scripts of
// bench/pytorch use the same distribution.
func skewed(ids []int32, limit int, draw random.Stream) {
	for i := range ids {
		u := draw.Unit(uint64(i))
		ids[i] = int32(float32(u*u) * float32(limit))
	}
}
