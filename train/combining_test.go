package train_test

import (
	"bytes"
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/balance"
	"braid/data"
	"braid/internal/random"
	"braid/layer"
	"braid/loss"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// given combines gradients with given coefficients, and keeps what it saw.
type given struct {
	coefficients []float64
	saw          *seen
}

type seen struct {
	losses, gram [][]float64
	steps        []int
}

func (given) Kind() string                              { return "given" }
func (given) Check() error                              { return nil }
func (g given) Combine(int, uint64) balance.Combination { return g }
func (g given) Coefficients(to, losses, gram []float64, step int) {
	copy(to, g.coefficients)
	if g.saw != nil {
		g.saw.losses = append(g.saw.losses, append([]float64(nil), losses...))
		g.saw.gram = append(g.saw.gram, append([]float64(nil), gram...))
		g.saw.steps = append(g.saw.steps, step)
	}
}

// isLazy reports whether a plan has sums of sparse gradients, which no method combines.
func isLazy(p train.Plan) bool {
	lazy, ok := p.Optimizer.(optim.Lazy)
	return ok && lazy.IsLazy() && p.Accumulate > 1
}

// The sum of the heads' gradients, each from a pass of its own, is that of one pass, whatever
// follows: the weights after training differ by rounding alone.
func TestSumOfPasses(t *testing.T) {
	all := settings()
	all["plain"] = func(*train.Plan) {}
	for name, build := range map[string]func(testing.TB) *braid.Model{
		"model": model, "penalized": penalized, "entangled": entangled,
	} {
		for setting, change := range all {
			p := plan()
			change(&p)
			switch p.Optimizer.(type) {
			case optim.Lion, optim.Adadelta, optim.Nadam, optim.RMSprop, optim.Adagrad, optim.Adamax:
				continue // they amplify rounding where a gradient is near 0
			}
			if isLazy(p) {
				continue
			}
			fit := func(m balance.Method, workers int) [][]float32 {
				p := p
				p.Balance, p.Workers = m, workers
				built := build(t)
				if _, err := train.Fit(context.Background(), built, table(t), p); err != nil {
					t.Fatal(err)
				}
				var list [][]float32
				for _, w := range built.Weights() {
					list = append(list, w.Values())
				}
				return list
			}
			want, got := fit(nil, 1), fit(given{coefficients: []float64{1, 1}}, 2)
			for i, w := range build(t).Weights() {
				for j, v := range want[i] {
					if d := math.Abs(float64(v - got[i][j])); !(d <= 2e-5*max(1, math.Abs(float64(v)))) {
						t.Errorf("%s, %s: number %d of %s is %v, want %v", name, setting, j, w.Name(), got[i][j], v)
						break
					}
				}
			}
		}
	}
}

// entangled has batch statistics, dropout, shared weights that one head alone reaches, and a head
// that another one reads.
func entangled(t testing.TB) *braid.Model {
	t.Helper()
	g := braid.NewGraph("entangled")
	image, x := g.Input("image", tensor.Float32, 3, 4), g.Input("x", tensor.Float32, 3)
	ids := g.Input("ids", tensor.Int32, 2)
	e := g.Add("e", layer.Flatten{}, g.Add("words", layer.Embedding{Vocabulary: 5, Width: 3}, ids))
	both := g.Add("both", layer.Concatenate{}, g.Add("flat", layer.Flatten{}, image), x)
	h := g.Add("h", layer.BatchNormalization{}, g.Add("d", layer.Dense{Units: 9,
		Activation: layer.ReLU}, both))
	class := g.Head("class", layer.Dense{Units: 4, Activation: layer.Softmax},
		g.Add("drop", layer.Dropout{Rate: 0.25}, h))
	own := g.Add("own", layer.Concatenate{}, h, class, e)
	g.Head("yes", layer.Dense{Units: 1, Activation: layer.Sigmoid},
		g.Add("o", layer.Dense{Units: 3, Activation: layer.Tanh}, own))
	m, err := g.Build(2)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// forked has a weight that three heads share, one that two share, one of each head, and one that
// only a head reaches that is not trained.
func forked(t testing.TB) (*braid.Model, train.Plan, *data.Table) {
	t.Helper()
	g := braid.NewGraph("forked")
	x := g.Input("x", tensor.Float32, 19)
	all := g.Add("all", layer.Dense{Units: 37, Activation: layer.Tanh}, x)
	two := g.Add("two", layer.Dense{Units: 5, Activation: layer.Tanh}, all)
	g.Head("a", layer.Dense{Units: 2}, two)
	g.Head("b", layer.Dense{Units: 1}, two)
	g.Head("seen", layer.Dense{Units: 1}, g.Add("aside", layer.Dense{Units: 3,
		Kernel: layer.Weight{L2: 0.125}}, x))
	g.Head("c", layer.Dense{Units: 3}, all)
	m, err := g.Build(4)
	if err != nil {
		t.Fatal(err)
	}
	const rows = 24
	draw := random.New(5, "forked")
	numbers := func(n int) []float32 {
		list := make([]float32, rows*n)
		for i := range list {
			list[i] = draw.Normal(uint64(100*n + i))
		}
		return list
	}
	table, err := data.NewTable(data.Floats("x", numbers(19), 19), data.Floats("a", numbers(2), 2),
		data.Floats("b", numbers(1)), data.Floats("seen", numbers(1)), data.Floats("c", numbers(3), 3))
	if err != nil {
		t.Fatal(err)
	}
	p := train.Plan{Batch: rows, NoShuffle: true, Workers: 2, Optimizer: optim.SGD{Rate: 1},
		Heads: train.Heads{"a": {Loss: loss.MeanSquaredError{}, Weight: 0.5},
			"b":    {Loss: loss.MeanAbsoluteError{}, Weight: 2},
			"c":    {Loss: loss.MeanSquaredError{}},
			"seen": {Loss: loss.MeanSquaredError{}, MeasureOnly: true}}}
	return m, p, table
}

// forkedStep returns how a step with a rate of 1 changes each weight: its negative gradient.
func forkedStep(t testing.TB, change func(p *train.Plan)) (map[string][]float32, *train.History) {
	t.Helper()
	m, p, table := forked(t)
	change(&p)
	before := map[string][]float32{}
	for _, w := range m.Weights() {
		before[w.Name()] = slices.Clone(w.Values())
	}
	h, err := train.Fit(context.Background(), m, table, p)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range m.Weights() {
		for i, v := range w.Values() {
			before[w.Name()][i] -= v
		}
	}
	return before, h
}

// A method gets the products of the heads' gradients by shared weights, and the losses times their
// weights. Its coefficients count for shared weights alone.
func TestCombines(t *testing.T) {
	heads := []string{"a", "b", "c"}
	gradients := map[string]map[string][]float32{} // by head and weight
	for _, only := range heads {
		gradients[only], _ = forkedStep(t, func(p *train.Plan) {
			for _, name := range heads {
				h := p.Heads[name]
				h.MeasureOnly = name != only
				p.Heads[name] = h
			}
		})
	}
	shared := map[string]bool{"all.kernel": true, "all.bias": true, "two.kernel": true,
		"two.bias": true}
	coefficients := []float64{2, -1, 0.25}
	saw := &seen{}
	got, h := forkedStep(t, func(p *train.Plan) { p.Balance = given{coefficients, saw} })
	want := make([]float64, 9)
	for name, change := range got {
		if strings.HasPrefix(name, "aside") { // its penalty moves it in every run
			continue
		}
		for k := range change {
			var sum float64
			for i, a := range heads {
				g := float64(gradients[a][name][k])
				if shared[name] {
					sum += coefficients[i] * g
					for j, b := range heads {
						want[i*3+j] += g * float64(gradients[b][name][k])
					}
				} else {
					sum += g
				}
			}
			if math.Abs(float64(change[k])-sum) > 1e-5 {
				t.Errorf("the gradient of %s is %v at %d, want %v", name, change[k], k, sum)
				break
			}
		}
	}
	for i, v := range saw.gram[0] {
		if math.Abs(v-want[i]) > 1e-5*want[0] {
			t.Errorf("the products are %v, want %v", saw.gram[0], want)
			break
		}
	}
	for i, name := range heads {
		l, err := h.Value(1, name+"_loss")
		if want := l * []float64{0.5, 2, 1}[i]; err != nil || saw.losses[0][i] != want {
			t.Errorf("the loss of %s is %v, want %v (%v)", name, saw.losses[0][i], want, err)
		}
	}
	if !slices.Equal(saw.steps, []int{1}) {
		t.Errorf("the steps are %v", saw.steps)
	}
}

// Batches whose gradients are accumulated are combined as one. Their losses are means.
func TestCombinesAccumulated(t *testing.T) {
	whole, parts := &seen{}, &seen{}
	coefficients := []float64{2, -1, 0.25}
	want, h := forkedStep(t, func(p *train.Plan) {
		p.Balance, p.Epochs, p.Optimizer = given{coefficients, whole}, 2, optim.SGD{Rate: 0.25}
	})
	got, _ := forkedStep(t, func(p *train.Plan) {
		p.Balance, p.Epochs, p.Optimizer = given{coefficients, parts}, 2, optim.SGD{Rate: 0.25}
		p.Batch, p.Accumulate = 6, 4
	})
	for name, change := range want {
		for i, v := range change {
			if math.Abs(float64(v-got[name][i])) > 1e-5 {
				t.Fatalf("%s changes by %v at %d, and by %v in one batch", name, got[name][i], i, v)
			}
		}
	}
	for update, gram := range whole.gram {
		for i, v := range gram {
			if math.Abs(v-parts.gram[update][i]) > 1e-5*gram[0] {
				t.Errorf("update %d: the products are %v, and %v in one batch", update,
					parts.gram[update], gram)
			}
		}
		if b, err := h.Value(update+1, "b_loss"); err != nil || whole.losses[update][1] != 2*b {
			t.Errorf("update %d: the loss of b is %v, want %v", update, whole.losses[update][1], 2*b)
		}
		for i, v := range whole.losses[update] {
			if math.Abs(v-parts.losses[update][i]) > 1e-5*v {
				t.Errorf("update %d: the losses are %v, and %v in one batch", update,
					parts.losses[update], whole.losses[update])
			}
		}
	}
	if len(parts.gram) != 2 {
		t.Errorf("%d updates, want 2", len(parts.gram))
	}
}

// phrases has a large embedding that two heads share, which one of them uses again, and one that no
// trained head reaches.
func phrases(t testing.TB) (*braid.Model, train.Plan, *data.Table) {
	t.Helper()
	g := braid.NewGraph("words")
	ids := g.Input("ids", tensor.Int32, 3)
	rare := layer.Embedding{Vocabulary: 300, Width: 5, Embeddings: layer.Weight{L2: 0.125}}
	words := g.Add("words", rare, ids)
	e := g.Add("e", layer.Flatten{}, words)
	g.Head("a", layer.Dense{Units: 1}, e)
	again := g.Again("again", words, g.Input("other ids", tensor.Int32, 2))
	g.Head("b", layer.Dense{Units: 1, Activation: layer.Tanh},
		g.Add("both", layer.Add{}, g.Add("d", layer.Dense{Units: 2}, e),
			g.Add("d2", layer.Dense{Units: 2}, g.Add("e2", layer.Flatten{}, again))))
	aside := g.Add("f", layer.Flatten{}, g.Add("aside", rare, ids))
	g.Head("seen", layer.Dense{Units: 1}, aside)
	m, err := g.Build(4)
	if err != nil {
		t.Fatal(err)
	}
	const rows = 24
	draw := random.New(5, "words")
	list, y := make([]int32, 3*rows), make([]float32, rows)
	for i := range list {
		list[i] = int32(draw.Bits(uint64(i)) % 300)
	}
	for i := range y {
		y[i] = draw.Normal(uint64(i))
	}
	table, err := data.NewTable(data.Ints("ids", list, 3),
		data.Ints("other ids", list[rows:], 2), data.Floats("a", y),
		data.Floats("b", append(y[1:rows:rows], 1)), data.Floats("seen", y))
	if err != nil {
		t.Fatal(err)
	}
	mse := loss.MeanSquaredError{}
	return m, train.Plan{Batch: 12, Epochs: 2, Optimizer: optim.SGD{Rate: 0.5, Lazy: true},
		Clip: train.Clip{Norm: 0.5}, Heads: train.Heads{"a": {Loss: mse}, "b": {Loss: mse},
			"seen": {Loss: mse, MeasureOnly: true}}}, table
}

// The passes of heads give the gradients of the rows of an embedding that a batch names. Their sum
// is that of one pass, and their products do not depend on the workers.
func TestSparsePasses(t *testing.T) {
	fit := func(method balance.Method, workers int) []float32 {
		m, p, table := phrases(t)
		p.Balance, p.Workers = method, workers
		if _, err := train.Fit(context.Background(), m, table, p); err != nil {
			t.Fatal(err)
		}
		return values(t, m, "words.embeddings")
	}
	want := fit(nil, 1)
	var first [][]float64
	for _, workers := range []int{1, 2, 5} {
		saw := &seen{}
		for i, v := range fit(given{[]float64{1, 1}, saw}, workers) {
			if math.Abs(float64(v-want[i])) > 1e-6 {
				t.Fatalf("%d workers: number %d is %v, want %v", workers, i, v, want[i])
			}
		}
		if first == nil {
			first = saw.gram
		}
		for step, gram := range saw.gram {
			if !slices.Equal(gram, first[step]) {
				t.Errorf("step %d has the products %v with %d workers, and %v with one", step+1, gram,
					workers, first[step])
			}
		}
	}
}

// lone is an embedding that no trained head reaches, and dense weights that two share.
func lone(t testing.TB) (*braid.Model, train.Plan, *data.Table) {
	t.Helper()
	_, p, table := phrases(t)
	g := braid.NewGraph("lone")
	frozen := layer.Embedding{Vocabulary: 300, Width: 5, Frozen: true}
	e := g.Add("e", layer.Flatten{}, g.Add("words", frozen, g.Input("other ids", tensor.Int32, 2)))
	h := g.Add("h", layer.Dense{Units: 3}, e)
	g.Head("a", layer.Dense{Units: 1}, h)
	g.Head("b", layer.Dense{Units: 1}, h)
	rare := layer.Embedding{Vocabulary: 300, Width: 5, Embeddings: layer.Weight{L2: 0.125}}
	aside := g.Add("aside", rare, g.Input("ids", tensor.Int32, 3))
	g.Head("seen", layer.Dense{Units: 1}, g.Add("f", layer.Flatten{}, aside))
	m, err := g.Build(4)
	if err != nil {
		t.Fatal(err)
	}
	p.Accumulate = 2
	return m, p, table
}

// Weights that no trained head reaches change by their penalty alone, as without a method.
func TestUnreachedWeights(t *testing.T) {
	for name, build := range map[string]func() (*braid.Model, train.Plan, *data.Table){
		"forked": func() (*braid.Model, train.Plan, *data.Table) { return forked(t) },
		"words":  func() (*braid.Model, train.Plan, *data.Table) { return phrases(t) },
		"words, accumulated": func() (*braid.Model, train.Plan, *data.Table) {
			m, p, table := phrases(t)
			p.Optimizer, p.Accumulate = optim.SGD{Rate: 0.5}, 2
			return m, p, table
		},
		"lone": func() (*braid.Model, train.Plan, *data.Table) { return lone(t) },
	} {
		fit := func(method balance.Method) map[string][]float32 {
			m, p, table := build()
			p.Balance, p.Epochs, p.Clip = method, 3, train.Clip{}
			if _, err := train.Fit(context.Background(), m, table, p); err != nil {
				t.Fatal(err)
			}
			list := map[string][]float32{}
			for _, w := range m.Weights() {
				list[w.Name()] = w.Values()
			}
			return list
		}
		start, _, _ := build()
		want, got := fit(nil), fit(balance.PCGrad{})
		for _, w := range start.Weights() {
			values := got[w.Name()]
			if strings.HasPrefix(w.Name(), "aside") && !slices.Equal(values, want[w.Name()]) {
				t.Errorf("%s: %s is %v, want %v", name, w.Name(), values[:3], want[w.Name()][:3])
			}
			moves := w.Name() == "aside.kernel" || w.Name() == "aside.embeddings"
			if name == "lone" { // an accumulated sparse gradient of 0 leaves its row as it is
				moves = moves && w.Name() == "aside.kernel"
			}
			if moves && slices.Equal(values, w.Values()) {
				t.Errorf("%s: the penalty does not move %s", name, w.Name())
			}
		}
	}
}

// A method that combines gradients has the bytes of the sum where nothing is shared: with one
// trained head, or with heads apart.
func TestNothingShared(t *testing.T) {
	run := func(method balance.Method, apart bool) []byte {
		g := braid.NewGraph("apart")
		x := g.Input("x", tensor.Float32, 19)
		h := g.Add("h", layer.Dense{Units: 4}, x)
		g.Head("a", layer.Dense{Units: 2}, h)
		if apart {
			h = g.Add("other", layer.Dense{Units: 4}, x)
		}
		g.Head("b", layer.Dense{Units: 1}, h)
		m, err := g.Build(4)
		if err != nil {
			t.Fatal(err)
		}
		_, p, all := forked(t)
		p.Balance, p.Batch = method, 8
		p.Heads = train.Heads{"a": p.Heads["a"],
			"b": {Loss: loss.MeanSquaredError{}, MeasureOnly: !apart}}
		all = columns(t, all, "x", "a", "b")
		if _, err := train.Fit(context.Background(), m, all, p); err != nil {
			t.Fatal(err)
		}
		return bytesOf(t, m)
	}
	for _, apart := range []bool{false, true} {
		for _, method := range []balance.Method{balance.PCGrad{}, balance.MGDA{}, balance.UPGrad{},
			balance.IMTLG{}} {
			if !bytes.Equal(run(method, apart), run(nil, apart)) {
				t.Errorf("%s with heads apart: %v: the bytes are not those of the sum", method.Kind(), apart)
			}
		}
	}
}
