package train_test

import (
	"slices"

	"pgregory.net/rapid"

	"braid"
	"braid/layer"
	"braid/tensor"
)

// drawing draws a layer of one kind that reads x.
type drawing struct {
	axes int // of x
	draw func(s *sketch, x flow) flow
}

const (
	anyAxes = 0  // 1 or more
	ofIDs   = -1 // x is ids
)

// drawings has each kind of layer of package layer.
var drawings map[string]drawing

func init() { // the functions read drawings
	drawings = map[string]drawing{
		"Activation":         {anyAxes, (*sketch).activated},
		"Add":                {anyAxes, merged(layer.Add{})},
		"Average":            {anyAxes, merged(layer.Average{})},
		"AxisSoftmax":        {anyAxes, (*sketch).axisSoftmax},
		"BatchNormalization": {anyAxes, (*sketch).batchNormalization},
		"Concatenate":        {anyAxes, (*sketch).concatenate},
		"Dense":              {anyAxes, (*sketch).dense},
		"Dropout": {anyAxes, func(s *sketch, x flow) flow {
			return s.add(layer.Dropout{Rate: s.rate()}, x, x.shape)
		}},
		"ModalityDropout": {anyAxes, func(s *sketch, x flow) flow {
			return s.add(layer.ModalityDropout{Rate: s.rate()}, x, x.shape)
		}},
		"Flatten": {anyAxes, func(s *sketch, x flow) flow {
			return s.add(layer.Flatten{}, x, tensor.Shape{x.shape.Size()})
		}},
		"GaussianNoise": {anyAxes, func(s *sketch, x flow) flow {
			return s.add(layer.GaussianNoise{Stddev: s.rate()}, x, x.shape)
		}},
		"LayerNormalization": {anyAxes, (*sketch).layerNormalization},
		"Maximum":            {anyAxes, merged(layer.Maximum{})},
		"Minimum":            {anyAxes, merged(layer.Minimum{})},
		"Multiply":           {anyAxes, merged(layer.Multiply{})},
		"Permute":            {anyAxes, (*sketch).permute},
		"Reshape":            {anyAxes, (*sketch).reshape},
		"Subtract":           {anyAxes, merged(layer.Subtract{})},
		"Sum":                {anyAxes, (*sketch).sum},

		"BagEmbedding": {ofIDs, (*sketch).bag},
		"Embedding":    {ofIDs, func(s *sketch, x flow) flow { return s.embed(x.ids) }},
		"NotZero": {ofIDs, func(s *sketch, x flow) flow {
			return flow{s.mask(x.ids), x.shape, nil}
		}},

		"AveragePooling1D":       {2, (*sketch).averagePooling1D},
		"Bidirectional":          {2, (*sketch).bidirectional},
		"Conv1D":                 {2, (*sketch).conv1D},
		"GRU":                    {2, (*sketch).gru},
		"GlobalAveragePooling1D": {2, (*sketch).globalAveragePooling1D},
		"GlobalMaxPooling1D":     {2, (*sketch).globalMaxPooling1D},
		"LSTM":                   {2, (*sketch).lstm},
		"MaxPooling1D":           {2, (*sketch).maxPooling1D},
		"MultiHeadAttention":     {2, (*sketch).attention},
		"PositionEmbedding":      {2, (*sketch).positions},
		"SimpleRNN":              {2, (*sketch).simpleRNN},
		"SpatialDropout1D": {2, func(s *sketch, x flow) flow {
			return s.add(layer.SpatialDropout1D{Rate: s.rate()}, x, x.shape)
		}},
		"TransformerEncoder": {2, (*sketch).encoder},

		"AveragePooling2D":       {3, (*sketch).averagePooling2D},
		"Conv2D":                 {3, (*sketch).conv2D},
		"Cropping2D":             {3, (*sketch).cropping},
		"DepthwiseConv2D":        {3, (*sketch).depthwise},
		"GlobalAveragePooling2D": {3, (*sketch).globalAveragePooling2D},
		"GlobalMaxPooling2D":     {3, (*sketch).globalMaxPooling2D},
		"MaxPooling2D":           {3, (*sketch).maxPooling2D},
		"SpatialDropout2D": {3, func(s *sketch, x flow) flow {
			return s.add(layer.SpatialDropout2D{Rate: s.rate()}, x, x.shape)
		}},
		"UpSampling2D":  {3, (*sketch).upSampling},
		"ZeroPadding2D": {3, (*sketch).zeroPadding},
	}
}

// rate draws a rate or a standard deviation, which may be 0.
func (s *sketch) rate() float64 { return float64(s.int(0, 3)) / 5 }

// activation draws an activation that does not grow faster than its argument.
func (s *sketch) activation() braid.Activation {
	return pick(s, layer.Linear, layer.ReLU, layer.Sigmoid, layer.Tanh, layer.Softmax, layer.GELU,
		layer.GELUTanh, layer.SiLU, layer.ELU, layer.SELU, layer.LeakyReLU, layer.Softplus,
		layer.Softsign, layer.HardSigmoid, layer.Mish)
}

// weight draws an initializer.
func (s *sketch) weight() layer.Weight {
	if s.coin(2) {
		return layer.Weight{}
	}
	init := layer.Init(s.int(int(layer.DefaultInit), int(layer.Orthogonal)))
	w := layer.Weight{Init: init}
	if init == layer.Constant || init == layer.Uniform || init == layer.Normal ||
		init == layer.TruncNormal || init == layer.Orthogonal {
		w.Value = pick(s, 0, 0.25)
	}
	switch s.int(0, 5) {
	case 0:
		w.L1 = 0.01
	case 1:
		w.L2 = 0.02
	case 2:
		w.MaxNorm = 0.75
	}
	return w
}

// bias draws the initializer of a bias, unless there is none.
func (s *sketch) bias(none bool) layer.Weight {
	if none {
		return layer.Weight{}
	}
	return s.weight()
}

func (s *sketch) activated(x flow) flow {
	if s.coin(3) {
		return s.add(layer.Activation{Function: layer.LeakyReLU, Slope: 0.375}, x, x.shape)
	}
	f := s.activation()
	if s.coin(6) { // of numbers that cannot make it overflow
		x = s.add(layer.Activation{Function: layer.Tanh}, x, x.shape)
		f = layer.Exponential
	}
	return s.add(layer.Activation{Function: f}, x, x.shape)
}

func (s *sketch) dense(x flow) flow {
	l := layer.Dense{
		Units: s.int(1, 9), Activation: s.activation(), NoBias: s.coin(4), Frozen: s.coin(6),
		Kernel: s.weight(),
	}
	l.Bias = s.bias(l.NoBias)
	if s.coin(8) {
		l.Units = s.int(30, 70) // several blocks
	}
	if s.coin(2) || x.shape.Size()/x.channels()*l.Units > 600 {
		l.Units = x.channels()
	}
	return s.add(l, x, x.with(len(x.shape)-1, l.Units))
}

// like returns x, or a node of x's shape that is computed from it.
func (s *sketch) like(x flow) flow {
	switch s.int(0, 4) {
	case 0:
		return s.add(layer.Dense{Units: x.channels(), Activation: layer.Tanh}, x, x.shape)
	case 1:
		return s.add(layer.Activation{Function: layer.Softsign}, x, x.shape)
	case 2:
		return s.add(layer.LayerNormalization{}, x, x.shape)
	case 3:
		return s.add(layer.Dropout{Rate: 0.25}, x, x.shape)
	}
	return x
}

// merged returns a drawing of a layer that combines inputs element by element. All but one may
// have axes of length 1.
func merged(l braid.Layer) func(s *sketch, x flow) flow {
	return func(s *sketch, x flow) flow {
		list := []*braid.Node{x.node}
		most := 2
		if l.Kind() == "Subtract" {
			most = 1
		}
		for range s.int(1, most) {
			y := s.like(x)
			if axis := s.int(1, len(x.shape)); s.coin(3) {
				y = s.add(layer.Sum{Axis: axis, KeepDims: true}, y, y.with(axis-1, 1))
			}
			list = append(list, y.node)
		}
		list = rapid.Permutation(list).Draw(s.T, "inputs")
		first := x
		first.node = list[0]
		return s.add(l, first, x.shape, list[1:]...)
	}
}

// axis draws an axis of x as Keras counts it, and as an index.
func (s *sketch) axis(x flow) (axis, index int) {
	n := len(x.shape)
	index = s.int(0, n-1)
	switch {
	case s.coin(2):
		return index + 1, index
	case index == n-1 && s.coin(2):
		return 0, index
	}
	return index - n, index
}

func (s *sketch) concatenate(x flow) flow {
	axis, index := s.axis(x)
	y := s.like(x)
	shape := x.with(index, 2*x.shape[index])
	if shape.Size() > 600 {
		y = s.add(layer.Sum{Axis: index + 1, KeepDims: true}, y, x.with(index, 1))
		shape[index] = x.shape[index] + 1
	}
	if s.coin(2) {
		x.node, y.node = y.node, x.node
	}
	return s.add(layer.Concatenate{Axis: axis}, x, shape, y.node)
}

func (s *sketch) axisSoftmax(x flow) flow {
	axis, index := s.axis(x)
	var mask []*braid.Node
	if index == 0 {
		mask = s.maybeMask(x)
	}
	return s.add(layer.AxisSoftmax{Axis: axis}, x, x.shape, mask...)
}

func (s *sketch) sum(x flow) flow {
	axis, index := s.axis(x)
	l := layer.Sum{Axis: axis, KeepDims: s.coin(2)}
	if l.KeepDims {
		return s.add(l, x, x.with(index, 1))
	}
	return s.add(l, x, slices.Delete(slices.Clone(x.shape), index, index+1))
}

func (s *sketch) batchNormalization(x flow) flow {
	l := layer.BatchNormalization{NoCenter: s.coin(4), NoScale: s.coin(4), Frozen: s.coin(6)}
	if s.coin(2) {
		l.Momentum = new(0.75)
	}
	return s.add(l, x, x.shape, s.maybeMask(x)...)
}

func (s *sketch) layerNormalization(x flow) flow {
	l := layer.LayerNormalization{NoCenter: s.coin(4), NoScale: s.coin(4), Frozen: s.coin(6)}
	for i, n := range rapid.Permutation(s.axes(x)).Draw(s.T, "axes") {
		if i == 0 || s.coin(2) {
			l.Axes = append(l.Axes, n-(len(x.shape)+1)*s.int(0, 1))
		}
	}
	if s.coin(3) {
		l.Axes = nil
	}
	return s.add(l, x, x.shape)
}

// axes returns 1, 2 and so on, for each axis of x.
func (s *sketch) axes(x flow) (list []int) {
	for i := range x.shape {
		list = append(list, i+1)
	}
	return list
}

func (s *sketch) permute(x flow) flow {
	l := layer.Permute{Dims: rapid.Permutation(s.axes(x)).Draw(s.T, "axes")}
	var shape tensor.Shape
	for _, d := range l.Dims {
		shape = append(shape, x.shape[d-1])
	}
	x.ids = nil
	return s.add(l, x, shape)
}

// reshape changes the order of the lengths of the axes, and may join the first two.
func (s *sketch) reshape(x flow) flow {
	shape := rapid.Permutation(x.shape).Draw(s.T, "shape")
	if len(shape) > 1 && s.coin(4) {
		shape = append(tensor.Shape{shape[0] * shape[1]}, shape[2:]...)
	}
	l := layer.Reshape{Shape: slices.Clone(shape)}
	if s.coin(2) {
		l.Shape[s.int(0, len(shape)-1)] = -1
	}
	x.ids = nil
	return s.add(l, x, shape)
}
