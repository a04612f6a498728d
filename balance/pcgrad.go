package balance

import (
	"braid/internal/random"
)

// PCGrad removes conflicts of gradients pair by pair: Yu et al., "Gradient Surgery for Multi-Task
// Learning", 2020. From each head's gradient it removes, one other head after the other in random
// order, the component that opposes the other's gradient. It then adds up what is left. Heads
// without a conflict give the plain sum.
type PCGrad struct{}

// Kind is "pcgrad".
func (PCGrad) Kind() string { return "pcgrad" }

// Check accepts every PCGrad.
func (PCGrad) Check() error { return nil }

// Combine returns the combination. The order of head i in a step is the permutation of the stream
// with the purpose "balance/pcgrad" and the numbers step and i.
func (PCGrad) Combine(heads int, seed uint64) Combination {
	return &pcgrad{seed: seed, order: make([]int32, heads), rest: make([]float64, heads)}
}

type pcgrad struct {
	seed  uint64
	order []int32
	rest  []float64 // coefficients of what is left of one head's gradient
}

func (p *pcgrad) Coefficients(coefficients, _, gram []float64, step int) {
	clear(coefficients)
	heads := len(coefficients)
	if !finite(gram) {
		fill(coefficients, 1)
		return
	}
	for i := range heads {
		random.New(p.seed, "balance/pcgrad", uint64(step), uint64(i)).Permutation(p.order)
		clear(p.rest)
		p.rest[i] = 1
		for _, other := range p.order {
			j := int(other)
			square := gram[j*heads+j]
			if j == i || square == 0 {
				continue
			}
			if product := dot(p.rest, gram[j*heads:][:heads]); product < 0 {
				p.rest[j] -= product / square
			}
		}
		for j, c := range p.rest {
			coefficients[j] += c
		}
	}
}
