package serve

import (
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// aside computes on threads that let all others go first. While they keep the processors busy, requests are still
// read, and turned away at once where they are too many. What takes less than asideFrom is not worth the two switches
// between threads.
type aside struct {
	work chan func() // taken by threads that wait
}

const (
	asideFrom = time.Millisecond
	asideIdle = time.Second // after which a thread ends that has nothing to do
)

func newAside() *aside { return &aside{work: make(chan func())} }

// do computes on a thread that waits, or a new one.
func (a *aside) do(compute func()) {
	done := make(chan struct{})
	all := func() {
		defer close(done)
		compute()
	}
	select {
	case a.work <- all:
	default:
		go a.thread(all)
	}
	<-done
}

// thread computes until there is nothing to do.
func (a *aside) thread(compute func()) {
	runtime.LockOSThread() // for good, so that the thread ends with this function: as it is it is of no use to others
	letOthersFirst()
	processors(1)
	defer processors(-1)
	idle := time.NewTimer(asideIdle)
	defer idle.Stop()
	for {
		compute()
		idle.Reset(asideIdle)
		select {
		case compute = <-a.work:
		case <-idle.C:
			return
		}
	}
}

// processors changes the number of Go's processors. Each thread that computes aside brings one: it keeps it while it
// waits for one of the machine's, and others are to go on.
func processors(more int) {
	counting.Lock()
	defer counting.Unlock()
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + more)
}

var counting sync.Mutex

// cost is what a row takes to compute.
type cost struct {
	row atomic.Int64 // nanoseconds; 0: not known
}

func (c *cost) of(rows int) time.Duration { return time.Duration(c.row.Load() * int64(rows)) }

// learn takes note of a batch. It believes twice what was before at most: something else may have had the processor.
func (c *cost) learn(rows int, took time.Duration) {
	row := max(int64(took)/int64(max(rows, 1)), 1)
	if before := c.row.Load(); before > 0 {
		row = min(row, 2*before)
	}
	c.row.Store(row)
}
