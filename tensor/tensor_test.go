package tensor

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestShape(t *testing.T) {
	for _, c := range []struct {
		shape Shape
		size  int
		ok    bool
	}{
		{nil, 1, true},
		{Shape{3}, 3, true},
		{Shape{2, 3, 4}, 24, true},
		{Shape{2, 0}, 0, false},
		{Shape{-1}, -1, false},
		{Shape{1 << 16, 1 << 15}, 1 << 31, false},
		{Shape{1<<31 - 1}, 1<<31 - 1, true},
	} {
		if got := c.shape.Size(); got != c.size {
			t.Errorf("%v has size %d, want %d", c.shape, got, c.size)
		}
		if err := c.shape.Check(); (err == nil) != c.ok {
			t.Errorf("checking %v gives %v", c.shape, err)
		}
	}
	for _, c := range []struct {
		shape       Shape
		steps, axis int
	}{{nil, 1, 1}, {Shape{3}, 1, 3}, {Shape{2, 3}, 2, 3}, {Shape{5, 2, 1}, 10, 1}} {
		if steps, axis := c.shape.Steps(); steps != c.steps || axis != c.axis {
			t.Errorf("%v has %d steps of %d, want %d of %d", c.shape, steps, axis, c.steps, c.axis)
		}
	}
	if !(Shape{2, 3}).Equal(Shape{2, 3}) {
		t.Error("[2 3] does not equal [2 3]")
	}
	if (Shape{2, 3}).Equal(Shape{3, 2}) || (Shape{2}).Equal(Shape{2, 1}) {
		t.Error("shapes with other axes are equal")
	}
}

func TestTensorCheck(t *testing.T) {
	for _, c := range []struct {
		tensor Tensor
		ok     bool
	}{
		{Floats(make([]float32, 6), 2, 3), true},
		{Floats(make([]float32, 5), 2, 3), false},
		{Ints([]int32{1, 2}), true},
		{Bytes(nil, 0, 4), true},
		{Bytes(nil, -1), false},
		{Floats(nil, 1<<62, 1<<62), false},
	} {
		if err := c.tensor.Check(); (err == nil) != c.ok {
			t.Errorf("checking %s of shape %v gives %v", c.tensor.DType(), c.tensor.Shape(), err)
		}
	}
}

func TestDTypeText(t *testing.T) {
	for _, d := range []DType{Float32, Int32, Uint8} {
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		var back DType
		if err := json.Unmarshal(text, &back); err != nil || back != d {
			t.Errorf("%s reads back as %v (%v)", text, back, err)
		}
	}
	var d DType
	if err := d.UnmarshalText([]byte("float16")); err == nil {
		t.Error("no error for an unknown type")
	}
	if _, err := DType(9).MarshalText(); err == nil {
		t.Error("no error for an invalid DType")
	}
}

func TestRows(t *testing.T) {
	r := Rows[int32]{Data: []int32{0, 1, 2, 3, 10, 11, 12, 13}, Width: 3, Stride: 4}
	if got := r.Row(1); !slices.Equal(got, []int32{10, 11, 12}) || cap(got) != 3 {
		t.Errorf("row 1 is %v of capacity %d", got, cap(got))
	}
	if got := r.Columns(1, 3).Row(1); !slices.Equal(got, []int32{11, 12}) {
		t.Errorf("columns 1 to 3 of row 1 are %v", got)
	}
	if got := r.Skip(1); !slices.Equal(got.Row(0), r.Row(1)) || got.Stride != r.Stride {
		t.Errorf("after row 0 is %v", got)
	}
	if got := r.From(1); !slices.Equal(got, []int32{10, 11, 12, 13}) {
		t.Errorf("from row 1: %v", got)
	}
	if got := r.Skip(1).Row(0); !slices.Equal(got, []int32{10, 11, 12}) {
		t.Errorf("row 0 after row 0 is skipped: %v", got)
	}
	if got := RowsOf(r.Data, 2).Row(3); !slices.Equal(got, []int32{12, 13}) {
		t.Errorf("row 3 of contiguous rows: %v", got)
	}
}
