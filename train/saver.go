package train

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	"braid"
	"braid/internal/atomicfile"
)

// saver writes checkpoints in a goroutine, one at a time. If snapshots arrive faster than the disk
// takes them, a new one replaces queued ones, except best and end-of-epoch snapshots.
type saver struct {
	Checkpoint
	model       *braid.Model
	arrays      arrays
	fingerprint fingerprint
	figures     []string
	unlock      func()

	maxBytes int64 // size limit of a checkpoint's file
	once     sync.Once

	mu      sync.Mutex
	changed sync.Cond   // on mu
	pending []*snapshot // queue, in order
	spare   []*snapshot // for reuse
	busy    bool
	closed  bool
	done    chan struct{}
	kept    []position // positions of the files in the folder, the earliest first
	events  []Saved    // not reported yet
	result  NotSaved
}

// newSaver locks the folder.
func newSaver(c Checkpoint, f *fit) (*saver, error) {
	s := &saver{
		Checkpoint: c, model: f.model, arrays: f.runner.arrays, fingerprint: f.fingerprint,
		figures: f.history.Names, done: make(chan struct{}),
	}
	s.changed.L = &s.mu
	err := atomicfile.MakeFolder(c.Dir)
	if err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	if s.unlock, err = atomicfile.Lock(c.Dir); err != nil {
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	err = atomicfile.Sweep(c.Dir)
	if err == nil {
		s.kept, err = checkpoints(c.Dir)
	}
	if err == nil {
		err = s.checkDiskSpace(f)
	}
	if err != nil {
		s.unlock()
		return nil, fmt.Errorf("checkpoints: %w", err)
	}
	return s, nil
}

// checkDiskSpace checks that the disk has space for the checkpoints that will exist at once.
func (s *saver) checkDiskSpace(f *fit) error {
	const overhead = 1 << 16 // of a file: names, fingerprint, history
	size := uint64(overhead)
	for _, numbers := range f.runner.memory() {
		size += uint64(4 * len(numbers))
	}
	s.maxBytes = int64(4*size) + 1<<30 // for a long history and texts
	// The newest, the best, the last end-of-epoch checkpoint, those that callbacks keep, and the one
	// being written; some may already exist.
	files := s.Keep + 3
	for _, c := range f.plan.Callbacks {
		if c.Keep != nil {
			files++
		}
	}
	files = max(files-len(s.kept), 1)
	need := size * uint64(files)
	if free, ok := atomicfile.Free(s.Dir); ok && free < need {
		return fmt.Errorf("%s has %d bytes free, %d checkpoints of %d bytes need %d: free some, or "+
			"choose another folder",
			s.Dir, free, files, size, need)
	}
	return nil
}

// snapshot returns a snapshot to fill.
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

// idle reports whether nothing is queued or being written.
func (s *saver) idle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.pending) == 0 && !s.busy
}

// save queues a snapshot. It replaces queued ones, except those of epochs that it keeps; only an
// end-of-epoch snapshot replaces an end-of-epoch one.
func (s *saver) save(snap *snapshot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pending = slices.DeleteFunc(s.pending, func(p *snapshot) bool {
		replaced := !snap.keeps(p.position) && (!p.atEpochEnd() || snap.atEpochEnd())
		if replaced {
			s.spare = append(s.spare, p)
		}
		return replaced
	})
	s.pending = append(s.pending, snap)
	s.changed.Broadcast()
}

// run writes queued snapshots until close.
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
	saved := Saved{Path: s.path(snap.position), Epochs: snap.Epochs, Steps: snap.Steps,
		Best: snap.best}
	saved.Err = atomicfile.Write(saved.Path, func(w io.Writer) error {
		counted := &counter{w: w}
		defer func() { saved.Bytes = counted.n }()
		return snap.write(counted, s.model, s.arrays, s.fingerprint, s.figures)
	})
	saved.Took = time.Since(began)
	return saved
}

// counter counts the bytes written to w.
type counter struct {
	w io.Writer
	n int
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += n
	return n, err
}

// written records the result of a checkpoint.
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
	s.events = append(s.events, saved)
}

// keeps reports whether the checkpoint at a position stays beside the snapshot.
func (s *snapshot) keeps(p position) bool {
	return p.Epochs > 0 && p.atEpochEnd() && slices.Contains(s.keep, p.Epochs)
}

// prune deletes all checkpoints but the newest, those that the snapshot keeps, and the last
// end-of-epoch checkpoint, after one more was written. Only the goroutine of run, or one that waits
// for it, uses kept.
func (s *saver) prune(snap *snapshot) error {
	if !slices.Contains(s.kept, snap.position) {
		s.kept = append(s.kept, snap.position)
	}
	lastEnd := len(s.kept) - 1
	for lastEnd >= 0 && !s.kept[lastEnd].atEpochEnd() {
		lastEnd--
	}
	var stay []position
	var failed []error
	for i, p := range s.kept {
		if i >= len(s.kept)-s.Keep || i == lastEnd || snap.keeps(p) {
			stay = append(stay, p)
		} else if err := atomicfile.Delete(s.path(p)); err != nil {
			failed, stay = append(failed, err), append(stay, p)
		}
	}
	s.kept = stay
	return errors.Join(failed...)
}

// flush waits until the queue is written.
func (s *saver) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.pending) > 0 || s.busy {
		s.changed.Wait()
	}
}

// deleteAfter deletes the checkpoints after a position: the run was restored to it and continues
// differently.
func (s *saver) deleteAfter(after position) {
	s.flush()
	s.kept = slices.DeleteFunc(s.kept, func(p position) bool {
		return after.before(p) && atomicfile.Delete(s.path(p)) == nil
	})
}

// takeEvents returns the events since its last call.
func (s *saver) takeEvents() []Saved {
	s.mu.Lock()
	defer s.mu.Unlock()
	events := s.events
	s.events = nil
	return events
}

// close writes the queue and unlocks the folder.
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

// err returns a *NotSaved, nil if every checkpoint was written.
func (s *saver) err() error {
	if s.result.Failed == 0 {
		return nil
	}
	return &s.result
}
