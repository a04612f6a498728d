package train_test

import (
	"context"
	"errors"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/internal/random"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/tensor"
	"braid/train"
)

// labelled has a table's columns for a network with the heads kind (of 3 classes) and level.
type labelled struct {
	x      []float32 // [rows, 3]
	kind   []int32
	level  []float32
	weight []float32 // of a row for level; nil for no such column
}

func newLabelled(n int) labelled {
	draw := random.New(8, "labelled")
	var l labelled
	for r := range n {
		for i := range 3 {
			l.x = append(l.x, draw.Normal(uint64(3*r+i)))
		}
		l.kind = append(l.kind, int32(r%3))
		l.level = append(l.level, draw.Unit(uint64(1000+r)))
	}
	return l
}

// first returns the first n rows.
func (l labelled) first(n int) labelled {
	l.x, l.kind, l.level = l.x[:3*n], l.kind[:n], l.level[:n]
	return l
}

// without returns a copy in which some rows have no label for the level.
func (l labelled) without(rows ...int) labelled {
	l.level = slices.Clone(l.level)
	for _, r := range rows {
		l.level[r] = float32(math.NaN())
	}
	return l
}

func (l labelled) table(t testing.TB) *data.Table {
	t.Helper()
	columns := []data.Column{data.Floats("x", l.x, 3), data.Ints("kind", l.kind),
		data.Floats("level", l.level)}
	if l.weight != nil {
		columns = append(columns, data.Floats("weight", l.weight))
	}
	table, err := data.NewTable(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// twoHeads returns a network whose heads share a trunk.
func twoHeads(t testing.TB) *braid.Model {
	t.Helper()
	g := braid.NewGraph("labelled")
	h := g.Add("h", layer.Dense{Units: 7, Activation: layer.Tanh}, g.Input("x", tensor.Float32, 3))
	g.Head("kind", layer.Dense{Units: 3, Activation: layer.Softmax}, h)
	g.Head("level", layer.Dense{Units: 1, Activation: layer.Sigmoid}, h)
	m, err := g.Build(5)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func twoLosses() train.Plan {
	return train.Plan{Epochs: 3, Batch: 8, NoShuffle: true, Heads: train.Heads{
		"kind":  {Loss: loss.SparseCategoricalCrossentropy{}, Metrics: metric.List{metric.Accuracy{}}},
		"level": {Loss: loss.BinaryCrossentropy{}, Metrics: metric.List{metric.Accuracy{}, median{}}},
	}}
}

// median is the weighted median of the head's first output over the rows: a metric of all rows.
type median struct{}

func (median) Kind() string { return "median" }

func (median) Bind(braid.Spec, metric.Target) (metric.Func, error) { return median{}, nil }

func (median) Width() int { return 2 }

func (median) Rows(b metric.Batch, numbers tensor.Rows[float32], lo, hi int) {
	for r := lo; r < hi; r++ {
		numbers.Row(r)[0], numbers.Row(r)[1] = b.Output.Row(r)[0], b.Target.Row(r)[0]
	}
}

func (median) Value(rows tensor.Rows[float32], weights []float32) float64 {
	var list []float32
	for r, w := range weights {
		for range int(w) { // the tests' weights are whole numbers
			list = append(list, rows.Row(r)[0]+rows.Row(r)[1])
		}
	}
	slices.Sort(list)
	if len(list) == 0 {
		return math.NaN()
	}
	return float64(list[len(list)/2])
}

func fitted(t testing.TB, l labelled, p train.Plan) (string, *train.History) {
	t.Helper()
	m := twoHeads(t)
	h, err := train.Fit(context.Background(), m, l.table(t), p)
	if err != nil {
		t.Fatal(err)
	}
	return string(bytesOf(t, m)), h
}

// Rows without any label change no byte of what the other rows of their batch teach: not for one
// head, nor for both, wherever the rows are.
func TestRowsWithoutLabels(t *testing.T) {
	all := newLabelled(13)
	p := twoLosses()
	p.Batch = 13
	want, history := fitted(t, all.first(9), p)
	blank := all.without(9, 10, 11, 12)
	blank.kind = slices.Clone(all.kind)
	for r := 9; r < 13; r++ {
		blank.kind[r] = data.NoLabel
	}
	got, blanked := fitted(t, blank, p)
	if got != want {
		t.Error("four rows without labels change the weights")
	}
	for _, name := range history.Names {
		a, _ := history.Value(3, name)
		b, _ := blanked.Value(3, name)
		if a != b {
			t.Errorf("%s is %v, want %v as without these rows", name, b, a)
		}
	}

	// In the middle, and with other workers.
	middle := all.without(0, 3, 4)
	p.Batch = 5 // in batches of 5, 5 and 3
	want = ""
	for _, workers := range []int{1, 2, 5} {
		for _, gather := range []bool{false, true} {
			p.Workers, p.Gather = workers, gather
			got, _ := fitted(t, middle, p)
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("%d workers, gather %v: other bytes", workers, gather)
			}
		}
	}
	if other, _ := fitted(t, all, p); other == want {
		t.Error("labels of three rows change nothing")
	}
}

// A head without a label in a batch neither trains there nor costs the other head anything.
func TestBatchWithoutLabels(t *testing.T) {
	all := newLabelled(16)
	p := twoLosses()
	got, history := fitted(t, all.without(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15), p)
	level := p.Heads["level"]
	level.MeasureOnly = true
	p.Heads["level"] = level
	if want, _ := fitted(t, all, p); got != want {
		t.Error("a head without labels is not like one that is only measured")
	}
	total, _ := history.Value(1, "loss")
	kind, _ := history.Value(1, "kind_loss")
	none, _ := history.Value(1, "level_loss")
	if total != kind || !math.IsNaN(none) {
		t.Errorf("losses are %v, %v and %v; want the total to be that of kind, NaN for level",
			total, kind, none)
	}
}

// The loss is the sum of the rows' weights times losses, divided by the number of rows with labels.
func TestRowWeights(t *testing.T) {
	l := newLabelled(10)
	p := twoLosses()
	p.Epochs, p.Batch = 1, 10
	m := twoHeads(t)
	in := braid.Tensors{"x": tensor.Floats(l.x, 10, 3)}
	out, err := m.Predict(in)
	if err != nil {
		t.Fatal(err)
	}
	l.weight = []float32{1, 2, 0, 3, 1, 1, 0, 2, 5, 1}
	l = l.without(4)
	var sum, right, total float64
	for r, y := range out["level"].Float32s() {
		if r == 4 {
			continue
		}
		w, target := float64(l.weight[r]), float64(l.level[r])
		sum -= w * (target*math.Log(float64(y)) + (1-target)*math.Log(1-float64(y)))
		total += w
		if (y > 0.5) == (target > 0.5) {
			right += w
		}
	}
	level := p.Heads["level"]
	level.RowWeight = "weight"
	p.Heads["level"] = level
	weighted, history := fitted(t, l, p)
	if got, _ := history.Value(1, "level_loss"); math.Abs(got-sum/9) > 1e-6 {
		t.Errorf("loss %v, want %v", got, sum/9)
	}
	if got, _ := history.Value(1, "level_accuracy"); math.Abs(got-right/total) > 1e-6 {
		t.Errorf("accuracy %v, want %v", got, right/total)
	}
	level.RowWeight = ""
	p.Heads["level"] = level
	l.weight = nil
	if plain, _ := fitted(t, l, p); plain == weighted {
		t.Error("the rows' weights change nothing")
	}
}

// A run that is interrupted within an epoch goes on with the numbers of the rows that a metric
// keeps, and with the counts of labels.
func TestResumeWithLabels(t *testing.T) {
	l := newLabelled(29).without(1, 5, 6, 20)
	l.weight = slices.Repeat([]float32{2}, 29)
	l.weight[3] = 7
	p := twoLosses()
	p.NoShuffle = false
	level := p.Heads["level"]
	level.RowWeight = "weight"
	p.Heads["level"] = level
	whole := twoHeads(t)
	history, err := train.Fit(context.Background(), whole, l.table(t), p)
	if err != nil {
		t.Fatal(err)
	}
	want := end(t, whole, history)

	ctx, cancel := context.WithCancel(context.Background())
	p.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints")}
	p.Callbacks = []train.Callback{{Step: func(s train.Step) error {
		if s.Epoch == 2 && s.Step == 3 {
			cancel()
		}
		return nil
	}}}
	var stopped *train.Interrupted
	if _, err := train.Fit(ctx, twoHeads(t), l.table(t), p); !errors.As(err, &stopped) {
		t.Fatalf("error is %v, want an interruption", err)
	}
	p.Callbacks, p.Workers = nil, 2
	m := twoHeads(t)
	history, err = train.Resume(context.Background(), m, l.table(t), p)
	if err != nil {
		t.Fatal(err)
	}
	if got := end(t, m, history); got != want {
		t.Errorf("the resumed run ends with\n%v\nwant\n%v", got, want)
	}
}

// The column with the rows' weights is part of the run, even if the table stays the same.
func TestResumeWithOtherWeights(t *testing.T) {
	l := newLabelled(9)
	l.weight = slices.Repeat([]float32{2}, 9)
	p := twoLosses()
	p.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints")}
	weigh := func(name string) {
		p.Heads = twoLosses().Heads
		h := p.Heads[name]
		h.RowWeight = "weight"
		p.Heads[name] = h
	}
	weigh("level")
	fitted(t, l, p)
	weigh("kind")
	p.Epochs = 5
	_, err := train.Resume(context.Background(), twoHeads(t), l.table(t), p)
	if err == nil || !strings.Contains(err.Error(), "weights of the rows of kind: it has none") {
		t.Errorf("error is %v, want one that names the weights", err)
	}
}

// Dropout draws by the model's seed, which is therefore part of the run.
func TestResumeWithOtherDropout(t *testing.T) {
	build := func(seed uint64) *braid.Model {
		g := braid.NewGraph("dropped")
		x := g.Add("d", layer.Dropout{Rate: 0.5}, g.Input("x", tensor.Float32, 3))
		g.Head("kind", layer.Dense{Units: 3, Activation: layer.Softmax}, x)
		g.Head("level", layer.Dense{Units: 1, Activation: layer.Sigmoid}, x)
		m, err := g.Build(seed)
		if err != nil {
			t.Fatal(err)
		}
		return m
	}
	l, p := newLabelled(9), twoLosses()
	p.Seed = 4
	p.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints")}
	if _, err := train.Fit(context.Background(), build(1), l.table(t), p); err != nil {
		t.Fatal(err)
	}
	p.Epochs = 5
	_, err := train.Resume(context.Background(), build(2), l.table(t), p)
	if err == nil || !strings.Contains(err.Error(), "model's seed: it has 1, this run has 2") {
		t.Errorf("error is %v, want one that names the seed", err)
	}
}

func TestBadLabels(t *testing.T) {
	l := newLabelled(4)
	weighted := func(weight []float32, name string) (*data.Table, string) {
		l.weight = weight
		return l.table(t), name
	}
	for want, make := range map[string]func() (*data.Table, string){
		`column "weight", row 2: got -1, want 0 to`: func() (*data.Table, string) {
			return weighted([]float32{1, 1, -1, 1}, "weight")
		},
		`column "weight", row 1: got NaN, want 0 to`: func() (*data.Table, string) {
			return weighted([]float32{1, float32(math.NaN()), 1, 1}, "weight")
		},
		`column "kind" is int32 of shape [] a row, want one float32: a row's weight`: func() (
			*data.Table, string) {
			return weighted(nil, "kind")
		},
		`"weigth"`: func() (*data.Table, string) {
			return weighted([]float32{1, 1, 1, 1}, "weigth")
		},
	} {
		table, name := make()
		p := twoLosses()
		level := p.Heads["level"]
		level.RowWeight = name
		p.Heads["level"] = level
		_, err := train.Fit(context.Background(), twoHeads(t), table, p)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}
