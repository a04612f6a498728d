package braid_test

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"braid/internal/braidtest"
	"braid/internal/safetensors"
	"braid/tensor"
)

// Tolerances from the reference cases' README, for float32 against float64.
const (
	blockLimit    = 1e-5 // outputs, state, losses, optimizers
	gradientLimit = 3e-5
)

// block is a reference case: the configuration of a layer, a loss or an optimizer in Keras' terms,
// and its outputs.
type block struct {
	Name, Kind string
	Config     configuration
	Inputs     []struct {
		Name, DType string
		Shape       tensor.Shape
	}
	Batch int
	Train bool

	tensors *safetensors.Container
}

// TestBlocksOracle compares values, gradients and states with reference cases of Keras' semantics.
// It also reads the folder that BRAID_ORACLE_BLOCKS names. A kind or a setting that Braid does not
// have is an error.
func TestBlocksOracle(t *testing.T) {
	folders := []string{braidtest.Oracle(t, "blocks")}
	if more := os.Getenv("BRAID_ORACLE_BLOCKS"); more != "" {
		folders = append(folders, more)
	}
	ran := 0
	for _, folder := range folders {
		for _, b := range readBlocks(t, folder) {
			if t.Run(b.Name, func(t *testing.T) {
				if missing := b.check(t); missing != "" {
					t.Errorf("not built: %s", missing)
				}
			}) {
				ran++
			}
		}
	}
	t.Logf("%d cases agree", ran)
	if ran == 0 {
		t.Error("no case ran")
	}
}

func readBlocks(t *testing.T, folder string) []block {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(folder, "cases.json"))
	if err != nil {
		t.Fatal(err)
	}
	var list []block
	if err := json.Unmarshal(content, &list); err != nil {
		t.Fatal(err)
	}
	if content, err = os.ReadFile(filepath.Join(folder, "cases.safetensors")); err != nil {
		t.Fatal(err)
	}
	tensors, err := safetensors.Parse(content)
	if err != nil {
		t.Fatal(err)
	}
	for i := range list {
		list[i].tensors = tensors
	}
	return list
}

// check runs the case. It returns the reason if Braid cannot run it.
func (b *block) check(t *testing.T) (missing string) {
	switch b.Kind {
	case "optimizer":
		b.checkOptimizer(t)
		return ""
	case "schedule":
		b.checkSchedule(t)
		return ""
	case "loss":
		return b.checkLoss(t)
	case "metric":
		return b.checkMetric(t)
	case "combine":
		b.checkCombine(t)
		return ""
	}
	l, missing := b.layer()
	if missing != "" {
		return missing
	}
	b.checkLayer(t, l)
	return ""
}

// fill copies row-major numbers to rows.
func fill(rows tensor.Rows[float32], values []float32) {
	for r := 0; len(values) > 0; r++ {
		values = values[copy(rows.Row(r), values):]
	}
}

// numbers returns rows as row-major numbers.
func numbers(rows tensor.Rows[float32], n int) []float32 {
	var list []float32
	for r := range n {
		list = append(list, rows.Row(r)...)
	}
	return list
}

// doubles returns a tensor of the case.
func (b *block) doubles(t *testing.T, name string) []float64 {
	t.Helper()
	e, ok := b.tensors.Entry(b.Name + "/" + name)
	if !ok {
		t.Fatalf("the case has no tensor %q", name)
	}
	if e.DType == "F64" {
		values, err := e.Float64s()
		if err != nil {
			t.Fatal(err)
		}
		return values
	}
	var list []float64
	if e.DType == "I32" {
		values, err := e.Int32s()
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			list = append(list, float64(v))
		}
		return list
	}
	values, err := e.Float32s()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range values {
		list = append(list, float64(v))
	}
	return list
}

func (b *block) floats(t *testing.T, name string) []float32 {
	t.Helper()
	var list []float32
	for _, v := range b.doubles(t, name) {
		list = append(list, float32(v))
	}
	return list
}

// compare compares numbers with a tensor of the case: the largest difference, divided by the
// largest number.
func (b *block) compare(t *testing.T, name string, got []float32, limit float64) {
	t.Helper()
	want := b.doubles(t, name)
	if len(got) != len(want) {
		t.Errorf("%s: got %d numbers, want %d", name, len(got), len(want))
		return
	}
	least := 0.01
	switch {
	case strings.Contains(b.Name, "_far"), b.Kind == "combine":
		least = 1
	case name == "grad_weight/key_bias": // it is 0: a constant for all keys does not change a softmax
		least = 1e-4 / gradientLimit
	}
	var off, largest float64
	for i, v := range got {
		d := math.Abs(float64(v) - want[i])
		if !(d <= off) {
			off = d // also NaN
		}
		largest = max(largest, math.Abs(want[i]))
	}
	if !(off/max(largest, least) <= limit) {
		t.Errorf("%s: off by %.3g of the largest number, at most %v is allowed\ngot  %v\nwant %v", name,
			off/max(largest, least), limit, got, want)
	}
}
