package value

import (
	"encoding/json"
	"errors"
	"fmt"
)

// A row of JSON is nearly all pixels. The scanner reads it in one pass, where encoding/json needs
// three. A fuzz test compares the two.

// Object calls visit with the names and values of a JSON object, in their order. The end of a value
// is found by its brackets and quotes: visit has to test that it is JSON.
func Object(line []byte, visit func(name, value []byte) error) error {
	s := scanner{line, 0}
	switch c := s.next(); {
	case c == '[':
		return errors.New("is an array, want a JSON object with the names of the model's inputs")
	case c != '{':
		return fmt.Errorf("is %s, want a JSON object with the names of the model's inputs", Shorten(line))
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
		got = Shorten(s.text[at:])
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
		if c == '\\' || c < ' ' {
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
