package braidtest

import (
	"os"
	"path/filepath"
	"testing"
)

// Oracle returns the path of the reference numbers ../shared/oracle/NAME beside the checkout. If
// they do not exist, the test is skipped, or fails if BRAID_REQUIRE_ORACLE is set.
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
