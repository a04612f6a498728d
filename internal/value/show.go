package value

import (
	"bytes"
	"strconv"
	"strings"

	"braid/internal/suggest"
	"braid/tensor"
)

// Dims formats a shape for errors: 28 x 28.
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

// TrimMark cuts the byte order mark that programs on Windows write before UTF-8.
func TrimMark(text []byte) []byte { return bytes.TrimPrefix(text, []byte("\ufeff")) }

// Shorten returns what an error shows of a value: its first 40 bytes.
func Shorten(raw []byte) string {
	const most = 40
	if len(raw) > most {
		return suggest.Printable(string(raw[:most])) + "..."
	}
	return suggest.Printable(string(raw))
}
