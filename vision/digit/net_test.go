package digit_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"sync"
	"testing"

	"braid"
	"braid/data"
	"braid/data/mnist"
	"braid/digitqa"
	"braid/internal/braidtest"
	"braid/train"
)

// net is a trained model with its standardization and the test images.
type net struct {
	model    *braid.Model
	standard data.Standard
	test     mnist.Images
}

var errNoMNIST = errors.New("no MNIST")

var trained = sync.OnceValues(func() (*net, error) {
	digits, err := mnist.Finder{}.Find(context.Background())
	if err != nil {
		return nil, errors.Join(errNoMNIST, err)
	}
	n := &net{test: digits.Test}
	if n.standard, err = data.Measure(digits.Train.Pixels.Uint8s()); err != nil {
		return nil, err
	}
	table, err := digitqa.Table(digits.Train, n.standard)
	if err != nil {
		return nil, err
	}
	if n.model, err = digitqa.Network(28, 28).Build(1); err != nil {
		return nil, err
	}
	_, err = train.Fit(context.Background(), n.model, table, digitqa.Plan())
	return n, err
})

// testNet trains digitqa's network, once for all tests. It skips the test if there is no MNIST,
// unless BRAID_REQUIRE_ORACLE is set, or if training would take minutes, unless BRAID_TEST_WHOLE
// is.
func testNet(t *testing.T) *net {
	t.Helper()
	if testing.Short() {
		t.Skip("skipped: -short trains no network")
	}
	if slow && !braidtest.Whole() {
		t.Skip("skipped: training is slow with -race and purego; BRAID_TEST_WHOLE=1 runs it")
	}
	n, err := trained()
	if errors.Is(err, errNoMNIST) && os.Getenv("BRAID_REQUIRE_ORACLE") == "" {
		t.Skipf("skipped: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// digits returns the most probable digits of images [n, 28, 28].
func (n *net) digits(t *testing.T, pixels []uint8) []int {
	t.Helper()
	var found []int
	for p := range slices.Chunk(n.probabilities(t, pixels), 10) {
		found = append(found, slices.Index(p, slices.Max(p)))
	}
	return found
}

// probabilities returns the probabilities [n, 10] of each digit in images [n, 28, 28].
func (n *net) probabilities(t *testing.T, pixels []uint8) []float32 {
	t.Helper()
	rows := len(pixels) / (28 * 28)
	table, err := data.NewTable(
		data.Bytes("image", pixels, n.standard, 28, 28),
		data.Ints("question", make([]int32, 2*rows), 2),
	)
	if err != nil {
		t.Fatal(err)
	}
	in, err := table.Tensors("image", "question")
	if err != nil {
		t.Fatal(err)
	}
	out, err := n.model.Predict(in)
	if err != nil {
		t.Fatal(err)
	}
	return out["digit"].Float32s()
}

// right counts the images whose digit the network recognizes.
func (n *net) right(t *testing.T, pixels, labels []uint8) int {
	t.Helper()
	right := 0
	for i, digit := range n.digits(t, pixels) {
		if digit == int(labels[i]) {
			right++
		}
	}
	return right
}
