package balance_test

import (
	"math"
	"testing"

	"braid/balance"
)

// valley returns the gradients of the losses of two heads at a point: the example of Liu et al.,
// "Conflict-Averse Gradient Descent for Multi-task Learning", 2021, section 5.1. Where y is above
// 0, both losses have narrow curved valleys, in which the gradients are steep and nearly opposed.
// Where it is below, both are paraboloids, and the Pareto front is a line of x from -7 to 7.
func valley(x, y float64) task {
	steep, shallow := math.Tanh(y), math.Tanh(y/2) // shallow weighs one region against the other
	slope := (1 - shallow*shallow) / 2
	gradients := task{}
	for _, sign := range []float64{1, -1} {
		if y > 0 {
			u := -(x+7)/2 + steep
			if sign < 0 {
				u = (7-x)/2 - steep
			}
			f, df := math.Log(5e-6)+6, 0.0
			if math.Abs(u) > 5e-6 {
				f, df = math.Log(math.Abs(u))+6, 1/u
			}
			gradients = append(gradients, []float64{-df / 2 * shallow,
				sign*df*(1-steep*steep)*shallow + f*slope})
			continue
		}
		g := ((7-sign*x)*(7-sign*x)+(y+8)*(y+8)/10)/10 - 20
		gradients = append(gradients, []float64{-(x - sign*7) / 5 * shallow,
			-(y+8)/50*shallow - g*slope})
	}
	return gradients
}

// descend runs Adam from a point, with the sum of a method.
func descend(m balance.Method, x, y float64) (float64, float64) {
	at, moment, square := [2]float64{x, y}, [2]float64{}, [2]float64{}
	decay1, decay2 := 1.0, 1.0
	for step := 1; step <= 40_000; step++ {
		g := valley(at[0], at[1])
		sum := []float64{g[0][0] + g[1][0], g[0][1] + g[1][1]}
		if c, ok := m.(balance.Combining); ok {
			sum, _ = g.combine(c, 1, step)
		}
		decay1, decay2 = decay1*0.9, decay2*0.999
		for i, d := range sum {
			moment[i] = 0.9*moment[i] + 0.1*d
			square[i] = 0.999*square[i] + 0.001*d*d
			at[i] -= 2e-3 * moment[i] / (1 - decay1) / (math.Sqrt(square[i]/(1-decay2)) + 1e-8)
		}
	}
	return at[0], at[1]
}

// From two points the plain sum ends in the valleys, where both losses could fall. MGDA and UPGrad
// reach the Pareto front: there the gradients are opposed.
func TestParetoFront(t *testing.T) {
	for _, start := range [][2]float64{{-8.5, 7.5}, {9, 9}} {
		if x, y := descend(balance.Fixed{}, start[0], start[1]); y < 0.5 {
			t.Errorf("from %v the sum ends at (%.3f, %.3f), want it in a valley", start, x, y)
		}
		for _, m := range []balance.Method{balance.MGDA{}, balance.UPGrad{}} {
			x, y := descend(m, start[0], start[1])
			g := valley(x, y)
			shortest, _ := g.combine(balance.MGDA{}, 1, 1)
			if y > -8 || math.Abs(x) > 7 || length(shortest) > 1e-3 {
				t.Errorf("from %v %s ends at (%.3f, %.3f) with the gradients %v, want the Pareto front",
					start, m.Kind(), x, y, g)
			}
		}
	}
}
