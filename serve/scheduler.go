package serve

import (
	"slices"
	"sync"
)

// scheduler limits how many batches are computed at once. All models and their versions share the
// limit, and take turns.
type scheduler struct {
	mu    sync.Mutex // also of all batchers
	free  int        // batches that may begin now
	queue []*batcher // with waiting jobs; the first has the next turn
}

// start begins as many batches as it may. The caller holds the lock.
func (s *scheduler) start() {
	for i := 0; s.free > 0 && i < len(s.queue); {
		b := s.queue[i]
		if b.fills() {
			i++
			continue
		}
		jobs := b.dequeue()
		if len(b.waiting) > 0 {
			s.queue = append(slices.Delete(s.queue, i, i+1), b)
		}
		if jobs != nil {
			s.free--
			go b.run(jobs)
		}
	}
}

// release lets n more batches begin: those that have ended, or whose workers were borrowed.
func (s *scheduler) release(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free += n
	s.start()
}

// rowsOfWorker is how many more rows of a batch make one more worker worth starting.
const rowsOfWorker = 16

// borrow returns how many more workers a batch gets. Each takes the turn of a batch that may begin
// and has no jobs yet. The caller releases them.
func (s *scheduler) borrow(rows int) (workers int) {
	if rows < 2*rowsOfWorker {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	workers = min(s.free, rows/rowsOfWorker-1)
	s.free -= workers
	return workers
}
