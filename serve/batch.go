package serve

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"braid/predictor"
)

// batcher computes the answers of one model. A request is computed by the goroutine that asks for
// it if a batch may begin and no request waits. Otherwise it waits as a job, and waiting jobs are
// computed together, as one batch.
type batcher struct {
	*scheduler // its lock also guards the fields below metrics
	model      *predictor.Model
	most       int           // rows in a batch
	wait       time.Duration // for a batch to fill
	metrics    *modelMetrics

	waiting []*job
	rows    int         // in the waiting jobs
	timer   *time.Timer // starts the batch that fills; nil: none has filled yet
}

// job is a request that waits to be computed.
type job struct {
	rows     *predictor.Batch
	ctx      context.Context
	deadline time.Time
	done     chan error // receives the outcome; buffered, one element
	queued   time.Time
	latest   time.Time // when a batch with this job stops filling
}

// Why a request was not answered.
var (
	errGone = errors.New("the client has gone")
	errLate = errors.New("the deadline has passed")
)

// abandoned returns errGone if the client has gone, errLate if the deadline has passed, else nil.
func abandoned(ctx context.Context, deadline time.Time) error {
	switch {
	case ctx.Err() != nil:
		return errGone
	case !time.Now().Before(deadline):
		return errLate
	}
	return nil
}

func newBatcher(m *predictor.Model, c Config, metrics *modelMetrics, s *scheduler) *batcher {
	return &batcher{
		scheduler: s, model: m, most: c.BatchRows, wait: c.BatchWait, metrics: metrics,
	}
}

// answer computes the answers to rows. It returns errGone or errLate if the request is abandoned.
func (b *batcher) answer(ctx context.Context, rows *predictor.Batch, deadline time.Time) error {
	b.mu.Lock()
	if b.free > 0 && len(b.waiting) == 0 && b.wait == 0 {
		b.free--
		b.mu.Unlock()
		defer b.release(1)
		if err := abandoned(ctx, deadline); err != nil {
			return err
		}
		return b.compute(rows, 1)
	}
	j := b.add(ctx, rows, deadline)
	b.start()
	b.mu.Unlock()
	return b.await(j)
}

// add queues a job. A batch fills for at most half of the time until the job's deadline, which
// leaves the other half for the answer. The caller holds the lock.
func (b *batcher) add(ctx context.Context, rows *predictor.Batch, deadline time.Time) *job {
	now := time.Now()
	j := &job{
		rows: rows, ctx: ctx, deadline: deadline, done: make(chan error, 1),
		queued: now, latest: now.Add(min(b.wait, deadline.Sub(now)/2)),
	}
	if len(b.waiting) == 0 {
		b.queue = append(b.queue, b)
	}
	b.waiting = append(b.waiting, j)
	b.rows += rows.N
	b.metrics.queue.Inc()
	return j
}

// await waits until a job is done or abandoned.
func (b *batcher) await(j *job) error {
	ctx, cancel := context.WithDeadline(j.ctx, j.deadline)
	defer cancel()
	select {
	case err := <-j.done:
		return err
	case <-ctx.Done():
	}
	b.mu.Lock()
	at := slices.Index(b.waiting, j)
	if at >= 0 {
		b.remove(at)
	}
	b.mu.Unlock()
	if at >= 0 {
		return abandoned(j.ctx, j.deadline)
	}
	return <-j.done // it is being computed, and its rows are in use until it is done
}

// remove removes the job with index at from the queue. The caller holds the lock.
func (b *batcher) remove(at int) {
	j := b.waiting[at]
	b.rows -= j.rows.N
	b.metrics.queue.Dec()
	b.metrics.queued.Observe(time.Since(j.queued).Seconds())
	b.waiting = slices.Delete(b.waiting, at, at+1)
	if len(b.waiting) == 0 {
		turn := slices.Index(b.queue, b)
		b.queue = slices.Delete(b.queue, turn, turn+1)
	}
}

// fills reports whether the next batch should wait for more jobs. If so, it sets a timer that
// starts the batch. The caller holds the lock.
func (b *batcher) fills() bool {
	if b.wait == 0 || b.rows >= b.most {
		return false
	}
	first := slices.MinFunc(b.waiting, func(j, k *job) int { return j.latest.Compare(k.latest) })
	left := time.Until(first.latest)
	switch {
	case left <= 0:
		return false
	case b.timer == nil:
		b.timer = time.AfterFunc(left, func() { b.release(0) })
	default:
		b.timer.Reset(left)
	}
	return true
}

// dequeue removes the jobs of one batch from the queue, in order. It drops abandoned jobs. The
// caller holds the lock.
func (b *batcher) dequeue() (jobs []*job) {
	rows := 0
	for len(b.waiting) > 0 {
		j := b.waiting[0]
		if err := abandoned(j.ctx, j.deadline); err != nil {
			b.remove(0)
			j.done <- err
			continue
		}
		if rows += j.rows.N; rows > b.most && jobs != nil {
			break
		}
		b.remove(0)
		jobs = append(jobs, j)
	}
	return jobs
}

// run computes a batch.
func (b *batcher) run(jobs []*job) {
	defer b.release(1)
	if len(jobs) == 1 {
		jobs[0].done <- b.compute(jobs[0].rows, 1)
		return
	}
	if err := guarded(func() error { return b.together(jobs) }); err == nil {
		for _, j := range jobs {
			j.done <- nil
		}
		return
	}
	for _, j := range jobs { // apart: a bad number in one job must not fail the others
		j.done <- b.compute(j.rows, 1)
	}
}

// together computes jobs as one batch.
func (b *batcher) together(jobs []*job) error {
	rows := 0
	for _, j := range jobs {
		rows += j.rows.N
	}
	all := b.model.NewBatch(rows)
	at := 0
	for _, j := range jobs {
		all.CopyInputs(at, j.rows)
		at += j.rows.N
	}
	if err := b.compute(all, len(jobs)); err != nil {
		return err
	}
	at = 0
	for _, j := range jobs {
		j.rows.CopyOutputs(all, at)
		at += j.rows.N
	}
	return nil
}

// compute computes the answers to the rows of a number of requests.
func (b *batcher) compute(rows *predictor.Batch, requests int) error {
	workers := 1
	if more := b.borrow(rows.N); more > 0 {
		workers += more
		defer b.release(more)
	}
	began := time.Now()
	err := guarded(func() error { return b.model.PredictWith(workers, rows) })
	b.metrics.computed(rows.N, requests, time.Since(began))
	return err
}

// guarded calls do, and returns a panic as an error: it must not end the server.
func guarded(do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicked{r, debug.Stack()}
		}
	}()
	return do()
}

// panicked is the error of a panic. The log has its value and stack; the client gets neither.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }
