package braid

import (
	"braid/internal/engine"
	"braid/internal/kernel"
	"braid/tensor"
)

// session is the memory with which one goroutine at a time predicts: a workspace of the network,
// and views of a call's tensors.
type session struct {
	team    *engine.Team
	inputs  []inputView
	outputs []outputView
}

// inputView is one input of a call, and the buffer of the workspace that its rows are copied to.
type inputView struct {
	spec *Spec

	floatRows tensor.Rows[float32]
	floats    []float32

	idRows tensor.Rows[int32]
	ids    []int32
}

// outputView is the buffer of one head in the workspace, and the tensor of a call that its rows are
// copied to.
type outputView struct {
	name   string
	rows   tensor.Rows[float32]
	floats []float32
}

func (m *Model) newSession() *session {
	rows := m.network.PredictRows()
	workspace := m.network.NewWorkspace(rows, engine.Predict)
	s := &session{team: workspace.NewSolo()}
	worker := s.team.Workers[0]
	for i := range m.inputs {
		in := inputView{spec: &m.inputs[i]}
		if in.spec.DType == tensor.Int32 {
			in.idRows = worker.IDs(i)
		} else {
			in.floatRows = worker.Input(i)
		}
		s.inputs = append(s.inputs, in)
	}
	for i, h := range m.heads {
		s.outputs = append(s.outputs, outputView{name: h.Name, rows: workspace.Output(i)})
	}
	return s
}

// bind sets the views to the tensors of a call.
func (s *session) bind(out, in Tensors) {
	for i := range s.inputs {
		v := &s.inputs[i]
		t := in[v.spec.Name]
		v.floats, v.ids = t.Float32s(), t.Int32s()
	}
	for i := range s.outputs {
		a := &s.outputs[i]
		a.floats = out[a.name].Float32s()
	}
}

// release clears the views: a pooled session must not keep a call's memory alive.
func (s *session) release() {
	for i := range s.inputs {
		v := &s.inputs[i]
		v.floats, v.ids = nil, nil
	}
	for i := range s.outputs {
		s.outputs[i].floats = nil
	}
}

// read copies rows lo to hi of the inputs to the first rows of the workspace. It returns false if a
// number is not finite or an id is out of range.
func (s *session) read(lo, hi int) bool {
	finite := kernel.Default().Finite
	for i := range s.inputs {
		in := &s.inputs[i]
		ok := true
		if in.spec.DType == tensor.Int32 {
			ok = in.readIDs(lo, hi)
		} else {
			ok = in.readFloats(lo, hi, finite)
		}
		if !ok {
			return false
		}
	}
	return true
}

func (in *inputView) readIDs(lo, hi int) bool {
	w := in.idRows
	n := copy(w.Data, in.ids[lo*w.Width:hi*w.Width])
	return in.spec.firstOutOfRange(w.Data[:n]) < 0
}

// readFloats checks each row just after it is copied, while it is in the L1 cache.
func (in *inputView) readFloats(lo, hi int, finite func([]float32) bool) bool {
	w := in.floatRows
	from := in.floats[lo*w.Width : hi*w.Width]
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

// write copies the outputs to rows lo to hi of the call's tensors.
func (s *session) write(lo, hi int) {
	for i := range s.outputs {
		a := &s.outputs[i]
		w := a.rows
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
