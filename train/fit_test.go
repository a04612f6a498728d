package train_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"braid"
	"braid/balance"
	"braid/data"
	"braid/internal/kernel"
	"braid/internal/random"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/modelfile"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const rows = 203 // the last batch is short for every batch size of the tests

// table returns columns of bytes, floats and ids, and targets that can be learnt from them.
func table(t testing.TB) *data.Table {
	t.Helper()
	draw := random.New(4, "table")
	pixels, x, ids := make([]uint8, 12*rows), make([]float32, 3*rows), make([]int32, 2*rows)
	class, yes := make([]int32, rows), make([]float32, rows)
	for r := range rows {
		for i := range 12 {
			pixels[12*r+i] = uint8(draw.Bits(uint64(100*r + i)))
		}
		for i := range 3 {
			x[3*r+i] = draw.Normal(uint64(100*r + 20 + i))
		}
		ids[2*r], ids[2*r+1] = int32(r%5), int32(r%3)
		class[r] = int32(pixels[12*r]) / 64
		if x[3*r] > 0 {
			yes[r] = 1
		}
	}
	standard, err := data.Measure(pixels)
	if err != nil {
		t.Fatal(err)
	}
	table, err := data.NewTable(
		data.Bytes("image", pixels, standard, 3, 4), data.Floats("x", x, 3), data.Ints("ids", ids, 2),
		data.Ints("class", class), data.Floats("yes", yes, 1),
	)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func model(t testing.TB) *braid.Model {
	t.Helper()
	g := braid.NewGraph("mixed")
	image, x := g.Input("image", tensor.Float32, 3, 4), g.Input("x", tensor.Float32, 3)
	ids := g.Input("ids", tensor.Int32, 2)
	e := g.Add("e", layer.Embedding{Vocabulary: 5, Width: 3}, ids)
	s := g.Add("s", layer.LSTM{Units: 5}, e)
	flat := g.Add("flat", layer.Flatten{}, image)
	both := g.Add("both", layer.Concatenate{}, s, flat, x)
	h := g.Add("h", layer.Dense{Units: 33, Activation: layer.ReLU}, both)
	g.Head("class", layer.Dense{Units: 4, Activation: layer.Softmax}, h)
	g.Head("yes", layer.Dense{Units: 1, Activation: layer.Sigmoid}, h)
	m, err := g.Build(2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func plan() train.Plan {
	accuracy := metric.List{metric.Accuracy{}}
	return train.Plan{Epochs: 3, Batch: 16, Heads: train.Heads{
		"class": {Loss: loss.SparseCategoricalCrossentropy{}, Weight: 0.5, Metrics: accuracy},
		"yes":   {Loss: loss.BinaryCrossentropy{}, Weight: 0.75, Metrics: accuracy},
	}}
}

// bytesOf returns the bytes of the model's file.
func bytesOf(t testing.TB, m *braid.Model) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := (&modelfile.File{Model: m}).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// The same seed gives the same bytes, in two runs, with any number of workers and any instruction
// set of this machine.
func TestSameBytesOnAnyNumberOfWorkers(t *testing.T) {
	var want []byte
	var figures []float64
	defer kernel.Use(kernel.Default())
	for i, workers := range []int{1, 1, 2, 3, 7, 1, 2, 5, 1, 2, 5} {
		sets := kernel.Sets()
		set := sets[i%len(sets)]
		kernel.Use(set)
		t.Logf("kernel set %s, %d workers", set.Name, workers)
		m, p := model(t), plan()
		p.Workers, p.Validate = workers, table(t)
		h, err := train.Fit(context.Background(), m, table(t), p)
		if err != nil {
			t.Fatal(err)
		}
		got := bytesOf(t, m)
		if want == nil {
			want, figures = got, h.Epochs[2].Values
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%d workers give another model", workers)
		}
		for i, v := range h.Epochs[2].Values {
			if v != figures[i] {
				t.Errorf("%d workers: %s is %v, want %v", workers, h.Names[i], v, figures[i])
			}
		}
	}
	m, p := model(t), plan()
	p.Seed = 99
	if _, err := train.Fit(context.Background(), m, table(t), p); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(bytesOf(t, m), want) {
		t.Error("another seed of the shuffles gives the same model")
	}
}

func TestLearnsAndMeasures(t *testing.T) {
	m, p := model(t), plan()
	p.Epochs, p.Validate, p.Optimizer = 60, table(t), optim.Adam{Rate: 0.01}
	h, err := train.Fit(context.Background(), m, table(t), p)
	if err != nil {
		t.Fatal(err)
	}
	names := "loss class_loss yes_loss class_accuracy yes_accuracy val_loss val_class_loss " +
		"val_yes_loss val_class_accuracy val_yes_accuracy"
	if got := strings.Join(h.Names, " "); got != names {
		t.Errorf("figures are %s, want %s", got, names)
	}
	for _, name := range []string{"val_class_accuracy", "val_yes_accuracy"} {
		if v, err := h.Value(60, name); err != nil || v < 0.95 {
			t.Errorf("%s is %v (%v), want 0.95 and more", name, v, err)
		}
	}
	value := func(name string) float64 {
		v, err := h.Value(60, name)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	total := 0.5*value("class_loss") + 0.75*value("yes_loss")
	if math.Abs(total-value("loss")) > 1e-12 {
		t.Errorf("loss is %v, want the weighted sum %v", value("loss"), total)
	}
	s, err := train.Evaluate(context.Background(), m, table(t), p.Heads, 3)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range s.Names {
		if s.Values[i] != value("val_"+name) {
			t.Errorf("Evaluate's %s is %v, Fit's %v", name, s.Values[i], value("val_"+name))
		}
	}
	if _, err := h.Value(60, "class_los"); err == nil ||
		!strings.Contains(err.Error(), `did you mean "class_loss"?`) {
		t.Errorf("error is %v", err)
	}
	if _, err := h.Value(61, "loss"); err == nil {
		t.Error("no error for an epoch that does not exist")
	}
}

// A batch larger than the data is one batch. A head with MeasureOnly is measured, but does not
// train.
func TestOneBatchAndMeasureOnly(t *testing.T) {
	m, p := model(t), plan()
	before, err := m.Weight("yes.kernel")
	if err != nil {
		t.Fatal(err)
	}
	kept := before.Values()
	p.Batch = 10_000
	yes := p.Heads["yes"]
	yes.MeasureOnly = true
	p.Heads["yes"] = yes
	steps := 0
	p.Callbacks = []train.Callback{{Step: func(s train.Step) error {
		steps++
		if s.Steps != 1 || s.Step != 1 {
			t.Errorf("step %d of %d, want 1 of 1", s.Step, s.Steps)
		}
		return nil
	}}}
	h, err := train.Fit(context.Background(), m, table(t), p)
	if err != nil || steps != 3 {
		t.Fatalf("%d steps (%v), want 3", steps, err)
	}
	for i, v := range before.Values() {
		if v != kept[i] {
			t.Fatal("a head with MeasureOnly was trained")
		}
	}
	if v, _ := h.Value(3, "yes_loss"); v == 0 {
		t.Error("a head with MeasureOnly was not measured")
	}
}

// With DropLast and without a shuffle, training is that on the rows of the complete batches. A
// smaller table than a batch is one batch.
func TestDropLast(t *testing.T) {
	whole, p := table(t), plan()
	p.NoShuffle, p.Workers = true, 2
	for _, batch := range []int{16, 101, 203, 300} {
		p.Batch, p.DropLast = batch, true
		m := model(t)
		h, err := train.Fit(context.Background(), m, whole, p)
		if err != nil {
			t.Fatal(err)
		}
		part, err := whole.Slice(0, max(1, rows/batch)*min(batch, rows))
		if err != nil {
			t.Fatal(err)
		}
		p.DropLast = false
		like := model(t)
		want, err := train.Fit(context.Background(), like, part, p)
		if err != nil {
			t.Fatal(err)
		}
		if end(t, m, h) != end(t, like, want) {
			t.Errorf("batches of %d: other bytes than those of %d rows", batch, part.Rows())
		}
	}
	p = plan()
	p.DropLast = true
	p.Callbacks = []train.Callback{{Step: func(s train.Step) error {
		if s.Steps != 12 {
			t.Errorf("an epoch has %d steps, want 12", s.Steps)
		}
		return nil
	}}}
	shuffled, seen := model(t), model(t)
	if _, err := train.Fit(context.Background(), shuffled, whole, p); err != nil {
		t.Fatal(err)
	}
	part, err := whole.Slice(0, 192)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := train.Fit(context.Background(), seen, part, p); err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(bytesOf(t, shuffled), bytesOf(t, seen)) {
		t.Error("a shuffle leaves out the table's last rows")
	}
}

// A loss that is NaN stops training before a weight becomes NaN, and the error names the head.
func TestLossNotFinite(t *testing.T) {
	m, p := model(t), plan()
	p.Optimizer = optim.Adam{Rate: 1e30}
	h, err := train.Fit(context.Background(), m, table(t), p)
	var stopped *train.Interrupted
	if !errors.As(err, &stopped) || !errors.Is(err, train.ErrNotFinite) ||
		!strings.Contains(err.Error(), `head "`) {
		t.Fatalf("error is %v, want one that names the head", err)
	}
	if stopped.Epoch != 1 || stopped.Step < 1 || stopped.Steps != 13 || h == nil {
		t.Errorf("stopped at %+v", stopped)
	}
}

func TestContextAndCallbackStop(t *testing.T) {
	planted := errors.New("planted")
	ctx, cancel := context.WithCancelCause(context.Background())
	p := plan()
	p.Callbacks = []train.Callback{{Step: func(s train.Step) error {
		if s.Epoch == 2 && s.Step == 4 {
			cancel(planted)
		}
		return nil
	}}}
	h, err := train.Fit(ctx, model(t), table(t), p)
	var stopped *train.Interrupted
	if !errors.As(err, &stopped) || !errors.Is(err, planted) || stopped.Epoch != 2 ||
		stopped.Step != 4 || len(h.Epochs) != 1 {
		t.Errorf("after cancelling: %v, %d epochs", err, len(h.Epochs))
	}
	p.Callbacks = []train.Callback{{Epoch: func(train.Epoch) error { return train.ErrStop }}}
	if h, err = train.Fit(context.Background(), model(t), table(t), p); err != nil ||
		len(h.Epochs) != 1 {
		t.Errorf("after a callback's stop: %v, %d epochs, want no error and 1", err, len(h.Epochs))
	}
	p.Callbacks = append(p.Callbacks,
		train.Callback{Epoch: func(train.Epoch) error { return planted }})
	h, err = train.Fit(context.Background(), model(t), table(t), p)
	if !errors.As(err, &stopped) || !errors.Is(err, planted) || len(h.Epochs) != 1 {
		t.Errorf("after a stop and a failure: %v, want an *Interrupted with the failure", err)
	}
	p.Callbacks = []train.Callback{{Step: func(train.Step) error { panic("planted") }}}
	if _, err = train.Fit(context.Background(), model(t), table(t), p); err == nil ||
		!strings.Contains(err.Error(), "panic: planted") {
		t.Errorf("after a callback's panic: %v", err)
	}
}

// A step after the first allocates nothing: epochs of 100 times the steps allocate the same.
func TestStepsDoNotAllocate(t *testing.T) {
	count := func(method balance.Method, epochs int) float64 {
		m, d, p := model(t), table(t), plan()
		p.Epochs, p.Batch, p.Workers, p.Balance = epochs, 4, 1, method
		return testing.AllocsPerRun(1, func() {
			if _, err := train.Fit(context.Background(), m, d, p); err != nil {
				t.Fatal(err)
			}
		})
	}
	const more = 20
	for _, method := range append(methods, balance.Fixed{}) {
		extra := (count(method, 1+more) - count(method, 1)) / (more * 51)
		if extra > 0.5 {
			t.Errorf("%s: a step allocates %.1f times, want none", method.Kind(), extra)
		}
	}
}
