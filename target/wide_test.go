package target_test

import (
	"math"
	"testing"

	"braid"
	"braid/feature"
	"braid/target"
	"braid/tensor"
)

// A wide head begins with the guess. The numbers of an id are added to the logits, divided by the
// square root of the number of ids.
func TestWideHead(t *testing.T) {
	for _, h := range heads {
		d, ok := learn(t, h.target, h.cells...).(target.WideDecoder)
		if _, number := h.target.(target.Number); ok == number {
			t.Errorf("%s is wide: %t", h.name, ok)
		}
		if !ok {
			continue
		}
		g := braid.NewGraph("wide")
		skip, ids := g.Input("skip", tensor.Float32, 5), g.Input("ids", tensor.Int32, 4)
		d.WideHead(g, h.name, skip, []feature.Wide{{IDs: ids, Vocabulary: 9}})
		m, err := g.Build(7)
		if err != nil {
			t.Fatal(err)
		}
		fill(t, m, target.DeepName(h.name)+".kernel", make([]float32, 5*len(d.Guess())))
		fill(t, m, target.DeepName(h.name)+".bias", d.Biases())
		predict := func() []float32 {
			out, err := m.Predict(map[string]tensor.Tensor{
				"skip": tensor.Floats(make([]float32, 5), 1, 5), "ids": tensor.Ints([]int32{0, 8, 3, 0}, 1, 4),
			})
			if err != nil {
				t.Fatal(err)
			}
			return out[h.name].Float32s()
		}
		for i, v := range predict() {
			if want := d.Guess()[i]; math.Abs(float64(v-want)) > 1e-5 {
				t.Errorf("%s begins with %v for class %d, want %v", h.name, v, i, want)
			}
		}
		n := len(d.Guess())
		table := make([]float32, 9*n)
		table[0], table[8*n] = 7, 3 // of class 0; id 0 is none
		fill(t, m, h.name+"::wide1.embeddings", table)
		logit := func(p float32) float64 { return math.Log(float64(p)) - math.Log(1-float64(p)) }
		moved := logit(predict()[0]) - logit(d.Guess()[0])
		if want := 3 / math.Sqrt2; math.Abs(moved-want) > 1e-4 {
			t.Errorf("%s: an id moves the logit by %v, want %v", h.name, moved, want)
		}
	}
}
