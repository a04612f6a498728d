package serve

import (
	"context"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

// claimed claims memory in the background. It returns when the claim waits or is answered.
func (b *budget) claimed(t *testing.T, h *holding, bytes int64, kind claimKind) <-chan bool {
	t.Helper()
	b.mu.Lock()
	before := len(b.waiting[kind])
	b.mu.Unlock()
	got := make(chan bool, 1)
	deadline := time.Now().Add(time.Minute)
	go func() { got <- b.take(context.Background(), h, bytes, kind, deadline) }()
	eventually(t, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.waiting[kind]) > before || len(got) > 0
	})
	return got
}

// now claims memory without waiting.
func (b *budget) now(h *holding, bytes int64, kind claimKind) bool {
	return b.take(context.Background(), h, bytes, kind, time.Now())
}

// Bodies may take half of the memory. Claims for work on them go before other bodies, in order.
func TestBudgetOrder(t *testing.T) {
	b := newBudget(100)
	var one, two, three, four holding
	if !b.now(&one, 50, forBody) || b.now(&two, 1, forBody) {
		t.Error("bodies do not have half of the memory")
	}
	if !b.now(&three, 50, forWork) || b.now(&two, 1, forWork) {
		t.Error("rows do not have the other half")
	}
	body := b.claimed(t, &two, 10, forBody)
	large, small := b.claimed(t, &one, 30, forWork), b.claimed(t, &four, 5, forWork)
	b.give(&three, 20, forWork)
	if len(large)+len(small)+len(body) > 0 {
		t.Error("a claim goes before one that came earlier")
	}
	b.give(&three, 10, forWork)
	if !<-large || len(small) > 0 {
		t.Error("the first claim does not go first")
	}
	b.give(&one, 50, forBody)
	if !<-small || !<-body {
		t.Error("claims that fit wait")
	}
	if b.held() != 65 || b.mostHeld() != 100 {
		t.Errorf("%d bytes are held, and were at most %d, want 65 and 100", b.held(), b.mostHeld())
	}
}

// A claim that is given up, or whose deadline passes, does not delay others.
func TestBudgetWithdraws(t *testing.T) {
	b := newBudget(100)
	var one, two, three holding
	b.now(&one, 60, forWork)
	ctx, cancel := context.WithCancel(context.Background())
	left := make(chan bool, 1)
	go func() { left <- b.take(ctx, &two, 100, forWork, time.Now().Add(time.Minute)) }()
	eventually(t, func() bool {
		b.mu.Lock()
		defer b.mu.Unlock()
		return len(b.waiting[forWork]) == 1
	})
	behind := b.claimed(t, &three, 30, forWork)
	cancel()
	if <-left || !<-behind {
		t.Error("a claim that was given up delays the next one")
	}
	began := time.Now()
	if b.take(context.Background(), &two, 100, forWork, time.Now().Add(20*time.Millisecond)) {
		t.Error("more memory was given than there is")
	}
	if took := time.Since(began); took < 20*time.Millisecond || two.total() != 0 {
		t.Errorf("a claim waited %v, and holds %d", took, two.total())
	}
}

// If all requests that hold memory wait for more, one of them is refused, so that the others go on.
func TestBudgetDeadlock(t *testing.T) {
	b := newBudget(100)
	var holds [4]holding
	for i := range holds {
		b.now(&holds[i], 25, forWork)
	}
	var got [4]<-chan bool
	for i := range 3 {
		got[i] = b.claimed(t, &holds[i], 30, forWork)
	}
	if b.now(&holds[3], 30, forWork) {
		t.Error("more memory was given than there is")
	}
	b.give(&holds[3], 25, forWork) // not enough for the first
	if <-got[2] {
		t.Error("the last claim was granted")
	}
	b.give(&holds[2], 25, forWork)
	if !<-got[0] {
		t.Error("the first claim was not granted")
	}
	b.give(&holds[0], 55, forWork)
	if !<-got[1] {
		t.Error("the second claim was not granted")
	}
	b.give(&holds[1], 55, forWork)
	if b.held() != 0 || b.holders != 0 || b.stuck != 0 {
		t.Errorf("%d bytes are held by %d, %d of them stuck", b.held(), b.holders, b.stuck)
	}
}

// Many requests that take memory in steps never hold more than there is, and give all of it back.
func TestBudgetMany(t *testing.T) {
	b := newBudget(1000)
	var wait sync.WaitGroup
	var served, refused stock
	for c := range 16 {
		random := rand.New(rand.NewPCG(7, uint64(c)))
		wait.Go(func() {
			for range 200 {
				var h holding
				deadline := time.Now().Add(time.Duration(random.IntN(20)) * time.Millisecond)
				good := b.take(context.Background(), &h, 1+random.Int64N(500), forBody, deadline)
				for i := 0; good && i < random.IntN(3); i++ {
					good = b.take(context.Background(), &h, 1+random.Int64N(400), forWork, deadline)
				}
				if good {
					served.give(1)
				} else {
					refused.give(1)
				}
				for kind, bytes := range h {
					b.give(&h, bytes, claimKind(kind))
				}
			}
		})
	}
	wait.Wait()
	t.Logf("%d served, %d refused", served.left.Load(), refused.left.Load())
	if b.held() != 0 || b.bodies != 0 || b.holders != 0 || b.stuck != 0 || b.mostHeld() > 1000 {
		t.Errorf("%d bytes are held, %d by bodies, by %d requests, %d stuck; at most %d were",
			b.held(), b.bodies, b.holders, b.stuck, b.mostHeld())
	}
	if served.left.Load() == 0 {
		t.Error("none was served")
	}
}

// A claim for more than is left does not keep others from what is left.
func TestStock(t *testing.T) {
	var s stock
	s.left.Store(10)
	done := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-done:
				return
			default:
				if s.take(11) {
					t.Error("11 of 10 were taken")
				}
			}
		}
	}()
	for range 1_000_000 {
		if !s.take(10) {
			t.Error("10 of 10 were refused")
			break
		}
		s.give(10)
	}
	close(done)
	<-ended
}
