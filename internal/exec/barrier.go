package exec

import (
	"runtime"
	"sync/atomic"
)

// spins is how often a waiting worker looks before it lets others have its processor: a few
// microseconds, longer than the workers of a well-cut step lie apart.
const spins = 4000

// Barrier is where a fixed number of workers meet. Each has a flag of its own, that it alone writes and
// all others watch: between two workers that is one message each way at once, where a counter would go
// to and fro. It spins, then yields: with a channel or a WaitGroup a step would cost more than a second
// worker gains.
type Barrier struct {
	flags  []flag // by worker
	spins  int
	broken atomic.Bool
}

// flag is how many rounds a worker has come to, alone on two cache lines: processors fetch them in pairs.
type flag struct {
	rounds atomic.Uint32
	_      [124]byte
}

// NewBarrier makes a barrier for the given number of workers.
func NewBarrier(workers int) *Barrier {
	b := &Barrier{flags: make([]flag, workers), spins: spins}
	if workers > runtime.GOMAXPROCS(0) { // another worker needs this processor to come here
		b.spins = 0
	}
	return b
}

// Wait returns true when all workers have called it, or false once the barrier is broken.
func (b *Barrier) Wait(worker int) bool {
	round, looks := b.flags[worker].rounds.Add(1), 0
	for other := range b.flags {
		// Another may be a round ahead, and the count may run over.
		for ; int32(b.flags[other].rounds.Load()-round) < 0; looks++ {
			if b.broken.Load() {
				return false
			}
			if looks >= b.spins {
				runtime.Gosched()
			}
		}
	}
	return !b.broken.Load()
}

// Break makes every present and coming Wait return false.
func (b *Barrier) Break() { b.broken.Store(true) }

// Reset mends a broken barrier. No worker may be waiting.
func (b *Barrier) Reset() {
	for i := range b.flags {
		b.flags[i].rounds.Store(0)
	}
	b.broken.Store(false)
}
