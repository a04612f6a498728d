// Package exec says who computes where, and in which memory: a crew of workers, the barrier they
// meet at, and aligned buffers.
package exec

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// Crew is a number of workers that run one function together.
type Crew struct {
	workers int
	barrier *Barrier
}

// NewCrew makes a crew of the given number of workers, or of one for each processor Go may use
// where workers is 0.
func NewCrew(workers int) *Crew {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return &Crew{workers: workers, barrier: NewBarrier(workers)}
}

// Workers is the size of the crew.
func (c *Crew) Workers() int { return c.workers }

// Run calls work once in each worker, with the worker's number from 0, and returns when all have
// returned. Worker 0 is the caller's goroutine. The workers may meet with Meet, as often as they
// like but all of them equally often. A panic in a worker ends the others at their next Meet and
// comes back as an error.
func (c *Crew) Run(work func(worker int)) error {
	var (
		wait   sync.WaitGroup
		once   sync.Once
		failed error
	)
	guarded := func(worker int) {
		defer func() {
			if p := recover(); p != nil {
				once.Do(func() { failed = fmt.Errorf("worker %d: panic: %v\n%s", worker, p, debug.Stack()) })
				c.barrier.Break()
			}
		}()
		work(worker)
	}
	c.barrier.Reset()
	for worker := 1; worker < c.workers; worker++ {
		wait.Go(func() { guarded(worker) })
	}
	guarded(0)
	wait.Wait()
	return failed
}

// Meet waits until every worker of a Run is here; worker is the caller's number. It returns false where
// one has panicked: the worker must then return from its work.
func (c *Crew) Meet(worker int) bool { return c.barrier.Wait(worker) }

// Share is worker's part of n items: a contiguous range that depends on the numbers alone. Ranges
// start at multiples of grain.
func Share(n, grain, worker, workers int) (lo, hi int) {
	grains := (n + grain - 1) / grain
	lo = min(n, grains*worker/workers*grain)
	hi = min(n, grains*(worker+1)/workers*grain)
	return lo, hi
}
