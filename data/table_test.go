package data_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"braid/data"
	"braid/tensor"
)

func table(t *testing.T) *data.Table {
	t.Helper()
	d, err := data.NewTable(
		data.Bytes("pixels", []uint8{0, 10, 20, 30, 40, 50}, data.Standard{Mean: 10, Std: 4}, 2),
		data.Floats("x", []float32{1, 2, 3}), data.Ints("ids", []int32{7, 8, 9}),
	)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestGather(t *testing.T) {
	d := table(t)
	order := []int32{2, 0}
	for name, want := range map[string][]float32{
		"pixels": {7.5, 10, -2.5, 0}, "x": {3, 1}, "ids": {9, 7},
	} {
		c, err := d.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		rows := tensor.NewRows[float32](2, c.Shape.Size())
		c.GatherFloats(rows, 0, order, 0, 2)
		if !slices.Equal(rows.Data, want) {
			t.Errorf("column %s gathers %v, want %v", name, rows.Data, want)
		}
	}
	ids, _ := d.Column("ids")
	rows := tensor.NewRows[int32](2, 1)
	ids.GatherInts(rows, order, 1, 2)
	if !slices.Equal(rows.Data, []int32{0, 7}) {
		t.Errorf("rows 1 to 2 gather %v, want 0 7", rows.Data)
	}
}

// A row that is changed before it is standardized.
func TestUnstandardized(t *testing.T) {
	d := table(t)
	for name, want := range map[string][]float32{"pixels": {20, 30}, "x": {2}, "ids": {8}} {
		c, err := d.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		row := make([]float32, len(want))
		if c.Unstandardized(row, 1); !slices.Equal(row, want) {
			t.Errorf("column %s: row 1 is %v, want %v", name, row, want)
		}
		if name != "pixels" {
			if c.Standardize(row); !slices.Equal(row, want) {
				t.Errorf("column %s: standardized to %v, want no change", name, row)
			}
			continue
		}
		row[0] = 20.5
		if c.Standardize(row); !slices.Equal(row, []float32{2.625, 5}) {
			t.Errorf("row 1 is %v, want 2.625 and 5", row)
		}
	}
	values := make([]uint8, 256)
	for i := range values {
		values[i] = uint8(i)
	}
	// Unchanged rows are standardized to the bytes that a batch gathers.
	c := data.Bytes("pixels", values, data.Standard{Mean: 33.31842, Std: 78.56749})
	gathered, row := tensor.NewRows[float32](1, 1), make([]float32, 1)
	for i := range values {
		c.GatherFloats(gathered, 0, []int32{int32(i)}, 0, 1)
		c.Unstandardized(row, i)
		if c.Standardize(row); row[0] != gathered.Data[0] {
			t.Errorf("byte %d: %v, want %v", i, row[0], gathered.Data[0])
		}
	}
}

func TestSliceTensors(t *testing.T) {
	d := table(t)
	s, err := d.Slice(1, 3)
	if err != nil || s.Rows() != 2 {
		t.Fatalf("%d rows (%v), want 2", s.Rows(), err)
	}
	in, err := s.Tensors("pixels", "ids")
	if err != nil || !slices.Equal(in["pixels"].Float32s(), []float32{2.5, 5, 7.5, 10}) ||
		!slices.Equal(in["ids"].Int32s(), []int32{8, 9}) {
		t.Errorf("tensors %v (%v)", in, err)
	}
	if !in["pixels"].Shape().Equal(tensor.Shape{2, 2}) {
		t.Errorf("shape is %v, want [2 2]", in["pixels"].Shape())
	}
}

// Take copies rows, some of them twice.
func TestTake(t *testing.T) {
	d := table(t)
	taken := d.Take([]int32{2, 0, 2, 1})
	if taken.Rows() != 4 || d.Rows() != 3 {
		t.Errorf("%d rows of %d", taken.Rows(), d.Rows())
	}
	in, err := taken.Tensors("pixels", "x", "ids")
	if err != nil {
		t.Fatal(err)
	}
	pixels := []float32{7.5, 10, -2.5, 0, 7.5, 10, 2.5, 5}
	if got := in["pixels"].Float32s(); !slices.Equal(got, pixels) {
		t.Errorf("pixels are %v", got)
	}
	if got := in["x"].Float32s(); !slices.Equal(got, []float32{3, 1, 3, 2}) {
		t.Errorf("x is %v", got)
	}
	if got := in["ids"].Int32s(); !slices.Equal(got, []int32{9, 7, 9, 8}) {
		t.Errorf("ids are %v", got)
	}
}

func TestTableMistakes(t *testing.T) {
	d := table(t)
	_, unknown := d.Column("pixel")
	_, empty := d.Slice(2, 2)
	_, none := data.NewTable()
	mistake := func(columns ...data.Column) error {
		_, err := data.NewTable(columns...)
		return err
	}
	for want, err := range map[string]error{
		`unknown column "pixel", want one of "pixels", "x", "ids"; did you mean "pixels"?`: unknown,
		"rows 2 to 2 of a table of 3": empty,
		"at least one column":         none,
		`column "x" has 2 rows, column "y" has 1`: mistake(data.Floats("y", []float32{1}),
			data.Floats("x", []float32{1, 2})),
		`two columns are named "x"`: mistake(data.Floats("x", []float32{1}),
			data.Ints("x", []int32{1})),
		`column "x" has no rows`:      mistake(data.Floats("x", nil)),
		"3 values are not a multiple": mistake(data.Floats("x", make([]float32, 3), 2)),
		"axis 0 of shape [0] is 0":    mistake(data.Floats("x", nil, 0)),
		`"p": cannot be standardized`: mistake(data.Bytes("p", []uint8{1},
			data.Standard{Mean: 1})),
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	if _, err := data.Measure([]uint8{3, 3, 3}); err == nil {
		t.Error("no error for bytes that are all equal")
	}
}

func TestMeasure(t *testing.T) {
	for n := 2; n < 40; n++ { // divided among the processors in any way
		values := make([]uint8, n)
		values[n/3], values[n-1] = 7, 250
		mean, squares := float64(257)/float64(n), float64(7*7+250*250)/float64(n)
		s, err := data.Measure(values)
		if math.Abs(s.Mean-mean) > 1e-12 || math.Abs(s.Std-math.Sqrt(squares-mean*mean)) > 1e-9 ||
			err != nil {
			t.Errorf("%d bytes: mean and standard deviation %v (%v)", n, s, err)
		}
	}
	s, err := data.Measure([]uint8{1, 2, 4, 9})
	if err != nil || s.Mean != 4 || math.Abs(s.Std-math.Sqrt(9.5)) > 1e-15 {
		t.Errorf("measured %+v (%v), want 4 and the root of 9.5", s, err)
	}
}
