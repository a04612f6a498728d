package main

import (
	"context"

	"braid/data"
	"braid/internal/random"
)

// Rows of the synthetic data sets: an epoch has 100 steps, or fewer where a step takes long.
const (
	wideRows        = 12_800
	textRows        = 6_400
	gruRows         = 6_400
	transformerRows = 1_280
	recordRows      = 1_920
	resnetRows      = 512
)

// wideTable returns random images, mostly dark, with more rows of low classes than of high ones.
func wideTable(context.Context) (*data.Table, error) {
	return imageTable("wide", wideRows, "digit", nil, 784)
}

// textTable returns random sentences in which, as in real text, a few words are frequent.
func textTable(context.Context) (*data.Table, error) {
	return data.NewTable(
		data.Ints("ids", skewed("text/ids", textRows*textSteps, textWords), textSteps),
		data.Ints("topic", skewed("text/topics", textRows, textTopics)),
		data.Floats("good", answers("text/good", textRows)))
}

func gruTable(context.Context) (*data.Table, error) {
	return sequenceTable("gru", gruRows, gruSteps)
}

func transformerTable(context.Context) (*data.Table, error) {
	return sequenceTable("transformer", transformerRows, transformerSteps)
}

// sequenceTable returns sequences of numbers from -1 to 1.
func sequenceTable(name string, rows, steps int) (*data.Table, error) {
	values, draw := make([]float32, rows*steps*sequenceWidth), random.New(1, "bench/"+name)
	for i := range values {
		values[i] = 2*draw.Unit(uint64(i)) - 1
	}
	return data.NewTable(data.Floats("steps", values, steps, sequenceWidth),
		data.Ints("topic", skewed(name+"/topics", rows, textTopics)))
}

// recordTable returns images with questions of two words.
func recordTable(context.Context) (*data.Table, error) {
	return imageTable("record", recordRows, "digit", []data.Column{
		data.Ints("question", skewed("record/questions", 2*recordRows, digitWords), 2),
		data.Floats("answer", answers("record/answers", recordRows)),
	}, digitSide, digitSide)
}

func resnetTable(context.Context) (*data.Table, error) {
	return imageTable("resnet", resnetRows, "class", nil, resnetSide, resnetSide, 3)
}

// imageTable returns a column image of mostly dark bytes, a column of classes, and more columns.
func imageTable(
	name string, rows int, classes string, more []data.Column, shape ...int,
) (*data.Table, error) {
	size := rows
	for _, n := range shape {
		size *= n
	}
	pixels, draw := make([]uint8, size), random.New(1, "bench/"+name+"/pixels")
	for i := range pixels {
		bits := draw.Bits(uint64(i))
		pixels[i] = uint8(bits & (bits >> 8))
	}
	standard, err := data.Measure(pixels)
	if err != nil {
		return nil, err
	}
	return data.NewTable(append(more, data.Bytes("image", pixels, standard, shape...),
		data.Ints(classes, skewed(name+"/classes", rows, imageClasses)))...)
}

// skewed returns count random numbers below limit, lower ones more often. The scripts of
// bench/pytorch use the same distribution.
func skewed(name string, count, limit int) []int32 {
	ids, draw := make([]int32, count), random.New(1, "bench/"+name)
	for i := range ids {
		u := draw.Unit(uint64(i))
		ids[i] = int32(float32(u*u) * float32(limit))
	}
	return ids
}

// answers returns count numbers, 30 % of which are 1, the others 0.
func answers(name string, count int) []float32 {
	list, draw := make([]float32, count), random.New(1, "bench/"+name)
	for i := range list {
		if draw.Unit(uint64(i)) < 0.3 {
			list[i] = 1
		}
	}
	return list
}
