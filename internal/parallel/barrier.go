package parallel

import (
	"runtime"
	"sync/atomic"
)

// maxSpins is the number of loads after which a waiting worker yields its processor. They take a
// few microseconds, longer than the workers of a balanced step wait for each other.
const maxSpins = 4000

// Barrier synchronizes a fixed number of workers. Each worker writes one flag, which all others
// read: two workers exchange one cache line each way at the same time, while a shared counter would
// move back and forth. Wait spins, then yields: a channel or a WaitGroup would cost more time in a
// step than a second worker saves.
type Barrier struct {
	flags    []flag // by worker
	maxSpins int
	broken   atomic.Bool
}

// flag counts the rounds of a worker. It fills two cache lines, because processors fetch them in
// pairs.
type flag struct {
	rounds atomic.Uint32
	_      [124]byte
}

// NewBarrier makes a barrier for the given number of workers.
func NewBarrier(workers int) *Barrier {
	b := &Barrier{flags: make([]flag, workers), maxSpins: maxSpins}
	if workers > runtime.GOMAXPROCS(0) { // another worker needs this processor to reach the barrier
		b.maxSpins = 0
	}
	return b
}

// Wait returns true after all workers have called it, or false once the barrier is broken.
func (b *Barrier) Wait(worker int) bool {
	round, spins := b.flags[worker].rounds.Add(1), 0
	for other := range b.flags {
		// The other may be a round ahead, and the count may overflow.
		for ; int32(b.flags[other].rounds.Load()-round) < 0; spins++ {
			if b.broken.Load() {
				return false
			}
			if spins >= b.maxSpins {
				runtime.Gosched()
			}
		}
	}
	return !b.broken.Load()
}

// Break makes every current and later Wait return false.
func (b *Barrier) Break() { b.broken.Store(true) }

// Reset makes a broken barrier usable again. No worker may be waiting.
func (b *Barrier) Reset() {
	for i := range b.flags {
		b.flags[i].rounds.Store(0)
	}
	b.broken.Store(false)
}
