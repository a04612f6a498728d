package data_test

import (
	"strings"
	"testing"

	"braid/data"
)

// Check names the first row with a number that is not valid, whatever the column's type.
func TestCheck(t *testing.T) {
	odd := func(v float64) bool { return int(v)%2 == 1 }
	half := data.Standard{Std: 2} // a byte b is b/2
	for _, c := range []struct {
		column data.Column
		want   string
	}{
		{data.Ints("n", []int32{1, 3, 5}), ""},
		{data.Ints("n", []int32{1, 3, 4, 6}), `column "n", row 2: got 4, want an odd number`},
		{data.Floats("x", []float32{1, 3, 5, 7}, 2), ""},
		{data.Floats("x", []float32{1, 3, 5, 2}, 2), `column "x", row 1, element 1: got 2, want`},
		{data.Bytes("b", []uint8{2, 6}, half), ""},
		{data.Bytes("b", []uint8{2, 8}, half), `column "b", row 1: got 4 (byte 8), want`},
	} {
		err := c.column.Check("an odd number", odd)
		if c.want == "" && err != nil ||
			c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("got the error %v, want %q", err, c.want)
		}
	}
}
