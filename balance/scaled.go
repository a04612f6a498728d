package balance

// Scaled divides the loss of each head by that of guessing: of the best answer that does not depend
// on the inputs. Losses of different units, or of different numbers of classes, then count alike. A
// factor of a loss, such as a head's weight, has no effect.
type Scaled struct{}

// Kind is "scaled".
func (Scaled) Kind() string { return "scaled" }

// Check accepts every Scaled.
func (Scaled) Check() error { return nil }

// Weigh returns a factor of 1 / Guess for each head.
func (Scaled) Weigh(heads []Head) Weights {
	var list constant
	for _, h := range heads {
		list = append(list, 1/h.Guess)
	}
	return list
}
