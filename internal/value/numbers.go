package value

import (
	"encoding/json"
	"fmt"
	"strconv"

	"braid/tensor"
)

// Each calls put with the values of an array, as JSON: all in one array, or nested as the shape. One
// number may stand without an array. Errors call the values what: numbers, texts.
func Each(
	raw []byte, shape tensor.Shape, what string, put func(at int, token []byte) error,
) error {
	n := nest{scanner: scanner{raw, 0}, shape: shape, size: shape.Size(), what: what, put: put}
	if err := n.value(0); err != nil {
		return err
	}
	if n.peek() != 0 || n.at < len(raw) || n.read != n.size {
		return n.refuse(raw)
	}
	return nil
}

// nest reads nested arrays of a shape.
type nest struct {
	scanner
	shape tensor.Shape
	size  int
	what  string // is read
	put   func(at int, token []byte) error
	flat  bool // all values are in one array
	read  int  // values
}

// value reads a scalar, or an array within so many others.
func (n *nest) value(depth int) error {
	c := n.peek()
	if c == '[' {
		return n.array(depth)
	}
	from := n.at
	token := n.token()
	if len(token) == 0 || depth == 0 && !isNumber[c] {
		return n.refuse(n.text[from:])
	}
	return n.scalar(depth, token)
}

func (n *nest) array(depth int) error {
	if depth == max(1, len(n.shape)) || n.flat {
		return n.wrongly()
	}
	n.at++
	count := 0
	if n.peek() != ']' {
		for {
			if err := n.value(depth + 1); err != nil {
				return err
			}
			count++
			c := n.peek()
			if c == ']' {
				break
			}
			if n.at++; c != ',' {
				return n.wrong("a comma or ]")
			}
		}
	}
	n.at++
	switch {
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

// token is the next number, or another value that is no array.
func (n *nest) token() []byte {
	from := n.at
	for n.at < len(n.text) && isNumber[n.text[n.at]] {
		n.at++
	}
	if n.at == from {
		return n.scanner.value()
	}
	return n.text[from:n.at]
}

func (n *nest) scalar(depth int, token []byte) error {
	switch {
	case depth == 1 && len(n.shape) > 1:
		if n.read > 0 && !n.flat {
			return n.wrongly()
		}
		n.flat = true
	case depth > 1 && depth != len(n.shape):
		return n.wrongly()
	}
	if !plainDigits(token) && !json.Valid(token) {
		return fmt.Errorf("value %d is %s, which is no JSON", n.read, Shorten(token))
	}
	if n.read++; n.read > n.size {
		return nil // counted for the error
	}
	return n.put(n.read-1, token)
}

// isNumber are the bytes that numbers have.
var isNumber = func() (is [256]bool) {
	for _, c := range []byte("+-.eE0123456789") {
		is[c] = true
	}
	return is
}()

// plainDigits tells that a token is a number of up to three digits.
func plainDigits(token []byte) bool {
	if len(token) > 3 || len(token) > 1 && token[0] == '0' {
		return false
	}
	for _, c := range token {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// want is how many values there shall be.
func (n *nest) want() string {
	if len(n.shape) > 1 {
		return fmt.Sprintf("%d (%s)", n.size, Dims(n.shape))
	}
	return strconv.Itoa(n.size)
}

// refuse is the error of what is no array.
func (n *nest) refuse(raw []byte) error {
	if len(raw) == 0 {
		raw = []byte("nothing")
	}
	return fmt.Errorf("got %s, want %s %s", Shorten(raw), n.want(), n.what)
}

func (n *nest) wrongly() error {
	const text = "its arrays are nested otherwise than %s, want %s %s in one array or nested so"
	return fmt.Errorf(text, Dims(n.shape), n.want(), n.what)
}

// pixel reads a whole number from 0 to 255.
func pixel(token []byte) (uint8, bool) {
	if plainDigits(token) {
		v := 0
		for _, c := range token {
			v = 10*v + int(c-'0')
		}
		return uint8(v), v < 256
	}
	v, err := strconv.ParseFloat(string(token), 64) // 255.0, 1e2
	if err != nil || !(v >= 0 && v <= 255) || v != float64(uint8(v)) {
		return 0, false
	}
	return uint8(v), true
}

// Pixels reads whole numbers from 0 to 255, in one array or nested as the shape.
func Pixels(to []uint8, shape tensor.Shape, raw []byte) error {
	if flatBytes(to, raw) {
		return nil
	}
	return Each(raw, shape, "numbers", func(at int, token []byte) error {
		v, ok := pixel(token)
		if !ok {
			token = []byte(Shorten(token))
			return fmt.Errorf("pixel %d is %s, want a whole number from 0 to 255", at, token)
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

// IDs reads token ids below a limit, in one array or nested as the shape. 0 stands for no limit.
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

// flatBytes reads a flat list of len(to) whole numbers from 0 to 255, in a quarter of the time that
// Each takes. It reports false if the list is anything else, or written in an unusual way.
func flatBytes(to []uint8, list []byte) bool {
	at, want := 0, byte('[')
	for i := range to {
		for at < len(list) && list[at] == ' ' {
			at++
		}
		if at == len(list) || list[at] != want {
			return false
		}
		at++
		want = ','
		for at < len(list) && list[at] == ' ' {
			at++
		}
		n, from := 0, at
		for at < len(list) && list[at]-'0' < 10 && at-from < 4 {
			n = 10*n + int(list[at]-'0')
			at++
		}
		if at == from || n > 255 || at-from > 1 && list[from] == '0' {
			return false
		}
		to[i] = uint8(n)
	}
	return at == len(list)-1 && list[at] == ']'
}
