package datafile_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"braid/data/datafile"
)

// A glob in a folder whose name has the characters of globs matches the same files once it is
// absolute.
func TestAbsolute(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "q[1]")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "a.csv"), []byte("x\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"a.csv", "*.csv"} {
		absolute, err := datafile.Absolute(folder, pattern)
		if err != nil {
			t.Fatal(err)
		}
		got, err := datafile.Expand(t.TempDir(), []string{absolute})
		want := []string{filepath.Join(folder, "a.csv")}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %s is for %q, %v, want %q", pattern, absolute, got, err, want)
		}
	}
}
