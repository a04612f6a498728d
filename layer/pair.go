package layer

import (
	"encoding/json"
	"fmt"
)

// Pair is one number for the height and one for the width.
type Pair [2]int

// UnmarshalJSON reads an array of two numbers.
func (p *Pair) UnmarshalJSON(text []byte) (err error) {
	*p, err = two[int](text)
	return err
}

// Sides is numbers for [top, bottom] and [left, right].
type Sides [2]Pair

// UnmarshalJSON reads an array of two pairs.
func (s *Sides) UnmarshalJSON(text []byte) (err error) {
	*s, err = two[Pair](text)
	return err
}

// two reads an array of two elements. encoding/json would accept arrays of any length.
func two[T any](text []byte) (pair [2]T, err error) {
	var list []T
	if err := json.Unmarshal(text, &list); err != nil {
		return pair, err
	}
	if len(list) != 2 {
		return pair, fmt.Errorf("got %d elements in %.40s, want 2", len(list), text)
	}
	return [2]T(list), nil
}

// or returns the pair with fallback in place of 0.
func (p Pair) or(fallback Pair) Pair {
	for i, v := range p {
		if v == 0 {
			p[i] = fallback[i]
		}
	}
	return p
}
