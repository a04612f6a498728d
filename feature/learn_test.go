package feature_test

import (
	"testing"

	"braid/feature"
)

func TestTrim(t *testing.T) {
	missing := []string{"none", "n. a."}
	for cell, want := range map[string]string{
		"": "", " a b\t": "a b", "\u00a0a\n": "a", "none": "", " n. a. ": "", "None": "None",
	} {
		if got := feature.Trim(cell, missing); got != want {
			t.Errorf("%q: got %q, want %q", cell, got, want)
		}
	}
	if err := feature.CheckMissing(missing); err != nil {
		t.Error(err)
	}
	for _, word := range []string{"", " none", "none\n"} {
		if feature.CheckMissing([]string{word}) == nil {
			t.Errorf("%q: no error", word)
		}
	}
}
