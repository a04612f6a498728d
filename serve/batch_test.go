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
	b := newBatcher(m, c, newMetrics(func() float64 { return 0 }), &places{})
	return b, func() { b.giveBack(c.Parallel) }
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
		b, release := batching(t, func(c *Config) { c.Parallel = 2 })
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

// A batch does not fill longer than the client of any of its requests can wait: half of the time that is left is for
// the answer. Whose client has gone waits no more, and the next one leads.
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
			if b.free != 2 || b.fills() || b.length() != 0 || len(b.queue) != 0 {
				t.Errorf("%s: %d places are free, filling is %v, %d wait", c.what, b.free, b.fills(), b.length())
			}
		})
	}
}

// A batch that fills keeps no place from another model: as many end early as places are needed.
func TestPlacesWhileFilling(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		change := func(c *Config) { c.BatchRows, c.BatchWait, c.Parallel = 3, time.Second, 2 }
		a, release := batching(t, change)
		release()
		c := Config{}.withDefaults()
		change(&c)
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
		const soon, late = 200 * time.Millisecond, time.Second
		b, other := newBatcher(a.model, c, a.metrics, a.places), newBatcher(a.model, c, a.metrics, a.places)
		first, second := ask(a, 1), ask(b, 2) // both places are filling
		time.Sleep(soon)
		third := ask(other, 3)
		wait.Wait()
		for _, took := range third {
			if took != soon {
				t.Errorf("the model that needs a place is answered after %v, want %v", took, soon)
			}
		}
		if early := min(first[0], second[0]); early != soon || max(first[0], second[0]) > late || second[0] != second[1] {
			t.Errorf("those that filled are answered after %v and %v, want one after %v", first, second, soon)
		}
		if a.free != 2 || len(a.filling) != 0 || len(a.queue) != 0 {
			t.Errorf("%d places are free, want 2", a.free)
		}
	})
}

// Models share the places to compute in, and take turns at them.
func TestPlacesOfAll(t *testing.T) {
	a, _ := batching(t, nil)
	b := newBatcher(a.model, Config{}, a.metrics, a.places)
	jobs := map[string]*job{}
	for _, name := range []string{"a1", "a2", "a3", "b1", "b2"} {
		of := a
		if name[0] == 'b' {
			of = b
		}
		jobs[name] = of.add(context.Background(), of.row(1), time.Now().Add(time.Hour))
	}
	if a.length() != 3 || b.length() != 2 {
		t.Errorf("%d and %d wait, want 3 and 2", a.length(), b.length())
	}
	var order []string
	for range jobs {
		a.giveBack(1)
		for name, j := range jobs {
			select {
			case got := <-j.turn:
				if order = append(order, name); !got.lead {
					t.Errorf("%s does not lead", name)
				}
			default:
			}
		}
	}
	if want := []string{"a1", "b1", "a2", "b2", "a3"}; !slices.Equal(order, want) {
		t.Errorf("they lead in the order %v, want %v", order, want)
	}
	if b.free != 0 || len(a.queue) != 0 {
		t.Errorf("%d places are free, want none", b.free)
	}
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
		b, _ := batching(t, func(c *Config) { c.Parallel = 8 })
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
