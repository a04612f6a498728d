package metric

import "braid/internal/kinds"

// Average is how Precision, Recall and F1 make one figure from several classes, as in scikit-learn.
// A head with several answers of yes and no in a row has these as its classes.
type Average uint8

// The averages.
const (
	Binary   Average = iota // the figure of class 1, of two classes
	Macro                   // the mean over all classes, also those that no row has
	Micro                   // the figure of the sums over all classes
	Weighted                // the mean over the classes, by the weights of their rows
)

var averages = kinds.Names[Average]{Noun: "average", List: []string{
	Binary: "binary", Macro: "macro", Micro: "micro", Weighted: "weighted",
}}

// String returns the average's name in configurations.
func (a Average) String() string { return averages.String(a) }

// MarshalText writes the name.
func (a Average) MarshalText() ([]byte, error) { return averages.Marshal(a) }

// UnmarshalText reads a name.
func (a *Average) UnmarshalText(text []byte) error { return averages.Unmarshal(a, text) }
