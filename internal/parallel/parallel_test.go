package parallel

import (
	"cmp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"unsafe"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// In each round, every worker must see the values that all others wrote in the round before.
func TestCrewMeets(t *testing.T) {
	for _, workers := range []int{1, 2, 3, 7} {
		crew := NewCrew(workers)
		seen := make([]int, workers) // plain memory: the race detector checks the barrier's order
		err := crew.Run(func(worker int) {
			for round := 1; round <= 500; round++ {
				seen[worker] = round
				crew.Meet(worker)
				for other, got := range seen {
					if got != round {
						t.Errorf("round %d: worker %d sees worker %d at round %d",
							round, worker, other, got)
					}
				}
				crew.Meet(worker)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestCrewPanicComesBack(t *testing.T) {
	crew := NewCrew(3)
	var ended atomic.Int32
	err := crew.Run(func(worker int) {
		for round := range 10 {
			if worker == 1 && round == 4 {
				panic("planted")
			}
			if !crew.Meet(worker) {
				ended.Add(1)
				return
			}
		}
	})
	if err == nil || !strings.Contains(err.Error(), "worker 1: panic: planted") {
		t.Fatalf("error is %v, want worker 1's panic", err)
	}
	if ended.Load() != 2 {
		t.Errorf("Meet returned false in %d workers, want 2", ended.Load())
	}
	if err := crew.Run(func(worker int) { crew.Meet(worker) }); err != nil {
		t.Errorf("Run after a panic: %v", err)
	}
}

func TestShareCoversAllOnce(t *testing.T) {
	for _, n := range []int{0, 1, 3, 4, 5, 64, 65} {
		for _, workers := range []int{1, 2, 3, 7} {
			next := 0
			for worker := range workers {
				lo, hi := Share(n, 4, worker, workers)
				if lo != next || hi < lo || (lo%4 != 0 && lo != n) {
					t.Fatalf("Share(%d, 4, %d, %d) = %d, %d after %d", n, worker, workers, lo, hi, next)
				}
				next = hi
			}
			if next != n {
				t.Errorf("Share of %d over %d workers ends at %d", n, workers, next)
			}
		}
	}
}

func TestFloatsAligned(t *testing.T) {
	for n := 1; n < 70; n++ {
		f := Floats(n)
		if len(f) != n || cap(f) != n || uintptr(unsafe.Pointer(&f[0]))%64 != 0 {
			t.Fatalf("Floats(%d) has length %d and capacity %d, at %p", n, len(f), cap(f), &f[0])
		}
	}
}

// Two pages must lie between the end of a buffer and the start of any other. Buffers of one length
// are neighbours in Go's heap.
func TestFloatsPadded(t *testing.T) {
	const pages = 2 * 4096
	var buffers [][]float32
	for _, n := range []int{2*lanes + 1, 100, 1000, 5000} {
		for range 50 {
			buffers = append(buffers, Floats(n))
		}
	}
	start := func(f []float32) uintptr { return uintptr(unsafe.Pointer(&f[0])) }
	slices.SortFunc(buffers, func(a, b []float32) int { return cmp.Compare(start(a), start(b)) })
	for i, f := range buffers[1:] {
		before := buffers[i]
		if gap := int(start(f)-start(before)) - 4*len(before); gap < pages {
			t.Fatalf("%d bytes lie between %d and %d numbers, want %d or more",
				gap, len(before), len(f), pages)
		}
	}
}

func BenchmarkMeet(b *testing.B) {
	crew := NewCrew(2)
	if err := crew.Run(func(worker int) {
		for range b.N {
			crew.Meet(worker)
		}
	}); err != nil {
		b.Fatal(err)
	}
}
