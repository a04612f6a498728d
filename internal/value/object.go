package value

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/go-faster/jx"
)

// Members calls visit with the names and values of a JSON object, in their order. Each value is
// JSON without spaces around it.
func Members(text []byte, visit func(name, value []byte) error) error {
	const want = "want a JSON object with the names of the model's inputs"
	d := jx.DecodeBytes(text)
	switch d.Next() {
	case jx.Object:
	case jx.Array:
		return errors.New("is an array, " + want)
	default:
		return fmt.Errorf("is %s, %s", cmp.Or(Shorten(text), "nothing"), want)
	}
	members, err := d.ObjIter()
	for err == nil && members.Next() {
		var value []byte
		if value, err = d.Raw(); err != nil {
			break
		}
		if err := visit(members.Key(), value); err != nil {
			return err
		}
	}
	return end(d, text, cmp.Or(err, members.Err()))
}

// Names are the names of an object's members so far. Add is linear in the number of names, so the
// caller must limit it.
type Names [][]byte

// Add adds a name, which must differ from those before. It keeps the slice.
func (n *Names) Add(name []byte) error {
	for _, before := range *n {
		if bytes.Equal(before, name) {
			return fmt.Errorf("has two members named %q", Shorten(name))
		}
	}
	*n = append(*n, name)
	return nil
}

// end is the last step of reading a value from text. It returns err, or an error if anything
// follows the value. If text is not JSON, the error says where and why.
func end(d *jx.Decoder, text []byte, err error) error {
	if err == nil && d.Skip() == io.EOF {
		return nil
	}
	if wrong := CheckSyntax(text); wrong != nil {
		return fmt.Errorf("is not JSON: %w", wrong)
	}
	return err
}

// CheckSyntax returns an error if text is not JSON: it says why, and at which byte.
func CheckSyntax(text []byte) error {
	var wrong *json.SyntaxError
	if errors.As(json.Unmarshal(text, new(bool)), &wrong) {
		return fmt.Errorf("%w at byte %d", wrong, wrong.Offset)
	}
	return nil
}
