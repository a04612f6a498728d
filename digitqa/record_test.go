package digitqa

import (
	"bytes"
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"braid"
	"braid/data"
	"braid/data/mnist"
	"braid/internal/braidtest"
	"braid/internal/random"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// small returns images of 13x12 pixels in MNIST's form, with a bright stripe for the digit.
func small(rows int) mnist.Images {
	draw := random.New(1, "small")
	var pixels, labels []uint8
	for r := range rows {
		digit := int(draw.Bits(uint64(r)) % 10)
		labels = append(labels, uint8(digit))
		for p := range 13 * 12 {
			v := uint8(draw.Bits(uint64(r)<<16+uint64(p)) % 40)
			if p*10/(13*12) == digit {
				v += 200
			}
			pixels = append(pixels, v)
		}
	}
	return mnist.Images{
		Pixels: tensor.Bytes(pixels, rows, 13, 12), Labels: tensor.Bytes(labels, rows),
	}
}

func smallTable(t *testing.T, rows int) *data.Table {
	t.Helper()
	table, err := Table(small(rows), RecordStandard)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func build(t *testing.T, g *braid.Graph) *braid.Model {
	t.Helper()
	m, err := g.Build(1)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func weight(t *testing.T, m *braid.Model, name string) *braid.Weight {
	t.Helper()
	w, err := m.Weight(name)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// The answer is the sum over the digits of probability times truth, and nothing else depends on the
// question. The border of two pixels is not seen.
func TestRecordNetwork(t *testing.T) {
	m := build(t, RecordNetwork(28, 28))
	if s := m.Summary(); s.Total != 151_308 || s.Frozen != 0 {
		t.Errorf("%d weights, %d of them frozen, want 151308 and 0", s.Total, s.Frozen)
	}
	const rows = 3
	images := make([]float32, rows*28*28)
	for i := range images {
		images[i] = float32(i*i%251) / 255
	}
	in := braid.Tensors{
		"image":    tensor.Floats(images, rows, 28, 28),
		"question": tensor.Ints([]int32{1, 3, 2, 3, 5, 6}, rows, 2),
	}
	predict := func() (digits, answers []float32) {
		t.Helper()
		out, err := m.Predict(in)
		if err != nil {
			t.Fatal(err)
		}
		return slices.Clone(out["digit"].Float32s()), slices.Clone(out["answer"].Float32s())
	}
	if err := weight(t, m, "truths.kernel").Set(make([]float32, 80)); err != nil {
		t.Fatal(err)
	}
	truths := []float32{3, -1, 0.5, 2, -4, 7, -0.25, 1, -6, 0.125}
	if err := weight(t, m, "truths.bias").Set(truths); err != nil {
		t.Fatal(err)
	}
	digits, answers := predict()
	for r, got := range answers {
		var logit float64
		for d, truth := range truths {
			logit += float64(digits[10*r+d]) * float64(truth)
		}
		if want := 1 / (1 + math.Exp(-logit)); math.Abs(float64(got)-want) > 1e-6 {
			t.Errorf("row %d: the answer is %v, want %v", r, got, want)
		}
	}
	seen := func(i int) bool {
		row, column := i/28%28, i%28
		return min(row, column, 27-row, 27-column) >= 2
	}
	for i := range images {
		if !seen(i) {
			images[i] = 99
		}
	}
	if again, _ := predict(); !slices.Equal(again, digits) {
		t.Error("the border changes the digit")
	}
	for _, corner := range []int{2*28 + 2, 2*28 + 25, 25*28 + 2, 25*28 + 25} {
		before := images[corner]
		images[corner] = 9
		if again, _ := predict(); slices.Equal(again[:10], digits[:10]) {
			t.Errorf("pixel %d does not change the digit", corner)
		}
		images[corner] = before
	}
}

// The loss of the answer alone trains the kernels that find the digit.
func TestAnswerTrainsDigit(t *testing.T) {
	m, plan := build(t, RecordNetwork(13, 12)), RecordPlan(10)
	before := map[string][]float32{}
	for _, w := range m.Weights() {
		before[w.Name()] = w.Values()
	}
	plan.Epochs, plan.Batch, plan.EMA, plan.Optimizer = 1, 10, nil, optim.SGD{Rate: 1}
	h := plan.Heads["digit"]
	h.Weight, h.MeasureOnly = 0, true
	plan.Heads["digit"] = h
	if _, err := train.Fit(context.Background(), m, smallTable(t, 10), plan); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"conv1.kernel", "conv5.kernel", "digit.kernel", "truths.kernel"} {
		if slices.Equal(before[name], weight(t, m, name).Values()) {
			t.Errorf("%s is not trained", name)
		}
	}
}

// The rates are those of 5,148 steps on MNIST, and only kernels on the image's path decay.
func TestRecordPlan(t *testing.T) {
	p := RecordPlan(55_000)
	if steps := Steps(p, 55_000); steps != 5148 {
		t.Errorf("%d steps, want 5148", steps)
	}
	rated := p.Optimizer.(optim.Rated)
	for k := range 5148 {
		f := float64(k) / 5148
		want := 4e-3 * (0.05 + 0.95*f/0.25)
		if f >= 0.25 {
			want = 4e-3 * (1 - (f-0.25)/0.75)
		}
		if got := rated.LearningRate(k + 1); math.Abs(got-want) > 1e-12 {
			t.Fatalf("the rate of step %d is %v, want %v", k, got, want)
		}
	}
	var decay []string
	for _, w := range build(t, RecordNetwork(28, 28)).Weights() {
		if p.Optimizer.(optim.Decaying).Decays(w.Name(), w.Shape()) {
			decay = append(decay, w.Name())
		}
	}
	want := []string{"conv1.kernel", "conv2.kernel", "conv3.kernel", "conv4.kernel", "conv5.kernel",
		"digit.kernel"}
	if !slices.Equal(decay, want) {
		t.Errorf("%v decay, want %v", decay, want)
	}
	for _, rows := range []int{1, 2, 5, 127, 128, 700} {
		if err := RecordPlan(rows).Optimizer.Check(); err != nil {
			t.Errorf("%d rows: %v", rows, err)
		}
	}
	p.DropLast, p.Epochs = false, 2
	if got := Steps(p, 129); got != 4 {
		t.Errorf("%d steps with an incomplete batch, want 4", got)
	}
}

func TestHoldOut(t *testing.T) {
	for rows, want := range map[int]int{2: 1, 13: 12, 240: 220, 251: 231} {
		all := smallTable(t, rows)
		training, validation, err := HoldOut(all)
		if err != nil {
			t.Fatal(err)
		}
		if training.Rows() != want || training.Rows()+validation.Rows() != rows {
			t.Errorf("%d rows are divided into %d and %d, want %d first", rows, training.Rows(),
				validation.Rows(), want)
		}
		whole, err1 := all.Tensors("image")
		last, err2 := validation.Tensors("image")
		if err := errors.Join(err1, err2); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(last["image"].Float32s(), whole["image"].Float32s()[want*13*12:]) {
			t.Errorf("of %d rows, validation is not the last", rows)
		}
	}
	if _, _, err := HoldOut(smallTable(t, 1)); err == nil ||
		!strings.Contains(err.Error(), "1 rows cannot be divided, want 2 or more") {
		t.Errorf("error is %v", err)
	}
}

// A run that is stopped in the middle of an epoch and resumed by other workers ends with the same
// bytes.
func TestRecordResumes(t *testing.T) {
	const rows = 45
	table, plan := smallTable(t, rows), RecordPlan(rows)
	plan.Epochs, plan.Batch, plan.Workers, plan.Validate = 3, 10, 2, smallTable(t, 15)
	plan.Optimizer = RecordOptimizer(0.01, Steps(plan, rows))
	whole := build(t, RecordNetwork(13, 12))
	want, err := train.Fit(context.Background(), whole, table, plan)
	if err != nil {
		t.Fatal(err)
	}
	plan.Checkpoint = &train.Checkpoint{
		Dir: filepath.Join(t.TempDir(), "checkpoints"), Every: time.Nanosecond,
	}
	enough := errors.New("enough")
	plan.Callbacks = []train.Callback{{Step: func(s train.Step) error {
		if s.Epoch == 2 && s.Step == 3 {
			return enough
		}
		return nil
	}}}
	parts := build(t, RecordNetwork(13, 12))
	if _, err := train.Fit(context.Background(), parts, table, plan); !errors.Is(err, enough) {
		t.Fatal(err)
	}
	from := 0
	plan.Workers, plan.Callbacks = 5, []train.Callback{{Start: func(s train.Start) error {
		from = s.Step
		return nil
	}}}
	parts = build(t, RecordNetwork(13, 12))
	got, err := train.Resume(context.Background(), parts, table, plan)
	if err != nil {
		t.Fatal(err)
	}
	if from != 3 {
		t.Errorf("resumed after step %d, want 3", from)
	}
	if !bytes.Equal(file(t, parts), file(t, whole)) {
		t.Error("the model has other bytes")
	}
	for i, e := range got.Epochs {
		if !slices.Equal(e.Values, want.Epochs[i].Values) {
			t.Errorf("epoch %d has %v, want %v", i+1, e.Values, want.Epochs[i].Values)
		}
	}
}

// TestRecordLearns trains two epochs on a fifth of the training images, which takes 16 s of CPU
// time with AVX-512. It runs if BRAID_TEST_WHOLE is set.
func TestRecordLearns(t *testing.T) {
	if !braidtest.Whole() {
		t.Skip("skipped: it trains for long; BRAID_TEST_WHOLE=1 runs it")
	}
	const rows, least, leastAnswer = 12_000, 0.98, 0.95
	all, err := Table(testMNIST(t).Train, RecordStandard)
	if err != nil {
		t.Fatal(err)
	}
	table, validation, err := HoldOut(all)
	if err != nil {
		t.Fatal(err)
	}
	if table, err = table.Slice(0, rows); err != nil {
		t.Fatal(err)
	}
	m, plan := build(t, RecordNetwork(28, 28)), RecordPlan(rows)
	plan.Epochs, plan.Batch = 2, 64
	plan.Optimizer = RecordOptimizer(4e-3, Steps(plan, rows))
	if _, err := train.Fit(context.Background(), m, table, plan); err != nil {
		t.Fatal(err)
	}
	got, err := Measure(m, validation)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", got)
	if got.Digit < least || got.Answer < leastAnswer {
		t.Errorf("got %+v, want at least %v of the digits and %v of the answers", got, least, leastAnswer)
	}
}
