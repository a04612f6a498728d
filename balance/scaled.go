package balance

import (
	"fmt"
	"math"
)

// Scaled divides the loss of each head by that of guessing: of the best answer that does not depend
// on the inputs. Losses of different units, or of different numbers of classes, then count alike. A
// factor of a loss, such as a head's weight, has no effect.
type Scaled struct{}

// Kind is "scaled".
func (Scaled) Kind() string { return "scaled" }

// Check accepts every Scaled.
func (Scaled) Check() error { return nil }

// Weigh returns a factor of 1 / Guess for each head.
func (Scaled) Weigh(heads []Head) (Weights, error) {
	var list constant
	for _, h := range heads {
		if !(h.Guess > 0 && h.Guess < math.Inf(1)) {
			return nil, fmt.Errorf("head %q: the loss of guessing is %.4g, want above 0: are its labels all"+
				" the same, or can its loss be negative? Choose another method, or measure the head only",
				h.Name, h.Guess)
		}
		list = append(list, 1/h.Guess)
	}
	return list, nil
}
