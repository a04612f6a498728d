package feature_test

import (
	"errors"
	"testing"

	"braid/feature"
)

// TestBadCells checks that the error of Learn lists the first of the bad cells, each with its row.
func TestBadCells(t *testing.T) {
	f := frame(t, "x", "1", "b", "2", "c", "d", "e", "f", "g")
	_, err := feature.Number{}.Learn(feature.Column{Name: "x", Frame: f, Rows: rows(f.Rows())})
	var bad *feature.BadCells
	if !errors.As(err, &bad) {
		t.Fatalf("got error %v, want a BadCells", err)
	}
	if bad.Column != "x" || bad.Count != 6 || len(bad.First) != 5 {
		t.Errorf("got %d of %d cells of %q, want 5 of 6 of x", len(bad.First), bad.Count, bad.Column)
	}
	for i, want := range []int32{1, 3, 4, 5, 6} {
		if cell := bad.First[i]; cell.Row != want || cell.Err == nil || !errors.Is(err, cell.Err) {
			t.Errorf("cell %d: got row %d with error %v, want row %d", i, cell.Row, cell.Err, want)
		}
	}
}
