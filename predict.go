package braid

import (
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"

	"braid/internal/exec"
	"braid/tensor"
)

// Tensors are arrays by name: a model's inputs or its heads' answers.
type Tensors map[string]tensor.Tensor

// A call uses several goroutines from parallelWork times a row and a weight on, each for workerRows rows
// or more. So much work takes about 100 us, and to wake an idle processor takes up to 80.
const (
	parallelWork = 10 << 20
	workerRows   = 16
)

// Predict answers any number of rows. Each input is [rows, its shape...], of the type the graph
// declared; each head's answer is [rows, its shape...] after its activation. Rows do not influence
// each other: the bytes are the same whatever else is in the call. Large calls use all processors. Any
// number of goroutines may predict at once.
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

// PredictInto is Predict that writes the answers to out: for each head a float32 tensor of shape [rows,
// its shape...], such as what Predict answered to as many rows before. A call that does not use several
// processors allocates nothing. After bad numbers in the inputs some answers may be written.
func (m *Model) PredictInto(out, in Tensors) error {
	return m.PredictWith(runtime.GOMAXPROCS(0), out, in)
}

// PredictWith is PredictInto with at most so many goroutines, the caller's among them: a server that
// answers several calls at once may have no processor to spare for any of them.
func (m *Model) PredictWith(workers int, out, in Tensors) error {
	rows, err := m.checkShapes(in)
	if err == nil {
		err = m.checkAnswers(out, rows)
	}
	if err == nil {
		err = m.predict(workers, out, in, rows)
	}
	return m.failed(err)
}

// failed tells which model an error comes from.
func (m *Model) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("model %q: %w", m.name, err)
}

// predict answers rows whose shapes are checked.
func (m *Model) predict(most int, out, in Tensors, rows int) error {
	good := true
	if workers := m.workers(most, rows); workers == 1 {
		all := deal{rows: rows, chunk: m.network.PredictRows()}
		good = m.answer(out, in, &all)
	} else {
		good = m.answerTogether(out, in, rows, workers)
	}
	if good {
		return nil
	}
	if _, err := m.CheckInputs(in); err != nil {
		return err
	}
	return errors.New("the inputs changed while they were read")
}

// workers is how many goroutines answer a call that may have so many.
func (m *Model) workers(most, rows int) int {
	if rows*m.size < parallelWork {
		return 1
	}
	return max(1, min(most, rows/workerRows))
}

// answerTogether answers rows with several goroutines, one of them the caller's.
func (m *Model) answerTogether(out, in Tensors, rows, workers int) bool {
	share := (rows + workers - 1) / workers
	all := deal{rows: rows, chunk: min(m.network.PredictRows(), (share+workerRows-1)/workerRows*workerRows)}
	var bad atomic.Bool
	err := exec.NewCrew(workers).Run(func(int) {
		if !m.answer(out, in, &all) {
			bad.Store(true)
		}
	})
	if err != nil {
		panic(err) // in the caller's goroutine, as with one
	}
	return !bad.Load()
}

// deal hands out the rows of a call, a chunk at a time.
type deal struct {
	rows, chunk int
	next        atomic.Int64
}

// take is the next rows, none when all are taken.
func (d *deal) take() (lo, hi int) {
	hi = int(d.next.Add(int64(d.chunk)))
	return hi - d.chunk, min(hi, d.rows)
}

// answer answers the rows that it takes. It returns false, and ends the deal, where their numbers are
// not what the model takes.
func (m *Model) answer(out, in Tensors, d *deal) bool {
	p := m.predictors.Get().(*predictor)
	defer m.predictors.Put(p)
	p.bind(out, in)
	defer p.release()
	for lo, hi := d.take(); lo < hi; lo, hi = d.take() {
		if !p.read(lo, hi) {
			d.next.Store(int64(d.rows))
			return false
		}
		p.team.Forward(0, hi-lo)
		p.write(lo, hi)
	}
	return true
}
