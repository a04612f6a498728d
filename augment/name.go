package augment

import (
	"fmt"
	"slices"

	"braid/internal/suggest"
)

// Border is what lies outside of an image.
type Border uint8

// The borders.
const (
	Constant Border = iota // pixels of one value
	Edge                   // the nearest pixel of the image
)

var borders = []string{Constant: "constant", Edge: "edge"}

// String returns the name in configurations.
func (b Border) String() string { return nameOf(b, borders) }

// MarshalText writes the name.
func (b Border) MarshalText() ([]byte, error) { return []byte(b.String()), check(b, borders) }

// UnmarshalText reads a name.
func (b *Border) UnmarshalText(text []byte) error { return parse(b, "border", text, borders) }

// Interpolation is how a pixel follows from those around a position between pixels.
type Interpolation uint8

// The interpolations.
const (
	Bilinear Interpolation = iota // the mean of the four nearest, weighted by their distance
	Nearest                       // the nearest
)

var interpolations = []string{Bilinear: "bilinear", Nearest: "nearest"}

// String returns the name in configurations.
func (i Interpolation) String() string { return nameOf(i, interpolations) }

// MarshalText writes the name.
func (i Interpolation) MarshalText() ([]byte, error) {
	return []byte(i.String()), check(i, interpolations)
}

// UnmarshalText reads a name.
func (i *Interpolation) UnmarshalText(text []byte) error {
	return parse(i, "interpolation", text, interpolations)
}

func nameOf[T ~uint8](value T, names []string) string {
	if int(value) < len(names) {
		return names[value]
	}
	return fmt.Sprintf("%T(%d)", value, uint8(value))
}

// check returns an error for a value without a name.
func check[T ~uint8](value T, names []string) error {
	if int(value) < len(names) {
		return nil
	}
	return fmt.Errorf("%T(%d), want one of %s", value, uint8(value), suggest.List(names))
}

func parse[T ~uint8](to *T, what string, text []byte, names []string) error {
	at := slices.Index(names, string(text))
	if at < 0 {
		return suggest.Unknown(what, string(text), names)
	}
	*to = T(at)
	return nil
}
