package train_test

import (
	"braid"
	"braid/layer"
	"braid/tensor"
)

// embed returns vectors for ids.
func (s *sketch) embed(from *ids) flow {
	l := layer.Embedding{
		Vocabulary: from.vocabulary, Width: s.int(1, 7), Frozen: s.coin(6), Embeddings: s.weight(),
	}
	x := s.add(l, from.flow, tensor.Shape{from.steps(), l.Width})
	x.ids = from
	return x
}

func (s *sketch) bag(x flow) flow {
	l := layer.BagEmbedding{
		Vocabulary: x.ids.vocabulary, Width: s.int(1, 7),
		Mode:   pick(s, layer.BagMean, layer.BagMax, layer.BagSqrtN),
		Frozen: s.coin(6), Embeddings: s.weight(),
	}
	var mask []*braid.Node
	if s.coin(2) {
		mask = []*braid.Node{s.mask(x.ids)}
	}
	return s.add(l, x, tensor.Shape{l.Width}, mask...)
}

// gate draws an activation of gates, or none. Others would let the state grow beyond all bounds.
func (s *sketch) gate() *braid.Activation {
	if s.coin(2) {
		return nil
	}
	return new(pick(s, layer.Sigmoid, layer.Tanh, layer.HardSigmoid, layer.Softsign))
}

// inner draws an activation inside a layer, or none.
func (s *sketch) inner() *braid.Activation {
	if s.coin(2) {
		return nil
	}
	return new(pick(s, layer.ReLU, layer.Sigmoid, layer.Softsign, layer.GELU, layer.SiLU, layer.ELU))
}

// units draws the units of a recurrent layer, often as many as x has channels.
func (s *sketch) units(x flow) int {
	if s.coin(2) {
		return x.channels()
	}
	return s.int(1, 9)
}

func (s *sketch) lstmOf(units int) layer.LSTM {
	l := layer.LSTM{
		Units: units, Sequences: s.coin(2), Activation: s.inner(), RecurrentActivation: s.gate(),
		NoBias: s.coin(4), Kernel: s.weight(), Recurrent: s.weight(),
	}
	l.Bias = s.bias(l.NoBias)
	return l
}

func (s *sketch) gruOf(units int) layer.GRU {
	l := layer.GRU{
		Units: units, Sequences: s.coin(2), ResetBefore: s.coin(3), Activation: s.inner(),
		RecurrentActivation: s.gate(), NoBias: s.coin(4), Kernel: s.weight(), Recurrent: s.weight(),
	}
	l.Bias = s.bias(l.NoBias)
	return l
}

func (s *sketch) simpleRNNOf(units int) layer.SimpleRNN {
	l := layer.SimpleRNN{
		Units: units, Sequences: s.coin(2), Activation: s.inner(), NoBias: s.coin(4),
		Kernel: s.weight(), Recurrent: s.weight(),
	}
	l.Bias = s.bias(l.NoBias)
	return l
}

// addRecurrent adds a layer that returns each step's vector or the last.
func (s *sketch) addRecurrent(l braid.Layer, x flow, sequences bool, width int) flow {
	shape := tensor.Shape{width}
	if sequences {
		shape = tensor.Shape{x.steps(), width}
	}
	return s.add(l, x, shape, s.maybeMask(x)...)
}

func (s *sketch) lstm(x flow) flow {
	l := s.lstmOf(s.units(x))
	l.Backwards, l.Frozen = s.coin(3), s.coin(6)
	return s.addRecurrent(l, x, l.Sequences, l.Units)
}

func (s *sketch) gru(x flow) flow {
	l := s.gruOf(s.units(x))
	l.Backwards, l.Frozen = s.coin(3), s.coin(6)
	return s.addRecurrent(l, x, l.Sequences, l.Units)
}

func (s *sketch) simpleRNN(x flow) flow {
	l := s.simpleRNNOf(s.units(x))
	l.Backwards, l.Frozen = s.coin(3), s.coin(6)
	return s.addRecurrent(l, x, l.Sequences, l.Units)
}

func (s *sketch) bidirectional(x flow) flow {
	l := layer.Bidirectional{
		Merge:  pick(s, layer.MergeConcat, layer.MergeSum, layer.MergeMul, layer.MergeAve),
		Frozen: s.coin(6),
	}
	units, sequences := s.units(x), s.coin(2)
	direction := func(units int) layer.Recurrent {
		switch s.int(0, 2) {
		case 0:
			l := s.lstmOf(units)
			l.Sequences = sequences
			return l
		case 1:
			l := s.gruOf(units)
			l.Sequences = sequences
			return l
		}
		l := s.simpleRNNOf(units)
		l.Sequences = sequences
		return l
	}
	l.Layer = direction(units)
	width, other := units, units
	if l.Merge == layer.MergeConcat {
		if s.coin(2) {
			other = s.int(1, 5)
		}
		width += other
	}
	if other != units || s.coin(2) {
		l.BackwardLayer = direction(other)
	}
	return s.addRecurrent(l, x, sequences, width)
}

// attention draws an attention of a sequence to itself, to another of its length, or to a shorter
// one.
func (s *sketch) attention(x flow) flow {
	l := layer.MultiHeadAttention{
		Heads: s.int(1, 3), KeyWidth: s.int(1, 4), ValueWidth: s.int(0, 3), Causal: s.coin(3),
		NoBias: s.coin(4), Frozen: s.coin(6), Kernel: s.weight(),
	}
	l.Bias = s.bias(l.NoBias)
	var others []*braid.Node
	key := x
	if s.coin(2) {
		if s.coin(2) {
			key = s.maxPooling1D(x)
		} else {
			key = s.like(x)
		}
		others = append(others, key.node)
		if s.coin(2) {
			others = append(others, s.like(key).node)
		}
	}
	if mask := s.maybeMask(key); mask != nil {
		l.Masked, others = true, append(others, mask...)
	}
	return s.add(l, x, x.shape, others...)
}

func (s *sketch) encoder(x flow) flow {
	l := layer.TransformerEncoder{
		Heads: 1, Units: s.int(1, 9), Activation: s.inner(), Rate: s.rate(), Causal: s.coin(3),
		Frozen: s.coin(6), Kernel: s.weight(), Bias: s.weight(),
	}
	for heads := 2; heads <= 3; heads++ {
		if x.channels()%heads == 0 && s.coin(2) {
			l.Heads = heads
		}
	}
	return s.add(l, x, x.shape, s.maybeMask(x)...)
}

func (s *sketch) positions(x flow) flow {
	l := layer.PositionEmbedding{Frozen: s.coin(6), Embeddings: s.weight()}
	if s.coin(2) {
		l.Steps = x.steps() + s.int(0, 2)
	}
	return s.add(layer.Add{}, x, x.shape, s.add(l, x, x.shape).node)
}
