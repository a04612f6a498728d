package rows

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"braid/tensor"
)

// A row of JSON is nearly all pixels. These functions read it in one pass, where encoding/json needs three; a
// test holds them against it.

// object gives the names and values of a JSON object to visit, in their order. Where a value ends is found by its
// brackets and quotes: that it is JSON is for visit to find.
func object(line []byte, visit func(name, value []byte) error) error {
	s := scanner{line, 0}
	switch c := s.next(); {
	case c == '[':
		return errors.New("is an array, want a JSON object with the names of the model's inputs")
	case c != '{':
		return fmt.Errorf("is %s, want a JSON object with the names of the model's inputs", shorten(line))
	}
	if s.peek() == '}' {
		s.at++
		return s.end()
	}
	for {
		name, err := s.name()
		if err != nil {
			return err
		}
		if c := s.next(); c != ':' {
			return s.wrong("a colon")
		}
		value := s.value()
		if len(value) == 0 {
			s.at++
			return s.wrong("a value")
		}
		if err := visit(name, value); err != nil {
			return err
		}
		switch s.next() {
		case '}':
			return s.end()
		case ',':
		default:
			return s.wrong("a comma or }")
		}
	}
}

// scanner walks over JSON.
type scanner struct {
	text []byte
	at   int
}

// peek skips white space and gives the byte after it, 0 at the end.
func (s *scanner) peek() byte {
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// next is peek, and steps over the byte.
func (s *scanner) next() byte {
	c := s.peek()
	s.at++
	return c
}

// end tests that nothing follows.
func (s *scanner) end() error {
	if s.next(); s.at <= len(s.text) {
		return s.wrong("nothing after the object")
	}
	return nil
}

// wrong tells what was wanted in place of the byte that was stepped over.
func (s *scanner) wrong(want string) error {
	at := min(s.at-1, len(s.text))
	got := "its end"
	if at < len(s.text) {
		got = shorten(s.text[at:])
	}
	return fmt.Errorf("is no JSON: got %s at byte %d, want %s", got, at+1, want)
}

// name reads a string that is a name.
func (s *scanner) name() ([]byte, error) {
	if s.peek() != '"' {
		s.at++
		return nil, s.wrong("a name in quotes")
	}
	raw := s.value()
	for _, c := range raw {
		if c == '\\' || c < ' ' || c > '~' {
			var name string
			err := json.Unmarshal(raw, &name)
			return []byte(name), err
		}
	}
	if len(raw) < 2 || raw[len(raw)-1] != '"' {
		return nil, s.wrong("a name in quotes")
	}
	return raw[1 : len(raw)-1], nil
}

// value is the next value with its brackets or quotes.
func (s *scanner) value() []byte {
	first := s.peek()
	from := s.at
	depth := 0
	for ; s.at < len(s.text); s.at++ {
		switch c := s.text[s.at]; c {
		case '"':
			for s.at++; s.at < len(s.text) && s.text[s.at] != '"'; s.at++ {
				if s.text[s.at] == '\\' {
					s.at++
				}
			}
			s.at = min(s.at, len(s.text)-1)
			if depth == 0 {
				s.at++
				return s.text[from:s.at]
			}
		case '[', '{':
			depth++
		case ']', '}':
			if depth--; depth == 0 && (first == '[' || first == '{') {
				s.at++
				return s.text[from:s.at]
			}
			if depth < 0 {
				return s.text[from:s.at]
			}
		case ',', ' ', '\t', '\n', '\r':
			if depth == 0 {
				return s.text[from:s.at]
			}
		}
	}
	return s.text[from:]
}

// numbers gives the numbers of an array to put: all in one array, or nested as the shape. One number may stand
// without an array.
func numbers(raw []byte, shape tensor.Shape, put func(at int, token []byte) error) error {
	n := nest{scanner: scanner{raw, 0}, shape: shape, size: shape.Size(), put: put}
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
	put   func(at int, token []byte) error
	flat  bool // all numbers are in one array
	read  int  // numbers
}

// value reads a number, or an array within so many others.
func (n *nest) value(depth int) error {
	switch c := n.peek(); {
	case c == '[':
		return n.array(depth)
	case c == '-' || c >= '0' && c <= '9':
		return n.number(depth)
	}
	return n.refuse(n.text[n.at:])
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
			return fmt.Errorf("got %d numbers, want %s", n.read, n.want())
		}
	case count != n.shape[depth] && depth > 0:
		return fmt.Errorf("an array within has %d elements, want %d", count, n.shape[depth])
	case count != n.shape[depth]:
		return fmt.Errorf("got %d arrays of numbers, want %d", count, n.shape[depth])
	}
	return nil
}

func (n *nest) number(depth int) error {
	switch {
	case depth == 1 && len(n.shape) > 1:
		if n.read > 0 && !n.flat {
			return n.wrongly()
		}
		n.flat = true
	case depth > 1 && depth != len(n.shape):
		return n.wrongly()
	}
	from := n.at
	for n.at < len(n.text) && isNumber[n.text[n.at]] {
		n.at++
	}
	token := n.text[from:n.at]
	if !plainDigits(token) && !json.Valid(token) {
		return fmt.Errorf("is no JSON: %s is no number", shorten(token))
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

// want is how many numbers there shall be.
func (n *nest) want() string {
	if len(n.shape) > 1 {
		return fmt.Sprintf("%d (%s)", n.size, dims(n.shape))
	}
	return strconv.Itoa(n.size)
}

// refuse tells what is there in place of numbers.
func (n *nest) refuse(raw []byte) error {
	if len(raw) == 0 {
		raw = []byte("nothing")
	}
	return fmt.Errorf("got %s, want %s numbers", shorten(raw), n.want())
}

func (n *nest) wrongly() error {
	return fmt.Errorf("its arrays are nested otherwise than %s, want %s numbers in one array or nested so", dims(n.shape), n.want())
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
