package braidtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Oracle returns the path of a file or folder of reference numbers, ../shared/oracle/NAME beside
// the checkout. Where the project is checked out alone, the test is skipped, unless
// BRAID_REQUIRE_ORACLE is set: then it fails.
func Oracle(t testing.TB, name string) string {
	t.Helper()
	directory, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(directory, "go.mod")); err == nil {
			break
		}
		parent := filepath.Dir(directory)
		if parent == directory {
			t.Fatal("no go.mod above the test's folder")
		}
		directory = parent
	}
	path := filepath.Join(directory, "..", "shared", "oracle", name)
	if _, err := os.Stat(path); err != nil {
		if os.Getenv("BRAID_REQUIRE_ORACLE") != "" {
			t.Fatalf("BRAID_REQUIRE_ORACLE is set and the reference numbers are missing: %v", err)
		}
		t.Skipf("skipped: no reference numbers beside this checkout: %v", err)
	}
	return path
}
