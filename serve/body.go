package serve

import (
	"errors"
	"io"
	"net/http"
	"sync"
	"sync/atomic"
)

// body is a request's body in memory that the server counts.
type body struct {
	content []byte
	held    int64 // bytes of the server's budget
	budget  *budget
}

// budget bounds the memory of all bodies, and of the rows that are made of them, together. Small ones are not counted
// where the number of connections bounds them.
type budget struct {
	stock
	most int64
}

// take takes memory for the request, which free gives back. What all of the budget does not hold is never to be had.
func (b *body) take(bytes int64) error {
	switch {
	case bytes > b.budget.most-b.held:
		return tooLarge("the request, with its rows and answers, takes more than the %d bytes of memory that there are for all: send fewer rows at a time", b.budget.most)
	case !b.budget.take(bytes):
		return busy("memory", "the server is busy with large requests: try again in a moment")
	}
	b.held += bytes
	return nil
}

// stock is a number of things of which no more can be taken than are left. Who asks for too many does not keep others
// from what is there, not even for a moment.
type stock struct {
	left atomic.Int64
}

func (s *stock) take(n int64) bool {
	for {
		left := s.left.Load()
		if left < n {
			return false
		}
		if s.left.CompareAndSwap(left, left-n) {
			return true
		}
	}
}

func (s *stock) give(n int64) { s.left.Add(n) }

// uncounted is the size up to which bodies come out of a pool and are not counted.
const uncounted = 16 << 10

var bodies = sync.Pool{New: func() any { return &body{content: make([]byte, 0, uncounted)} }}

// read takes a request's body, which free gives back. Memory is taken as bytes arrive, whatever the header claims.
func (s *Server) read(w http.ResponseWriter, r *http.Request) (*body, error) {
	most := s.config.Body
	if r.ContentLength > most {
		return nil, tooLarge("the body has %d bytes, at most %d are read", r.ContentLength, most)
	}
	b := bodies.Get().(*body)
	b.budget = &s.bodies
	err := b.count(r)
	if err == nil {
		err = s.fill(b, w, r)
	}
	if err != nil {
		b.free()
		return nil, err
	}
	return b, nil
}

// count takes even the memory of a small body where one connection may bring many: the streams of HTTP/2.
func (b *body) count(r *http.Request) error {
	if r.ProtoMajor < 2 {
		return nil
	}
	return b.take(uncounted)
}

func (s *Server) fill(b *body, w http.ResponseWriter, r *http.Request) error {
	from, plain, err := s.unpacked(b, w, r)
	if err != nil {
		return err
	}
	most := s.config.Body + 1 // with which it is too large
	if plain && r.ContentLength >= 0 {
		most = r.ContentLength + 1 // as much as shows that there is no more
	}
	for {
		if len(b.content) == cap(b.content) {
			if err := b.grow(most); err != nil {
				return err
			}
		}
		n, err := from.Read(b.content[len(b.content):cap(b.content)])
		b.content = b.content[:len(b.content)+n]
		if int64(len(b.content)) > s.config.Body {
			return tooLarge("the body has more than the %d bytes that are read", s.config.Body)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return readFailed(err)
		}
	}
}

// grow makes the memory eight times as large, or as large as the body can be. All steps together take little more
// than the last.
func (b *body) grow(most int64) error {
	size := 8 * int64(cap(b.content))
	if size > most/2 {
		size = most
	}
	if err := b.take(size - int64(cap(b.content))); err != nil {
		return err
	}
	grown := make([]byte, len(b.content), size)
	copy(grown, b.content)
	b.content = grown
	return nil
}

// free gives the memory back.
func (b *body) free() {
	b.budget.give(b.held)
	b.held = 0
	b.keep()
}

// keep has the memory used again, unless it is large.
func (b *body) keep() {
	if cap(b.content) <= uncounted {
		b.content = b.content[:0]
		bodies.Put(b)
	}
}

// readFailed tells why a body could not be read.
func readFailed(err error) error {
	var timeout interface{ Timeout() bool }
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return tooLarge("the body has more than the %d bytes that are read", large.Limit)
	case errors.As(err, &timeout) && timeout.Timeout():
		return &problem{status: http.StatusRequestTimeout, text: "the body did not arrive in time", reason: "slow"}
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return bad("the body ends too soon")
	}
	return bad("the body cannot be read: %s", plain(err))
}
