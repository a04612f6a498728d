package op

import "braid/internal/random"

// Random generates random numbers for one op in one training step. The numbers of a row depend on
// the seed, the op's name, the step and the row's example, not on the number of workers.
type Random struct {
	stream   random.Stream
	examples []int32
}

// NewRandom returns the generator of the op named by purpose, in a step whose batch has example
// examples[r] in row r. It keeps examples.
func NewRandom(seed uint64, purpose string, step uint64, examples []int32) Random {
	return Random{random.New(seed, purpose, step), examples}
}

// Row returns the numbers of a row of the batch.
func (r Random) Row(row int) Draws {
	return Draws{random.Stream(r.stream.Bits(uint64(r.examples[row])))}
}

// Draws is a sequence of random numbers read by index: the same index gives the same number.
type Draws struct{ stream random.Stream }

// Bits returns number i as 64 random bits.
func (d Draws) Bits(i uint64) uint64 { return d.stream.Bits(i) }

// Unit returns number i, uniform in [0, 1).
func (d Draws) Unit(i uint64) float32 { return d.stream.Unit(i) }

// Normal returns number i of the normal distribution with mean 0 and standard deviation 1.
func (d Draws) Normal(i uint64) float32 { return d.stream.Normal(i) }
