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

// batching returns a batcher of the default network. It begins no batch until release is called.
func batching(t *testing.T, change func(*Config)) (b *batcher, release func()) {
	t.Helper()
	path := t.TempDir() + "/model.safetensors"
	saveModel(t, path, 1)
	m, err := predictor.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	c := Config{}.withDefaults()
	if change != nil {
		change(&c)
	}
	b = newBatcher(m, c, newMetrics(func() float64 { return 0 }).of("test"), &scheduler{})
	return b, func() { b.release(c.Parallel) }
}

// later returns a deadline that does not pass during a test.
func later() time.Time { return time.Now().Add(time.Hour) }

func (b *batcher) row(n int) *predictor.Batch {
	rows := b.model.NewBatch(1)
	copy(rows.Bytes(0), leaning(n))
	b.model.Columns[0].Standardize(rows, 0, 1)
	copy(rows.Inputs[1].Int32s(), []int32{5, 6})
	return rows
}

// asking are requests in the background, with their errors.
type asking struct {
	sync.WaitGroup
	errs []*error
}

// ask adds a request, and waits until all goroutines of the test are blocked.
func (a *asking) ask(ctx context.Context, b *batcher, rows *predictor.Batch) {
	err := new(error)
	a.errs = append(a.errs, err)
	a.Go(func() { *err = b.answer(ctx, rows, later()) })
	synctest.Wait()
}

// check waits for all requests, and checks the error of each.
func (a *asking) check(t *testing.T, want func(i int, err error) bool) {
	t.Helper()
	a.Wait()
	for i, err := range a.errs {
		if !want(i, *err) {
			t.Errorf("request %d: error is %v", i, *err)
		}
	}
}

// fine reports whether a request has no error.
func fine(_ int, err error) bool { return err == nil }

// length returns how many requests wait.
func (b *batcher) length() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.waiting)
}

// mayBegin waits until all goroutines of the test are blocked, and returns how many batches may
// begin.
func mayBegin(b *batcher) int {
	synctest.Wait()
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.free
}

// Waiting requests are answered in batches, in order. Each gets the answer to its rows.
func TestBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, release := batching(t, func(c *Config) { c.BatchRows = 4 })
		var requests asking
		rows := make([]*predictor.Batch, 10)
		for i := range rows {
			rows[i] = b.row(i)
			requests.ask(t.Context(), b, rows[i])
		}
		if n := b.length(); n != 10 {
			t.Errorf("%d wait, want 10", n)
		}
		b.release(1)
		requests.check(t, fine)
		for i := range rows {
			alone := b.row(i)
			if err := b.model.Predict(alone); err != nil {
				t.Fatal(err)
			}
			for h := range alone.Outputs {
				got, want := rows[i].Outputs[h].Float32s(), alone.Outputs[h].Float32s()
				if !slices.Equal(got, want) {
					t.Errorf("row %d: head %d answers %v, alone %v", i, h, got, want)
				}
			}
		}
		if got := countedBatches(t, b.metrics); !slices.Equal(got, []float64{4, 4, 2}) {
			t.Errorf("batches have %v rows, want 4, 4, 2", got)
		}
		if mayBegin(b) != 1 || b.length() != 0 {
			t.Errorf("%d batches may begin, want 1; %d wait", mayBegin(b), b.length())
		}
		release()
	})
}

// A bad number in one request fails only that request.
func TestBatchWithBadRow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, release := batching(t, nil)
		var requests asking
		for i := range 4 {
			rows := b.row(i)
			if i == 2 {
				rows.Inputs[1].Int32s()[1] = 99
			}
			requests.ask(t.Context(), b, rows)
		}
		release()
		requests.check(t, func(i int, err error) bool { return (err != nil) == (i == 2) })
	})
}

// Requests whose client has gone, or whose deadline has passed, are not computed.
func TestGoneAndLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, release := batching(t, nil)
		ctx, cancel := context.WithCancel(context.Background())
		var wait sync.WaitGroup
		errs := make([]error, 3)
		wait.Go(func() { errs[0] = b.answer(ctx, b.row(0), later()) })
		soon := time.Now().Add(time.Second)
		wait.Go(func() { errs[1] = b.answer(t.Context(), b.row(1), soon) })
		wait.Go(func() { errs[2] = b.answer(t.Context(), b.row(2), later()) })
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
		if got := countedBatches(t, b.metrics); !slices.Equal(got, []float64{1}) {
			t.Errorf("batches have %v rows, want 1", got)
		}
	})
}

// A request whose client leaves just before its turn is not computed either, wherever in the queue
// it is.
func TestGoneAtItsTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, release := batching(t, nil)
		ctx, cancel := context.WithCancel(context.Background())
		var requests asking
		for i := range 4 {
			client := t.Context()
			if i%2 == 0 {
				client = ctx
			}
			requests.ask(client, b, b.row(i))
		}
		cancel()
		release() // before the waiting goroutines have run
		requests.check(t, func(i int, err error) bool {
			return errors.Is(err, errGone) == (i%2 == 0)
		})
		if got := countedBatches(t, b.metrics); !slices.Equal(got, []float64{2}) {
			t.Errorf("batches have %v rows, want 2", got)
		}
	})
}

// Requests that nobody waits for are not computed either if a batch may begin at once.
func TestGoneOrLateAtOnce(t *testing.T) {
	b, release := batching(t, nil)
	release()
	ctx, cancel := context.WithCancel(context.Background())
	if err := b.answer(ctx, b.row(0), time.Now()); !errors.Is(err, errLate) {
		t.Errorf("error is %v, want late", err)
	}
	cancel()
	if err := b.answer(ctx, b.row(0), later()); !errors.Is(err, errGone) {
		t.Errorf("error is %v, want gone", err)
	}
	if got := countedBatches(t, b.metrics); len(got) != 0 {
		t.Errorf("batches have %v rows, want none", got)
	}
}

// If a request makes its batch panic, it gets an error, and the others are answered.
func TestPanicInBatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := batching(t, nil)
		var requests asking
		for i := range 3 {
			rows := b.row(i)
			if i == 1 {
				rows = &predictor.Batch{N: 1} // no inputs
			}
			requests.ask(t.Context(), b, rows)
		}
		b.release(1)
		requests.check(t, func(i int, err error) bool { return (err != nil) == (i == 1) })
		if mayBegin(b) != 1 || b.length() != 0 {
			t.Errorf("%d batches may begin, want 1; %d wait", mayBegin(b), b.length())
		}
	})
}
