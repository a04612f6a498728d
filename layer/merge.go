package layer

import (
	"fmt"
	"slices"

	"braid/internal/suggest"
)

// Merge is how Bidirectional merges the outputs of both directions.
type Merge uint8

// The ways to merge, with Keras' names.
const (
	MergeConcat Merge = iota // one after the other, forward first
	MergeSum                 // forward + backward
	MergeMul                 // forward · backward
	MergeAve                 // (forward + backward) / 2
)

var mergeNames = []string{
	MergeConcat: "concat", MergeSum: "sum", MergeMul: "mul", MergeAve: "ave",
}

// String returns the name in configurations.
func (m Merge) String() string {
	if int(m) < len(mergeNames) {
		return mergeNames[m]
	}
	return fmt.Sprintf("Merge(%d)", uint8(m))
}

// MarshalText writes the name.
func (m Merge) MarshalText() ([]byte, error) {
	if int(m) >= len(mergeNames) {
		return nil, fmt.Errorf("%v is no way to merge", m)
	}
	return []byte(m.String()), nil
}

// UnmarshalText reads a name.
func (m *Merge) UnmarshalText(text []byte) error {
	at := slices.Index(mergeNames, string(text))
	if at < 0 {
		return suggest.Unknown("merge", string(text), mergeNames)
	}
	*m = Merge(at)
	return nil
}
