package serve

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"time"

	"braid/infer"
)

// batcher has the rows of requests answered by one model. Where nothing waits, a request's own goroutine computes
// its answer at once. Else requests queue, and each goroutine that has computed hands its place to the first in
// the queue, which answers all that wait, up to a batch.
type batcher struct {
	*places // which hold the lock of what follows wait
	model   *infer.Model
	most    int           // rows of a batch
	wait    time.Duration // for a batch to fill
	metrics *metrics

	waiting []*job
	rows    int           // that wait
	arrived chan struct{} // tells a job that leads, and waits for its batch to fill, to look
}

// job is a request that waits.
type job struct {
	rows     *infer.Rows
	ctx      context.Context
	deadline time.Time
	turn     chan turn // has room for one
	from     time.Time
	latest   time.Time // a batch does not fill beyond it
}

// over says why nobody waits for the answer any more, nil if somebody does.
func (j *job) over() error { return over(j.ctx, j.deadline) }

func over(ctx context.Context, deadline time.Time) error {
	switch {
	case ctx.Err() != nil:
		return errGone
	case !time.Now().Before(deadline):
		return errLate
	}
	return nil
}

// turn is what a job waits for: to be told that it was answered, or to lead.
type turn struct {
	lead bool
	err  error
}

// Why a request was not answered.
var (
	errGone = errors.New("the client has gone")
	errLate = errors.New("the deadline has passed")
)

func newBatcher(m *infer.Model, c Config, metrics *metrics, all *places) *batcher {
	return &batcher{
		places: all, model: m, most: c.BatchRows, wait: c.BatchWait, metrics: metrics, arrived: make(chan struct{}, 1),
	}
}

// answer fills in the answers to rows. It returns errGone or errLate where nobody waits for them any more.
func (b *batcher) answer(ctx context.Context, rows *infer.Rows, deadline time.Time) error {
	b.mu.Lock()
	if b.free > 0 && len(b.waiting) == 0 && b.wait == 0 {
		b.free--
		b.mu.Unlock()
		defer b.pass()
		if err := over(ctx, deadline); err != nil {
			return err
		}
		return b.compute(rows, 1)
	}
	j := b.add(ctx, rows, deadline)
	b.next()
	b.mu.Unlock()
	b.look()
	return b.await(j)
}

// look has whoever waits for a batch to fill look whether it has.
func (b *batcher) look() {
	select {
	case b.arrived <- struct{}{}:
	default:
	}
}

// fills tells whether a job that leads waits for its batch to fill. The caller holds the lock.
func (b *batcher) fills() bool { return slices.Contains(b.filling, b) }

// filled ends that. The caller holds the lock.
func (b *batcher) filled() {
	if at := slices.Index(b.filling, b); at >= 0 {
		b.filling = slices.Delete(b.filling, at, at+1)
	}
}

// await waits for a job's turn.
func (b *batcher) await(j *job) error {
	late := time.NewTimer(time.Until(j.deadline))
	defer late.Stop()
	var left error
	select {
	case t := <-j.turn:
		return b.take(j, t)
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
	// It is being answered, or is to lead: its rows are in use until it knows.
	return b.take(j, <-j.turn)
}

// take does what a job's turn says.
func (b *batcher) take(j *job, t turn) error {
	if !t.lead {
		return t.err
	}
	defer b.pass()
	return b.lead(j)
}

// first is the first job that waits, nil if none does. Those before it for whose answer nobody waits are told, and
// cost nothing more. The caller holds the lock.
func (b *batcher) first() *job {
	for len(b.waiting) > 0 {
		j := b.waiting[0]
		err := j.over()
		if err == nil {
			return j
		}
		b.remove(0)
		j.turn <- turn{err: err}
	}
	return nil
}

// add has a job wait. Who is to be answered soon waits for others half of that time at most. The caller holds the lock.
func (b *batcher) add(ctx context.Context, rows *infer.Rows, deadline time.Time) *job {
	now := time.Now()
	j := &job{
		rows: rows, ctx: ctx, deadline: deadline, turn: make(chan turn, 1),
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

// remove takes a job out of the queue. The caller holds the lock.
func (b *batcher) remove(at int) {
	b.rows -= b.waiting[at].rows.N
	b.metrics.queue.Dec()
	b.metrics.queued.Observe(time.Since(b.waiting[at].from).Seconds())
	b.waiting = slices.Delete(b.waiting, at, at+1)
	if len(b.waiting) == 0 {
		own := slices.Index(b.queue, b)
		b.queue = slices.Delete(b.queue, own, own+1)
	}
}

// lead answers a job together with those that wait.
func (b *batcher) lead(own *job) error {
	if b.wait > 0 {
		b.fill(own)
	}
	if err := own.over(); err != nil {
		b.mu.Lock()
		b.filled() // the next that waits leads, as soon as this place is free
		b.mu.Unlock()
		return err
	}
	jobs, rows := b.gather(own)
	if len(jobs) == 1 {
		return b.compute(own.rows, 1)
	}
	errs := b.together(jobs, rows)
	for i, j := range jobs[1:] {
		j.turn <- turn{err: errs[i+1]}
	}
	return errs[0]
}

// together answers jobs as one batch. Where that fails they are answered one by one: a bad number in one is no
// other's mistake.
func (b *batcher) together(jobs []*job, rows int) (errs []error) {
	errs = make([]error, len(jobs))
	defer func() {
		if r := recover(); r != nil { // whoever waits is told
			for i := range errs {
				errs[i] = &panicked{r, debug.Stack()}
			}
		}
	}()
	all := b.model.Rows(rows)
	at := 0
	for _, j := range jobs {
		all.CopyInputs(at, j.rows)
		at += j.rows.N
	}
	if b.compute(all, len(jobs)) != nil {
		for i, j := range jobs {
			errs[i] = b.compute(j.rows, 1)
		}
		return errs
	}
	at = 0
	for _, j := range jobs {
		j.rows.CopyAnswers(all, at)
		at += j.rows.N
	}
	return errs
}

// fill waits until a batch is full, or one of its jobs has waited long enough, or the first need wait no more, or
// another model needs the place.
func (b *batcher) fill(own *job) {
	timer := time.NewTimer(b.wait)
	defer timer.Stop()
	for {
		latest, enough := b.until(own)
		if enough {
			return
		}
		timer.Reset(time.Until(latest))
		select {
		case <-timer.C:
			return
		case <-own.ctx.Done():
			return
		case <-b.arrived:
		}
	}
}

// until tells until when a batch may fill, and whether that is enough already.
func (b *batcher) until(own *job) (latest time.Time, enough bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	latest = own.latest
	for _, j := range b.waiting {
		if j.latest.Before(latest) {
			latest = j.latest
		}
	}
	return latest, own.rows.N+b.rows >= b.most || b.short()
}

// gather takes the jobs of a batch out of the queue, in order.
func (b *batcher) gather(own *job) (jobs []*job, rows int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	jobs, rows = append(jobs, own), own.rows.N
	for j := b.first(); j != nil && rows+j.rows.N <= b.most; j = b.first() {
		b.remove(0)
		jobs, rows = append(jobs, j), rows+j.rows.N
	}
	b.filled()
	b.next()
	return jobs, rows
}

// compute answers rows of so many requests, in a place that the caller has.
func (b *batcher) compute(rows *infer.Rows, requests int) (err error) {
	more := b.borrow(rows.N)
	defer b.giveBack(more)
	began := time.Now()
	err = guarded(func() error { return b.model.PredictWith(1+more, rows) })
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

// panicked is a panic as an error: our fault, which the log shows and the client is not bothered with.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }
