package balance

import (
	"math"

	"braid/internal/kernel"
)

// Uncertainty learns the variance of each head's noise with the network: Kendall, Gal and Cipolla,
// "Multi-Task Learning Using Uncertainty to Weigh Losses for Scene Geometry and Semantics", 2018.
// With the logarithm s of the variance, which starts at 0, a loss L becomes
//
//	exp(-s) L / 2 + s / 2  of a regression
//	exp(-s) L + s / 2      of a classification
//
// The optimizer learns s with the weights, without decay. A head without a label in a batch leaves
// its s as it is.
type Uncertainty struct{}

// Kind is "uncertainty".
func (Uncertainty) Kind() string { return "uncertainty" }

// Check accepts every Uncertainty.
func (Uncertainty) Check() error { return nil }

// Weigh returns weights with a parameter for each head: the logarithm of its variance.
func (Uncertainty) Weigh(heads []Head) (Weights, error) {
	var list uncertainty
	for _, h := range heads {
		if h.Regression {
			list = append(list, 0.5)
		} else {
			list = append(list, 1)
		}
	}
	return list, nil
}

// uncertainty has the factor of each head's loss at variance 1.
type uncertainty []float64

func (u uncertainty) Parameters() int { return len(u) }

func (u uncertainty) Factors(factors []float64, logVariances []float32) {
	for i := range u {
		factors[i] = u.factor(i, logVariances[i])
	}
}

func (u uncertainty) Gradient(gradient []float32, losses []float64, logVariances []float32) {
	for i, loss := range losses {
		gradient[i] = 0
		if !math.IsNaN(loss) {
			gradient[i] = float32(0.5 - float64(u.factor(i, logVariances[i])*loss))
		}
	}
}

// factor returns the factor of the loss of head i.
func (u uncertainty) factor(i int, logVariance float32) float64 {
	return u[i] * kernel.Exp64(-float64(logVariance))
}
