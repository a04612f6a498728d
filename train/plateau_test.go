package train

import (
	"math"
	"testing"

	"braid/optim"
)

// The expected factors follow Keras' ReduceLROnPlateau step by step.
func TestPlateau(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		name   string
		p      Plateau
		series []float64
		want   []float64 // after each epoch
	}{
		{"patience", Plateau{Figure: "loss", Factor: 0.5, Patience: 2},
			[]float64{3, 2, 2, 2, 2, 2, 1, 1},
			[]float64{1, 1, 1, 0.5, 0.5, 0.25, 0.25, 0.25}},
		{"smallest improvement", Plateau{Figure: "loss", Factor: 0.5, Patience: 1, MinDelta: new(0.5)},
			[]float64{3, 2.6, 2.4, 2},
			[]float64{1, 0.5, 0.5, 0.25}},
		{"no smallest improvement", Plateau{Figure: "loss", Factor: 0.5, Patience: 1, MinDelta: new(0.0)},
			[]float64{3, 2.99999, 2.99999},
			[]float64{1, 1, 0.5}},
		{"default improvement", Plateau{Figure: "loss", Factor: 0.5, Patience: 1},
			[]float64{3, 2.99999, 2.999},
			[]float64{1, 0.5, 0.5}},
		{"largest is best", Plateau{Figure: "digit_accuracy", Factor: 0.5, Patience: 1},
			[]float64{0.5, 0.7, 0.6, 0.8},
			[]float64{1, 1, 0.5, 0.5}},
		{"mode", Plateau{Figure: "score", Mode: Max, Factor: 0.5, Patience: 1},
			[]float64{1, 2, 1},
			[]float64{1, 1, 0.5}},
		{"cooldown", Plateau{Figure: "loss", Factor: 0.5, Patience: 1, Cooldown: 2},
			[]float64{1, 1, 1, 1, 1, 1, 1},
			[]float64{1, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125}},
		{"least rate", Plateau{Figure: "loss", Factor: 0.5, Patience: 1, MinRate: 0.03},
			[]float64{1, 1, 1, 1},
			[]float64{1, 0.5, 0.3, 0.3}},
		{"not a number", Plateau{Figure: "loss", Factor: 0.5, Patience: 2},
			[]float64{1, nan, nan, 0.5},
			[]float64{1, 1, 0.5, 0.5}},
		{"defaults", Plateau{},
			[]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1},
			[]float64{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0.1}},
	} {
		h := &History{Names: []string{"loss", "digit_accuracy", "score"}}
		p, err := c.p.withDefaults(h, optim.Adam{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		for epochs := range c.series {
			got := p.scale(c.series[:epochs+1], func(int) float64 { return 0.1 })
			if math.Abs(got-c.want[epochs]) > 1e-12 {
				t.Errorf("%s: factor %v after epoch %d, want %v", c.name, got, epochs+1, c.want[epochs])
			}
		}
	}
}
