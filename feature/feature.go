// Package feature has the kinds of columns that a network reads: numbers, categories, texts,
// pictures and others. A Feature is what a person writes about a column. It learns from the cells
// of the training rows, and the result is an Encoder, which converts cells to inputs of a network
// in training, prediction and serving alike. A model file holds the encoders.
package feature

import (
	"context"

	"braid"
	"braid/data"
	"braid/tensor"
)

// Feature describes a column. Its zero fields are the common case.
type Feature interface {
	// Kind is the type's name in experiment files, such as "number".
	Kind() string
	// Canonical returns a text that is the same for cells of equal meaning, such as 1.50 and 1.5. It
	// returns "" for a missing cell, and the cell itself where it is not valid. Any number of
	// goroutines may call it at once.
	Canonical(cell string) string
	// Learn learns from the cells of some rows. The error names each of the first bad cells.
	Learn(Column) (Encoder, error)
}

// Column is a column of a frame and the rows to learn from, in order.
type Column struct {
	Name  string
	Frame *data.Frame
	Rows  []int32
	// Context, if set, ends the reading of cells early: with its cause as the error.
	Context context.Context
}

// stopped returns why the reading of cells ends early, nil if it does not.
func (c Column) stopped() error {
	if c.Context == nil || c.Context.Err() == nil {
		return nil
	}
	return context.Cause(c.Context)
}

// Value is what a person gives for a column.
type Value struct {
	Text string // a cell; "" is missing
	// Folder is where a relative path in Text begins. Without it no file is read.
	Folder string
	// Content is that of a file, such as an uploaded picture, in place of its path in Text.
	Content []byte
	// Most limits the bytes that decoding a file takes; 0 means 1 GB.
	Most int64
}

// Input is an input of the network.
type Input struct {
	Name       string
	DType      tensor.DType // of the encoded numbers: Float32, Int32, or Uint8 for standardized bytes
	Shape      tensor.Shape // of a row
	Vocabulary int          // of int32: ids run from 0 to Vocabulary-1
	Standard   data.Standard
}

// Slot is the memory of a row of an input. One field is set, by the input's DType.
type Slot struct {
	Floats []float32
	Ints   []int32
	Bytes  []uint8
}

// Note says what an encoder met in a value.
type Note uint8

// The notes. A value may have several.
const (
	Missing    Note = 1 << iota // the cell is empty, or a word for that
	Unknown                     // a category or a word that training did not have often enough
	OutOfRange                  // a number outside the range of training
	Cut                         // a text longer than the encoder reads
)

// Encoder converts values of a column to inputs of a network. It is written to JSON and read back.
// Any number of goroutines may use it at once.
type Encoder interface {
	// Kind is that of the feature that made it.
	Kind() string
	// Inputs returns the inputs that it fills, for a column of the given name. The first is named
	// Name(column), others Part(column, ...).
	Inputs(column string) []Input
	// Encode fills a row of each input. An error says what was got and wanted; the caller adds the
	// column and the place.
	Encode(v Value, row []Slot) (Note, error)
	// Branch adds the layers between the inputs and the concatenation of all columns. They are named
	// Part(column, ...).
	Branch(g *braid.Graph, column string, inputs []*braid.Node) Branch
}

// Branch is the part of a network that reads one column.
type Branch struct {
	Out *braid.Node // of shape [n]
	// Modality is whether training drops the whole branch at random, so that the network learns to
	// do without: true for texts and pictures.
	Modality bool
	// Wide, if set, are ids that heads of classes may read directly.
	Wide *Wide
}

// Wide are ids of a column for the wide part of a network: linear classifiers that read them past
// all other layers. Cheng and others, "Wide & deep learning for recommender systems", 2016.
type Wide struct {
	IDs        *braid.Node // [steps]; 0 is none
	Vocabulary int         // ids run from 0 to Vocabulary-1
}

// FileReader is an Encoder whose cells are paths of files. It takes their content, too.
type FileReader interface {
	Encoder
	// Memory returns an upper bound of the bytes that Encode allocates for a content, with a most of
	// Value.Most.
	Memory(content []byte, most int64) int64
}

// Remarker is an Encoder that says more of a value than its notes do.
type Remarker interface {
	Encoder
	// Remarks returns sentences for the person who asks about a value, without a full stop.
	Remarks(v Value) []string
}

// Narrower is an Encoder of which some inputs may serve wide heads alone.
type Narrower interface {
	Encoder
	// Narrow leaves out these inputs, for a network without such heads.
	Narrow()
}
