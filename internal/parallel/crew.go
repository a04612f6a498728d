// Package parallel runs a group of workers in parallel: goroutines with a barrier, and aligned
// buffers.
package parallel

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
)

// Each calls work with each number below n, each in a goroutine, and waits for all of them.
func Each(n int, work func(i int)) {
	var wait sync.WaitGroup
	for i := range n {
		wait.Go(func() { work(i) })
	}
	wait.Wait()
}

// Crew is a group of workers that run one function in parallel.
type Crew struct {
	workers int
	barrier *Barrier
}

// NewCrew makes a crew of the given number of workers, or of GOMAXPROCS workers if workers is 0.
func NewCrew(workers int) *Crew {
	if workers <= 0 {
		workers = runtime.GOMAXPROCS(0)
	}
	return &Crew{workers: workers, barrier: NewBarrier(workers)}
}

// Workers returns the number of workers.
func (c *Crew) Workers() int { return c.workers }

// Run calls work once in each worker, with the worker's index from 0, and returns when all calls
// have returned. Worker 0 is the caller's goroutine. The workers may call Meet any number of times,
// but all of them the same number. A panic in a worker makes the others' Meet return false, and Run
// returns it as an error.
func (c *Crew) Run(work func(worker int)) error {
	var (
		wait   sync.WaitGroup
		once   sync.Once
		failed error
	)
	guarded := func(worker int) {
		defer func() {
			if p := recover(); p != nil {
				once.Do(func() {
					failed = fmt.Errorf("worker %d: panic: %v\n%s", worker, p, debug.Stack())
				})
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

// Meet waits until every worker of a Run has called it; worker is the caller's index. It returns
// false if a worker has panicked: the caller must then return from work.
func (c *Crew) Meet(worker int) bool { return c.barrier.Wait(worker) }

// Share returns worker's share of n items: a contiguous range that starts at a multiple of grain.
// It depends on the arguments alone.
func Share(n, grain, worker, workers int) (lo, hi int) {
	grains := (n + grain - 1) / grain
	lo = min(n, grains*worker/workers*grain)
	hi = min(n, grains*(worker+1)/workers*grain)
	return lo, hi
}
