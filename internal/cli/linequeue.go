package cli

import (
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// mostQueued limits the bytes in the queue. As many again may be in a write.
const mostQueued = 1 << 20

// lineQueue is a writer that never blocks on a slow reader. Each Write is a line. A goroutine
// writes the lines in order. Lines that do not fit into the queue or cannot be written are dropped
// and counted.
type lineQueue struct {
	to      io.Writer
	notice  func(lost int) []byte // makes the line that replaces lost lines; nil: none
	dropped atomic.Uint64         // lines so far

	mu      sync.Mutex
	pending []byte
	lines   int // number of lines in pending
	lost    int // number of lines dropped after pending
	closed  bool
	ready   chan struct{} // receives if a line is pending or lost, or the queue is closed
	done    chan struct{} // closed after the last write
}

func newLineQueue(to io.Writer, notice func(lost int) []byte) *lineQueue {
	q := &lineQueue{to: to, notice: notice}
	q.ready, q.done = make(chan struct{}, 1), make(chan struct{})
	go q.drain()
	return q
}

// Write queues a line, or drops it. It never fails.
func (q *lineQueue) Write(line []byte) (int, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || q.lost > 0 || len(q.pending)+len(line) > mostQueued {
		q.lost++
		q.dropped.Add(1)
	} else {
		q.pending = append(q.pending, line...)
		q.lines++
	}
	q.wake()
	return len(line), nil
}

func (q *lineQueue) wake() {
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// drain writes pending lines until the queue is closed.
func (q *lineQueue) drain() {
	defer close(q.done)
	var spare []byte
	for range q.ready {
		text, lines, lost, closed := q.take(spare)
		if lost > 0 && q.notice != nil {
			text = append(text, q.notice(lost)...)
		}
		if len(text) > 0 {
			if _, err := q.to.Write(text); err != nil {
				q.dropped.Add(uint64(lines))
			}
		}
		if closed {
			return
		}
		spare = text[:0]
	}
}

// take empties the queue and gives it the spare buffer.
func (q *lineQueue) take(spare []byte) (text []byte, lines, lost int, closed bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	text, lines, lost = q.pending, q.lines, q.lost
	q.pending, q.lines, q.lost = spare, 0, 0
	return text, lines, lost, q.closed
}

// close ends the queue. It waits for the last write, but not longer than wait.
func (q *lineQueue) close(wait time.Duration) {
	q.mu.Lock()
	q.closed = true
	q.wake()
	q.mu.Unlock()
	within(wait, func() { <-q.done })
}

// within calls do and returns when it has returned, or after wait.
func within(wait time.Duration, do func()) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(wait):
	}
}
