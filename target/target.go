// Package target has the kinds of columns that a network predicts: categories, yes or no, numbers,
// and several labels at once. A Target is what a person writes about a column. It learns from the
// cells of the training rows, and the result is a Decoder, which converts cells to labels and a
// head's outputs to answers. A model file holds the decoders.
package target

import (
	"braid"
	"braid/feature"
	"braid/loss"
	"braid/metric"
	"braid/tensor"
)

// Target describes a column. Its zero fields are the common case.
type Target interface {
	// Kind is the type's name in experiment files, such as "category".
	Kind() string
	// Canonical is that of feature.Feature.
	Canonical(cell string) string
	// Learn learns from the cells of some rows.
	Learn(feature.Column) (Decoder, error)
}

// Decoder converts a head's labels and outputs. It is written to JSON and read back. Any number of
// goroutines may use it at once.
type Decoder interface {
	// Kind is that of the target that made it.
	Kind() string
	// Label describes the column of labels in a table: its type and the shape of a row.
	Label() (tensor.DType, tensor.Shape)
	// Encode fills the label of a row: with data.NoLabel or NaN if it is missing, or if it is a class
	// that training did not have, which is feature.Unknown.
	Encode(cell string, row feature.Slot) (feature.Note, error)
	// Head adds the head to the graph. skip is the trunk together with all branches.
	Head(g *braid.Graph, name string, trunk, skip *braid.Node)
	// Biases returns the start of the head's bias, nil for zeros.
	Biases() []float32
	// Loss returns the loss of training, and Metrics what is measured after each epoch.
	Loss() loss.Loss
	Metrics() metric.List
	// Deciding returns the names of the two figures that decide which epoch is kept, without the
	// head's name: a loss, and an error or a share of right answers. Score computes both too.
	Deciding() (loss, answers string)
	// Guess returns the outputs of a model that does not look at its inputs.
	Guess() []float32
	// Answer interprets the outputs for one row.
	Answer(outputs []float32) Answer
	// Score measures outputs, [rows, outputs] after the activation, against cells of true labels. Rows
	// whose cell is missing do not count.
	Score(outputs []float32, cells []string) (Score, error)
}

// Answer is what a head says about a row.
type Answer struct {
	Text        string   // as in a cell of the column: a class, a number in its unit, labels
	Probability float64  // of Text; 1 for a number
	Choices     []Choice // all classes, in their order; nil for a number
	Applies     []Choice // of Labels: the classes that apply, in their order; not nil if none does
	Number      float64  // of a number
	Short       string   // of a number: Text with fewer digits, to be read
}

// Choice is one of a head's possible answers.
type Choice struct {
	Label       string
	Probability float64
}

// Score has the figures of a head on some rows.
type Score struct {
	Known   int // rows whose label is known
	Unknown int // of these, rows with a class that training did not have, which count as wrong
	Rare    int // rows with a class rarer than min_count, which do not count
	Figures []Figure
	Classes []ClassScore // of the classes that rows have or are predicted to have; nil for a number
}

// ClassScore has the figures of a class.
type ClassScore struct {
	Label     string
	Rows      int     // that have it
	Predicted int     // rows that are predicted to have it
	Precision float64 // the share of Predicted that has it; NaN without such rows
	Recall    float64 // the share of Rows that is predicted to have it; NaN without such rows
	F1        float64
}

// Figure is a named number, such as accuracy, macro_f1, mae, rmse, r2, loss.
type Figure struct {
	Name  string
	Value float64 // NaN where it is not defined
	// Better is 1 if larger values are better, -1 if smaller ones are.
	Better int
}
