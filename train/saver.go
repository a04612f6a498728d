package train

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"braid"
	"braid/internal/disk"
	"braid/optim"
)

// saver writes checkpoints beside training, one at a time. Where snapshots come faster than the disk takes
// them, the newest is written, and those before it that must stay.
type saver struct {
	Checkpoint
	model     *braid.Model
	optimizer optim.Optimizer
	settings  settings
	figures   []string
	unlock    func()

	most int64 // bytes of a file that may be a checkpoint
	once sync.Once

	mu      sync.Mutex
	changed sync.Cond   // on mu
	pending []*snapshot // to be written, in order
	spare   []*snapshot // memory for more
	busy    bool
	closed  bool
	done    chan struct{}
	kept    []position // of the files that are there
	best    *position  // whose last epoch is the best
	news    []Saved    // not told yet
	result  NotSaved
}

// newSaver takes the folder for this process.
func newSaver(c Checkpoint, f *fit) (*saver, error) {
	s := &saver{
		Checkpoint: c, model: f.model, optimizer: f.plan.Optimizer, settings: f.settings, figures: f.history.Names,
		done: make(chan struct{}),
	}
	s.changed.L = &s.mu
	err := disk.MakeFolder(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	if s.unlock, err = disk.Lock(c.Dir); err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	err = disk.Sweep(c.Dir)
	if err == nil {
		s.kept, err = checkpoints(c.Dir)
	}
	if err == nil {
		err = s.room(f)
	}
	if err != nil {
		s.unlock()
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	return s, nil
}

// room checks that the disk has room for as many checkpoints as will be there at once.
func (s *saver) room(f *fit) error {
	const overhead = 1 << 16 // of a file: names, settings, history
	size := uint64(overhead)
	for _, numbers := range f.loop.memory() {
		size += uint64(4 * len(numbers))
	}
	s.most = int64(4*size) + 1<<30 // a long history, and text
	// The newest, the best, the last whole epoch's, and the one that is being written; some are there.
	files := max(s.Keep+3-len(s.kept), 1)
	need := size * uint64(files)
	if free, ok := disk.Free(s.Dir); ok && free < need {
		return fmt.Errorf("%s has room for %d more bytes, %d checkpoints of %d bytes need %d: free some, or name another folder",
			s.Dir, free, files, size, need)
	}
	return nil
}

// snapshot is memory for a snapshot.
func (s *saver) snapshot() *snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.spare); n > 0 {
		last := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return last
	}
	return &snapshot{}
}

// idle tells that nothing waits to be written.
func (s *saver) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending) == 0 && !s.busy
}

// save has a snapshot written. Those that wait give way to it, but for the best and a whole epoch's, which
// only give way to their like.
func (s *saver) save(snap *snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = slices.DeleteFunc(s.pending, func(p *snapshot) bool {
		gives := (!p.best || snap.best) && (!p.whole() || snap.whole())
		if gives {
			s.spare = append(s.spare, p)
		}
		return gives
	})
	s.pending = append(s.pending, snap)
	s.changed.Broadcast()
}

// run writes what there is to write until close.
func (s *saver) run() {
	defer close(s.done)
	s.mu.Lock()
	defer s.mu.Unlock()
	for {
		for len(s.pending) == 0 {
			if s.closed {
				return
			}
			s.changed.Wait()
		}
		snap := s.pending[0]
		s.pending, s.busy = s.pending[1:], true
		s.mu.Unlock()
		saved := s.write(snap)
		if saved.Err == nil {
			saved.Left = s.prune(snap)
		}
		s.mu.Lock()
		s.written(saved)
		s.busy = false
		s.spare = append(s.spare, snap)
		s.changed.Broadcast()
	}
}

// write writes one checkpoint.
func (s *saver) write(snap *snapshot) Saved {
	began := time.Now()
	saved := Saved{Path: s.path(snap.position), Epochs: snap.Epochs, Steps: snap.Steps, Best: snap.best}
	saved.Err = disk.Write(saved.Path, func(w io.Writer) error {
		counted := &counter{w: w}
		defer func() { saved.Bytes = counted.n }()
		return snap.write(counted, s.model, s.optimizer, s.settings, s.figures)
	})
	saved.Took = time.Since(began)
	return saved
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += n
	return n, err
}

// written notes what came of a checkpoint.
func (s *saver) written(saved Saved) {
	if saved.Err == nil {
		s.result.Written++
		s.result.Last = saved.Path
	} else {
		s.result.Failed++
		if s.result.First == nil {
			s.result.First = saved.Err
		}
	}
	s.news = append(s.news, saved)
}

// prune removes all but the newest, the best, and the last whole epoch's, now that there is one more. Only the
// goroutine of run, or one that waits for it, touches what it reads and changes.
func (s *saver) prune(snap *snapshot) error {
	if !slices.Contains(s.kept, snap.position) {
		s.kept = append(s.kept, snap.position)
	}
	if snap.best {
		best := snap.position
		s.best = &best
	}
	whole := len(s.kept) - 1
	for whole >= 0 && !s.kept[whole].whole() {
		whole--
	}
	var stay []position
	var failed []error
	for i, p := range s.kept {
		if i >= len(s.kept)-s.Keep || i == whole || s.best != nil && p == *s.best {
			stay = append(stay, p)
		} else if err := disk.Delete(s.path(p)); err != nil {
			failed, stay = append(failed, err), append(stay, p)
		}
	}
	s.kept = stay
	return errors.Join(failed...)
}

// flush waits until all is written.
func (s *saver) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.pending) > 0 || s.busy {
		s.changed.Wait()
	}
}

// forget removes the checkpoints after a position: the run went another way from there.
func (s *saver) forget(after position) {
	s.flush()
	s.kept = slices.DeleteFunc(s.kept, func(p position) bool {
		return after.before(p) && disk.Delete(s.path(p)) == nil
	})
}

// tell gives the news since it was last called.
func (s *saver) tell() []Saved {
	s.mu.Lock()
	defer s.mu.Unlock()
	news := s.news
	s.news = nil
	return news
}

// close writes what is left and gives the folder back.
func (s *saver) close() {
	s.once.Do(func() {
		s.mu.Lock()
		s.closed = true
		s.changed.Broadcast()
		s.mu.Unlock()
		<-s.done
		s.unlock()
	})
}

// err is what went wrong, nil where every checkpoint was written.
func (s *saver) err() error {
	if s.result.Failed == 0 {
		return nil
	}
	return &s.result
}
