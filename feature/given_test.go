package feature_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"braid/data"
	"braid/feature"
	"braid/tensor"
)

// coded returns a frame with the same cells as frame, made of codes.
func coded(t *testing.T, name string, cells ...string) *data.Frame {
	t.Helper()
	var texts []string
	var codes []uint8
	for _, cell := range cells {
		if !slices.Contains(texts, cell) {
			texts = append(texts, cell)
		}
		codes = append(codes, uint8(slices.Index(texts, cell)))
	}
	f, err := data.FrameOf("some/file.csv", data.Codes(name, texts, codes))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A column of codes gives the same encoder, rows and notes as one of texts.
func TestCodes(t *testing.T) {
	for _, c := range []struct {
		f     feature.Feature
		cells []string
	}{
		{feature.Tokens{Length: 3, OOV: "?"}, []string{"b a", "a", "b a", "c", "a b c d", "a"}},
		{feature.Category{}, []string{"x", "", "y", "x", "z", "y", "y"}},
		{feature.Binary{}, []string{"no", "yes", "", "no"}},
		{feature.Number{}, []string{"1", "", "2", "1", "7"}},
		{feature.Text{}, []string{"a b", "", "b b", "a b", "c"}},
	} {
		of := func(f *data.Frame) ([]data.Column, feature.Notes) {
			learnt := feature.Column{Name: "c", Frame: f, Rows: rows(len(c.cells) - 1)}
			e, err := c.f.Learn(learnt)
			if err != nil {
				t.Fatal(err)
			}
			all := feature.Column{Name: "c", Frame: f, Rows: rows(len(c.cells))}
			slices.Reverse(all.Rows)
			columns, notes, err := feature.Columns(e, all, 2)
			if err != nil {
				t.Fatal(err)
			}
			return columns, notes
		}
		want, wantNotes := of(frame(t, "c", c.cells...))
		got, notes := of(coded(t, "c", c.cells...))
		if !reflect.DeepEqual(got, want) || notes != wantNotes {
			t.Errorf("%s: got %+v with %+v, want %+v with %+v", c.f.Kind(), got, notes, want, wantNotes)
		}
	}
}

// A bad cell of a column of codes is found in each of its rows.
func TestBadCodes(t *testing.T) {
	f := coded(t, "c", "yes", "nein", "no", "nein", "yes")
	_, err := feature.Binary{}.Learn(feature.Column{Name: "c", Frame: f, Rows: rows(5)})
	e := learn(t, feature.Binary{}, "yes", "no")
	_, _, encoded := feature.Columns(e, feature.Column{Name: "c", Frame: f, Rows: rows(5)}, 2)
	for _, err := range []error{err, encoded} {
		if err == nil || !strings.Contains(err.Error(), "some/file.csv:2: ") ||
			!strings.Contains(err.Error(), "some/file.csv:4: ") {
			t.Errorf("got error %v, want lines 2 and 4", err)
		}
	}
}

// Consecutive pictures of an IDX file are not copied; others give the same rows.
func TestDigitBlock(t *testing.T) {
	array := idx(5)
	f := feature.Digit{Height: 2, Width: 3, Arrays: map[string]tensor.Tensor{"mem": array}}
	of := func(cells ...string) ([]data.Column, feature.Encoder) {
		c := feature.Column{Name: "c", Frame: frame(t, "c", cells...), Rows: rows(len(cells))}
		e, err := f.Learn(c)
		if err != nil {
			t.Fatal(err)
		}
		columns, notes, err := feature.Columns(e, c, 2)
		if err != nil || notes != (feature.Notes{Rows: len(cells)}) || len(columns) != 1 {
			t.Fatalf("%d columns, notes %+v, error %v", len(columns), notes, err)
		}
		return columns, e
	}
	pixels := func(c data.Column) (list []float32) {
		for row := range 3 {
			to := make([]float32, 6)
			c.Unstandardized(to, row)
			list = append(list, to...)
		}
		return list
	}
	block, whole := of("mem#1", "mem#2", "mem#3")
	copied, mixed := of("mem#1", "mem#3", "mem#2")
	got, want := pixels(copied[0]), pixels(block[0])
	if !slices.Equal(got, slices.Concat(want[:6], want[12:], want[6:12])) || want[0] != 10 {
		t.Errorf("got %v, want the rows of %v in another order", got, want)
	}
	array.Uint8s()[6] = 77
	if got := pixels(block[0])[0]; got != 77 {
		t.Errorf("the pixel is %v, want 77: the block is a copy", got)
	}
	if got := pixels(copied[0])[0]; got != 10 {
		t.Errorf("the pixel is %v, want 10: the rows are no copy", got)
	}
	if whole.Inputs("c")[0].Standard != mixed.Inputs("c")[0].Standard {
		t.Errorf("the standard is %v, want %v", whole.Inputs("c")[0].Standard,
			mixed.Inputs("c")[0].Standard)
	}
	c := feature.Column{Name: "c", Frame: frame(t, "c", "mem#3", "mem#4", "mem#5"), Rows: rows(3)}
	const beyond = `:4: column "c": picture "mem#5"`
	if _, err := f.Learn(c); err == nil || !strings.Contains(err.Error(), beyond) {
		t.Errorf("got error %v, want the place of the picture beyond the end", err)
	}
}
