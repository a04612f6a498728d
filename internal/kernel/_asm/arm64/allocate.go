package arm64

import (
	"fmt"
	"math/bits"
)

// set is a set of registers.
type set []uint64

func newSet(n int) set       { return make(set, (n+63)/64) }
func (s set) add(i int)      { s[i/64] |= 1 << (i % 64) }
func (s set) remove(i int)   { s[i/64] &^= 1 << (i % 64) }
func (s set) has(i int) bool { return s[i/64]>>(i%64)&1 != 0 }

// join adds the elements of t, and reports whether s has changed.
func (s set) join(t set) bool {
	changed := false
	for i, w := range t {
		changed = changed || w&^s[i] != 0
		s[i] |= w
	}
	return changed
}

func (s set) each(do func(i int)) {
	for i, w := range s {
		for ; w != 0; w &= w - 1 {
			do(64*i + bits.TrailingZeros64(w))
		}
	}
}

// generalNumbers are the general registers that a function may use. R16 and R17 belong to the
// linker, R18 to the platform, R27 to Go's assembler, R28 to the goroutine.
var generalNumbers = []int{
	0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 19, 20, 21, 22, 23, 24, 25, 26,
}

var vectorNumbers = func() (list []int) {
	for i := range 32 {
		list = append(list, i)
	}
	return list
}()

// allocate gives a number to each register of a kind. Two registers that hold a value at the same
// time get different ones. It goes through the code and gives each the first that is free, in the
// order of the first writes.
func (f *function) allocate(
	what string, registers int, numbers []int, uses func(n *node) (reads, writes []int),
) ([]int, error) {
	live, err := f.liveness(what, registers, uses)
	if err != nil {
		return nil, err
	}
	conflicts := make([]set, registers)
	for i := range conflicts {
		conflicts[i] = newSet(registers)
	}
	var order []int
	seen := newSet(registers)
	for i := range f.nodes {
		_, writes := uses(&f.nodes[i])
		for _, w := range writes {
			if !seen.has(w) {
				seen.add(w)
				order = append(order, w)
			}
			conflict := func(other int) {
				if other != w {
					conflicts[w].add(other)
					conflicts[other].add(w)
				}
			}
			live[i].each(conflict)
			for _, other := range writes {
				conflict(other)
			}
		}
	}
	given := make([]int, registers)
	for i := range given {
		given[i] = -1
	}
	for _, r := range order {
		var taken uint64
		conflicts[r].each(func(other int) {
			if n := given[other]; n >= 0 {
				taken |= 1 << n
			}
		})
		for _, n := range numbers {
			if taken>>n&1 == 0 {
				given[r] = n
				break
			}
		}
		if given[r] < 0 {
			return nil, fmt.Errorf("%s needs more than %d %s registers", f.name, len(numbers), what)
		}
	}
	return given, nil
}

// liveness returns, for each node, the registers that hold a value that is read after it.
func (f *function) liveness(
	what string, registers int, uses func(n *node) (reads, writes []int),
) ([]set, error) {
	labels := map[string]int{}
	for i, n := range f.nodes {
		if n.label != "" {
			if _, ok := labels[n.label]; ok {
				return nil, fmt.Errorf("%s has label %s twice", f.name, n.label)
			}
			labels[n.label] = i
		}
	}
	before, after := make([]set, len(f.nodes)+1), make([]set, len(f.nodes))
	for i := range before {
		before[i] = newSet(registers)
	}
	for i := range after {
		after[i] = newSet(registers)
	}
	for changed := true; changed; {
		changed = false
		for i := len(f.nodes) - 1; i >= 0; i-- {
			n := &f.nodes[i]
			if !n.ends {
				after[i].join(before[i+1])
			}
			if n.branch != "" {
				to, ok := labels[n.branch]
				if !ok {
					return nil, fmt.Errorf("%s has no label %s", f.name, n.branch)
				}
				after[i].join(before[to])
			}
			now := append(set(nil), after[i]...)
			reads, writes := uses(n)
			for _, w := range writes {
				now.remove(w)
			}
			for _, r := range reads {
				now.add(r)
			}
			changed = before[i].join(now) || changed
		}
	}
	err := error(nil)
	before[0].each(func(i int) {
		err = fmt.Errorf("%s reads %s register %d before it is written", f.name, what, i)
	})
	return after, err
}
