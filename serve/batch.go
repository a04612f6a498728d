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

// batcher computes the answers of one model. If a batch may begin and nothing waits, a request is
// computed by its own goroutine. Else it waits as a job, and jobs that wait are computed together,
// up to a batch.
type batcher struct {
	*scheduler // holds the lock of the fields below metrics
	model      *predictor.Model
	most       int           // rows of a batch
	wait       time.Duration // for a batch to fill
	metrics    *modelMetrics

	waiting []*job
	rows    int         // of those
	timer   *time.Timer // starts the batch that fills; nil: none has filled yet
}

// job is a request that waits.
type job struct {
	rows     *predictor.Rows
	ctx      context.Context
	deadline time.Time
	done     chan error // buffered, one element: the job was answered, or dropped
	from     time.Time
	latest   time.Time // a batch with this job fills no longer
}

// Why a request was not answered.
var (
	errGone = errors.New("the client has gone")
	errLate = errors.New("the deadline has passed")
)

// over returns errGone or errLate if nobody waits for the answer any more.
func over(ctx context.Context, deadline time.Time) error {
	switch {
	case ctx.Err() != nil:
		return errGone
	case !time.Now().Before(deadline):
		return errLate
	}
	return nil
}

func newBatcher(m *predictor.Model, c Config, metrics *modelMetrics, all *scheduler) *batcher {
	return &batcher{
		scheduler: all, model: m, most: c.BatchRows, wait: c.BatchWait, metrics: metrics,
	}
}

// answer fills in the answers to rows. It returns errGone or errLate if nobody waits for them any
// more.
func (b *batcher) answer(ctx context.Context, rows *predictor.Rows, deadline time.Time) error {
	b.mu.Lock()
	if b.free > 0 && len(b.waiting) == 0 && b.wait == 0 {
		b.free--
		b.mu.Unlock()
		defer b.release(1)
		if err := over(ctx, deadline); err != nil {
			return err
		}
		return b.compute(rows, 1)
	}
	j := b.add(ctx, rows, deadline)
	b.start()
	b.mu.Unlock()
	return b.await(j)
}

// add has a job wait. A job whose deadline is near lets a batch fill for half of the time that is
// left, so that the other half remains for the answer. The caller holds the lock.
func (b *batcher) add(ctx context.Context, rows *predictor.Rows, deadline time.Time) *job {
	now := time.Now()
	j := &job{
		rows: rows, ctx: ctx, deadline: deadline, done: make(chan error, 1),
		from: now, latest: now.Add(min(b.wait, deadline.Sub(now)/2)),
	}
	if len(b.waiting) == 0 {
		b.queue = append(b.queue, b)
	}
	b.waiting = append(b.waiting, j)
	b.rows += rows.N
	b.metrics.queue.Inc()
	return j
}

// await waits until a job is answered, or nobody waits for its answer any more.
func (b *batcher) await(j *job) error {
	late := time.NewTimer(time.Until(j.deadline))
	defer late.Stop()
	var left error
	select {
	case err := <-j.done:
		return err
	case <-j.ctx.Done():
		left = errGone
	case <-late.C:
		left = errLate
	}
	b.mu.Lock()
	at := slices.Index(b.waiting, j)
	if at >= 0 {
		b.remove(at)
	}
	b.mu.Unlock()
	if at >= 0 {
		return left
	}
	return <-j.done // it is being computed: its rows are in use until then
}

// remove takes a job out of the queue. The caller holds the lock.
func (b *batcher) remove(at int) {
	j := b.waiting[at]
	b.rows -= j.rows.N
	b.metrics.queue.Dec()
	b.metrics.queued.Observe(time.Since(j.from).Seconds())
	b.waiting = slices.Delete(b.waiting, at, at+1)
	if len(b.waiting) == 0 {
		at := slices.Index(b.queue, b)
		b.queue = slices.Delete(b.queue, at, at+1)
	}
}

// fills reports whether the batch of the jobs that wait is to fill further, and then has it started
// when that is over. The caller holds the lock.
func (b *batcher) fills() bool {
	if b.wait == 0 || b.rows >= b.most {
		return false
	}
	latest := b.waiting[0].latest
	for _, j := range b.waiting {
		if j.latest.Before(latest) {
			latest = j.latest
		}
	}
	left := time.Until(latest)
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

// take takes the jobs of a batch out of the queue, in order. Jobs for which nobody waits any more
// are dropped. The caller holds the lock.
func (b *batcher) take() (jobs []*job) {
	rows := 0
	for len(b.waiting) > 0 {
		j := b.waiting[0]
		if err := over(j.ctx, j.deadline); err != nil {
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
	for _, j := range jobs { // a bad number in one is not the mistake of another
		j.done <- b.compute(j.rows, 1)
	}
}

// together computes jobs as one batch.
func (b *batcher) together(jobs []*job) error {
	rows := 0
	for _, j := range jobs {
		rows += j.rows.N
	}
	all := b.model.Rows(rows)
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
		j.rows.CopyAnswers(all, at)
		at += j.rows.N
	}
	return nil
}

// compute answers the rows of so many requests.
func (b *batcher) compute(rows *predictor.Rows, requests int) error {
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

// guarded does something whose panic is an error: it must not end the server.
func guarded(do func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicked{r, debug.Stack()}
		}
	}()
	return do()
}

// panicked is a panic as an error: our fault, which the log shows and the client is not bothered
// with.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }
