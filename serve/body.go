package serve

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"
)

// body is a request's body in memory, and the memory that the request holds.
type body struct {
	content  []byte
	server   *Server
	held     holding
	ctx      context.Context
	deadline time.Time // of the answer
}

// take takes memory from the server's budget for the request. It waits for it until the deadline.
// free gives it back.
func (b *body) take(bytes int64, kind claimKind) error {
	budget := b.server.memory
	if most := budget.ceiling(kind); bytes > most-b.held.total() {
		return tooLarge("the request, with its rows, images and answers, takes more than the %d "+
			"bytes of memory that there are for it: send fewer rows at a time, or a smaller image "+
			"(--memory)", most)
	}
	if !budget.take(b.ctx, &b.held, bytes, kind, b.deadline) {
		if b.ctx.Err() != nil {
			return errGone
		}
		return busy("memory", "the server is busy with large requests: try again in a moment")
	}
	return nil
}

// give gives memory back before free does.
func (b *body) give(bytes int64, kind claimKind) { b.server.memory.give(&b.held, bytes, kind) }

// uncounted is the size up to which bodies come from a pool. They take nothing from the budget: no
// more of them are in use than there may be connections.
const uncounted = 16 << 10

var bodies = sync.Pool{New: func() any { return &body{content: make([]byte, 0, uncounted)} }}

// read reads a request's body, which free releases. It takes memory from the budget when more than
// uncounted bytes have arrived, whatever Content-Length says.
func (s *Server) read(w http.ResponseWriter, r *http.Request) (*body, error) {
	most := s.config.Body
	if r.ContentLength > most {
		return nil, tooLarge("the body has %d bytes, at most %d are read", r.ContentLength, most)
	}
	if !s.reads.take(1) { // an HTTP/2 connection has many requests
		const text = "the server is busy: it reads or answers %d requests, try again in a moment"
		return nil, busy("memory", text, s.config.Connections)
	}
	b := bodies.Get().(*body)
	b.server, b.ctx, b.deadline = s, r.Context(), time.Now().Add(s.config.Deadline)
	if err := s.readContent(b, w, r); err != nil {
		b.free()
		return nil, err
	}
	b.deadline = time.Now().Add(s.config.Deadline)
	return b, nil
}

// readContent reads the content of a body.
func (s *Server) readContent(b *body, w http.ResponseWriter, r *http.Request) error {
	from, identity, err := s.unpacked(b, w, r)
	if err != nil {
		return err
	}
	isKnown := identity && r.ContentLength >= 0
	most := s.config.Body + 1 // one byte more shows that there is more
	if isKnown {
		most = r.ContentLength + 1
	}
	for {
		if len(b.content) == cap(b.content) {
			if err := b.grow(most, isKnown); err != nil {
				return err
			}
		}
		n, err := from.Read(b.content[len(b.content):cap(b.content)])
		b.content = b.content[:len(b.content)+n]
		if int64(len(b.content)) > s.config.Body {
			return tooLarge("the body has more than the %d bytes that are read", s.config.Body)
		}
		if err == io.EOF {
			b.trim()
			return nil
		}
		if err != nil {
			return readFailed(err)
		}
	}
}

// grow enlarges the buffer to most bytes if the size of the body is known, else eightfold. The
// first call takes all memory that the body may need: bodies that hold some and wait for more could
// wait for each other.
func (b *body) grow(most int64, isKnown bool) error {
	size := most
	if !isKnown {
		if step := 8 * int64(cap(b.content)); step <= most/8 {
			size = step
		}
	}
	if cap(b.content) <= uncounted {
		need := most
		if !isKnown {
			need += most / 8 // the last copy needs both buffers
		}
		if err := b.take(need, forBody); err != nil {
			return err
		}
	}
	grown := make([]byte, len(b.content), size)
	copy(grown, b.content)
	b.content = grown
	return nil
}

// trim gives back what a body took beyond its buffer. All of the body has been read.
func (b *body) trim() {
	need := int64(0)
	if cap(b.content) > uncounted {
		need = int64(cap(b.content))
	}
	b.give(b.held[forBody]-need, forBody)
}

// free gives all memory back.
func (b *body) free() {
	for kind, bytes := range b.held {
		b.give(bytes, claimKind(kind))
	}
	b.server.reads.give(1)
	b.server, b.ctx = nil, nil
	b.recycle()
}

// recycle returns a small buffer to the pool.
func (b *body) recycle() {
	if cap(b.content) <= uncounted {
		b.content = b.content[:0]
		bodies.Put(b)
	}
}

// readFailed says why a body could not be read.
func readFailed(err error) error {
	var timeout interface{ Timeout() bool }
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge("the body has more than the %d bytes that are read", large.Limit)
	case errors.As(err, &timeout) && timeout.Timeout():
		return problemf(http.StatusRequestTimeout, "slow", "the body did not arrive in time")
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return bad("the body ends too soon")
	}
	return bad("the body cannot be read: %s", plain(err))
}

// admit reads a request's body and counts the request until finish. It refuses the request if too
// many wait for an answer.
func (s *Server) admit(w http.ResponseWriter, r *http.Request) (*body, error) {
	b, err := s.read(w, r)
	if err != nil {
		return nil, err
	}
	if !s.unanswered.take(1) {
		b.free()
		const text = "the server is busy: %d requests wait for an answer, try again in a moment"
		return nil, busy("queue", text, s.config.Queue)
	}
	return b, nil
}

// finish ends what admit began.
func (s *Server) finish(b *body) {
	s.unanswered.give(1)
	b.free()
}

// inside returns the number of admitted requests.
func (s *Server) inside() int64 { return int64(s.config.Queue) - s.unanswered.left.Load() }
