package lane

import (
	"context"
	"errors"
	"os"
	"sync"
	"time"
)

// watch is the context of requests: it ends when the client leaves, which is looked for only from when a handler asks
// for Done, and then when that request is answered. Requests whose handlers do not ask have it in turn.
type watch struct {
	session *session

	mu      sync.Mutex
	done    chan struct{} // nil: nobody has asked
	over    bool          // done is closed
	ending  bool          // the handler has returned
	stopped chan struct{} // closed when nobody looks any more
}

var _ context.Context = (*watch)(nil)

func (w *watch) Deadline() (time.Time, bool) { return time.Time{}, false }
func (w *watch) Value(any) any               { return nil }

func (w *watch) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.over {
		return context.Canceled
	}
	return nil
}

// Done begins to look whether the client leaves.
func (w *watch) Done() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.done == nil {
		w.done, w.stopped = make(chan struct{}), make(chan struct{})
		w.session.conn.SetReadDeadline(time.Time{}) // here, so that it comes before the one that ends the look
		go w.look()
	}
	return w.done
}

// look reads what comes after the request: more, which is kept and shows that the client is there, or the end.
func (w *watch) look() {
	defer close(w.stopped)
	s := w.session
	if s.follows() {
		return // there is more already
	}
	s.grow() // the request's own memory stays as it is
	for {
		n, err := s.conn.Read(s.text[len(s.text):cap(s.text)])
		s.text = s.text[:len(s.text)+n]
		switch {
		case n > 0:
			return
		case !errors.Is(err, os.ErrDeadlineExceeded):
			w.finish()
			return
		case !w.goOn():
			return
		}
	}
}

// goOn tells whether to look on: the deadline that is over may be Shutdown's.
func (w *watch) goOn() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ending {
		w.session.conn.SetReadDeadline(time.Time{})
	}
	return !w.ending
}

// finish ends the context.
func (w *watch) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.over {
		w.over = true
		close(w.done)
	}
}

// end stops looking, and ends the context, if a handler has asked for it. It is not for other requests then.
func (w *watch) end() (asked bool) {
	w.mu.Lock()
	if asked = w.done != nil; asked {
		w.ending = true
		w.session.idle.move(past)
	}
	w.mu.Unlock()
	if asked {
		<-w.stopped
		w.finish()
	}
	return asked
}
