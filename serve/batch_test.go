package serve

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"braid/infer"
)

// batching is a batcher of the seed's network whose places are all taken.
func batching(t *testing.T, change func(*Config)) (*batcher, func()) {
	t.Helper()
	path := t.TempDir() + "/model.safetensors"
	saved(t, path, 1)
	m, err := infer.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{}.withDefaults()
	if change != nil {
		change(&c)
	}
	b := newBatcher(m, c, newMetrics(func() float64 { return 0 }))
	places := b.free
	b.free = 0
	return b, func() {
		for range places {
			b.pass()
		}
	}
}

func (b *batcher) row(n int) *infer.Rows {
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

// What waits is answered together, up to a batch, in order, each with its own answer.
func TestBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, release := batching(t, func(c *Config) { c.BatchRows = 4 })
		var wait sync.WaitGroup
		rows := make([]*infer.Rows, 10)
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
		b.pass() // one place alone
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
		if b.free != 1 || b.length() != 0 {
			t.Errorf("%d places are free, want 1; %d wait", b.free, b.length())
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
		if got := sizes(t, b.metrics); !slices.Equal(got, []float64{1, 1}) {
			t.Errorf("batches have %v rows, want 1, 1", got)
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

// Whoever leads waits no longer for its batch than its client does: the next one leads.
func TestLeaderIsLateOrGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, release := batching(t, func(c *Config) { c.BatchRows, c.BatchWait = 4, 1500*time.Millisecond })
		release()
		began := time.Now()
		ctx, cancel := context.WithCancel(context.Background())
		var wait sync.WaitGroup
		errs, took := make([]error, 3), make([]time.Duration, 3)
		ask := func(i int, ctx context.Context, deadline time.Duration) {
			wait.Go(func() {
				errs[i] = b.answer(ctx, b.row(i), began.Add(deadline))
				took[i] = time.Since(began)
			})
			synctest.Wait()
		}
		ask(0, context.Background(), 100*time.Millisecond)
		ask(1, ctx, time.Hour) // leads after the first
		ask(2, context.Background(), time.Hour)
		time.Sleep(200 * time.Millisecond)
		cancel()
		wait.Wait()
		if !errors.Is(errs[0], errLate) || !errors.Is(errs[1], errGone) || errs[2] != nil {
			t.Errorf("errors are %v, want late, gone, none", errs)
		}
		for i, want := range []time.Duration{100, 200, 1500} {
			if took[i] != want*time.Millisecond {
				t.Errorf("request %d took %v, want %d ms", i, took[i], want)
			}
		}
		if got := sizes(t, b.metrics); !slices.Equal(got, []float64{1}) {
			t.Errorf("batches have %v rows, want 1", got)
		}
		if b.free == 0 || b.filling || b.length() != 0 {
			t.Errorf("%d places are free, filling is %v, %d wait", b.free, b.filling, b.length())
		}
	})
}

// Where a place is free, too, nothing is computed that nobody waits for.
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

// A panic while a batch is put together reaches all who wait for it, and nobody waits forever.
func TestPanicInBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := batching(t, nil)
		var wait sync.WaitGroup
		errs := make([]error, 3)
		for i := range errs {
			rows := b.row(i)
			if i == 1 {
				rows = &infer.Rows{N: 1} // no inputs
			}
			wait.Go(func() { errs[i] = b.answer(context.Background(), rows, time.Now().Add(time.Hour)) })
			synctest.Wait()
		}
		b.pass() // one place alone
		wait.Wait()
		for i, err := range errs {
			var crash *panicked
			if !errors.As(err, &crash) {
				t.Errorf("request %d: error is %v, want a panic", i, err)
			}
		}
		if b.free != 1 || b.length() != 0 {
			t.Errorf("%d places are free, want 1; %d wait", b.free, b.length())
		}
	})
}

// A large batch takes the places that are free, as many as it has rows for, and gives them back to those who wait.
func TestBorrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := batching(t, func(c *Config) { c.Places = 8 })
		b.free = 4
		for _, c := range []struct{ rows, want, left int }{{1, 0, 4}, {2*rowsOfPlace - 1, 0, 4}, {2 * rowsOfPlace, 1, 3}, {3*rowsOfPlace + 5, 2, 1}, {1000, 1, 0}, {1000, 0, 0}} {
			if got := b.borrow(c.rows); got != c.want || b.free != c.left {
				t.Errorf("%d rows take %d places, want %d; %d are left, want %d", c.rows, got, c.want, b.free, c.left)
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
		b.giveBack(2)
		wait.Wait()
		if b.free != 2 {
			t.Errorf("%d places are free, want 2", b.free)
		}
		rows := b.model.Rows(5 * rowsOfPlace)
		if err := b.answer(context.Background(), rows, time.Now().Add(time.Hour)); err != nil || b.free != 2 {
			t.Errorf("%v; %d places are free, want 2", err, b.free)
		}
	})
}
