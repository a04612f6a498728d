package layer

import (
	"fmt"
	"slices"

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

var paddingNames = []string{Valid: "valid", Same: "same", Causal: "causal"}

// String returns the padding's name in configurations.
func (p Padding) String() string {
	if int(p) < len(paddingNames) {
		return paddingNames[p]
	}
	return fmt.Sprintf("Padding(%d)", uint8(p))
}

// MarshalText writes the name.
func (p Padding) MarshalText() ([]byte, error) {
	if int(p) >= len(paddingNames) {
		return nil, fmt.Errorf("%v is no padding", p)
	}
	return []byte(p.String()), nil
}

// UnmarshalText reads a name.
func (p *Padding) UnmarshalText(text []byte) error {
	at := slices.Index(paddingNames, string(text))
	if at < 0 {
		return suggest.Unknown("padding", string(text), paddingNames)
	}
	*p = Padding(at)
	return nil
}

// check returns an error unless the padding is one of the first names of paddingNames.
func (p Padding) check(known int) error {
	if int(p) >= known {
		return fmt.Errorf("Padding = %v, want %s", p, suggest.List(paddingNames[:known]))
	}
	return nil
}
