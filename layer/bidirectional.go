package layer

import (
	"encoding/json"
	"fmt"

	"braid"
	"braid/internal/kinds"
	"braid/op"
	"braid/tensor"
)

// Bidirectional reads a sequence from the first step to the last and, with other weights, from the
// last to the first, and merges both outputs: Schuster and Paliwal, "Bidirectional recurrent neural
// networks", 1997, as in Keras.
//
//	in   [batch, steps, features], and optionally a mask [batch, steps] of 0 and 1
//	out  [batch, width], or [batch, steps, width] if Layer has Sequences
//
// With MergeConcat, width is the sum of both layers' Units, the forward layer first. Otherwise both
// have the same Units, which is the width. A step of the output belongs to the same step of the
// input in both directions. Weights are named forward_kernel, backward_kernel and so on.
//
// A step with mask 0 keeps the state. Its output is 0 with Sequences.
type Bidirectional struct {
	// Layer is an LSTM, GRU or SimpleRNN, without Backwards and Frozen; required.
	Layer Recurrent `json:"layer,omitzero"`
	// BackwardLayer is that of the other direction, likewise; nil means as Layer.
	BackwardLayer Recurrent `json:"backward_layer,omitzero"`

	Merge  Merge `json:"merge,omitzero"`
	Frozen bool  `json:"frozen,omitzero"` // the weights are not trained
}

// Kind is "Bidirectional".
func (Bidirectional) Kind() string { return "Bidirectional" }

// Build declares the weights of both directions.
func (l Bidirectional) Build(b *braid.Builder) (op.Op, error) {
	if !mergeNames.Has(l.Merge) {
		return nil, fmt.Errorf("Merge = %v, want MergeConcat, MergeSum, MergeMul or MergeAve", l.Merge)
	}
	if l.BackwardLayer == nil {
		l.BackwardLayer = l.Layer
	}
	forward, err := direction(b, "Layer", l.Layer, "forward_")
	if err != nil {
		return nil, err
	}
	backward, err := direction(b, "BackwardLayer", l.BackwardLayer, "backward_")
	if err != nil {
		return nil, err
	}
	backward.backwards = true
	switch {
	case forward.sequences != backward.sequences:
		return nil, fmt.Errorf("Layer has Sequences %v, BackwardLayer %v, want the same",
			forward.sequences, backward.sequences)
	case l.Merge != MergeConcat && forward.units != backward.units:
		return nil, fmt.Errorf("Layer has Units %d, BackwardLayer %d, want the same to merge by %v",
			forward.units, backward.units, l.Merge)
	}
	if l.Frozen {
		b.Freeze()
	}
	width, steps := forward.units, 1
	if l.Merge == MergeConcat {
		width += backward.units
	}
	if forward.sequences {
		steps = forward.steps
		b.Output(steps, width)
	} else {
		b.Output(width)
	}
	o := bidirectional{merge: l.Merge}
	for i, d := range []*recurrent{forward, backward} {
		o.directions[i], o.scratch[i] = d, b.Scratch(chunkRows*steps*d.units)
		if l.Merge == MergeMul {
			o.saved[i] = b.Save(steps * d.units)
		}
	}
	return o, nil
}

const wantRecurrent = "LSTM, GRU or SimpleRNN"

// direction returns the op of a direction.
func direction(
	b *braid.Builder, field string, l Recurrent, prefix string,
) (o *recurrent, err error) {
	if err := kinds.NotNil(l, wantRecurrent); err != nil {
		return nil, fmt.Errorf("%s is %w", field, err)
	}
	if o, err = l.recurrent(b, prefix); err != nil {
		return nil, fmt.Errorf("%s: %s: %w", field, l.Kind(), err)
	}
	switch {
	case o.backwards:
		return nil, fmt.Errorf("%s: Backwards = true, want false: Bidirectional sets the direction",
			field)
	case l.frozen():
		return nil, fmt.Errorf("%s: Frozen = true, want Frozen of the Bidirectional", field)
	}
	o.turned, o.zeroMasked = true, o.masked && o.sequences
	o.declareScratch(b)
	return o, nil
}

type bidirectional struct {
	directions [2]*recurrent // forward, backward
	merge      Merge
	scratch    [2]int // [chunkRows, steps of the output, units]: outputs, or their gradients
	saved      [2]int // the outputs, in training with MergeMul
}

func (o bidirectional) Forward(t *op.Task) {
	for lo, n := t.Lo, 0; lo < t.Hi; lo += n {
		n = chunkLen(t.Hi - lo)
		var outputs [2]tensor.Rows[float32]
		for i, d := range o.directions {
			outputs[i] = o.output(t, i, lo)
			chunk{d, t, outputs[i], lo, n}.forward()
		}
		for r := range n {
			o.join(t.Out.Row(lo+r), outputs[0].Row(r), outputs[1].Row(r))
		}
	}
}

// output returns the window of a direction's output, from row lo on.
func (o bidirectional) output(t *op.Task, i, lo int) tensor.Rows[float32] {
	if t.Train && o.merge == MergeMul {
		return t.Saved[o.saved[i]].Skip(lo)
	}
	return o.temporary(t, i)
}

// temporary returns the scratch for a direction's output or its gradient.
func (o bidirectional) temporary(t *op.Task, i int) tensor.Rows[float32] {
	return tensor.RowsOf(t.Scratch[o.scratch[i]], len(t.Scratch[o.scratch[i]])/chunkRows)
}

// join merges the outputs of a row.
func (o bidirectional) join(out, forward, backward []float32) {
	switch o.merge {
	case MergeConcat:
		first, second := o.directions[0].units, o.directions[1].units
		for len(out) > 0 {
			copy(out[copy(out, forward[:first]):], backward[:second])
			out, forward, backward = out[first+second:], forward[first:], backward[second:]
		}
	case MergeSum:
		for i, v := range forward {
			out[i] = v + backward[i]
		}
	case MergeMul:
		for i, v := range forward {
			out[i] = v * backward[i]
		}
	case MergeAve:
		for i, v := range forward {
			out[i] = 0.5 * (v + backward[i])
		}
	}
}

func (o bidirectional) Backward(t *op.Task) {
	for lo, n := t.Lo, 0; lo < t.Hi; lo += n {
		n = chunkLen(t.Hi - lo)
		for i, d := range o.directions {
			var grad tensor.Rows[float32]
			if !t.OutGrad.IsNil() {
				grad = o.temporary(t, i)
				for r := range n {
					o.split(t, i, lo+r, grad.Row(r))
				}
			}
			chunk{d, t, grad, lo, n}.backward()
		}
	}
}

// split computes the gradient of a direction's output in a row.
func (o bidirectional) split(t *op.Task, direction, row int, grad []float32) {
	d := t.OutGrad.Row(row)
	switch o.merge {
	case MergeConcat:
		first, units := 0, o.directions[direction].units
		if direction == 1 {
			first = o.directions[0].units
		}
		width := o.directions[0].units + o.directions[1].units
		for at := first; len(grad) > 0; at += width {
			grad = grad[copy(grad[:units], d[at:]):]
		}
	case MergeSum:
		copy(grad, d)
	case MergeMul:
		for i, v := range t.Saved[o.saved[1-direction]].Row(row) {
			grad[i] = d[i] * v
		}
	case MergeAve:
		for i, v := range d {
			grad[i] = 0.5 * v
		}
	}
}

func (o bidirectional) Gradient(
	t *op.Task, weight int, block op.Block, grad tensor.Rows[float32],
) {
	for _, d := range o.directions {
		if weight == d.kernel || weight == d.recurrentKernel || weight == d.bias {
			d.Gradient(t, weight, block, grad)
		}
	}
}

// GradientProducts returns the steps, which all use every number of the weights.
func (o bidirectional) GradientProducts(int) int { return o.directions[0].steps }

// bidirectionalJSON is the configuration in JSON: the layers with their kinds.
type bidirectionalJSON struct {
	Layer         *recurrentJSON `json:"layer,omitzero"`
	BackwardLayer *recurrentJSON `json:"backward_layer,omitzero"`
	Merge         Merge          `json:"merge,omitzero"`
	Frozen        bool           `json:"frozen,omitzero"`
}

type recurrentJSON struct {
	Kind   string          `json:"kind"`
	Config json.RawMessage `json:"config"`
}

// MarshalJSON writes each layer as its kind and its configuration.
func (l Bidirectional) MarshalJSON() ([]byte, error) {
	first, err := encodeRecurrent("Layer", l.Layer)
	if err != nil {
		return nil, err
	}
	second, err := encodeRecurrent("BackwardLayer", l.BackwardLayer)
	if err != nil {
		return nil, err
	}
	return json.Marshal(bidirectionalJSON{first, second, l.Merge, l.Frozen})
}

func encodeRecurrent(field string, l Recurrent) (*recurrentJSON, error) {
	if l == nil {
		return nil, nil
	}
	if err := kinds.NotNil(l, wantRecurrent); err != nil {
		return nil, fmt.Errorf("%s is %w", field, err)
	}
	config, err := json.Marshal(l)
	return &recurrentJSON{l.Kind(), config}, err
}

// UnmarshalJSON reads what MarshalJSON writes. An unknown field is an error.
func (l *Bidirectional) UnmarshalJSON(text []byte) error {
	var in bidirectionalJSON
	if err := kinds.Unmarshal(text, &in); err != nil {
		return err
	}
	first, err := decodeRecurrent("layer", in.Layer)
	if err != nil {
		return err
	}
	second, err := decodeRecurrent("backward_layer", in.BackwardLayer)
	if err != nil {
		return err
	}
	*l = Bidirectional{first, second, in.Merge, in.Frozen}
	return nil
}

func decodeRecurrent(field string, in *recurrentJSON) (Recurrent, error) {
	if in == nil {
		return nil, nil
	}
	config := in.Config
	if config == nil {
		config = []byte("{}")
	}
	l, err := kinds.Decode("layer", in.Kind, config, []Recurrent{GRU{}, LSTM{}, SimpleRNN{}})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", field, err)
	}
	return l, nil
}
