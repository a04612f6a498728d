package exec

import (
	"runtime"
	"sync/atomic"
)

// spins is how often a waiting worker looks before it lets others have its processor: a few
// microseconds, longer than the workers of a well-cut step lie apart.
const spins = 4000

// Barrier is where a fixed number of workers meet. It spins on an atomic, then yields: with a
// channel or a WaitGroup a step would cost more than a second worker gains.
type Barrier struct {
	workers int32
	_       [60]byte // the two counters are written by different workers: a cache line each
	arrived atomic.Int32
	_       [60]byte
	round   atomic.Uint32
	broken  atomic.Bool
}

// NewBarrier makes a barrier for the given number of workers.
func NewBarrier(workers int) *Barrier { return &Barrier{workers: int32(workers)} }

// Wait returns true when all workers have called it, or false once the barrier is broken.
func (b *Barrier) Wait() bool {
	round := b.round.Load()
	if b.arrived.Add(1) == b.workers {
		b.arrived.Store(0)
		b.round.Add(1)
		return !b.broken.Load()
	}
	for i := 0; b.round.Load() == round; i++ {
		if b.broken.Load() {
			return false
		}
		if i >= spins {
			runtime.Gosched()
		}
	}
	return !b.broken.Load()
}

// Break makes every present and coming Wait return false.
func (b *Barrier) Break() { b.broken.Store(true) }

// Reset mends a broken barrier. No worker may be waiting.
func (b *Barrier) Reset() {
	b.arrived.Store(0)
	b.broken.Store(false)
}
