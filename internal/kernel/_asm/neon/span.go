package main

import . "braid/internal/kernel/_asm/arm64"

// wide is the number of registers that a loop works on at a time, if it has the numbers: it hides
// the latency of the instructions.
const wide = 4

// span is successive numbers of a row, in registers.
type span struct {
	registers int
	quad      int   // index of the first register among those of 16 lanes; see inLanes
	tail      *part // if not nil, the only register has only a part of its numbers
}

// load returns new registers with the span's numbers from p on. Lanes beyond a tail are zero.
func (s span) load(p R) group {
	g := newGroup(s.registers)
	if s.tail != nil {
		loadTo(g[0], p, s.tail)
		return g
	}
	for i := 0; i < len(g); i += 2 {
		if i+1 < len(g) {
			LDPQ(g[i], g[i+1], p.At(size*i))
		} else {
			LDRQ(g[i], p.At(size*i))
		}
	}
	return g
}

// take is load, and moves p beyond the span unless it has a tail.
func (s span) take(p R) group {
	if s.registers == 1 && s.tail == nil {
		g := newGroup(1)
		LDRQ(g[0], p.Post(size))
		return g
	}
	g := s.load(p)
	s.skip(p)
	return g
}

// store writes the span's numbers from p on.
func (s span) store(g group, p R) {
	if s.tail != nil {
		store(g[0], p, s.tail)
		return
	}
	for i := 0; i < s.registers; i += 2 {
		if i+1 < s.registers {
			STPQ(g.at(i), g.at(i+1), p.At(size*i))
		} else {
			STRQ(g.at(i), p.At(size*i))
		}
	}
}

// put is store, and moves p beyond the span unless it has a tail.
func (s span) put(g group, p R) {
	if s.registers == 1 && s.tail == nil {
		STRQ(g.at(0), p.Post(size))
		return
	}
	s.store(g, p)
	s.skip(p)
}

// skip moves p beyond the span, unless it has a tail, after which nothing follows.
func (s span) skip(p R) {
	if s.tail == nil {
		ADD(p, p, size*s.registers)
	}
}

// along writes a loop over n numbers: step for several registers, then for one, and then for the
// remaining numbers. step moves the pointers. along overwrites n.
func along(name string, n R, step func(s span)) {
	many, few := NewLabel(name+"Many"), NewLabel(name+"Few")
	one, tail, done := NewLabel(name+"One"), NewLabel(name+"Tail"), NewLabel(name+"Done")
	SUBS(n, n, wide*lanes)
	BLT(few)
	Label(many)
	step(span{registers: wide})
	SUBS(n, n, wide*lanes)
	BGE(many)
	Label(few)
	ADD(n, n, wide*lanes)
	SUBS(n, n, lanes)
	BLT(tail)
	Label(one)
	step(span{registers: 1})
	SUBS(n, n, lanes)
	BGE(one)
	Label(tail)
	ADD(n, n, lanes)
	CBZ(n, done)
	step(span{registers: 1, tail: &part{n}})
	Label(done)
}
