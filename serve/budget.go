package serve

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// budget limits the memory that all requests hold together. Bodies may hold half of it. That leaves
// the other half for what they are converted to: rows, images and answers. Claims that do not fit
// wait in order, those for bodies behind all others.
type budget struct {
	most int64 // bytes

	mu      sync.Mutex
	left    int64
	peak    int64 // the most that was held at a time
	bodies  int64 // bytes held forBody
	holders int   // requests that hold memory
	stuck   int   // holders that wait for more
	waiting [claimKinds][]*claim
}

// claim is a claim to memory that waits.
type claim struct {
	bytes   int64
	holds   bool      // the request holds memory already
	granted chan bool // buffered, one element
}

// claimKind is the purpose of memory. Claims of lower kinds are granted first.
type claimKind int

const (
	forWork claimKind = iota // what a body is converted to
	forBody
	claimKinds
)

// holding is the memory that one request holds, in bytes.
type holding [claimKinds]int64

func (h *holding) total() int64 { return h[forWork] + h[forBody] }

func newBudget(bytes int64) *budget { return &budget{most: bytes, left: bytes} }

// ceiling returns the most that one request can hold of a kind.
func (b *budget) ceiling(kind claimKind) int64 {
	if kind == forBody {
		return b.most / 2
	}
	return b.most
}

// take takes memory for a request. It waits for it until the deadline, and reports whether the
// request has it.
func (b *budget) take(
	ctx context.Context, h *holding, bytes int64, kind claimKind, deadline time.Time,
) bool {
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
	ctx, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	granted := false
	select {
	case granted = <-c.granted:
	case <-ctx.Done():
		granted = b.withdraw(c, kind)
	}
	if granted {
		h[kind] += bytes
	}
	return granted
}

// withdraw ends the wait of a claim. It reports whether the claim was granted just before.
func (b *budget) withdraw(c *claim, kind claimKind) (granted bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	at := slices.Index(b.waiting[kind], c)
	if at < 0 {
		return <-c.granted
	}
	b.resolve(kind, at, false)
	b.grant() // claims behind it may fit
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

// grant grants waiting claims, in order, as far as they fit. If all requests that hold memory wait
// for more, it refuses the last of them, which then gives back what it holds. The caller holds the
// lock.
func (b *budget) grant() {
	for kind := range claimKinds {
		for len(b.waiting[kind]) > 0 && b.fits(b.waiting[kind][0].bytes, kind) {
			c := b.waiting[kind][0]
			b.resolve(kind, 0, true)
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
				b.resolve(kind, at, false)
				return
			}
		}
	}
}

// resolve ends the wait of a claim. The caller holds the lock.
func (b *budget) resolve(kind claimKind, at int, granted bool) {
	c := b.waiting[kind][at]
	b.waiting[kind] = slices.Delete(b.waiting[kind], at, at+1)
	if c.holds {
		b.stuck--
	}
	c.granted <- granted
}

// fits reports whether a claim fits. The caller holds the lock.
func (b *budget) fits(bytes int64, kind claimKind) bool {
	return bytes <= b.left && (kind != forBody || b.bodies+bytes <= b.ceiling(forBody))
}

// hold counts memory as held by a request. holds is whether it holds some already. The caller holds
// the lock.
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

// held returns the number of bytes that requests hold.
func (b *budget) held() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.most - b.left
}

// mostHeld returns the most bytes that requests have held at a time.
func (b *budget) mostHeld() int64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.peak
}

// stock is a counting semaphore: take fails, without changing the count, if fewer than n are left.
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
