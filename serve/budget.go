package serve

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// budget bounds the memory that requests hold together. Bodies that are being read may have half of
// it: what they are made into, rows and images and answers, then has the other half. Claims that do
// not fit wait in order, those of bodies behind all others.
type budget struct {
	most int64

	mu      sync.Mutex
	left    int64
	peak    int64 // most that was held
	bodies  int64 // bytes that bodies hold
	holders int   // requests that hold memory
	stuck   int   // holders that wait for more
	waiting [claimKinds][]*claim
}

// claim is a request for memory that waits.
type claim struct {
	bytes   int64
	holds   bool // the request holds memory
	granted chan bool
}

// claimKind says what memory is for. Lower kinds go first.
type claimKind int

const (
	forWork claimKind = iota // what a body is made into
	forBody
	claimKinds
)

// holding is what one request holds.
type holding [claimKinds]int64

func (h *holding) total() int64 { return h[forWork] + h[forBody] }

func newBudget(bytes int64) *budget { return &budget{most: bytes, left: bytes} }

// ceiling is the most that one request can have for a kind.
func (b *budget) ceiling(kind claimKind) int64 {
	if kind == forBody {
		return b.most / 2
	}
	return b.most
}

// take takes memory for a request, and waits for it until a deadline. It reports whether it has it.
func (b *budget) take(ctx context.Context, h *holding, bytes int64, kind claimKind, deadline time.Time) bool {
	b.mu.Lock()
	first := true
	for _, queue := range b.waiting[:kind+1] {
		first = first && len(queue) == 0
	}
	if first && b.fits(bytes, kind) {
		b.hold(h.total() > 0, bytes, kind)
		b.mu.Unlock()
		h[kind] += bytes
		return true
	}
	c := &claim{bytes: bytes, holds: h.total() > 0, granted: make(chan bool, 1)}
	b.waiting[kind] = append(b.waiting[kind], c)
	if c.holds {
		b.stuck++
	}
	b.grant()
	b.mu.Unlock()
	timer := time.NewTimer(time.Until(deadline))
	defer timer.Stop()
	granted := false
	select {
	case granted = <-c.granted:
	case <-timer.C:
		granted = b.withdraw(c, kind)
	case <-ctx.Done():
		granted = b.withdraw(c, kind)
	}
	if granted {
		h[kind] += bytes
	}
	return granted
}

// withdraw ends a claim that waits. It reports whether it was granted at the last moment.
func (b *budget) withdraw(c *claim, kind claimKind) (granted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := slices.Index(b.waiting[kind], c)
	if at < 0 {
		return <-c.granted
	}
	b.answer(kind, at, false)
	b.grant() // those behind it may fit
	return false
}

// give gives memory back.
func (b *budget) give(h *holding, bytes int64, kind claimKind) {
	if bytes == 0 {
		return
	}
	h[kind] -= bytes
	b.mu.Lock()
	defer b.mu.Unlock()
	b.left += bytes
	if kind == forBody {
		b.bodies -= bytes
	}
	if h.total() == 0 {
		b.holders--
	}
	b.grant()
}

// grant answers the claims that wait, in order, as far as they fit. Where all requests that hold memory
// wait for more, the last of them is refused: it gives back what it holds. The caller holds the lock.
func (b *budget) grant() {
	for kind := range claimKinds {
		for len(b.waiting[kind]) > 0 && b.fits(b.waiting[kind][0].bytes, kind) {
			c := b.waiting[kind][0]
			b.answer(kind, 0, true)
			b.hold(c.holds, c.bytes, kind)
		}
		if len(b.waiting[kind]) > 0 {
			break
		}
	}
	if b.holders == 0 || b.stuck < b.holders {
		return
	}
	for kind := claimKinds - 1; kind >= 0; kind-- {
		for at := len(b.waiting[kind]) - 1; at >= 0; at-- {
			if b.waiting[kind][at].holds {
				b.answer(kind, at, false)
				return
			}
		}
	}
}

// answer ends the wait of a claim. The caller holds the lock.
func (b *budget) answer(kind claimKind, at int, granted bool) {
	c := b.waiting[kind][at]
	b.waiting[kind] = slices.Delete(b.waiting[kind], at, at+1)
	if c.holds {
		b.stuck--
	}
	c.granted <- granted
}

// fits reports whether memory is there. The caller holds the lock.
func (b *budget) fits(bytes int64, kind claimKind) bool {
	return bytes <= b.left && (kind != forBody || b.bodies+bytes <= b.ceiling(forBody))
}

// hold counts memory as held by a request, which may hold some already. The caller holds the lock.
func (b *budget) hold(holds bool, bytes int64, kind claimKind) {
	b.left -= bytes
	b.peak = max(b.peak, b.most-b.left)
	if kind == forBody {
		b.bodies += bytes
	}
	if !holds {
		b.holders++
	}
}

// held is how many bytes requests hold.
func (b *budget) held() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.most - b.left
}

// mostHeld is how many bytes requests held at most so far.
func (b *budget) mostHeld() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.peak
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
