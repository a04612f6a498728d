package serve

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// With BatchWait, a batch begins when it is full or when its first request has waited so long.
func TestBatchWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, release := batching(t, func(c *Config) { c.BatchRows, c.BatchWait = 3, 40*time.Millisecond })
		release()
		var wait sync.WaitGroup
		began := time.Now()
		took := make([]time.Duration, 5)
		for i := range took {
			wait.Go(func() {
				if err := b.answer(t.Context(), b.row(i), began.Add(time.Hour)); err != nil {
					t.Error(err)
				}
				took[i] = time.Since(began)
			})
			synctest.Wait()
			time.Sleep(time.Millisecond)
		}
		wait.Wait()
		// In ms. The third request fills a batch, and the fourth waits.
		for i, want := range []time.Duration{2, 2, 2, 43, 43} {
			if took[i] != want*time.Millisecond {
				t.Errorf("request %d took %v, want %d ms", i, took[i], want)
			}
		}
		if got := countedBatches(t, b.metrics); !slices.Equal(got, []float64{3, 2}) {
			t.Errorf("batches have %v rows, want 3, 2", got)
		}
	})
}

// A batch does not fill longer than any of its clients can wait: half of the time until the
// deadline is for the answer. A request whose client has gone does not count.
func TestBatchWaitOfFew(t *testing.T) {
	const hour = 3600_000
	// Three requests come a millisecond apart. All times are in ms.
	for _, c := range []struct {
		what     string
		deadline [3]time.Duration // 0: the client goes at 200 ms
		took     [3]time.Duration
		batches  []float64
	}{
		{
			"the first is in haste", [3]time.Duration{100, hour, hour},
			[3]time.Duration{50, 50, 50}, []float64{3},
		},
		{
			"the last is", [3]time.Duration{hour, hour, 22},
			[3]time.Duration{12, 12, 12}, []float64{3},
		},
		{
			"the first goes", [3]time.Duration{0, hour, hour},
			[3]time.Duration{200, 1501, 1501}, []float64{2},
		},
		{
			"the second goes", [3]time.Duration{hour, 0, hour},
			[3]time.Duration{1500, 200, 1500}, []float64{2},
		},
		{
			"all can wait", [3]time.Duration{hour, hour, hour},
			[3]time.Duration{1500, 1500, 1500}, []float64{3},
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			b, release := batching(t, func(c *Config) {
				c.BatchRows, c.BatchWait, c.Parallel = 4, 1500*time.Millisecond, 2
			})
			release()
			began := time.Now()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var wait sync.WaitGroup
			for i, deadline := range c.deadline {
				wait.Go(func() {
					client, until, want := t.Context(), deadline*time.Millisecond, error(nil)
					if deadline == 0 {
						client, until, want = ctx, time.Hour, errGone
					}
					err := b.answer(client, b.row(i), began.Add(until))
					if !errors.Is(err, want) {
						t.Errorf("%s: request %d: error is %v, want %v", c.what, i, err, want)
					}
					if took := time.Since(began); took != c.took[i]*time.Millisecond {
						t.Errorf("%s: request %d took %v, want %d ms",
							c.what, i, took, c.took[i])
					}
				})
				synctest.Wait()
				time.Sleep(time.Millisecond)
			}
			time.Sleep(197 * time.Millisecond)
			cancel()
			wait.Wait()
			if got := countedBatches(t, b.metrics); !slices.Equal(got, c.batches) {
				t.Errorf("%s: batches have %v rows, want %v", c.what, got, c.batches)
			}
			if mayBegin(b) != 2 || b.length() != 0 || len(b.queue) != 0 {
				t.Errorf("%s: %d batches may begin, %d wait", c.what, mayBegin(b), b.length())
			}
		})
	}
}

// While a batch of one model fills, another model computes.
func TestOthersWhileFilling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		change := func(c *Config) { c.BatchRows, c.BatchWait, c.Parallel = 3, time.Second, 1 }
		a, release := batching(t, change)
		release()
		c := Config{}.withDefaults()
		change(&c)
		b := newBatcher(a.model, c, a.metrics, a.scheduler)
		began := time.Now()
		var wait sync.WaitGroup
		ask := func(b *batcher, rows int) (took []time.Duration) {
			took = make([]time.Duration, rows)
			for i := range took {
				wait.Go(func() {
					if err := b.answer(t.Context(), b.row(1), began.Add(time.Hour)); err != nil {
						t.Error(err)
					}
					took[i] = time.Since(began)
				})
				synctest.Wait()
			}
			return took
		}
		fills := ask(a, 2)
		time.Sleep(200 * time.Millisecond)
		full := ask(b, 3)
		wait.Wait()
		for i, took := range full {
			if took != 200*time.Millisecond {
				t.Errorf("request %d of a full batch took %v", i, took)
			}
		}
		for i, took := range fills {
			if took != time.Second {
				t.Errorf("request %d of the batch that fills took %v", i, took)
			}
		}
		if mayBegin(a) != 1 || len(a.queue) != 0 {
			t.Errorf("%d batches may begin, want 1; %d models have jobs",
				mayBegin(a), len(a.queue))
		}
	})
}

// Models take turns.
func TestTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, _ := batching(t, nil)
		b := newBatcher(a.model, Config{}, a.metrics, a.scheduler) // BatchRows 0: each job alone
		a.most = 0
		var mu sync.Mutex
		var order []string
		var wait sync.WaitGroup
		for _, name := range []string{"a1", "a2", "a3", "b1", "b2"} {
			of := a
			if name[0] == 'b' {
				of = b
			}
			wait.Go(func() {
				if err := of.answer(t.Context(), of.row(1), later()); err != nil {
					t.Error(err)
				}
				mu.Lock()
				defer mu.Unlock()
				order = append(order, name)
			})
			synctest.Wait()
		}
		if a.length() != 3 || b.length() != 2 {
			t.Errorf("%d and %d wait, want 3 and 2", a.length(), b.length())
		}
		for range cap(order) + 5 { // one batch at a time
			a.mu.Lock()
			a.free = 1
			a.start()
			a.free = -1 // so that no other batch follows
			a.mu.Unlock()
			synctest.Wait()
		}
		wait.Wait()
		if want := []string{"a1", "b1", "a2", "b2", "a3"}; !slices.Equal(order, want) {
			t.Errorf("answered in the order %v, want %v", order, want)
		}
		if len(a.queue) != 0 {
			t.Errorf("%d models have jobs", len(a.queue))
		}
	})
}

// A large batch gets more workers while no other batches need them, as many as it has rows for.
func TestBorrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := batching(t, func(c *Config) { c.Parallel = 8 })
		b.free = 4
		for _, c := range []struct{ rows, want, left int }{
			{1, 0, 4},
			{2*rowsOfWorker - 1, 0, 4},
			{2 * rowsOfWorker, 1, 3},
			{3*rowsOfWorker + 5, 2, 1},
			{1000, 1, 0},
			{1000, 0, 0},
		} {
			if got := b.borrow(c.rows); got != c.want || mayBegin(b) != c.left {
				t.Errorf("%d rows have %d workers more, want %d; %d batches may begin, want %d",
					c.rows, got, c.want, mayBegin(b), c.left)
			}
		}
		var requests asking
		for i := range 3 {
			requests.ask(t.Context(), b, b.row(i))
		}
		if b.length() != 3 {
			t.Errorf("%d wait, want 3", b.length())
		}
		b.release(2)
		requests.check(t, fine)
		if mayBegin(b) != 2 {
			t.Errorf("%d batches may begin, want 2", mayBegin(b))
		}
		rows := b.model.NewBatch(5 * rowsOfWorker)
		if err := b.answer(t.Context(), rows, later()); err != nil || mayBegin(b) != 2 {
			t.Errorf("%v; %d batches may begin, want 2", err, mayBegin(b))
		}
	})
}
