package serve

import (
	"context"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Who computes aside is waited for; its threads are used again, no more than there are computations at once, and end
// when they have nothing to do.
func TestAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var a aside
		waits := func() int { // threads
			a.mu.Lock()
			defer a.mu.Unlock()
			return len(a.idle)
		}
		before := runtime.GOMAXPROCS(0)
		var wait sync.WaitGroup
		var mu sync.Mutex
		sum := 0
		for i := range 3 {
			wait.Go(func() {
				a.do(func() {
					time.Sleep(time.Minute)
					mu.Lock()
					defer mu.Unlock()
					sum += i + 1
				})
			})
		}
		wait.Wait()
		if n := waits(); n != 3 || sum != 6 {
			t.Errorf("%d threads wait, want 3; the sum is %d, want 6", n, sum)
		}
		a.do(func() { sum++ })
		if n := waits(); n != 3 || sum != 7 {
			t.Errorf("%d threads wait, want 3; the sum is %d, want 7", n, sum)
		}
		if n := runtime.GOMAXPROCS(0); n != before+3 {
			t.Errorf("Go has %d processors, want %d", n, before+3)
		}
		for range 5 { // the last to have computed has all to do, and the others end
			time.Sleep(asideIdle / 2)
			a.do(func() {})
		}
		if n := waits(); n != 1 {
			t.Errorf("%d threads wait, want 1", n)
		}
		time.Sleep(2 * asideIdle)
		if n := waits(); n != 0 {
			t.Errorf("%d threads wait, want none", n)
		}
		if n := runtime.GOMAXPROCS(0); n != before {
			t.Errorf("Go has %d processors, want %d as before", n, before)
		}
	})
}

// The cost of a row follows what is measured, but no measurement that is far above it.
func TestCost(t *testing.T) {
	var c cost
	for _, step := range []struct {
		rows int
		took time.Duration
		want time.Duration // of 10 rows
	}{
		{4, 8 * time.Microsecond, 20 * time.Microsecond},
		{1, 10 * time.Millisecond, 40 * time.Microsecond},
		{1, 3 * time.Microsecond, 30 * time.Microsecond},
		{2, 0, 10 * time.Nanosecond},
		{1, time.Second, 20 * time.Nanosecond},
	} {
		if c.learn(step.rows, step.took); c.of(10) != step.want {
			t.Errorf("after %d rows in %v, 10 rows cost %v, want %v", step.rows, step.took, c.of(10), step.want)
		}
	}
}

// What takes long is computed aside, with the same answers, and a panic there is an error as elsewhere.
func TestComputeAside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, release := batching(t, nil)
		release()
		waits := func() bool {
			b.aside.mu.Lock()
			defer b.aside.mu.Unlock()
			return len(b.aside.idle) > 0
		}
		ask := func() []float32 {
			rows := b.row(3)
			if err := b.answer(context.Background(), rows, time.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			return rows.Answers[0].Float32s()
		}
		want := ask()
		if waits() {
			t.Error("what takes some microseconds is computed aside")
		}
		if b.cost.of(1) == 0 {
			t.Error("the cost of a row is not measured")
		}
		b.cost.row.Store(int64(asideFrom))
		got := ask()
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("the answer is %v, want %v", got, want)
			}
		}
		if !waits() {
			t.Error("what takes a millisecond is not computed aside")
		}
		b.cost.row.Store(int64(asideFrom))
		b.model.File = nil
		rows := b.row(3)
		if err := b.answer(context.Background(), rows, time.Now().Add(time.Hour)); err == nil || !strings.Contains(err.Error(), "panic") {
			t.Errorf("error is %v, want a panic's", err)
		}
		time.Sleep(2 * asideIdle)
	})
}
