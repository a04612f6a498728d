package serve

import (
	"slices"
	"sync"
)

// scheduler decides when batches are computed: at most so many at once, of all models and their
// versions, which take turns.
type scheduler struct {
	mu    sync.Mutex // of this and of all batchers
	free  int        // batches that may begin now
	queue []*batcher // those with jobs that wait, in turn
}

// start begins batches, as many as may. The caller holds the lock.
func (s *scheduler) start() {
	for i := 0; s.free > 0 && i < len(s.queue); {
		b := s.queue[i]
		if b.fills() {
			i++
			continue
		}
		jobs := b.take()
		if len(b.waiting) > 0 {
			s.queue = append(slices.Delete(s.queue, i, i+1), b)
		}
		if jobs != nil {
			s.free--
			go b.run(jobs)
		}
	}
}

// release ends so many batches, or what others did for one.
func (s *scheduler) release(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free += n
	s.start()
}

// rowsOfWorker are the rows of a batch for which another worker is worth starting.
const rowsOfWorker = 16

// borrow lets a batch of so many rows have more workers, in place of batches that nobody needs now.
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
