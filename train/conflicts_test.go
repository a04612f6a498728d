package train_test

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"braid"
	"braid/balance"
	"braid/internal/kernel"
	"braid/optim"
	"braid/train"
)

// The conflicts of an epoch of one step are the cosines and norms of the heads' gradients by the
// weights of each layer that both reach, and by all of them.
func TestConflicts(t *testing.T) {
	heads, factors := []string{"a", "b", "c"}, []float64{1, 1, 1}
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
	for _, method := range []balance.Method{nil, given{coefficients: factors}} {
		_, h := forkedStep(t, func(p *train.Plan) { p.Conflicts, p.Balance = true, method })
		got := h.Epochs[0].Conflicts
		var pairs []string
		for _, c := range got {
			pairs = append(pairs, fmt.Sprint(c.Layer, c.Heads))
			var x, y []float64
			for _, layer := range []string{"all", "two"} {
				if c.Layer != "" && c.Layer != layer {
					continue
				}
				for _, weight := range []string{layer + ".kernel", layer + ".bias"} {
					for k, v := range gradients[c.Heads[0]][weight] {
						x, y = append(x, float64(v)), append(y, float64(gradients[c.Heads[1]][weight][k]))
					}
				}
			}
			var xx, xy, yy float64
			for k := range x {
				xx, xy, yy = xx+x[k]*x[k], xy+x[k]*y[k], yy+y[k]*y[k]
			}
			want := train.Conflict{Cosine: xy / math.Sqrt(xx*yy),
				Norms: [2]float64{math.Sqrt(xx), math.Sqrt(yy)}}
			if math.Abs(c.Cosine-want.Cosine) > 1e-5 || math.Abs(c.Norms[0]-want.Norms[0]) > 1e-5 ||
				math.Abs(c.Norms[1]-want.Norms[1]) > 1e-5 {
				t.Errorf("got %+v, want %+v", c, want)
			}
		}
		want := "[a b] [a c] [b c] all[a b] all[a c] all[b c] two[a b]"
		if strings.Join(pairs, " ") != want {
			t.Errorf("the pairs are %q, want %q", pairs, want)
		}
		var b strings.Builder
		if err := h.WriteConflictsCSV(&b); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(b.String(), "\n")
		if len(lines) != 9 || lines[0] != "epoch,layer,head,other,cosine,head_norm,other_norm" ||
			!strings.HasPrefix(lines[7], "1,two,a,b,") {
			t.Errorf("the file is\n%s", b.String())
		}
	}
}

// Each epoch has conflicts of its own, of the gradients of its updates.
func TestConflictsOfEpochs(t *testing.T) {
	saw := &seen{}
	_, h := forkedStep(t, func(p *train.Plan) {
		p.Conflicts, p.Balance, p.Epochs = true, given{[]float64{1, 1, 1}, saw}, 3
		p.Optimizer = optim.SGD{Rate: 0.25}
	})
	for i, e := range h.Epochs {
		c, gram := e.Conflicts[0], saw.gram[i]
		if want := gram[1] / math.Sqrt(gram[0]) / math.Sqrt(gram[4]); c.Cosine != want ||
			c.Norms != [2]float64{math.Sqrt(gram[0]), math.Sqrt(gram[4])} {
			t.Errorf("epoch %d has %+v, want those of the products %v", e.Number, c, gram)
		}
	}
}

// The conflicts are the same whether a method combines the gradients or one pass has them all, also
// those of an embedding of which each batch names other rows.
func TestConflictsOfSparse(t *testing.T) {
	fit := func(method balance.Method) []train.Conflict {
		m, p, table := phrases(t)
		p.Balance, p.Conflicts, p.Epochs, p.Batch = method, true, 1, 4
		h, err := train.Fit(context.Background(), m, table, p)
		if err != nil {
			t.Fatal(err)
		}
		return h.Epochs[0].Conflicts
	}
	want, got := fit(given{coefficients: []float64{1, 1}}), fit(nil)
	for i, c := range got {
		if !(math.Abs(c.Cosine-want[i].Cosine) < 1e-5) || c.Norms[0] == 0 {
			t.Errorf("got %+v, want %+v", c, want[i])
		}
	}
	if len(got) != 2 || got[1].Layer != "words" {
		t.Errorf("the conflicts are %+v, want those of words", got)
	}
}

// To measure conflicts changes no byte, with any method. They are the same with any number of
// workers and any kernel set.
func TestConflictsChangeNothing(t *testing.T) {
	defer kernel.Use(kernel.Default())
	for _, method := range append(methods, balance.Fixed{}) {
		for name, build := range map[string]func(testing.TB) *braid.Model{
			"penalized": penalized, "entangled": entangled,
		} {
			fit := func(measured bool, workers int) ([]byte, string) {
				m, p := build(t), plan()
				p.Balance, p.Conflicts, p.Workers, p.Batch = method, measured, workers, 8
				if name == "penalized" {
					p.Optimizer, p.Clip.GlobalNorm = optim.AdamW{Lazy: true}, 1
				}
				h, err := train.Fit(context.Background(), m, table(t), p)
				if err != nil {
					t.Fatal(err)
				}
				return bytesOf(t, m), fmt.Sprint(h.Epochs[0].Conflicts, h.Epochs[2].Conflicts)
			}
			plain, none := fit(false, 1)
			var first string
			for i, workers := range []int{1, 2, 5} {
				kernel.Use(kernel.Sets()[i%len(kernel.Sets())])
				got, conflicts := fit(true, workers)
				if !bytes.Equal(got, plain) {
					t.Errorf("%s, %s: measured by %d workers, the model has other bytes", name, method.Kind(),
						workers)
				}
				if first == "" {
					first = conflicts
				}
				if conflicts != first || conflicts == none {
					t.Errorf("%s, %s: %d workers measure %s, want %s", name, method.Kind(), workers, conflicts,
						first)
				}
			}
		}
	}
}
