package value

import (
	"cmp"
	"fmt"
	"strconv"

	"github.com/go-faster/jx"

	"braid/tensor"
)

// Each calls put with each value of a JSON array and its index. The values stand in one array, or
// in arrays nested as the shape; a single number needs no array. Errors call the values what:
// numbers, texts.
func Each(
	raw []byte, shape tensor.Shape, what string, put func(at int, value []byte) error,
) error {
	d := jx.DecodeBytes(raw)
	n := nest{Decoder: d, shape: shape, size: shape.Size(), what: what, put: put}
	switch kind := d.Next(); {
	case kind == jx.Array:
		return end(d, raw, n.array(0))
	case kind == jx.Number && n.size == 1:
		return end(d, raw, n.scalar(0))
	}
	return fmt.Errorf("got %s, want %s %s", cmp.Or(Shorten(raw), "nothing"), n.want(), what)
}

// nest reads nested arrays of a shape.
type nest struct {
	*jx.Decoder
	shape tensor.Shape
	size  int
	what  string // the values are
	put   func(at int, value []byte) error
	flat  bool // all values are in one array
	read  int  // values so far
}

// array reads an array inside depth others.
func (n *nest) array(depth int) error {
	if n.flat || depth == max(1, len(n.shape)) {
		return n.misnested()
	}
	count := 0
	elements, err := n.ArrIter()
	for ; err == nil && elements.Next(); count++ {
		if n.Next() == jx.Array {
			err = n.array(depth + 1)
		} else {
			err = n.scalar(depth + 1)
		}
	}
	switch err = cmp.Or(err, elements.Err()); {
	case err != nil:
		return err
	case depth == 0 && (n.flat || len(n.shape) < 2 || n.read == 0):
		if n.read != n.size {
			return fmt.Errorf("got %d %s, want %s", n.read, n.what, n.want())
		}
	case count != n.shape[depth] && depth > 0:
		return fmt.Errorf("an array within has %d elements, want %d", count, n.shape[depth])
	case count != n.shape[depth]:
		return fmt.Errorf("got %d arrays of %s, want %d", count, n.what, n.shape[depth])
	}
	return nil
}

// scalar reads a value that is not an array, inside depth arrays.
func (n *nest) scalar(depth int) error {
	value, err := n.Raw()
	switch {
	case err != nil:
		return err
	case depth > 1 && depth != len(n.shape), depth == 1 && len(n.shape) > 1 && n.read > 0 && !n.flat:
		return n.misnested()
	case depth == 1 && len(n.shape) > 1:
		n.flat = true
	}
	if n.read++; n.read > n.size {
		return nil // counted for the error
	}
	return n.put(n.read-1, value)
}

// want is the number of values, and the shape if it has several axes.
func (n *nest) want() string {
	if len(n.shape) > 1 {
		return fmt.Sprintf("%d (%s)", n.size, Dims(n.shape))
	}
	return strconv.Itoa(n.size)
}

func (n *nest) misnested() error {
	const text = "its arrays are nested otherwise than %s, want %s %s in one array or nested so"
	return fmt.Errorf(text, Dims(n.shape), n.want(), n.what)
}

// pixel reads an integer from 0 to 255.
func pixel(token []byte) (uint8, bool) {
	v, err := strconv.ParseFloat(string(token), 64) // 7, 255.0, 1e2
	if err != nil || !(v >= 0 && v <= 255) || v != float64(uint8(v)) {
		return 0, false
	}
	return uint8(v), true
}

// Pixels reads integers from 0 to 255, in one array or nested as the shape.
func Pixels(to []uint8, shape tensor.Shape, raw []byte) error {
	if flatBytes(to, raw) {
		return nil
	}
	return Each(raw, shape, "numbers", func(at int, token []byte) error {
		v, ok := pixel(token)
		if !ok {
			const text = "pixel %d is %s, want a whole number from 0 to 255"
			return fmt.Errorf(text, at, Shorten(token))
		}
		to[at] = v
		return nil
	})
}

// Floats reads numbers, in one array or nested as the shape.
func Floats(to []float32, shape tensor.Shape, raw []byte) error {
	return Each(raw, shape, "numbers", func(at int, token []byte) error {
		v, err := strconv.ParseFloat(string(token), 32)
		if err != nil {
			return fmt.Errorf("number %d is %s, want a finite float32", at, Shorten(token))
		}
		to[at] = float32(v)
		return nil
	})
}

// IDs reads token ids below a limit, in one array or nested as the shape. A limit of 0 means none.
func IDs(to []int32, shape tensor.Shape, limit int, raw []byte) error {
	return Each(raw, shape, "numbers", func(at int, token []byte) error {
		id, err := strconv.ParseInt(string(token), 10, 32)
		if err != nil || limit > 0 && (id < 0 || int(id) >= limit) {
			want := "a whole number of 32 bits"
			if limit > 0 {
				want = fmt.Sprintf("0 to %d", limit-1)
			}
			return fmt.Errorf("id %d is %s, want %s", at, Shorten(token), want)
		}
		to[at] = int32(id)
		return nil
	})
}

// flatBytes reports whether list is one array of len(to) integers from 0 to 255, with no characters
// that are not needed but spaces, and reads it. It takes a tenth of the time of Each.
func flatBytes(to []uint8, list []byte) bool {
	at := 0
	skipSpaces := func() {
		for at < len(list) && list[at] == ' ' {
			at++
		}
	}
	want := byte('[')
	for i := range to {
		if skipSpaces(); at == len(list) || list[at] != want {
			return false
		}
		at++
		skipSpaces()
		n, from := 0, at
		for ; at < len(list) && list[at]-'0' < 10 && at-from < 4; at++ {
			n = 10*n + int(list[at]-'0')
		}
		if at == from || n > 255 || at-from > 1 && list[from] == '0' {
			return false
		}
		to[i] = uint8(n)
		want = ','
	}
	return at == len(list)-1 && list[at] == ']'
}
