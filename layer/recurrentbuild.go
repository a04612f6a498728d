package layer

import (
	"fmt"

	"braid"
	"braid/op"
	"braid/tensor"
)

// Recurrent is a layer that Bidirectional can run in both directions: LSTM, GRU or SimpleRNN.
type Recurrent interface {
	braid.Layer
	// recurrent declares weights, whose names start with prefix, and the memory of steps.
	recurrent(b *braid.Builder, prefix string) (*recurrent, error)
	// frozen reports whether the weights are not trained.
	frozen() bool
}

// settings are the fields of all recurrent layers.
type settings struct {
	units                           int
	sequences, backwards, noBias    bool
	activation, recurrentActivation *braid.Activation
	kernel, recurrent, bias         Weight
	startBias                       braid.Initializer
	prefix                          string // of the weights' names
}

// gateCount counts what a layer has of units numbers each: columns of a kernel, and sums before
// activations.
type gateCount struct{ gates, sums, biasRows int }

// newRecurrent checks settings and inputs and declares weights and memory. The caller sets cell.
func newRecurrent(b *braid.Builder, s settings, count gateCount) (*recurrent, error) {
	o := &recurrent{
		units: s.units, columns: count.gates * s.units, sequences: s.sequences, backwards: s.backwards,
		masked: b.Inputs() == 2, biasRows: count.biasRows, bias: -1,
		activation: braid.Tanh, recurrentActivation: braid.Sigmoid,
	}
	if s.units < 1 {
		return nil, fmt.Errorf("Units = %d, want 1 or more", s.units)
	}
	if err := o.checkInputs(b); err != nil {
		return nil, err
	}
	var failed error
	choose(&failed, &o.activation, "Activation", s.activation)
	choose(&failed, &o.recurrentActivation, "RecurrentActivation", s.recurrentActivation)
	if failed != nil {
		return nil, failed
	}
	kernel := s.kernel.initializer(&failed, "Kernel", glorotUniform)
	recurrent := s.recurrent.initializer(&failed, "Recurrent", orthogonal)
	bias := s.bias.biasInitializer(&failed, s.noBias, s.startBias)
	o.kernel = b.Weight(s.prefix+"kernel", kernel, o.features, o.columns)
	o.recurrentKernel = b.Weight(s.prefix+"recurrent_kernel", recurrent, s.units, o.columns)
	switch {
	case s.noBias:
	case o.biasRows == 2:
		o.bias = b.Weight(s.prefix+"bias", bias, 2, o.columns)
	default:
		o.bias = b.Weight(s.prefix+"bias", bias, o.columns)
	}
	sums := count.sums * s.units
	o.gates = o.series(b, o.steps, sums)
	if o.activation.KeepsInput() || o.recurrentActivation.KeepsInput() {
		o.inputs = o.series(b, o.steps, sums)
	}
	o.before, o.slopes = b.Save(o.steps*s.units), b.Save(o.steps*sums)
	o.hidden, o.x = o.reserve(s.units), o.reserve(o.features)
	if o.masked {
		o.held = o.reserve(s.units)
	}
	if o.biasRows == 2 {
		o.biases = o.reserve(sums)
	}
	o.feedback = []feedback{{op.Span{Hi: o.columns}, 0, o.before}}
	return o, failed
}

// checkInputs checks the sequence and the mask.
func (o *recurrent) checkInputs(b *braid.Builder) error {
	if n := b.Inputs(); n != 1 && n != 2 {
		return fmt.Errorf("got %d inputs, want a sequence, or a sequence and a mask", n)
	}
	shape := b.Shape(0)
	switch {
	case b.DType(0) != tensor.Float32:
		return b.WantType(tensor.Float32)
	case len(shape) != 2:
		return fmt.Errorf("input has shape %v a row, want [steps features]", shape)
	case o.masked && !b.Shape(1).Equal(tensor.Shape{shape[0]}):
		return fmt.Errorf("the mask has shape %v a row, want [%d], one number a step", b.Shape(1),
			shape[0])
	case o.masked && b.DType(1) != tensor.Float32:
		return fmt.Errorf("the mask is %s, want float32: NotZero makes a mask of ids", b.DType(1))
	}
	o.steps, o.features = shape[0], shape[1]
	return nil
}

// choose sets f to the activation of a field, unless that is nil. For a wrong one it sets failed,
// unless that is set.
func choose(failed *error, f *braid.Activation, field string, given *braid.Activation) {
	if given == nil {
		return
	}
	err := given.Check()
	switch {
	case *failed != nil:
	case err != nil:
		*failed = fmt.Errorf("%s: %w", field, err)
	case *given == braid.Softmax:
		*failed = fmt.Errorf("%s = softmax, want one that works on each number by itself", field)
	default:
		*f = *given
	}
}

// buildRecurrent is Build of a recurrent layer.
func buildRecurrent(b *braid.Builder, l Recurrent) (op.Op, error) {
	o, err := l.recurrent(b, "")
	if err != nil {
		return nil, err
	}
	if o.sequences {
		b.Output(o.steps, o.units)
	} else {
		b.Output(o.units)
	}
	if l.frozen() {
		b.Freeze()
	}
	o.declareScratch(b)
	return o, nil
}

func (o *recurrent) declareScratch(b *braid.Builder) {
	o.scratch, o.tmp = b.Scratch(chunkRows*o.planes), b.Scratch(op.TemporarySize)
}
