package serve

import (
	"slices"
	"sync"
)

// places are those to compute in, of all models together, and of their versions: no more is computed at once, so that
// whoever is not computing, and reads requests, has a processor.
type places struct {
	mu      sync.Mutex // also of the queues of all batchers
	free    int
	queue   []*batcher // those with jobs that wait: the next to lead comes from the first
	filling []*batcher // those whose batch fills, in a place
}

// next gives free places to jobs that wait, which then lead. The models take turns. Where there are too few places,
// batches fill no longer. The caller holds the lock.
func (p *places) next() {
	for i := 0; p.free > 0 && i < len(p.queue); {
		b := p.queue[i]
		if b.fills() {
			i++
			continue
		}
		j := b.first()
		if j == nil {
			continue // and none of its jobs waits any more
		}
		b.remove(0)
		if len(b.waiting) > 0 {
			p.queue = append(slices.Delete(p.queue, i, i+1), b)
		}
		p.free--
		if b.wait > 0 {
			p.filling = append(p.filling, b)
		}
		j.turn <- turn{lead: true}
	}
	if p.short() {
		for _, b := range p.filling {
			b.look()
		}
	}
}

// short tells whether a place would be taken at once that a batch keeps while it fills. The caller holds the lock.
func (p *places) short() bool {
	return p.free == 0 && slices.ContainsFunc(p.queue, func(b *batcher) bool { return !b.fills() })
}

// pass gives a place back.
func (p *places) pass() { p.giveBack(1) }

func (p *places) giveBack(places int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.free += places
	p.next()
}

// rowsOfPlace are the rows for which another place to compute in is worth taking.
const rowsOfPlace = 16

// borrow takes places that nobody needs now, besides the caller's own, for a batch of so many rows.
func (p *places) borrow(rows int) (places int) {
	if rows < 2*rowsOfPlace {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	places = min(p.free, rows/rowsOfPlace-1)
	p.free -= places
	return places
}
