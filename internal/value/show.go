package value

import (
	"bytes"
	"strconv"
	"strings"

	"braid/internal/suggest"
	"braid/tensor"
)

// Dims is a shape for people: 28 x 28.
func Dims(shape tensor.Shape) string {
	if len(shape) == 0 {
		return "1"
	}
	list := []string{}
	for _, n := range shape {
		list = append(list, strconv.Itoa(n))
	}
	return strings.Join(list, " x ")
}

// TrimMark cuts the byte order mark that Windows writes before UTF-8.
func TrimMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\ufeff")) }

// Shorten is what an error shows of a value.
func Shorten(raw []byte) string {
	const most = 40
	if len(raw) > most {
		return suggest.Printable(string(raw[:most])) + "..."
	}
	return suggest.Printable(string(raw))
}
