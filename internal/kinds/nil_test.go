package kinds_test

import (
	"testing"

	"braid/internal/kinds"
)

type corners []int

func (corners) Kind() string { return "corners" }

func TestNotNil(t *testing.T) {
	for _, c := range []struct {
		value shape
		want  string
	}{
		{nil, "nil, want a shape"},
		{(*box)(nil), "a nil *kinds_test.box, want a shape"},
		{(*circle)(nil), "a nil *kinds_test.circle, want a shape"},
		{&box{}, ""},
		{circle{}, ""},
		{&circle{}, ""},
		{corners(nil), ""}, // methods of a nil slice work
	} {
		err := kinds.NotNil(c.value, "a shape")
		if (err == nil) != (c.want == "") || err != nil && err.Error() != c.want {
			t.Errorf("%#v: error is %v, want %q", c.value, err, c.want)
		}
		if kinds.IsNil(c.value) != (c.want != "") {
			t.Errorf("%#v: IsNil is %v", c.value, kinds.IsNil(c.value))
		}
	}
}
