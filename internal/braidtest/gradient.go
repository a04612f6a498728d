package braidtest

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/internal/random"
)

// GradientTolerance is the largest difference of a gradient from its central difference, as a
// fraction of the weight's largest central difference. Differences in float32 are accurate to about
// 1e-3; a wrong sign, swapped gates or a missing term change them by more than 0.05.
const GradientTolerance = 1e-2

// step is the distance of a central difference: a compromise between its second-order error and
// float32's rounding.
const step = 5e-3

// Gradients compares the gradients of all weights of a model with central differences. The loss is
// a random linear combination of the heads' outputs: see Batch.Fill. To check the gradient of a
// layer's input, put a layer with weights before it. Backward runs twice, because it must not
// change what it reads.
func Gradients(t *testing.T, m *braid.Model) {
	t.Helper()
	const rows, workers = 13, 2 // 8 and 5 rows: with and without full vectors of rows
	b := NewBatch(m, rows, workers)
	b.Fill(m)
	total := func() float64 {
		b.Forward()
		var sum float64
		for i, grads := range b.headGrads {
			for r := range rows {
				for j, v := range b.Space.Output(i).Row(r) {
					sum += float64(v) * float64(grads.Row(r)[j])
				}
			}
		}
		return sum
	}
	total()
	b.Backward()
	first := b.trained(m)
	b.Backward()
	gradients := b.trained(m)
	for name, values := range first {
		for i, v := range values {
			if math.Float32bits(v) != math.Float32bits(gradients[name][i]) {
				t.Errorf("weight %s, element %d: gradient %v, after another Backward %v", name, i, v,
					gradients[name][i])
				break
			}
		}
	}
	compareWeights(t, m, gradients, total)
}

// trained returns the gradient of each trained weight.
func (b *Batch) trained(m *braid.Model) map[string][]float32 {
	list := map[string][]float32{}
	for _, w := range m.Weights() {
		if !w.IsState() && !w.Memory().Frozen {
			list[w.Name()] = b.Gradient(w)
		}
	}
	return list
}

// compareWeights compares each weight's gradient with central differences of total.
func compareWeights(
	t *testing.T, m *braid.Model, gradients map[string][]float32, total func() float64,
) {
	t.Helper()
	for _, w := range m.Weights() {
		values, got := w.Values(), gradients[w.Name()]
		if got == nil {
			continue
		}
		want := map[int]float64{}
		largest := 0.0
		if strings.HasSuffix(w.Name(), "key_bias") {
			largest = 1 // its gradient is 0: a constant for all keys does not change a softmax
		}
		// A sample of a large weight is enough. 199 has no factor in common with the sizes in tests.
		for i := 0; i < len(values); i += 1 + len(values)/199 {
			v := values[i]
			at := func(x float32) float64 {
				values[i] = x
				if err := w.Set(values); err != nil {
					t.Fatal(err)
				}
				return total()
			}
			want[i] = (at(v+step) - at(v-step)) / (float64(v+step) - float64(v-step))
			at(v)
			largest = max(largest, math.Abs(want[i]))
		}
		if largest == 0 {
			t.Errorf("weight %s has no effect on the outputs: the test cannot check it", w.Name())
		}
		for _, i := range slices.Sorted(maps.Keys(want)) {
			if off := math.Abs(float64(got[i]) - want[i]); off > GradientTolerance*largest ||
				math.IsNaN(off) {
				t.Errorf("weight %s, element %d: gradient %v, central difference %v", w.Name(), i, got[i],
					want[i])
				break
			}
		}
	}
}

// Spread adds random numbers to all weights of a model: biases of zero and small embeddings would
// hide mistakes.
func Spread(t *testing.T, m *braid.Model) {
	t.Helper()
	for _, w := range m.Weights() {
		draw := random.New(9, w.Name())
		values := w.Values()
		for i := range values {
			values[i] += 0.4 * draw.Normal(uint64(i))
		}
		if err := w.Set(values); err != nil {
			t.Fatal(err)
		}
	}
}

// GraphMistake checks that Build returns an error that names the line in the test and contains
// want.
func GraphMistake(t *testing.T, g *braid.Graph, want string) {
	t.Helper()
	_, err := g.Build(1)
	if err == nil || !strings.Contains(err.Error(), want) ||
		!strings.Contains(err.Error(), "_test.go:") {
		t.Errorf("got the error  %v\nwant one with a line and  %s", err, want)
	}
}
