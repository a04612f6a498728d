package layer

import "braid/internal/kinds"

// Merge is how Bidirectional merges the outputs of both directions.
type Merge uint8

// The ways to merge, with Keras' names.
const (
	MergeConcat Merge = iota // one after the other, forward first
	MergeSum                 // forward + backward
	MergeMul                 // forward · backward
	MergeAve                 // (forward + backward) / 2
)

var mergeNames = kinds.Names[Merge]{Noun: "merge", List: []string{
	MergeConcat: "concat", MergeSum: "sum", MergeMul: "mul", MergeAve: "ave",
}}

// String returns the name in configurations.
func (m Merge) String() string { return mergeNames.String(m) }

// MarshalText writes the name.
func (m Merge) MarshalText() ([]byte, error) { return mergeNames.Marshal(m) }

// UnmarshalText reads a name.
func (m *Merge) UnmarshalText(text []byte) error { return mergeNames.Unmarshal(m, text) }
