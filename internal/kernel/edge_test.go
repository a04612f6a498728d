//go:build linux || darwin

package kernel

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"syscall"
	"testing"
	"unsafe"
)

// arena is memory between pages that must not be touched.
type arena []float32

func newArena(t *testing.T, pages int) arena {
	t.Helper()
	size := syscall.Getpagesize()
	all, err := syscall.Mmap(-1, 0, (pages+2)*size, syscall.PROT_READ|syscall.PROT_WRITE,
		syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(all); err != nil {
			t.Error(err)
		}
	})
	for _, guard := range [][]byte{all[:size], all[(pages+1)*size:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&all[size])), pages*size/4)
}

// take returns n numbers at the end of the arena, or at its beginning.
func (a arena) take(r *rand.Rand, n int, end bool) []float32 {
	x := a[:n:n]
	if end {
		x = a[len(a)-n:]
	}
	lopsided(r, x)
	return x
}

// TestOperandsAtEdges runs kernels on operands next to memory that they must not touch: every load
// and store is within an operand.
func TestOperandsAtEdges(t *testing.T) {
	eachSet(t, func(t *testing.T, set *Set) {
		if set.Name == "go" {
			return // Go checks bounds itself
		}
		arenas := []arena{newArena(t, 8), newArena(t, 8), newArena(t, 8), newArena(t, 1)}
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		what := ""
		defer func() {
			if problem := recover(); problem != nil {
				t.Errorf("%s: %v", what, problem)
			}
		}()
		for _, end := range []bool{false, true} {
			r := rand.New(rand.NewPCG(1, 2))
			take := func(i, n int) []float32 { return arenas[i].take(r, n, end) }
			for name, run := range vectorKernels {
				for n := range 40 {
					what = fmt.Sprintf("%s of %d numbers, end %v", name, n, end)
					run(set, take(0, n), take(1, n), take(2, n))
				}
			}
			for rows := 1; rows < 18; rows++ {
				for columns := 1; columns < 30; columns++ {
					what = fmt.Sprintf("transposition of %d x %d, end %v", rows, columns, end)
					set.Transpose(Transposition{Rows: rows, Columns: columns,
						Y: take(0, rows*columns), YRow: rows, X: take(1, rows*columns), XRow: columns})
					for _, inner := range []int{1, 2, 3, 4, 5, 7, 8, 9, 13, 16, 17, 22, 27, 32, 79} {
						what = fmt.Sprintf("product of %d x %d x %d, end %v", rows, columns, inner, end)
						c, a, b := take(0, rows*columns), take(1, rows*inner), take(2, columns*inner)
						set.MulDots(Dots{Rows: rows, Columns: columns, Inner: inner, C: c, CRow: columns,
							A: a, ARow: inner, B: b, BRow: inner})
						p := Product{Rows: rows, Columns: columns, Inner: inner, C: c, CRow: columns,
							A: a, ARow: inner, ACol: 1, B: b, BRow: columns}
						set.MulLanes(p)
						p.Start, p.Fresh = take(3, columns), true
						set.MulLanes(p)
						p.ARow, p.ACol = 1, rows
						set.MulLanes(p)
						edgesOfIndirect(set, p)
					}
				}
			}
		}
	})
}

// edgesOfIndirect computes a product by tables, with the rows of A next to each other, then with
// the steps.
func edgesOfIndirect(set *Set, p Product) {
	q := Indirect{Columns: p.Columns, Inner: p.Inner, C: p.C, CRow: p.CRow, A: p.A, ACol: p.ACol,
		B: p.B, BRow: p.BRow, ASegments: []int32{0}, BSegments: []int32{0}}
	for i := range p.Rows {
		q.CRows, q.ARows = append(q.CRows, int32(i)), append(q.ARows, int32(i))
	}
	set.MulIndirect(q)
	q.ACol = 1
	for i := range q.ARows {
		q.ARows[i] = int32(i * p.Inner)
	}
	set.MulIndirect(q)
}
