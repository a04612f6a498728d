// Package balance has methods that balance the heads of a network: they decide how much the loss of
// each head moves the weights that heads share.
//
// A Weighing method scales the losses by factors, for all weights. A Combining method replaces the
// sum of the heads' gradients by shared weights with another combination, chosen by the products of
// these gradients. Weights that one head alone reaches get that head's gradient.
//
// No method beats the plain sum on every data set: Kurin et al., "In Defense of the Unitary
// Scalarization for Deep Multi-Task Learning", 2022. Compare them on validation data.
package balance

// Method is the configuration of a method. It is also a Weighing or a Combining. Any package may
// define one.
type Method interface {
	// Kind is the method's name in configurations.
	Kind() string
	// Check returns an error for a configuration that cannot be used.
	Check() error
}

// Head describes a trained head to a Weighing.
type Head struct {
	Name string
	// Guess is the loss of the best answer that does not depend on the inputs, times the head's
	// weight.
	Guess float64
	// Regression reports that the target is a quantity. Otherwise it is a class, a probability or a
	// sign.
	Regression bool
}

// Weighing is a method that scales losses.
type Weighing interface {
	Method
	// Weigh returns the weights of the losses of heads.
	Weigh(heads []Head) (Weights, error)
}

// Weights are the factors of losses. The optimizer learns their parameters with the weights of the
// network.
type Weights interface {
	// Parameters returns the number of parameters. All are 0 at first.
	Parameters() int
	// Factors sets the factor of each head's loss.
	Factors(factors []float64, parameters []float32)
	// Gradient sets the gradient of the total by the parameters. losses are those of a batch, times
	// the heads' weights but not their factors; NaN is that of a head without a label in the batch.
	Gradient(gradient []float32, losses []float64, parameters []float32)
}

// Combining is a method that combines gradients.
type Combining interface {
	Method
	// Combine returns the combination of the gradients of a number of heads. The seed is for methods
	// that draw random numbers.
	Combine(heads int, seed uint64) Combination
}

// Combination finds the coefficients of a sum of gradients. It has memory that calls share: one
// goroutine calls it at a time.
type Combination interface {
	// Coefficients sets the coefficient of each head's gradient in the sum. gram has the product of
	// each pair of the gradients, [heads, heads]; a head without a label in the batch has zeros.
	// losses are those of the batch, NaN without a label. Steps count from 1. The result depends on
	// the arguments alone.
	Coefficients(coefficients, losses, gram []float64, step int)
}
