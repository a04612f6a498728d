package braid

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"braid/internal/parallel"
	"braid/tensor"
)

// Tensors are arrays by name: a model's inputs or its heads' outputs.
type Tensors map[string]tensor.Tensor

// A call uses several goroutines if rows times weights is at least parallelWork, each for
// workerRows rows or more. That work takes about 100 us; waking an idle processor takes up to 80
// us.
const (
	parallelWork = 10 << 20
	workerRows   = 16
)

// Predict computes the heads' outputs for any number of rows. Each input has the declared type and
// the shape [rows, its shape...]. Each output is float32 of shape [rows, its shape...], after its
// activation. A row's output does not depend on the other rows of the call, bit for bit. Large
// calls use all processors. Any number of goroutines may call Predict at once.
func (m *Model) Predict(in Tensors) (Tensors, error) {
	rows, err := m.checkShapes(in)
	if err != nil {
		return nil, m.failed(err)
	}
	out := make(Tensors, len(m.heads))
	for _, h := range m.heads {
		shape := append(append(make(tensor.Shape, 0, 8), rows), h.Shape...)
		out[h.Name] = tensor.Floats(make([]float32, rows*h.Shape.Size()), shape...)
	}
	if err := m.predict(runtime.GOMAXPROCS(0), out, in, rows); err != nil {
		return nil, m.failed(err)
	}
	return out, nil
}

// PredictInto is Predict that writes to out: for each head a float32 tensor of shape [rows, its
// shape...], such as those that Predict returned for as many rows. A call that uses one processor
// allocates nothing. After an error about a number in the inputs, some outputs may have been
// written.
func (m *Model) PredictInto(out, in Tensors) error {
	return m.PredictWith(runtime.GOMAXPROCS(0), out, in)
}

// PredictWith is PredictInto with at most the given number of goroutines, the caller's included. A
// server that runs several calls at once can limit each to one processor.
func (m *Model) PredictWith(workers int, out, in Tensors) error {
	rows, err := m.checkShapes(in)
	if err == nil {
		err = m.checkOutputs(out, rows)
	}
	if err == nil {
		err = m.predict(workers, out, in, rows)
	}
	return m.failed(err)
}

// failed adds the model's name to an error.
func (m *Model) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("model %q: %w", m.name, err)
}

// predict runs a call whose shapes are checked.
func (m *Model) predict(maxWorkers int, out, in Tensors, rows int) error {
	ok := true
	if workers := m.workers(maxWorkers, rows); workers == 1 {
		queue := rowQueue{rows: rows, chunk: m.network.PredictRows()}
		ok = m.predictRows(out, in, &queue)
	} else {
		ok = m.predictParallel(out, in, rows, workers)
	}
	if ok {
		return nil
	}
	if _, err := m.CheckInputs(in); err != nil {
		return err
	}
	return errors.New("the inputs changed during the call")
}

// workers returns the number of goroutines for a call that may use most.
func (m *Model) workers(most, rows int) int {
	if rows*m.size < parallelWork {
		return 1
	}
	return max(1, min(most, rows/workerRows))
}

// predictParallel predicts with several goroutines, the caller's included.
func (m *Model) predictParallel(out, in Tensors, rows, workers int) bool {
	share := (rows + workers - 1) / workers
	chunk := min(m.network.PredictRows(), (share+workerRows-1)/workerRows*workerRows)
	queue := rowQueue{rows: rows, chunk: chunk}
	var bad atomic.Bool
	err := parallel.NewCrew(workers).Run(func(int) {
		if !m.predictRows(out, in, &queue) {
			bad.Store(true)
		}
	})
	if err != nil {
		panic(err) // in the caller's goroutine, as with one
	}
	return !bad.Load()
}

// rowQueue hands out the rows of a call in chunks.
type rowQueue struct {
	rows, chunk int
	next        atomic.Int64
}

// take returns the next rows, lo == hi or more when none are left.
func (q *rowQueue) take() (lo, hi int) {
	hi = int(q.next.Add(int64(q.chunk)))
	return hi - q.chunk, min(hi, q.rows)
}

// predictRows predicts the rows that it takes from the queue. At a number that is not finite or an
// id out of range it empties the queue and returns false.
func (m *Model) predictRows(out, in Tensors, q *rowQueue) bool {
	s := m.sessions.Get().(*session)
	defer m.sessions.Put(s)
	s.bind(out, in)
	defer s.release()
	for lo, hi := q.take(); lo < hi; lo, hi = q.take() {
		if !s.read(lo, hi) {
			q.next.Store(int64(q.rows))
			return false
		}
		s.team.Forward(0, hi-lo)
		s.write(lo, hi)
	}
	return true
}
