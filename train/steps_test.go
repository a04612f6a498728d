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
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// sequence has a table's columns for a network that reads rows of 4 steps of 3 numbers. Its heads
// are tag, a class of 3 for each step, and curve, 2 numbers for each.
type sequence struct {
	x      []float32 // [rows, 4, 3]
	tag    []int32   // [rows, 4]
	curve  []float32 // [rows, 4, 2]
	weight []float32 // for tag, of a row or of a step; nil for no such column
}

func newSequence(rows int) sequence {
	draw := random.New(8, "sequence")
	var s sequence
	for i := range uint64(4 * rows) {
		for j := range uint64(3) {
			s.x = append(s.x, draw.Normal(3*i+j))
		}
		s.tag = append(s.tag, int32(min(draw.Bits(1000+i)%4, 2)))
		s.curve = append(s.curve, draw.Normal(2000+i), draw.Normal(3000+i)+1)
	}
	return s
}

func (s sequence) first(rows int) sequence {
	s.x, s.tag, s.curve = s.x[:12*rows], s.tag[:4*rows], s.curve[:8*rows]
	if s.weight != nil {
		s.weight = s.weight[:4*rows]
	}
	return s
}

// without returns a copy in which some steps, counted over all rows, have no labels.
func (s sequence) without(steps ...int) sequence {
	s.tag, s.curve = slices.Clone(s.tag), slices.Clone(s.curve)
	nan := float32(math.NaN())
	for _, i := range steps {
		s.tag[i], s.curve[2*i], s.curve[2*i+1] = data.NoLabel, nan, nan
	}
	return s
}

// weighted returns a copy with weights for tag, of rows or of steps.
func (s sequence) weighted(weight ...float32) sequence {
	s.weight = weight
	return s
}

func (s sequence) table(t testing.TB) *data.Table {
	t.Helper()
	columns := []data.Column{data.Floats("x", s.x, 4, 3), data.Ints("tag", s.tag, 4),
		data.Floats("curve", s.curve, 4, 2)}
	if len(s.weight) == len(s.tag) {
		columns = append(columns, data.Floats("weight", s.weight, 4))
	} else if s.weight != nil {
		columns = append(columns, data.Floats("weight", s.weight))
	}
	table, err := data.NewTable(columns...)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// tagger returns a network whose answer at a step depends on that step of x alone, or on all steps
// until then.
func tagger(t testing.TB, recurrent bool) *braid.Model {
	t.Helper()
	g := braid.NewGraph("tagger")
	var l braid.Layer = layer.Dense{Units: 5, Activation: layer.Tanh}
	if recurrent {
		l = layer.GRU{Units: 5, Sequences: true}
	}
	h := g.Add("h", l, g.Input("x", tensor.Float32, 4, 3))
	g.Head("tag", layer.Dense{Units: 3, Activation: layer.Softmax}, h)
	g.Head("curve", layer.Dense{Units: 2}, h)
	m, err := g.Build(5)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func tagPlan(rowWeight string) train.Plan {
	return train.Plan{Epochs: 3, Batch: 8, NoShuffle: true, Heads: train.Heads{
		"tag": {Loss: loss.SparseCategoricalCrossentropy{}, RowWeight: rowWeight, Metrics: metric.List{
			metric.Accuracy{}, metric.F1{Average: metric.Macro}, metric.AUROC{}, metric.LogLoss{}}},
		"curve": {Loss: loss.MeanSquaredError{}, Weight: 0.5, Metrics: metric.List{
			metric.MeanAbsoluteError{}, metric.R2{}, metric.RootMeanSquaredError{}}},
	}}
}

func (s sequence) fit(t testing.TB, recurrent bool, p train.Plan) string {
	t.Helper()
	m := tagger(t, recurrent)
	h, err := train.Fit(context.Background(), m, s.table(t), p)
	if err != nil {
		t.Fatal(err)
	}
	return end(t, m, h)
}

// What lies at steps without labels changes no byte of what a network learns that sees each step
// alone, and none of its figures.
func TestStepsWithoutLabels(t *testing.T) {
	s := newSequence(11)
	blank := []int{2, 3, 7, 8, 9, 10, 11, 13, 30, 41} // all of row 2
	want := s.without(blank...).fit(t, false, tagPlan(""))
	other := s
	other.x = slices.Clone(s.x)
	for _, step := range blank {
		copy(other.x[3*step:], []float32{8, -9, 7})
	}
	if got := other.without(blank...).fit(t, false, tagPlan("")); got != want {
		t.Error("inputs at steps without labels change the run")
	}
	if got := s.without(blank[1:]...).fit(t, false, tagPlan("")); got == want {
		t.Error("a label of a step changes nothing")
	}
}

// The answers at steps without labels may be of any size, also infinite.
func TestInfiniteSteps(t *testing.T) {
	g := braid.NewGraph("steep")
	x := g.Input("x", tensor.Float32, 4, 3)
	g.Head("tag", layer.Dense{Units: 3, Activation: layer.Softmax}, x)
	g.Head("curve", layer.Dense{Units: 2}, x)
	s := newSequence(5)
	blank := []int{1, 3, 8, 9, 10, 11, 18}
	fit := func(at float32) string {
		m, err := g.Build(5)
		if err != nil {
			t.Fatal(err)
		}
		s := s.without(blank...)
		s.x = slices.Clone(s.x)
		for _, step := range blank {
			copy(s.x[3*step:], []float32{at, at, -at})
		}
		h, err := train.Fit(context.Background(), m, s.table(t), tagPlan(""))
		if err != nil {
			t.Fatal(err)
		}
		return end(t, m, h)
	}
	want := fit(0.5)
	if got := fit(3e38); got != want {
		t.Error("infinite answers at steps without labels change the run")
	}
}

// Rows without a label at any step are rows without a label: they change no byte. The other rows
// have steps without labels, too.
func TestRowsWithoutLabelledSteps(t *testing.T) {
	s := newSequence(13)
	p := tagPlan("")
	p.Batch = 13
	blank := []int{1, 2, 19, 35}
	want := s.first(9).without(blank...).fit(t, true, p)
	for i := 36; i < 52; i++ {
		blank = append(blank, i)
	}
	if got := s.without(blank...).fit(t, true, p); got != want {
		t.Error("rows without labels change the run")
	}
}

// The gradients of a batch of which half of the steps have no label are twice those of the same
// batch in which these steps weigh 0, whose loss is divided by the number of all steps.
func TestGradientsOfSteps(t *testing.T) {
	s := newSequence(7)
	blank, weights := []int(nil), slices.Repeat([]float32{1}, 28)
	for i := range 28 {
		if i%4 == 1 || i%8 == 2 || i >= 22 && i%2 == 0 || i == 27 { // 14 of 28
			blank, weights[i] = append(blank, i), 0
		}
	}
	if len(blank) != 14 {
		t.Fatalf("%d steps are blank, want 14", len(blank))
	}
	weigh := func(s sequence, rowWeight string, rate float64) []byte {
		m, p := tagger(t, true), tagPlan(rowWeight)
		p.Epochs, p.Batch, p.Optimizer = 1, 7, optim.SGD{Rate: rate}
		curve := p.Heads["curve"]
		curve.MeasureOnly = true
		p.Heads["curve"] = curve
		if _, err := train.Fit(context.Background(), m, s.table(t), p); err != nil {
			t.Fatal(err)
		}
		return bytesOf(t, m)
	}
	want := weigh(s.weighted(weights...), "weight", 0.5) // powers of two are exact
	if got := weigh(s.without(blank...), "", 0.25); !slices.Equal(got, want) {
		t.Error("steps without labels have other gradients than steps of weight 0")
	}
	all := weigh(s, "", 0.5)
	if slices.Equal(all, want) {
		t.Error("steps of weight 0 change nothing")
	}
	ones := slices.Repeat([]float32{1}, 28)
	if got := weigh(s.weighted(ones...), "weight", 0.5); !slices.Equal(got, all) {
		t.Error("steps of weight 1 have other gradients than steps without weights")
	}
}

// The losses and figures are computed from the predictions by hand: in training before the first
// update, in validation and by Evaluate.
func TestFiguresOfSteps(t *testing.T) {
	s := newSequence(6)
	blank := []int{0, 5, 6, 12, 13, 14, 15, 21} // all of row 3
	weights := make([]float32, 24)
	for i := range weights {
		weights[i] = float32(i%5) / 2
	}
	rows := []float32{1, .5, 2, 3, 0, 1}
	for _, c := range []struct {
		sequence
		weight func(step int) float64
	}{
		{s, func(int) float64 { return 1 }},
		{s.without(blank...), func(int) float64 { return 1 }},
		{s.weighted(weights...), func(step int) float64 { return float64(weights[step]) }},
		{s.weighted(weights...).without(blank...), func(i int) float64 { return float64(weights[i]) }},
		{s.weighted(rows...), func(step int) float64 { return float64(rows[step/4]) }},
		{s.weighted(rows...).without(blank...), func(step int) float64 { return float64(rows[step/4]) }},
	} {
		p := tagPlan("")
		if c.sequence.weight != nil {
			p = tagPlan("weight")
		}
		p.Epochs, p.Batch, p.Validate = 1, 6, c.table(t)
		m := tagger(t, true)
		before := c.figures(t, m, c.weight)
		h, err := train.Fit(context.Background(), m, c.table(t), p)
		if err != nil {
			t.Fatal(err)
		}
		after := c.figures(t, m, c.weight)
		scores, err := train.Evaluate(context.Background(), m, c.table(t), p.Heads, 2)
		if err != nil {
			t.Fatal(err)
		}
		for name, head := range p.Heads { // so that no batch changes the next
			head.MeasureOnly = true
			p.Heads[name] = head
		}
		p.Batch, p.NoShuffle, p.Validate = 4, false, nil
		measured, err := train.Fit(context.Background(), m, c.table(t), p)
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range before {
			trained, _ := h.Value(1, name)
			validated, _ := h.Value(1, "val_"+name)
			shuffled, _ := measured.Value(1, name)
			if name == "loss" {
				shuffled = after[name] // it is that of heads that train
			}
			scored := scores.Values[slices.Index(scores.Names, name)]
			for _, of := range []struct {
				name      string
				got, want float64
			}{{"training", trained, want}, {"validation", validated, after[name]},
				{"batches", shuffled, after[name]}, {"evaluation", scored, after[name]}} {
				if !(math.Abs(of.got-of.want) <= 1e-6*max(1, math.Abs(of.want))) { // float32
					t.Errorf("%s in %s is %v, want %v", name, of.name, of.got, of.want)
				}
			}
		}
	}
}

// figures computes figures from a model's predictions.
func (s sequence) figures(
	t *testing.T, m *braid.Model, weight func(step int) float64,
) map[string]float64 {
	out, err := m.Predict(braid.Tensors{"x": tensor.Floats(s.x, len(s.tag)/4, 4, 3)})
	if err != nil {
		t.Fatal(err)
	}
	tag, curve := out["tag"].Float32s(), out["curve"].Float32s()
	var entropy, right, total, squares, absolutes, labelled float64
	for i, label := range s.tag {
		if label == data.NoLabel {
			continue
		}
		labelled++
		p := tag[3*i:][:3]
		entropy -= weight(i) * math.Log(float64(p[label]))
		if slices.Max(p) == p[label] {
			right += weight(i)
		}
		total += weight(i)
		for j := range 2 {
			off := float64(curve[2*i+j] - s.curve[2*i+j])
			squares, absolutes = squares+off*off/2, absolutes+math.Abs(off)/2
		}
	}
	return map[string]float64{
		"loss": entropy/labelled + 0.5*squares/labelled, "tag_loss": entropy / labelled,
		"curve_loss": squares / labelled, "tag_accuracy": right / total, "tag_log_loss": entropy / total,
		"curve_mean_absolute_error":     absolutes / labelled,
		"curve_root_mean_squared_error": math.Sqrt(squares / labelled),
	}
}

// Labels and weights of steps give the same bytes for any number of workers, and in a run that is
// interrupted and resumed within an epoch. So do those of whole rows.
func TestResumeWithSteps(t *testing.T) {
	s := newSequence(29)
	weights := make([]float32, 4*29)
	for i := range weights {
		weights[i] = float32(i%7) / 4
	}
	blank := []int{1, 5, 6, 20, 40, 41, 42, 43, 77, 110}
	t.Run("steps", func(t *testing.T) { s.without(blank...).weighted(weights...).checkResume(t) })
	blank = nil
	for _, row := range []int{0, 1, 2, 3, 8, 9, 14, 27} {
		blank = append(blank, 4*row, 4*row+1, 4*row+2, 4*row+3)
	}
	t.Run("rows", func(t *testing.T) { s.without(blank...).weighted(weights[:29]...).checkResume(t) })
}

func (s sequence) checkResume(t *testing.T) {
	p := tagPlan("weight")
	p.NoShuffle = false
	tag := p.Heads["tag"]
	tag.Metrics = append(tag.Metrics, likeliest{})
	p.Heads["tag"] = tag
	want := ""
	for _, workers := range []int{1, 2, 5} {
		for _, gather := range []bool{false, true} {
			p.Workers, p.Gather = workers, gather
			got := s.fit(t, true, p)
			if want == "" {
				want = got
			}
			if got != want {
				t.Errorf("%d workers, gather %t: other bytes", workers, gather)
			}
		}
	}
	p.Checkpoint = &train.Checkpoint{Dir: filepath.Join(t.TempDir(), "checkpoints")}
	p.Callbacks = []train.Callback{pull(6)} // in the second epoch
	_, err := train.Fit(context.Background(), tagger(t, true), s.table(t), p)
	if !errors.Is(err, errPulled) {
		t.Fatal(err)
	}
	from := 0
	p.Callbacks, p.Workers = []train.Callback{{Start: func(s train.Start) error {
		from = s.Step
		return nil
	}}}, 2
	m := tagger(t, true)
	h, err := train.Resume(context.Background(), m, s.table(t), p)
	if err != nil {
		t.Fatal(err)
	}
	if got := end(t, m, h); got != want {
		t.Errorf("the resumed run ends with\n%v\nwant\n%v", got, want)
	}
	if from != 2 {
		t.Errorf("the run resumes after step %d, want 2", from)
	}
}

func TestBadSteps(t *testing.T) {
	s := newSequence(2)
	partly := s.without(5)
	partly.curve[10] = 1
	long := s.weighted(1, 1, 1, 1, 1, 1, 1, -1)
	table := func(weight data.Column) *data.Table {
		table, err := data.NewTable(data.Floats("x", s.x, 4, 3), data.Ints("tag", s.tag, 4),
			data.Floats("curve", s.curve, 4, 2), weight)
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	for want, table := range map[string]*data.Table{
		`column "curve", row 1, step 1: some of its 2 numbers are missing, want all or none`: partly.
			weighted(1, 1).table(t),
		`column "weight", row 1, element 3: got -1, want 0 to`: long.table(t),
		`column "weight" is float32 of shape [2 2] a row, want one float32: a row's weight, or ` +
			`float32 of shape [4]: a weight for each step`: table(data.Floats("weight",
			make([]float32, 8), 2, 2)),
		`column "weight" is int32 of shape [4] a row, want one float32: a row's weight, or ` +
			`float32 of shape [4]`: table(data.Ints("weight", make([]int32, 8), 4)),
	} {
		_, err := train.Fit(context.Background(), tagger(t, true), table, tagPlan("weight"))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
}
