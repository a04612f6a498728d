package target_test

import (
	"fmt"
	"testing"

	"braid/target"
)

// The two forms in which Unicode has a letter with an accent are one class, also in settings.
func TestForms(t *testing.T) {
	const composed, apart = "Zo\u00eb", "Zoe\u0308"
	for _, x := range []target.Target{
		target.Category{ClassWeights: target.ClassWeights{ByName: map[string]float64{apart: 3}}},
		target.Binary{True: apart}, target.Labels{},
	} {
		cells := []string{composed, "Max", apart, "Max", composed}
		d := learn(t, x, cells...)
		if got := fmt.Sprint(d.Guess()); got != fmt.Sprint(learn(t, x, composed, "Max", composed, "Max",
			composed).Guess()) {
			t.Errorf("%s: guesses are %s", x.Kind(), got)
		}
		if x.Canonical(composed) != x.Canonical(apart) {
			t.Errorf("%s: the canonical forms differ", x.Kind())
		}
		if a, b := guessed(t, d, composed), guessed(t, d, apart); a != b {
			t.Errorf("%s: scores are %s and %s", x.Kind(), a, b)
		}
	}
}

// guessed returns the score of guessing a cell.
func guessed(t *testing.T, d target.Decoder, cell string) string {
	t.Helper()
	s, err := target.Guessing(d, []string{cell})
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(s)
}
