package train_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/balance"
	"braid/data"
	"braid/internal/kernel"
	"braid/layer"
	"braid/loss"
	"braid/optim"
	"braid/tensor"
	"braid/train"
)

// methods lists the methods that balance heads.
var methods = []balance.Method{balance.Scaled{}, balance.Uncertainty{}, balance.PCGrad{},
	balance.MGDA{}, balance.UPGrad{}, balance.IMTLG{}}

// Every method gives the same bytes with any number of workers and any kernel set, and other bytes
// than the sum.
func TestBalancedSameBytes(t *testing.T) {
	defer kernel.Use(kernel.Default())
	builds := map[string]func() (*braid.Model, train.Plan, *data.Table){
		"penalized": func() (*braid.Model, train.Plan, *data.Table) {
			p := plan()
			p.Batch, p.Optimizer, p.Clip.GlobalNorm = 40, optim.AdamW{Rate: 0.01, Lazy: true}, 1
			return penalized(t), p, table(t)
		},
		"entangled": func() (*braid.Model, train.Plan, *data.Table) {
			p := plan()
			p.Batch, p.Accumulate, p.EMA = 40, 2, &train.EMA{State: true}
			return entangled(t), p, table(t)
		},
		"split-K": func() (*braid.Model, train.Plan, *data.Table) {
			p := plan()
			p.Batch, p.Epochs = 33, 1
			return splitK(t), p, pictures(t)
		},
		"forked": func() (*braid.Model, train.Plan, *data.Table) { return forked(t) },
		"words":  func() (*braid.Model, train.Plan, *data.Table) { return phrases(t) },
	}
	for name, build := range builds {
		run := func(method balance.Method, workers int) []byte {
			m, p, all := build()
			p.Balance, p.Workers = method, workers
			if _, err := train.Fit(context.Background(), m, all, p); err != nil {
				t.Fatal(err)
			}
			return bytesOf(t, m)
		}
		plain := run(nil, 1)
		if !bytes.Equal(run(balance.Fixed{}, 2), plain) {
			t.Errorf("%s: fixed is not the sum", name)
		}
		for _, method := range methods {
			var want []byte
			for i, workers := range []int{1, 2, 5} {
				kernel.Use(kernel.Sets()[i%len(kernel.Sets())])
				got := run(method, workers)
				if want == nil {
					want = got
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s, %s: %d workers with %s give another model", name, method.Kind(), workers,
						kernel.Default().Name)
				}
			}
			if bytes.Equal(want, plain) {
				t.Errorf("%s: %s changes nothing", name, method.Kind())
			}
		}
	}
}

// columns returns a table with some columns of another.
func columns(t testing.TB, table *data.Table, names ...string) *data.Table {
	t.Helper()
	var list []data.Column
	for _, name := range names {
		c, err := table.Column(name)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, c)
	}
	some, err := data.NewTable(list...)
	if err != nil {
		t.Fatal(err)
	}
	return some
}

// times multiplies a loss.
type times struct {
	loss.Loss
	factor float64
}

func (l times) Bind(head braid.Spec) (loss.Func, error) {
	f, err := l.Loss.Bind(head)
	if err != nil {
		return nil, err
	}
	return timesFunc{f, float32(l.factor), loss.ScratchWidth(f, head)}, nil
}

type timesFunc struct {
	loss.Func
	factor  float32
	scratch int
}

func (f timesFunc) ScratchWidth() int { return f.scratch }

func (f timesFunc) Rows(b loss.Batch, losses []float32, scale float32, lo, hi int) {
	f.Func.Rows(b, losses, scale*f.factor, lo, hi)
	for r := lo; r < hi; r++ {
		losses[r] *= f.factor
	}
}

// A factor of 100 or 0.01 of one head's loss, or the head's weight, changes neither head's loss
// much with Scaled and IMTLG, but one of them with Fixed, where heads share few units.
func TestFactorOfLoss(t *testing.T) {
	all := columns(t, table(t), "image", "x", "class", "yes")
	fit := func(method balance.Method, factor, weight float64) [2]float64 {
		g := braid.NewGraph("narrow")
		image, x := g.Input("image", tensor.Float32, 3, 4), g.Input("x", tensor.Float32, 3)
		flat := g.Add("flat", layer.Flatten{}, image)
		h := g.Add("h", layer.Dense{Units: 1, Activation: layer.Tanh},
			g.Add("both", layer.Concatenate{}, flat, x))
		g.Head("class", layer.Dense{Units: 4, Activation: layer.Softmax}, h)
		g.Head("yes", layer.Dense{Units: 1, Activation: layer.Sigmoid}, h)
		m, err := g.Build(2)
		if err != nil {
			t.Fatal(err)
		}
		p := plan()
		heads := train.Heads{"class": {Loss: loss.SparseCategoricalCrossentropy{}},
			"yes": {Loss: loss.BinaryCrossentropy{}}}
		p.Heads = train.Heads{"class": heads["class"],
			"yes": {Loss: times{loss.BinaryCrossentropy{}, factor}, Weight: weight}}
		p.Epochs, p.Optimizer, p.Balance, p.Workers = 60, optim.Adam{Rate: 0.01}, method, 1
		if _, err := train.Fit(context.Background(), m, all, p); err != nil {
			t.Fatal(err)
		}
		s, err := train.Evaluate(context.Background(), m, all, heads, 1)
		if err != nil {
			t.Fatal(err)
		}
		return [2]float64(s.Values[1:3])
	}
	for _, method := range append(methods, balance.Fixed{}) {
		plain := fit(method, 1, 1)
		var most float64 // largest relative change of a head's loss
		for _, c := range [][2]float64{{100, 1}, {0.01, 1}, {1, 100}, {1, 0.01}} {
			got := fit(method, c[0], c[1])
			for i := range got {
				most = max(most, math.Abs(got[i]-plain[i])/plain[i])
			}
		}
		t.Logf("%s: losses %.4f change by at most %.2f %%", method.Kind(), plain, 100*most)
		switch method.(type) {
		case balance.Scaled, balance.IMTLG:
			if most > 0.05 {
				t.Errorf("%s: a factor of a loss changes losses by %.0f %%", method.Kind(), 100*most)
			}
		case balance.Fixed:
			if most < 0.3 {
				t.Errorf("a factor of a loss changes losses by only %.0f %%", 100*most)
			}
		}
	}
}

// A batch without any label of a head is balanced as if the head were not there: its gradient is 0
// for all weights, and its loss is not a number.
func TestBalancedWithoutLabels(t *testing.T) {
	for _, method := range methods {
		for _, blank := range []bool{false, true} {
			m, p, table := forked(t)
			p.Balance, p.Optimizer = method, optim.SGD{Rate: 0.125}
			c, err := table.Column("c")
			if err != nil {
				t.Fatal(err)
			}
			labels := slices.Repeat([]float32{float32(math.NaN())}, 24*3)
			if !blank {
				copy(labels[22*3:], []float32{1, 2, 3, -3, -1, -2}) // of the last two rows
			}
			others := []data.Column{data.Floats(c.Name, labels, 3)}
			for _, name := range []string{"x", "a", "b", "seen"} {
				other, err := table.Column(name)
				if err != nil {
					t.Fatal(err)
				}
				others = append(others, other)
			}
			if table, err = data.NewTable(others...); err != nil {
				t.Fatal(err)
			}
			p.Batch, p.Epochs = 8, 1 // without labels in the first two batches
			before := slices.Clone(values(t, m, "c.kernel"))
			shared := slices.Clone(values(t, m, "all.kernel"))
			_, err = train.Fit(context.Background(), m, table, p)
			if _, scaled := method.(balance.Scaled); scaled && blank {
				if err == nil || !strings.Contains(err.Error(), `head "c": the loss of guessing is 0`) {
					t.Errorf("scaled without a label: error is %v", err)
				}
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			if moved := !slices.Equal(before, values(t, m, "c.kernel")); moved == blank {
				t.Errorf("%s: without labels: %v, the head's own weight moves: %v", method.Kind(), blank, moved)
			}
			if slices.Equal(shared, values(t, m, "all.kernel")) {
				t.Errorf("%s: without labels: %v, the shared weight does not move", method.Kind(), blank)
			}
		}
	}
}

// neither is a method that neither weighs nor combines.
type neither struct{}

func (neither) Kind() string { return "neither" }
func (neither) Check() error { return nil }

// refused has a setting that Check refuses, and negative factors.
type refused struct{ err error }

func (refused) Kind() string                                  { return "refused" }
func (r refused) Check() error                                { return r.err }
func (refused) Weigh([]balance.Head) (balance.Weights, error) { return refused{}, nil }
func (refused) Parameters() int                               { return 0 }
func (refused) Factors(factors []float64, _ []float32)        { factors[0] = -1 }
func (refused) Gradient([]float32, []float64, []float32)      {}

func TestBalanceMistakes(t *testing.T) {
	for _, c := range []struct {
		change func(p *train.Plan)
		want   string
	}{
		{func(p *train.Plan) { p.Balance = (*given)(nil) },
			"Balance is a nil *train_test.given, want a method, or nil for balance.Fixed{}"},
		{func(p *train.Plan) { p.Balance = neither{} },
			"Balance: neither is neither, want either a balance.Weighing or a balance.Combining"},
		{func(p *train.Plan) { p.Balance = refused{fmt.Errorf("share = 2, want 0 to 1")} },
			"Balance: share = 2, want 0 to 1"},
		{func(p *train.Plan) { p.Balance = refused{} },
			`Balance: refused: head "class": the factor of its loss is -1, want a finite number from 0`},
		{func(p *train.Plan) {
			p.Balance, p.Accumulate, p.Optimizer = balance.MGDA{}, 2, optim.Adam{Lazy: true}
		}, "Balance: mgda cannot combine sums of sparse gradients: want Accumulate = 1, or the " +
			"optimizer adam without Lazy"},
	} {
		p := plan()
		c.change(&p)
		_, err := train.Fit(context.Background(), model(t), table(t), p)
		if err == nil || err.Error() != "train: "+c.want {
			t.Errorf("error is %v, want %s", err, c.want)
		}
	}
}

// A run does not resume with another method.
func TestResumeWithOtherMethod(t *testing.T) {
	p := checkpointed(t)
	p.Epochs, p.Balance = 1, balance.PCGrad{}
	if _, err := train.Fit(context.Background(), model(t), table(t), p); err != nil {
		t.Fatal(err)
	}
	p.Epochs = 2
	for method, want := range map[balance.Method]string{
		nil:              "balance: it has pcgrad {}, this run has none",
		balance.UPGrad{}: "balance: it has pcgrad {}, this run has upgrad {}",
	} {
		p.Balance = method
		if _, err := train.Resume(context.Background(), model(t), table(t), p); err == nil ||
			!strings.Contains(err.Error(), want) {
			t.Errorf("error is %v, want %s", err, want)
		}
	}
}
