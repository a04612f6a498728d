package braid

import (
	"braid/internal/engine"
	"braid/internal/kernel"
	"braid/tensor"
)

// predictor is what one goroutine at a time predicts with: a pass, and the memory of a call.
type predictor struct {
	rows    int // of a pass
	team    *engine.Team
	inputs  []source
	answers []answer
}

// source is one input of a call, and the window of the pass that it is read into.
type source struct {
	spec   *Spec
	window tensor.Rows[float32]
	floats []float32
	tokens tensor.Rows[int32]
	ids    []int32
}

// answer is the window of one head, and where a call wants its answers.
type answer struct {
	name   string
	window tensor.Rows[float32]
	floats []float32
}

func (m *Model) newPredictor() *predictor {
	rows := m.network.PredictRows()
	workspace := m.network.NewWorkspace(rows, engine.Predict)
	p := &predictor{rows: rows, team: workspace.NewSolo()}
	worker := p.team.Workers[0]
	for i := range m.inputs {
		s := source{spec: &m.inputs[i]}
		if s.spec.DType == tensor.Int32 {
			s.tokens = worker.IDs(i)
		} else {
			s.window = worker.Input(i)
		}
		p.inputs = append(p.inputs, s)
	}
	for i, h := range m.heads {
		p.answers = append(p.answers, answer{name: h.Name, window: workspace.Output(i)})
	}
	return p
}

// bind points the predictor at the memory of a call.
func (p *predictor) bind(out, in Tensors) {
	for i := range p.inputs {
		s := &p.inputs[i]
		t := in[s.spec.Name]
		s.floats, s.ids = t.Float32s(), t.Int32s()
	}
	for i := range p.answers {
		a := &p.answers[i]
		a.floats = out[a.name].Float32s()
	}
}

// release forgets the memory of a call: a predictor that waits for the next one must not keep it alive.
func (p *predictor) release() {
	for i := range p.inputs {
		s := &p.inputs[i]
		s.floats, s.ids = nil, nil
	}
	for i := range p.answers {
		p.answers[i].floats = nil
	}
}

// read copies rows lo to hi of the inputs to the first rows of the pass. It returns false where a number
// is not finite or an id is out of range.
func (p *predictor) read(lo, hi int) bool {
	finite := kernel.Default().Finite
	for i := range p.inputs {
		s := &p.inputs[i]
		good := true
		if s.spec.DType == tensor.Int32 {
			good = s.readIDs(lo, hi)
		} else {
			good = s.readFloats(lo, hi, finite)
		}
		if !good {
			return false
		}
	}
	return true
}

func (s *source) readIDs(lo, hi int) bool {
	w := s.tokens
	n := copy(w.Data, s.ids[lo*w.Width:hi*w.Width])
	return s.spec.firstUnknown(w.Data[:n]) < 0
}

// readFloats checks each piece just after it is copied, when it lies in the first cache.
func (s *source) readFloats(lo, hi int, finite func([]float32) bool) bool {
	w := s.window
	from := s.floats[lo*w.Width : hi*w.Width]
	if w.Stride == w.Width {
		return finite(w.Data[:copy(w.Data, from)])
	}
	for r := range hi - lo {
		row := w.Row(r)
		copy(row, from[r*w.Width:])
		if !finite(row) {
			return false
		}
	}
	return true
}

// write copies the answers to rows lo to hi to where the call wants them.
func (p *predictor) write(lo, hi int) {
	for i := range p.answers {
		a := &p.answers[i]
		w := a.window
		to := a.floats[lo*w.Width : hi*w.Width]
		if w.Stride == w.Width {
			copy(to, w.Data)
			continue
		}
		for r := range hi - lo {
			copy(to[r*w.Width:], w.Row(r))
		}
	}
}
