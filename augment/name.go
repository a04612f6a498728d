package augment

import "braid/internal/kinds"

// Border is what lies outside of an image.
type Border uint8

// The borders.
const (
	Constant Border = iota // pixels of one value
	Edge                   // the nearest pixel of the image
)

var borders = kinds.Names[Border]{Noun: "border", List: []string{
	Constant: "constant", Edge: "edge",
}}

// String returns the name in configurations.
func (b Border) String() string { return borders.String(b) }

// MarshalText writes the name.
func (b Border) MarshalText() ([]byte, error) { return borders.Marshal(b) }

// UnmarshalText reads a name.
func (b *Border) UnmarshalText(text []byte) error { return borders.Unmarshal(b, text) }

// Interpolation is how a pixel follows from those around a position between pixels.
type Interpolation uint8

// The interpolations.
const (
	Bilinear Interpolation = iota // the mean of the four nearest, weighted by their distance
	Nearest                       // the nearest
)

var interpolations = kinds.Names[Interpolation]{Noun: "interpolation", List: []string{
	Bilinear: "bilinear", Nearest: "nearest",
}}

// String returns the name in configurations.
func (i Interpolation) String() string { return interpolations.String(i) }

// MarshalText writes the name.
func (i Interpolation) MarshalText() ([]byte, error) { return interpolations.Marshal(i) }

// UnmarshalText reads a name.
func (i *Interpolation) UnmarshalText(text []byte) error {
	return interpolations.Unmarshal(i, text)
}
