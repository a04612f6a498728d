package serve

import (
	"fmt"

	"github.com/go-faster/jx"

	"braid/tensor"
)

// values are an array of JSON of a shape, flat or nested as the shape says.
type values struct {
	d     *jx.Decoder
	name  string
	shape []int
}

// numbers reads all values. It holds as many as the shape says.
func numbers[T any](v values, to []T, read func() (T, error)) ([]T, error) {
	if v.d.Next() != jx.Array {
		return to, bad("input %q: data is no list", v.name)
	}
	total := tensor.Shape(v.shape).Size()
	most := total
	take := func() error {
		value, err := read()
		if err != nil {
			return fmt.Errorf("input %q, value %d: %w", v.name, total-most, err)
		}
		if most--; most >= 0 {
			to = append(to, value)
		}
		return nil
	}
	err := nested(v, v.shape, true, take)
	if err == nil && most != 0 {
		err = bad("input %q has %d values, shape %v has %d", v.name, total-most, v.shape, total)
	}
	return to, err
}

// nested reads a list: of values, or of lists as long as the shape's next axis.
func nested(v values, shape []int, flat bool, take func() error) error {
	iter, err := v.d.ArrIter()
	if err != nil {
		return err
	}
	lists, n := false, 0
	for ; iter.Next(); n++ {
		is := v.d.Next() == jx.Array
		switch {
		case n > 0 && is != lists, is && len(shape) == 1, !is && !flat && len(shape) > 1:
			return bad("input %q: its lists are not nested as shape %v says", v.name, v.shape)
		case is:
			lists = true
			err = nested(v, shape[1:], false, take)
		default:
			err = take()
		}
		if err != nil {
			return err
		}
	}
	if err := iter.Err(); err != nil {
		return err
	}
	if (lists || !flat) && n != shape[0] {
		return bad("input %q: a list has %d entries, shape %v has %d", v.name, n, v.shape, shape[0])
	}
	return nil
}
