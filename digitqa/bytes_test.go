package digitqa

import (
	"bytes"
	"context"
	"os"
	"testing"

	"braid/data"
	"braid/internal/kernel"
	"braid/modelfile"
	"braid/train"
)

// TestSameBytes trains two epochs with every kernel set and several numbers of workers: the model
// files must have the same bytes. The Go reference takes a minute for all examples, so the test
// uses a tenth of them, fewer under the race detector, and all if BRAID_TEST_WHOLE is set.
func TestSameBytes(t *testing.T) {
	digits := testMNIST(t)
	standard, err := data.Measure(digits.Train.Pixels.Uint8s())
	if err != nil {
		t.Fatal(err)
	}
	table, err := Table(digits.Train, standard)
	if err != nil {
		t.Fatal(err)
	}
	switch {
	case raceDetector:
		table, err = table.Slice(0, 307)
	case os.Getenv("BRAID_TEST_WHOLE") == "":
		table, err = table.Slice(0, 6_011)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer kernel.Use(kernel.Default())
	var want []byte
	for _, set := range kernel.Sets() {
		for _, workers := range []int{1, 2, 5} {
			kernel.Use(set)
			model, err := Network(28, 28).Build(1)
			if err != nil {
				t.Fatal(err)
			}
			plan := Plan()
			plan.Epochs, plan.Workers = 2, workers
			if _, err := train.Fit(context.Background(), model, table, plan); err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			if err := (&modelfile.File{Model: model}).Write(&got); err != nil {
				t.Fatal(err)
			}
			if want == nil {
				want = got.Bytes()
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("kernel set %s with %d workers gives another model file", set.Name, workers)
			}
		}
	}
	t.Logf("%d examples, kernel sets to %s", table.Rows(), kernel.Sets()[len(kernel.Sets())-1].Name)
}
