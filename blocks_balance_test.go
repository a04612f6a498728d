package braid_test

import (
	"slices"
	"testing"

	"braid/balance"
	"braid/internal/random"
)

// checkCombine combines the gradients of a case.
func (b *block) checkCombine(t *testing.T) {
	t.Helper()
	heads := b.Batch
	g := b.doubles(t, "in/gradients")
	width := len(g) / heads
	gram := make([]float64, heads*heads)
	for i := range heads {
		for j := range heads {
			for k := range width {
				gram[i*heads+j] += g[i*width+k] * g[j*width+k]
			}
		}
	}
	coefficients := make([]float64, heads)
	combine := func(m balance.Combining, step int) {
		m.Combine(heads, 1).Coefficients(coefficients, make([]float64, heads), gram, step)
	}
	switch name := b.Config["name"].(string); name {
	case "weighted_sum": // the weights of train.Head scale the gradients before they are combined
		weigh(t, balance.Fixed{}, make([]balance.Head, heads)).Factors(coefficients, nil)
		for i, w := range listOf(b.Config["weights"]) {
			coefficients[i] *= w.(float64)
		}
	case "pcgrad":
		combine(balance.PCGrad{}, b.stepOfOrder(t))
	case "mgda":
		combine(balance.MGDA{}, 1)
		if width >= heads { // else several sums are the shortest
			b.compare(t, "alpha", singles(coefficients), blockLimit)
		}
	case "upgrad":
		combine(balance.UPGrad{}, 1)
	case "imtl_g":
		combine(balance.IMTLG{}, 1)
		b.compare(t, "alpha", singles(coefficients), blockLimit)
	case "uncertainty":
		var list []balance.Head
		for _, kind := range listOf(b.Config["types"]) {
			list = append(list, balance.Head{Regression: kind == "regression"})
		}
		weights, gradient := weigh(t, balance.Uncertainty{}, list), make([]float32, heads)
		logVariances := b.floats(t, "in/log_var")
		weights.Factors(coefficients, logVariances)
		weights.Gradient(gradient, b.doubles(t, "in/loss"), logVariances)
		b.compare(t, "coefficient", singles(coefficients), blockLimit)
		var total float64
		for i, loss := range b.doubles(t, "in/loss") {
			total += coefficients[i]*loss + float64(logVariances[i])/2
		}
		b.compare(t, "total", []float32{float32(total)}, blockLimit)
		b.compare(t, "grad_in/log_var", gradient, blockLimit)
	default:
		t.Fatalf("no method %q", name)
	}
	out := make([]float64, width)
	for i, c := range coefficients {
		for k := range width {
			out[k] += c * g[i*width+k]
		}
	}
	b.compare(t, "out", singles(out), blockLimit)
}

// stepOfOrder returns a step in which PCGrad draws the case's order.
func (b *block) stepOfOrder(t *testing.T) int {
	t.Helper()
	order := listOf(b.Config["order"])
	draws := func(step int) bool {
		for i, others := range order {
			drawn := make([]int32, b.Batch)
			random.New(1, "balance/pcgrad", uint64(step), uint64(i)).Permutation(drawn)
			drawn = slices.DeleteFunc(drawn, func(j int32) bool { return int(j) == i })
			for k, j := range others.([]any) {
				if int32(j.(float64)) != drawn[k] {
					return false
				}
			}
		}
		return true
	}
	for step := range 1000 {
		if draws(step) {
			return step
		}
	}
	t.Fatalf("no step draws the order %v", order)
	return 0
}

func weigh(t *testing.T, m balance.Weighing, heads []balance.Head) balance.Weights {
	t.Helper()
	w, err := m.Weigh(heads)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func singles(list []float64) []float32 {
	var to []float32
	for _, v := range list {
		to = append(to, float32(v))
	}
	return to
}
