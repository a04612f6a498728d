package layer

import (
	"fmt"

	"braid/internal/kinds"
	"braid/internal/suggest"
)

// Padding is how a window treats the ends of an axis. Positions outside of the input are zeros for
// a convolution; pooling leaves them out.
type Padding uint8

// The paddings. The zero value is Valid, as in Keras.
const (
	Valid  Padding = iota // windows lie inside the input: (in - covered) / stride + 1 outputs
	Same                  // in / stride outputs, rounded up; an odd cell of padding comes last
	Causal                // Conv1D only: no window reaches beyond its output's step; as many as Same
)

var paddingNames = kinds.Names[Padding]{Noun: "padding", List: []string{
	Valid: "valid", Same: "same", Causal: "causal",
}}

// String returns the padding's name in configurations.
func (p Padding) String() string { return paddingNames.String(p) }

// MarshalText writes the name.
func (p Padding) MarshalText() ([]byte, error) { return paddingNames.Marshal(p) }

// UnmarshalText reads a name.
func (p *Padding) UnmarshalText(text []byte) error { return paddingNames.Unmarshal(p, text) }

// check returns an error unless the padding is one of the first names of paddingNames.
func (p Padding) check(known int) error {
	if int(p) >= known {
		return fmt.Errorf("Padding = %v, want %s", p, suggest.List(paddingNames.List[:known]))
	}
	return nil
}
