package braid

import (
	"fmt"
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"braid/internal/names"
	"braid/tensor"
)

// Tensors are arrays by name: a model's inputs or its heads' answers.
type Tensors map[string]tensor.Tensor

// predictRows is how many rows one pass of a prediction takes: they stay in the second cache.
const predictRows = 64

// parallelRows is from how many rows on a prediction uses several goroutines.
const parallelRows = 4 * predictRows

// Predict answers any number of rows. Each input is [rows, its shape...], of the type the graph
// declared; each head's answer is [rows, its shape...] after its activation. Rows do not influence
// each other. Any number of goroutines may predict at once.
func (m *Model) Predict(in Tensors) (Tensors, error) {
	rows, err := m.CheckInputs(in)
	if err != nil {
		return nil, fmt.Errorf("model %q: %w", m.name, err)
	}
	heads := m.Heads()
	out := make(Tensors, len(heads))
	answers := make([][]float32, len(heads))
	for i, h := range heads {
		answers[i] = make([]float32, rows*h.Shape.Size())
		out[h.Name] = tensor.Floats(answers[i], append(tensor.Shape{rows}, h.Shape...)...)
	}
	workers := 1
	if rows >= parallelRows {
		workers = min(runtime.GOMAXPROCS(0), rows/predictRows)
	}
	if workers == 1 {
		m.predictAll(in, answers, rows, new(atomic.Int64))
		return out, nil
	}
	var wait sync.WaitGroup
	var next atomic.Int64
	for range workers {
		wait.Go(func() { m.predictAll(in, answers, rows, &next) })
	}
	wait.Wait()
	return out, nil
}

// predictAll answers one chunk of rows after the other, as next deals them out.
func (m *Model) predictAll(in Tensors, answers [][]float32, rows int, next *atomic.Int64) {
	p := m.passes.Get().(*Pass)
	defer m.passes.Put(p)
	inputs := m.Inputs()
	for {
		lo := int(next.Add(predictRows)) - predictRows
		if lo >= rows {
			return
		}
		n := min(predictRows, rows-lo)
		for i, spec := range inputs {
			if spec.DType == tensor.Int32 {
				fill(p.Tokens(i), in[spec.Name].Int32s(), lo, n)
			} else {
				fill(p.Input(i), in[spec.Name].Float32s(), lo, n)
			}
		}
		p.Forward(0, n)
		for i, answer := range answers {
			window := p.Output(i)
			for r := range n {
				copy(answer[(lo+r)*window.Width:], window.Row(r))
			}
		}
	}
}

// fill copies rows lo to lo+n of a dense array to a window.
func fill[T float32 | int32](window tensor.Rows[T], data []T, lo, n int) {
	for r := range n {
		copy(window.Row(r), data[(lo+r)*window.Width:])
	}
}

// CheckInputs tests whether in fits the model's inputs: names, types, shapes, numbers of rows,
// finite numbers, ids in range. It returns the number of rows.
func (m *Model) CheckInputs(in Tensors) (rows int, err error) {
	inputs := m.Inputs()
	have := make([]string, len(inputs))
	for i, spec := range inputs {
		have[i] = spec.Name
	}
	if err := names.Match("input", have, in); err != nil {
		return 0, err
	}
	for _, spec := range inputs {
		n, err := spec.check(in[spec.Name])
		if err != nil {
			return 0, fmt.Errorf("input %q: %w", spec.Name, err)
		}
		if rows != 0 && n != rows {
			return 0, fmt.Errorf("input %q has %d rows, the inputs before it have %d", spec.Name, n, rows)
		}
		rows = n
	}
	return rows, nil
}

// check tests one input and returns its number of rows.
func (s Spec) check(t tensor.Tensor) (rows int, err error) {
	want := fmt.Sprintf("want %s of shape [rows", s.DType)
	for _, n := range s.Shape {
		want += fmt.Sprintf(" %d", n)
	}
	want += "]"
	shape := t.Shape()
	if t.DType() != s.DType || len(shape) == 0 || !shape[1:].Equal(s.Shape) {
		return 0, fmt.Errorf("got %s of shape %v, %s", t.DType(), shape, want)
	}
	if err := t.Check(); err != nil {
		return 0, err
	}
	if shape[0] == 0 {
		return 0, fmt.Errorf("got 0 rows, want 1 or more")
	}
	width := s.Shape.Size()
	if i := firstBad(t.Float32s()); i >= 0 {
		return 0, fmt.Errorf("row %d, element %d is %v, want a finite number", i/width, i%width, t.Float32s()[i])
	}
	if s.Limit > 0 {
		for i, id := range t.Int32s() {
			if id < 0 || int(id) >= s.Limit {
				return 0, fmt.Errorf("row %d, element %d is id %d, want 0 to %d", i/width, i%width, id, s.Limit-1)
			}
		}
	}
	return shape[0], nil
}

// firstBad is the index of the first NaN or Inf, or -1.
func firstBad(values []float32) int {
	const exponent = 0xff << 23
	for i, v := range values {
		if math.Float32bits(v)&exponent == exponent {
			return i
		}
	}
	return -1
}
