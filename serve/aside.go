package serve

import (
	"os"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// aside computes on threads that let all others go first. While they keep the processors busy, requests are still
// read, and turned away at once where they are too many. What takes less than asideFrom is not worth the two switches
// between threads.
type aside struct {
	mu   sync.Mutex
	idle []chan task // of threads that wait, the last to have computed last
}

// task is what a thread computes, and how it tells that it has.
type task struct {
	compute func()
	done    chan struct{}
}

const (
	asideFrom = time.Millisecond
	asideIdle = time.Second // after which a thread ends that has nothing to do
)

// do computes on the thread that waits for the shortest time, or on a new one.
func (a *aside) do(compute func()) {
	t := task{compute, make(chan struct{})}
	a.mu.Lock()
	if last := len(a.idle) - 1; last >= 0 {
		a.idle[last] <- t
		a.idle = a.idle[:last]
	} else {
		go a.thread(t)
	}
	a.mu.Unlock()
	<-t.done
}

// thread computes until there is nothing to do.
func (a *aside) thread(t task) {
	runtime.LockOSThread() // for good, so that the thread ends with this function: as it is it is of no use to others
	letOthersFirst()
	bring(1)
	defer bring(-1)
	idle := time.NewTimer(asideIdle)
	defer idle.Stop()
	work := make(chan task, 1)
	for {
		t.compute()
		a.mu.Lock()
		a.idle = append(a.idle, work) // before it is told: who computes next finds it
		a.mu.Unlock()
		close(t.done)
		idle.Reset(asideIdle)
		select {
		case t = <-work:
		case <-idle.C:
			if a.leave(work) {
				return
			}
			t = <-work
		}
	}
}

// leave takes a thread out of those that wait. It returns false where it was just given something.
func (a *aside) leave(work chan task) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := slices.Index(a.idle, work)
	if at >= 0 {
		a.idle = slices.Delete(a.idle, at, at+1)
	}
	return at >= 0
}

// processors are those of Go's that threads brought which compute aside, one each: it keeps it while it waits for one
// of the machine's, and others are to go on.
var processors struct {
	mu      sync.Mutex
	brought int
	follow  bool // before, their number was the one that Go chooses, as limits of a container or an affinity allow
}

// bring changes the number of processors. After the last has gone Go chooses again, where it had.
func bring(more int) {
	p := &processors
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.brought == 0 {
		before := runtime.GOMAXPROCS(0)
		runtime.SetDefaultGOMAXPROCS()
		p.follow = runtime.GOMAXPROCS(before) == before && os.Getenv("GOMAXPROCS") == ""
	}
	if p.brought += more; p.brought == 0 && p.follow {
		runtime.SetDefaultGOMAXPROCS()
		return
	}
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + more)
}

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
