package balance_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"braid/balance"
	"braid/internal/random"
)

// combining lists the methods that combine gradients, by kind.
var combining = []balance.Combining{balance.IMTLG{}, balance.MGDA{}, balance.PCGrad{},
	balance.UPGrad{}}

// task is a set of gradients, one for each head.
type task [][]float64

func (g task) gram() []float64 {
	var list []float64
	for _, x := range g {
		for _, y := range g {
			list = append(list, product(x, y))
		}
	}
	return list
}

func product(x, y []float64) float64 {
	var sum float64
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

func length(x []float64) float64 { return math.Sqrt(product(x, x)) }

// combine returns the combination of a method, and its coefficients.
func (g task) combine(m balance.Combining, seed uint64, step int) (sum, coefficients []float64) {
	coefficients, sum = make([]float64, len(g)), make([]float64, len(g[0]))
	m.Combine(len(g), seed).Coefficients(coefficients, make([]float64, len(g)), g.gram(), step)
	for i, c := range coefficients {
		for k, v := range g[i] {
			sum[k] += c * v
		}
	}
	return sum, coefficients
}

// drawTask draws gradients of up to five heads in up to six dimensions, some of which are zero,
// parallel, opposite, or much longer than others.
func drawTask(t *rapid.T) task {
	heads, width := rapid.IntRange(1, 5).Draw(t, "heads"), rapid.IntRange(1, 6).Draw(t, "width")
	stream := random.New(rapid.Uint64().Draw(t, "seed"), "task")
	var g task
	for i := range heads {
		x := make([]float64, width)
		scale := math.Pow(10, float64(rapid.IntRange(-2, 2).Draw(t, "scale")))
		kind := rapid.IntRange(0, 9).Draw(t, "kind")
		for k := range x {
			switch {
			case kind == 0: // stays zero
			case kind == 1 && i > 0:
				x[k] = scale * g[i-1][k]
			case kind == 2 && i > 0:
				x[k] = -scale * g[i-1][k]
			default:
				x[k] = scale * float64(stream.Normal(uint64(i*width+k)))
			}
		}
		g = append(g, x)
	}
	return g
}

// near reports whether two vectors differ by at most a share of a length.
func near(x, y []float64, share, of float64) bool {
	for i := range x {
		if !(math.Abs(x[i]-y[i]) <= share*of) {
			return false
		}
	}
	return true
}

func longest(g task) float64 {
	var most float64
	for _, x := range g {
		most = max(most, length(x))
	}
	return most
}

// The sums of MGDA and UPGrad oppose no head's gradient. That of MGDA is at most as long as any
// convex combination, and its coefficients are a convex combination.
func TestNoConflict(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawTask(t)
		for _, m := range []balance.Combining{balance.MGDA{}, balance.UPGrad{}} {
			sum, coefficients := g.combine(m, 1, 1)
			for i, x := range g {
				if p := product(sum, x); p < -1e-6*longest(g)*length(x) {
					t.Errorf("%s of %v with %v opposes gradient %d: %v", m.Kind(), g, coefficients, i, p)
				}
			}
			for _, c := range coefficients {
				if !(c >= 0) {
					t.Errorf("%s of %v has coefficients %v", m.Kind(), g, coefficients)
				}
			}
		}
		sum, coefficients := g.combine(balance.MGDA{}, 1, 1)
		if longest(g) == 0 {
			return
		}
		var total float64
		for _, c := range coefficients {
			total += c
		}
		if math.Abs(total-1) > 1e-12 {
			t.Errorf("the coefficients of mgda are %v, with sum %v", coefficients, total)
		}
		for _, x := range g {
			// The shortest point of the hull of the gradients that are not 0.
			if l := length(x); l > 0 && product(sum, x) < product(sum, sum)-1e-6*longest(g)*l {
				t.Errorf("mgda of %v is %v: a share of %v makes it shorter", g, sum, x)
			}
		}
	})
}

// UPGrad's sum is the mean of projections, each of which is as near to its gradient as a fine
// search of the directions finds.
func TestUPGradIsNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawTask(t)
		for len(g[0]) > 2 { // in the plane, where all directions can be tried
			for i := range g {
				g[i] = g[i][:len(g[i])-1]
			}
		}
		if len(g[0]) < 2 || longest(g) == 0 {
			return
		}
		want, heads := make([]float64, 2), 0
		for _, x := range g {
			if length(x) == 0 {
				continue
			}
			heads++
			best := []float64{0, 0}
			try := func(direction []float64) {
				for _, y := range g {
					if product(direction, y) < -1e-9*length(y) {
						return
					}
				}
				if far := product(direction, x); far > 0 && far*far > product(best, best) {
					best = []float64{far * direction[0], far * direction[1]}
				}
			}
			for _, y := range append(task{x}, g...) { // the best is x, or on an edge of the cone
				if l := length(y); l > 0 {
					try([]float64{y[0] / l, y[1] / l})
					try([]float64{-y[1] / l, y[0] / l})
					try([]float64{y[1] / l, -y[0] / l})
				}
			}
			want[0], want[1] = want[0]+best[0], want[1]+best[1]
		}
		want[0], want[1] = want[0]/float64(heads), want[1]/float64(heads)
		if sum, _ := g.combine(balance.UPGrad{}, 1, 1); !near(sum, want, 1e-6, longest(g)) {
			t.Errorf("upgrad of %v is %v, want %v", g, sum, want)
		}
	})
}

// Another order of the heads changes no sum, but for PCGrad's, whose draws belong to positions. Two
// heads have one order.
func TestPermutation(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawTask(t)
		order := make([]int32, len(g))
		random.New(rapid.Uint64().Draw(t, "order"), "order").Permutation(order)
		var other task
		for _, i := range order {
			other = append(other, g[i])
		}
		for _, m := range combining {
			if m == (balance.PCGrad{}) && len(g) > 2 {
				continue
			}
			a, coefficients := g.combine(m, 1, 1)
			b, permuted := other.combine(m, 1, 1)
			// IMTL-G's coefficients are large where its gradients nearly depend on each other.
			of := longest(g) * max(1, slices.Max(coefficients), slices.Max(permuted))
			if !near(a, b, 1e-5, of) {
				t.Errorf("%s of %v is %v, and %v in the order %v", m.Kind(), g, a, b, order)
			}
		}
	})
}

func weigh(t *testing.T, m balance.Weighing, heads []balance.Head) balance.Weights {
	t.Helper()
	w, err := m.Weigh(heads)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// The loss of guessing must be a number that a loss can be divided by.
func TestScaledByNothing(t *testing.T) {
	for _, guess := range []float64{0, -1, math.NaN(), math.Inf(1)} {
		_, err := balance.Scaled{}.Weigh([]balance.Head{{Guess: 1}, {Name: "tone", Guess: guess}})
		if err == nil || !strings.HasPrefix(err.Error(), `head "tone": the loss of guessing is `) {
			t.Errorf("guess %v: error is %v", guess, err)
		}
	}
}

// A factor of one head's loss, and of its gradient, does what each method says.
func TestScale(t *testing.T) {
	g := task{{1, 0.5, -0.25}, {-0.5, 1, 0.125}}
	for _, factor := range []float64{100, 0.01} {
		scaled := task{g[0], {factor * g[1][0], factor * g[1][1], factor * g[1][2]}}
		direction := func(m balance.Combining, g task) []float64 {
			sum, _ := g.combine(m, 1, 1)
			l := length(sum)
			for i := range sum {
				sum[i] /= l
			}
			return sum
		}
		if a, b := direction(balance.IMTLG{}, g), direction(balance.IMTLG{}, scaled); !near(a, b, 1e-9,
			1) {
			t.Errorf("imtl-g has the direction %v, and %v with the factor %v", a, b, factor)
		}
		for _, m := range []balance.Combining{balance.MGDA{}, balance.PCGrad{}, balance.UPGrad{}} {
			if a, b := direction(m, g), direction(m, scaled); near(a, b, 1e-2, 1) {
				t.Errorf("%s has the direction %v, and %v with the factor %v", m.Kind(), a, b, factor)
			}
		}
		// What UPGrad and PCGrad remove from a gradient does not depend on the other's length: the sum
		// is linear in the factor.
		for _, m := range []balance.Combining{balance.PCGrad{}, balance.UPGrad{}} {
			at := func(factor float64) []float64 {
				sum, _ := task{g[0], {factor * g[1][0], factor * g[1][1], factor * g[1][2]}}.combine(m, 1, 1)
				return sum
			}
			zero, one, much := at(1e-9), at(1), at(factor)
			for i := range zero {
				if want := zero[i] + factor*(one[i]-zero[i]); math.Abs(much[i]-want) > 1e-6*factor+1e-6 {
					t.Errorf("%s with the factor %v is %v, want number %d %v", m.Kind(), factor, much, i, want)
				}
			}
		}
		a := weigh(t, balance.Scaled{}, []balance.Head{{Guess: 2}, {Guess: 3}})
		b := weigh(t, balance.Scaled{}, []balance.Head{{Guess: 2}, {Guess: 3 * factor}})
		was, is := make([]float64, 2), make([]float64, 2)
		a.Factors(was, nil)
		b.Factors(is, nil)
		if was[0] != is[0] || math.Abs(was[1]-factor*is[1]) > 1e-15 || was[0] != 0.5 {
			t.Errorf("scaled has factors %v, and %v with the factor %v", was, is, factor)
		}
	}
}

// IMTL-G's sum has equal projections on all gradients, unless they nearly depend on each other.
func TestEqualProjections(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawTask(t)
		sum, coefficients := g.combine(balance.IMTLG{}, 1, 1)
		var total, magnitudes, first float64
		for i, x := range g {
			c := coefficients[i]
			if math.IsNaN(c) || math.IsInf(c, 0) {
				t.Fatalf("imtl-g of %v has coefficients %v", g, coefficients)
			}
			total, magnitudes = total+c, magnitudes+math.Abs(c)
			l := length(x)
			if l == 0 {
				continue
			}
			projection := product(sum, x) / l
			if first == 0 {
				first = projection
			}
			if math.Abs(projection-first) > 1e-4*longest(g)*max(magnitudes, 1) {
				t.Errorf("imtl-g of %v is %v: its projections are %v and %v", g, sum, first, projection)
			}
			if projection < -1e-4*longest(g) {
				t.Errorf("imtl-g of %v raises loss %d: %v", g, i, projection)
			}
		}
		if magnitudes > 10*(1+1e-9) || longest(g) > 0 && magnitudes < 9.9 && math.Abs(total-1) > 1e-9 {
			t.Errorf("the coefficients of imtl-g are %v", coefficients)
		}
	})
}

// Two gradients without a conflict give PCGrad's plain sum. What is left of one in a conflict is
// orthogonal to the other.
func TestPCGradOfTwo(t *testing.T) {
	agree := task{{1, 2, 0.5}, {0.25, 1, -1}}
	if _, c := agree.combine(balance.PCGrad{}, 1, 1); !slices.Equal(c, []float64{1, 1}) {
		t.Errorf("the coefficients are %v, want 1 and 1", c)
	}
	oppose := task{{1, 0}, {-1, 1}}
	if sum, _ := oppose.combine(balance.PCGrad{}, 1, 1); !near(sum, []float64{0.5, 1.5}, 1e-15, 1) {
		t.Errorf("the sum is %v, want .5 and 1.5", sum)
	}
}

// PCGrad's order depends on the seed, the step and the head, and on nothing else.
func TestPCGradOrder(t *testing.T) {
	g := task{{1, 0, 0.5, 0}, {-1, 0.75, 0.25, 0}, {-0.5, -1, 0, 0.25}, {0.25, -0.5, -1, 0.125}}
	seen := map[[4]float64]bool{}
	for step := range 20 {
		_, a := g.combine(balance.PCGrad{}, 7, step)
		_, b := g.combine(balance.PCGrad{}, 7, step)
		if !slices.Equal(a, b) {
			t.Errorf("step %d has coefficients %v and %v", step, a, b)
		}
		seen[[4]float64(a)] = true
	}
	_, a := g.combine(balance.PCGrad{}, 7, 1)
	_, b := g.combine(balance.PCGrad{}, 8, 1)
	if len(seen) < 10 || slices.Equal(a, b) {
		t.Errorf("20 steps have %d orders, and two seeds %v and %v", len(seen), a, b)
	}
}

// A head whose gradient is zero, as without a label in a batch, leaves the others' combination as
// it is.
func TestZeroGradient(t *testing.T) {
	for _, m := range combining {
		two := task{{1, 0.5, 0.25}, {-0.75, 1, 0}}
		three := task{two[0], {0, 0, 0}, two[1]}
		want, _ := two.combine(m, 1, 1)
		sum, coefficients := three.combine(m, 1, 1)
		if m == (balance.PCGrad{}) {
			coefficients[1] = 0 // of a zero
		}
		if !near(sum, want, 1e-15, 1) || coefficients[1] != 0 {
			t.Errorf("%s is %v with coefficients %v, want %v", m.Kind(), sum, coefficients, want)
		}
		one := task{{0, 0, 0}, two[1]}
		if sum, _ := one.combine(m, 1, 1); !near(sum, two[1], 1e-12, 1) {
			t.Errorf("%s of one gradient is %v, want %v", m.Kind(), sum, two[1])
		}
		none := task{{0, 0}, {0, 0}}
		if sum, _ := none.combine(m, 1, 1); !near(sum, []float64{0, 0}, 0, 0) {
			t.Errorf("%s of zeros is %v", m.Kind(), sum)
		}
	}
}

// Products that are no finite numbers give the plain sum.
func TestNotFinite(t *testing.T) {
	for _, m := range combining {
		for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			c := []float64{5, 5}
			m.Combine(2, 1).Coefficients(c, []float64{1, math.NaN()}, []float64{1, bad, bad, 2}, 1)
			if c[0] != 1 || c[1] != 1 {
				t.Errorf("%s with %v: the coefficients are %v, want 1 and 1", m.Kind(), bad, c)
			}
		}
	}
}

// Coefficients allocates nothing, and depends on its arguments alone.
func TestNoAllocation(t *testing.T) {
	g := task{{1, 0, 0.5}, {-1, 0.75, 0.25}, {-0.5, -1, 0}, {0.25, -0.5, -1}}
	gram, c, losses := g.gram(), make([]float64, 4), make([]float64, 4)
	for _, m := range combining {
		combination := m.Combine(4, 1)
		combination.Coefficients(c, losses, gram, 1)
		first := slices.Clone(c)
		other := task{{1, 3, 0}, {0, 1, 0}, {1, 1, 1}, {2, 0, -1}}.gram()
		if n := testing.AllocsPerRun(10, func() {
			combination.Coefficients(c, losses, other, 2)
			combination.Coefficients(c, losses, gram, 1)
		}); n != 0 {
			t.Errorf("%s allocates %v times", m.Kind(), n)
		}
		if !slices.Equal(first, c) {
			t.Errorf("%s: the coefficients are %v, and %v after others", m.Kind(), first, c)
		}
	}
}

// The gradient of Uncertainty's parameters is that of the total, by central differences.
func TestUncertaintyGradient(t *testing.T) {
	heads := []balance.Head{{Name: "a", Regression: true}, {Name: "b"}, {Name: "c"}}
	weights := weigh(t, balance.Uncertainty{}, heads)
	losses, at := []float64{0.75, 1.5, math.NaN()}, []float32{0.5, -0.25, 2}
	total := func(at []float32) (sum float64) {
		factors := make([]float64, 3)
		weights.Factors(factors, at)
		for i, loss := range losses {
			if !math.IsNaN(loss) {
				sum += factors[i]*loss + float64(at[i])/2
			}
		}
		return sum
	}
	gradient := make([]float32, weights.Parameters())
	weights.Gradient(gradient, losses, at)
	for i := range at {
		const step = 1.0 / 1024 // exact in float32
		up, down := slices.Clone(at), slices.Clone(at)
		up[i] += step
		down[i] -= step
		want := (total(up) - total(down)) / (2 * step)
		if math.Abs(float64(gradient[i])-want) > 1e-6 {
			t.Errorf("the gradient by parameter %d is %v, want %v", i, gradient[i], want)
		}
	}
	if gradient[2] != 0 {
		t.Errorf("a head without a label moves its variance: %v", gradient[2])
	}
}

func TestDecode(t *testing.T) {
	kinds := balance.Kinds()
	if want := strings.Fields("fixed imtl-g mgda pcgrad scaled uncertainty upgrad"); !slices.Equal(
		kinds, want) {
		t.Errorf("the kinds are %v, want %v", kinds, want)
	}
	for _, kind := range kinds {
		m, err := balance.Decode(kind, []byte("{}"))
		if err != nil || m.Kind() != kind || m.Check() != nil {
			t.Errorf("%s is read as %v (%v)", kind, m, err)
		}
		_, weighs := m.(balance.Weighing)
		if _, combines := m.(balance.Combining); weighs == combines {
			t.Errorf("%s weighs: %v, combines: %v", kind, weighs, combines)
		}
	}
	for kind, want := range map[string]string{
		"pcgrab": `unknown balance kind "pcgrab", want one of "fixed", "imtl-g", "mgda", "pcgrad", ` +
			`"scaled", "uncertainty", "upgrad"; did you mean "pcgrad"?`,
		"": `unknown balance kind ""`,
	} {
		if _, err := balance.Decode(kind, []byte("{}")); err == nil ||
			!strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: error is %v, want %s", kind, err, want)
		}
	}
	if _, err := balance.Decode("mgda", []byte(`{"rate": 1}`)); err == nil ||
		!strings.Contains(err.Error(), `unknown field "rate"`) {
		t.Errorf("an unknown field: error is %v", err)
	}
}

// A matrix that is no Gram matrix, for its rounding or worse, gives finite coefficients.
func TestRoughGram(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawTask(t)
		gram, heads := g.gram(), len(g)
		noise := rapid.SampledFrom([]float64{1e-7, 1e-3, 2}).Draw(t, "noise")
		stream := random.New(rapid.Uint64().Draw(t, "seed"), "noise")
		for i := range heads {
			for j := range i {
				v := gram[i*heads+j] * (1 + noise*float64(stream.Normal(uint64(i*heads+j))))
				gram[i*heads+j], gram[j*heads+i] = v, v
			}
		}
		for _, m := range combining {
			c := make([]float64, heads)
			m.Combine(heads, 1).Coefficients(c, nil, gram, 1)
			for _, v := range c {
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Fatalf("%s of the matrix %v has coefficients %v", m.Kind(), gram, c)
				}
			}
		}
	})
}
