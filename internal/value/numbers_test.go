package value

import (
	"slices"
	"strings"
	"testing"

	"braid/tensor"
)

// Numbers may be in one array or nested as the shape. Anything else is refused with what was got.
func TestFloats(t *testing.T) {
	const nested = "its arrays are nested otherwise than 2 x 1 x 3, want 6 (2 x 1 x 3) numbers"
	for list, want := range map[string]string{
		"[1,2,3,4,5,6.5]":               "",
		"[ [[1 ,2,3]],\t[[4,5,6.5]]\n]": "",
		"[1,2,3,4,5,6.5] ":              "",
		"[1,2,3,4,5]":                   "got 5 numbers, want 6 (2 x 1 x 3)",
		"[1,2,3,4,5,6,x]":               "is not JSON",
		"[1,2,3,4,5,6,null,[8]]":        nested,
		"[1,2,3,4,5,6,null,{}]":         "got 8 numbers, want 6 (2 x 1 x 3)",
		"[]":                            "got 0 numbers, want 6 (2 x 1 x 3)",
		"[[1,2,3],[4,5,6]]":             nested,
		"[[[1,2,3,4,5,6]]]":             "an array within has 6 elements, want 3",
		"[[[1,2,3]],[[4,5,6]],[[7]]]":   "an array within has 1 elements, want 3",
		"[[[1,2,3]],[[4,5,6],[]]]":      "an array within has 0 elements, want 3",
		"[[[1,2,3]],[[4,5,6],[7,8,9]]]": "an array within has 2 elements, want 1",
		"[[[1,2,3]]]":                   "got 1 arrays of numbers, want 2",
		"[[[[1,2,3]]]]":                 nested,
		"[[[1,2,3]],4]":                 nested,
		"[[[1,2,3]],[4]]":               nested,
		"[[[[]]]]":                      nested,
		"[1,[2]]":                       nested,
		"[1,2,3,[[4,5,6.5]]]":           nested,
		"7":                             "got 7, want 6 (2 x 1 x 3) numbers",
		"null":                          "got null, want 6 (2 x 1 x 3) numbers",
		"[1,-3.5e38]":                   "number 1 is -3.5e38, want a finite float32",
		"[true]":                        "number 0 is true, want a finite float32",
		`["1"]`:                         `number 0 is "1", want a finite float32`,
	} {
		to := make([]float32, 6)
		err := Floats(to, tensor.Shape{2, 1, 3}, []byte(list))
		if (err != nil) != (want != "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: error is %v, want %s", list, err, want)
		}
		if err == nil && !slices.Equal(to, []float32{1, 2, 3, 4, 5, 6.5}) {
			t.Errorf("%s is read as %v", list, to)
		}
	}
}

// One number needs no array.
func TestOneNumber(t *testing.T) {
	for _, shape := range []tensor.Shape{{}, {1}, {1, 1}} {
		for list, want := range map[string]bool{
			"-7": true, "[-7]": true, "[[-7]]": len(shape) > 1, "[[[-7]]]": false, "[]": false,
			"-7 8": false, "-": false, "[-7,8]": false, "": false, "-07": false,
		} {
			to := make([]int32, 1)
			err := IDs(to, shape, 0, []byte(list))
			if (err == nil) != want || want && to[0] != -7 {
				t.Errorf("%s for %v is read as %d, %v, want it taken: %v", list, shape, to, err, want)
			}
		}
	}
}

func TestIDs(t *testing.T) {
	for list, want := range map[string]string{
		"[0,8]":           "",
		"[8,9]":           "id 1 is 9, want 0 to 8",
		"[-1,0]":          "id 0 is -1, want 0 to 8",
		"[1.0,0]":         "id 0 is 1.0, want 0 to 8",
		"[4294967297, 0]": "id 0 is 4294967297, want 0 to 8",
	} {
		err := IDs(make([]int32, 2), tensor.Shape{2}, 9, []byte(list))
		if (err != nil) != (want != "") || err != nil && err.Error() != want {
			t.Errorf("%s: error is %v, want %s", list, err, want)
		}
	}
	err := IDs(make([]int32, 2), tensor.Shape{2}, 0, []byte("[2147483647,2147483648]"))
	if err == nil || err.Error() != "id 1 is 2147483648, want a whole number of 32 bits" {
		t.Errorf("error is %v", err)
	}
}
