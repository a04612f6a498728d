package train_test

import (
	"braid/layer"
	"braid/tensor"
)

// opening is a window along one axis, and the number of its positions.
type opening struct{ size, strides, dilation, positions int }

// opening draws a window that fits an axis.
func (s *sketch) opening(in int, padding layer.Padding, dilates bool) opening {
	w := opening{size: s.int(1, min(3, in)), strides: s.int(1, 2), dilation: 1}
	if dilates && (w.size-1)*2 < in && s.coin(3) {
		w.dilation = 2
	}
	covered := 0
	if padding == layer.Valid {
		covered = (w.size - 1) * w.dilation
	}
	w.positions = (in - covered + w.strides - 1) / w.strides
	return w
}

// openings draws a window along height and width.
func (s *sketch) openings(x flow, padding layer.Padding, dilates bool) (w [2]opening) {
	for i := range w {
		w[i] = s.opening(x.shape[i], padding, dilates)
	}
	return w
}

func pair(w [2]opening, of func(w opening) int) layer.Pair {
	return layer.Pair{of(w[0]), of(w[1])}
}

func sizeOf(w opening) int     { return w.size }
func stridesOf(w opening) int  { return w.strides }
func dilationOf(w opening) int { return w.dilation }

// filters draws filters and groups for an input of some channels.
func (s *sketch) filters(channels int) (filters, groups int) {
	if channels%2 == 0 && s.coin(2) {
		return 2 * s.int(1, 3), 2
	}
	if s.coin(3) {
		return channels, channels
	}
	return s.int(1, 7), 0
}

func (s *sketch) padding() layer.Padding { return pick(s, layer.Valid, layer.Same) }

func (s *sketch) conv2D(x flow) flow {
	p := s.padding()
	w := s.openings(x, p, true)
	l := layer.Conv2D{
		Size: pair(w, sizeOf), Strides: pair(w, stridesOf), Dilation: pair(w, dilationOf), Padding: p,
		Activation: s.activation(), NoBias: s.coin(4), Frozen: s.coin(6), Kernel: s.weight(),
	}
	l.Bias = s.bias(l.NoBias)
	l.Filters, l.Groups = s.filters(x.channels())
	return s.add(l, x, tensor.Shape{w[0].positions, w[1].positions, l.Filters})
}

func (s *sketch) depthwise(x flow) flow {
	p := s.padding()
	w := s.openings(x, p, true)
	l := layer.DepthwiseConv2D{
		Size: pair(w, sizeOf), Strides: pair(w, stridesOf), Dilation: pair(w, dilationOf), Padding: p,
		DepthMultiplier: s.int(0, 2), Activation: s.activation(), NoBias: s.coin(4), Frozen: s.coin(6),
		Kernel: s.weight(),
	}
	l.Bias = s.bias(l.NoBias)
	channels := x.channels() * max(l.DepthMultiplier, 1)
	return s.add(l, x, tensor.Shape{w[0].positions, w[1].positions, channels})
}

func (s *sketch) averagePooling2D(x flow) flow {
	p := s.padding()
	w := s.openings(x, p, false)
	l := layer.AveragePooling2D{Size: pair(w, sizeOf), Strides: pair(w, stridesOf), Padding: p}
	return s.add(l, x, tensor.Shape{w[0].positions, w[1].positions, x.channels()})
}

func (s *sketch) maxPooling2D(x flow) flow {
	p := s.padding()
	w := s.openings(x, p, false)
	l := layer.MaxPooling2D{Size: pair(w, sizeOf), Strides: pair(w, stridesOf), Padding: p}
	return s.add(l, x, tensor.Shape{w[0].positions, w[1].positions, x.channels()})
}

// global returns the shape of a global pooling, and whether it keeps all axes.
func (s *sketch) global(x flow) (shape tensor.Shape, keep bool) {
	if s.coin(2) {
		return tensor.Shape{x.channels()}, false
	}
	for range x.shape[1:] {
		shape = append(shape, 1)
	}
	return append(shape, x.channels()), true
}

func (s *sketch) globalAveragePooling2D(x flow) flow {
	shape, keep := s.global(x)
	return s.add(layer.GlobalAveragePooling2D{KeepDims: keep}, x, shape)
}

func (s *sketch) globalMaxPooling2D(x flow) flow {
	shape, keep := s.global(x)
	return s.add(layer.GlobalMaxPooling2D{KeepDims: keep}, x, shape)
}

func (s *sketch) globalAveragePooling1D(x flow) flow {
	shape, keep := s.global(x)
	return s.add(layer.GlobalAveragePooling1D{KeepDims: keep}, x, shape, s.maybeMask(x)...)
}

func (s *sketch) globalMaxPooling1D(x flow) flow {
	shape, keep := s.global(x)
	return s.add(layer.GlobalMaxPooling1D{KeepDims: keep}, x, shape, s.maybeMask(x)...)
}

func (s *sketch) upSampling(x flow) flow {
	l, shape := layer.UpSampling2D{}, tensor.Shape{2 * x.shape[0], 2 * x.shape[1], x.channels()}
	if shape.Size() > 600 || s.coin(2) {
		l.Size = layer.Pair{1, s.int(1, 2)}
		shape[0], shape[1] = x.shape[0], l.Size[1]*x.shape[1]
	}
	return s.add(l, x, shape)
}

func (s *sketch) zeroPadding(x flow) flow {
	var l layer.ZeroPadding2D
	sides := layer.Sides{{1, 1}, {1, 1}}
	if s.coin(2) {
		l.Padding = layer.Sides{{s.int(0, 2), s.int(0, 1)}, {s.int(0, 1), 1}}
		sides = l.Padding
	}
	height := sides[0][0] + x.shape[0] + sides[0][1]
	width := sides[1][0] + x.shape[1] + sides[1][1]
	return s.add(l, x, tensor.Shape{height, width, x.channels()})
}

func (s *sketch) cropping(x flow) flow {
	top, left := s.int(0, x.shape[0]-1), s.int(0, x.shape[1]-1)
	bottom, right := s.int(0, x.shape[0]-1-top), s.int(0, x.shape[1]-1-left)
	l := layer.Cropping2D{Cropping: layer.Sides{{top, bottom}, {left, right}}}
	height, width := x.shape[0]-top-bottom, x.shape[1]-left-right
	return s.add(l, x, tensor.Shape{height, width, x.channels()})
}

func (s *sketch) conv1D(x flow) flow {
	p := pick(s, layer.Valid, layer.Same, layer.Causal)
	w := s.opening(x.steps(), p, true)
	l := layer.Conv1D{
		Size: w.size, Strides: w.strides, Dilation: w.dilation, Padding: p,
		Activation: s.activation(), NoBias: s.coin(4), Frozen: s.coin(6), Kernel: s.weight(),
	}
	l.Bias = s.bias(l.NoBias)
	l.Filters, l.Groups = s.filters(x.channels())
	return s.add(l, x, tensor.Shape{w.positions, l.Filters})
}

func (s *sketch) averagePooling1D(x flow) flow {
	p := s.padding()
	w := s.opening(x.steps(), p, false)
	l := layer.AveragePooling1D{Size: w.size, Strides: w.strides, Padding: p}
	return s.add(l, x, tensor.Shape{w.positions, x.channels()})
}

func (s *sketch) maxPooling1D(x flow) flow {
	p := s.padding()
	w := s.opening(x.steps(), p, false)
	l := layer.MaxPooling1D{Size: w.size, Strides: w.strides, Padding: p}
	return s.add(l, x, tensor.Shape{w.positions, x.channels()})
}
