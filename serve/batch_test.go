package serve

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"braid/predictor"
)

// batching returns a batcher of the seed's network, which begins no batch until the function is called.
func batching(t *testing.T, change func(*Config)) (*batcher, func()) {
	t.Helper()
	path := t.TempDir() + "/model.safetensors"
	saved(t, path, 1)
	m, err := predictor.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{}.withDefaults()
	if change != nil {
		change(&c)
	}
	b := newBatcher(m, c, newMetrics(func() float64 { return 0 }).of("test"), &scheduler{})
	return b, func() { b.release(c.Parallel) }
}

func (b *batcher) row(n int) *predictor.Rows {
	rows := b.model.Rows(1)
	b.model.Inputs[0].Pixels.Floats(rows.Inputs[0].Float32s(), picture(n))
	copy(rows.Inputs[1].Int32s(), []int32{5, 6})
	return rows
}

// length is how many wait.
func (b *batcher) length() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}

// mayBegin returns how many batches may begin when all goroutines of the test wait.
func mayBegin(b *batcher) int {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.free
}

// What waits is answered together, up to a batch, in order, each with its own answer.
func TestBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, release := batching(t, func(c *Config) { c.BatchRows = 4 })
		var wait sync.WaitGroup
		rows := make([]*predictor.Rows, 10)
		for i := range rows {
			rows[i] = b.row(i)
			wait.Go(func() {
				if err := b.answer(context.Background(), rows[i], time.Now().Add(time.Hour)); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		if n := b.length(); n != 10 {
			t.Errorf("%d wait, want 10", n)
		}
		b.release(1)
		wait.Wait()
		for i := range rows {
			alone := b.row(i)
			if err := b.model.Predict(alone); err != nil {
				t.Fatal(err)
			}
			for h := range alone.Answers {
				if !slices.Equal(rows[i].Answers[h].Float32s(), alone.Answers[h].Float32s()) {
					t.Errorf("row %d: head %d answers %v, alone %v", i, h, rows[i].Answers[h].Float32s(), alone.Answers[h].Float32s())
				}
			}
		}
		if got := sizes(t, b.metrics); !slices.Equal(got, []float64{4, 4, 2}) {
			t.Errorf("batches have %v rows, want 4, 4, 2", got)
		}
		if mayBegin(b) != 1 || b.length() != 0 {
			t.Errorf("%d batches may begin, want 1; %d wait", mayBegin(b), b.length())
		}
		release()
	})
}

// A bad number in one request fails that one alone.
func TestBatchWithBadRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, release := batching(t, nil)
		var wait sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			rows := b.row(i)
			if i == 2 {
				rows.Inputs[1].Int32s()[1] = 99
			}
			wait.Go(func() { errs[i] = b.answer(context.Background(), rows, time.Now().Add(time.Hour)) })
			synctest.Wait()
		}
		release()
		wait.Wait()
		for i, err := range errs {
			if (err != nil) != (i == 2) {
				t.Errorf("row %d: error is %v", i, err)
			}
		}
	})
}

// Requests whose client has gone, or whose time is over, are not computed.
func TestGoneAndLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, release := batching(t, nil)
		ctx, cancel := context.WithCancel(context.Background())
		var wait sync.WaitGroup
		errs := make([]error, 3)
		wait.Go(func() { errs[0] = b.answer(ctx, b.row(0), time.Now().Add(time.Hour)) })
		wait.Go(func() { errs[1] = b.answer(context.Background(), b.row(1), time.Now().Add(time.Second)) })
		wait.Go(func() { errs[2] = b.answer(context.Background(), b.row(2), time.Now().Add(time.Hour)) })
		synctest.Wait()
		cancel()
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if n := b.length(); n != 1 {
			t.Errorf("%d wait, want 1", n)
		}
		release()
		wait.Wait()
		if !errors.Is(errs[0], errGone) || !errors.Is(errs[1], errLate) || errs[2] != nil {
			t.Errorf("errors are %v, want gone, late, none", errs)
		}
		if got := sizes(t, b.metrics); !slices.Equal(got, []float64{1}) {
			t.Errorf("batches have %v rows, want 1", got)
		}
	})
}

// A client that leaves while its turn comes costs nothing either, at whichever place in the queue it stands.
func TestGoneAtItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, release := batching(t, nil)
		ctx, cancel := context.WithCancel(context.Background())
		var wait sync.WaitGroup
		errs := make([]error, 4)
		for i := range errs {
			own := context.Background()
			if i%2 == 0 {
				own = ctx
			}
			wait.Go(func() { errs[i] = b.answer(own, b.row(i), time.Now().Add(time.Hour)) })
			synctest.Wait()
		}
		cancel()
		release() // before those that wait have noticed
		wait.Wait()
		for i, err := range errs {
			if errors.Is(err, errGone) != (i%2 == 0) {
				t.Errorf("request %d: error is %v", i, err)
			}
		}
		if got := sizes(t, b.metrics); !slices.Equal(got, []float64{2}) {
			t.Errorf("batches have %v rows, want 2", got)
		}
	})
}

// With a wait, a batch fills until it is full or the first has waited so long.
func TestBatchWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, release := batching(t, func(c *Config) { c.BatchRows, c.BatchWait = 3, 40*time.Millisecond })
		release()
		var wait sync.WaitGroup
		began := time.Now()
		took := make([]time.Duration, 5)
		for i := range took {
			wait.Go(func() {
				if err := b.answer(context.Background(), b.row(i), began.Add(time.Hour)); err != nil {
					t.Error(err)
				}
				took[i] = time.Since(began)
			})
			synctest.Wait()
			time.Sleep(time.Millisecond)
		}
		wait.Wait()
		for i, want := range []time.Duration{2, 2, 2, 43, 43} { // ms: the third fills a batch, the fourth waits
			if took[i] != want*time.Millisecond {
				t.Errorf("request %d took %v, want %d ms", i, took[i], want)
			}
		}
		if got := sizes(t, b.metrics); !slices.Equal(got, []float64{3, 2}) {
			t.Errorf("batches have %v rows, want 3, 2", got)
		}
	})
}

// A batch does not fill longer than the client of any of its requests can wait: half of the time that is left is for
// the answer. A request whose client has gone does not count.
func TestBatchWaitOfFew(t *testing.T) {
	for _, c := range []struct {
		what     string
		deadline [3]time.Duration // of requests that come each a millisecond after the one before; 0: the client goes at 200 ms
		took     [3]time.Duration
		batches  []float64
	}{
		{"the first is in haste", [3]time.Duration{100, 3600_000, 3600_000}, [3]time.Duration{50, 50, 50}, []float64{3}},
		{"the last is", [3]time.Duration{3600_000, 3600_000, 22}, [3]time.Duration{12, 12, 12}, []float64{3}},
		{"the first goes", [3]time.Duration{0, 3600_000, 3600_000}, [3]time.Duration{200, 1501, 1501}, []float64{2}},
		{"the second goes", [3]time.Duration{3600_000, 0, 3600_000}, [3]time.Duration{1500, 200, 1500}, []float64{2}},
		{"all can wait", [3]time.Duration{3600_000, 3600_000, 3600_000}, [3]time.Duration{1500, 1500, 1500}, []float64{3}},
	} {
		synctest.Test(t, func(t *testing.T) {
			b, release := batching(t, func(c *Config) { c.BatchRows, c.BatchWait, c.Parallel = 4, 1500*time.Millisecond, 2 })
			release()
			began := time.Now()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var wait sync.WaitGroup
			for i, deadline := range c.deadline {
				wait.Go(func() {
					own, until, want := context.Background(), deadline*time.Millisecond, error(nil)
					if deadline == 0 {
						own, until, want = ctx, time.Hour, errGone
					}
					if err := b.answer(own, b.row(i), began.Add(until)); !errors.Is(err, want) {
						t.Errorf("%s: request %d: error is %v, want %v", c.what, i, err, want)
					}
					if took := time.Since(began); took != c.took[i]*time.Millisecond {
						t.Errorf("%s: request %d took %v, want %d ms", c.what, i, took, c.took[i])
					}
				})
				synctest.Wait()
				time.Sleep(time.Millisecond)
			}
			time.Sleep(197 * time.Millisecond)
			cancel()
			wait.Wait()
			if got := sizes(t, b.metrics); !slices.Equal(got, c.batches) {
				t.Errorf("%s: batches have %v rows, want %v", c.what, got, c.batches)
			}
			if mayBegin(b) != 2 || b.length() != 0 || len(b.queue) != 0 {
				t.Errorf("%s: %d batches may begin, %d wait", c.what, mayBegin(b), b.length())
			}
		})
	}
}

// A batch that fills does not keep another model from computing.
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
					if err := b.answer(context.Background(), b.row(1), began.Add(time.Hour)); err != nil {
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
			t.Errorf("%d batches may begin, want 1; %d models have jobs", mayBegin(a), len(a.queue))
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
				if err := of.answer(context.Background(), of.row(1), time.Now().Add(time.Hour)); err != nil {
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
			a.free = -1 // not to be followed by another
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

// Also where a batch may begin, nothing is computed for which nobody waits.
func TestGoneOrLateAtOnce(t *testing.T) {
	b, release := batching(t, nil)
	release()
	ctx, cancel := context.WithCancel(context.Background())
	if err := b.answer(ctx, b.row(0), time.Now()); !errors.Is(err, errLate) {
		t.Errorf("error is %v, want late", err)
	}
	cancel()
	if err := b.answer(ctx, b.row(0), time.Now().Add(time.Hour)); !errors.Is(err, errGone) {
		t.Errorf("error is %v, want gone", err)
	}
	if got := sizes(t, b.metrics); len(got) != 0 {
		t.Errorf("batches have %v rows, want none", got)
	}
}

// Where a batch cannot be put together, the request that is at fault gets an error, and the others are answered.
func TestPanicInBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := batching(t, nil)
		var wait sync.WaitGroup
		errs := make([]error, 3)
		for i := range errs {
			rows := b.row(i)
			if i == 1 {
				rows = &predictor.Rows{N: 1} // no inputs
			}
			wait.Go(func() { errs[i] = b.answer(context.Background(), rows, time.Now().Add(time.Hour)) })
			synctest.Wait()
		}
		b.release(1)
		wait.Wait()
		for i, err := range errs {
			if (err != nil) != (i == 1) {
				t.Errorf("request %d: error is %v", i, err)
			}
		}
		if mayBegin(b) != 1 || b.length() != 0 {
			t.Errorf("%d batches may begin, want 1; %d wait", mayBegin(b), b.length())
		}
	})
}

// A large batch has more workers where other batches might begin, as many as it has rows for, until it ends.
func TestBorrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := batching(t, func(c *Config) { c.Parallel = 8 })
		b.free = 4
		for _, c := range []struct{ rows, want, left int }{{1, 0, 4}, {2*rowsOfWorker - 1, 0, 4}, {2 * rowsOfWorker, 1, 3}, {3*rowsOfWorker + 5, 2, 1}, {1000, 1, 0}, {1000, 0, 0}} {
			if got := b.borrow(c.rows); got != c.want || mayBegin(b) != c.left {
				t.Errorf("%d rows have %d workers more, want %d; %d batches may begin, want %d", c.rows, got, c.want, mayBegin(b), c.left)
			}
		}
		var wait sync.WaitGroup
		for i := range 3 {
			wait.Go(func() {
				if err := b.answer(context.Background(), b.row(i), time.Now().Add(time.Hour)); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		if b.length() != 3 {
			t.Errorf("%d wait, want 3", b.length())
		}
		b.release(2)
		wait.Wait()
		if mayBegin(b) != 2 {
			t.Errorf("%d batches may begin, want 2", mayBegin(b))
		}
		rows := b.model.Rows(5 * rowsOfWorker)
		if err := b.answer(context.Background(), rows, time.Now().Add(time.Hour)); err != nil || mayBegin(b) != 2 {
			t.Errorf("%v; %d batches may begin, want 2", err, mayBegin(b))
		}
	})
}
