package main

import (
	"context"

	"braid/data"
	"braid/internal/random"
)

// Rows of the made data sets: 100 steps an epoch each.
const (
	wideRows = 12_800
	textRows = 6_400
)

// wideTable makes images of dark pixels, more of low classes than of high ones.
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

// textTable makes sentences in which, as in real ones, few words are most of the text.
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
	return data.NewTable(data.Ints("ids", ids, textSteps), data.Ints("topic", topics), data.Floats("good", good))
}

// skewed draws ids below limit, the lower the more often. bench/pytorch draws alike.
func skewed(ids []int32, limit int, draw random.Stream) {
	for i := range ids {
		u := draw.Unit(uint64(i))
		ids[i] = int32(float32(u*u) * float32(limit))
	}
}
