package train_test

import (
	"fmt"
	"maps"
	"slices"

	"pgregory.net/rapid"

	"braid"
	"braid/layer"
	"braid/tensor"
	"braid/train"
)

// sketch draws one network.
type sketch struct {
	*rapid.T
	graph   *braid.Graph
	inputs  []braid.Spec
	shapes  map[string]tensor.Shape // of a row of each node, as the sketch computed it
	ends    []flow                  // nodes that the trunk reads
	wide    []flow                  // images and sequences that a head can read
	vectors []flow                  // heads that another head can read
	heads   train.Heads
}

// flow is a node with the shape of its rows.
type flow struct {
	node  *braid.Node
	shape tensor.Shape
	ids   *ids // the input, or the one that the sequence comes from; nil: none
}

// ids is an input of ids and its mask, which is nil until a layer reads it.
type ids struct {
	flow
	vocabulary int
	notZero    *braid.Node
}

// steps and channels are the lengths of the first and the last axis.
func (x flow) steps() int    { return x.shape[0] }
func (x flow) channels() int { return x.shape[len(x.shape)-1] }

// with returns the shape with another length of an axis, counted from 0.
func (x flow) with(axis, length int) tensor.Shape {
	shape := slices.Clone(x.shape)
	shape[axis] = length
	return shape
}

func (s *sketch) int(lo, hi int) int { return rapid.IntRange(lo, hi).Draw(s.T, "") }

// length draws the length of an axis, rarely 1.
func (s *sketch) length() int {
	if s.coin(8) {
		return 1
	}
	return s.int(2, 7)
}

// coin is true once in n times.
func (s *sketch) coin(n int) bool { return s.int(1, n) == n }

func pick[T any](s *sketch, list ...T) T { return rapid.SampledFrom(list).Draw(s.T, "") }

func (s *sketch) name(prefix string) string { return fmt.Sprintf("%s%d", prefix, len(s.shapes)) }

// add adds a layer that reads x and others. Sometimes it applies the layer a second time: to the
// layer's own output, or to the same ids.
func (s *sketch) add(l braid.Layer, x flow, shape tensor.Shape, others ...*braid.Node) flow {
	name := s.name(l.Kind() + "-")
	s.shapes[name] = shape
	y := flow{s.graph.Add(name, l, append([]*braid.Node{x.node}, others...)...), shape, nil}
	switch readsIDs := x.ids != nil && len(x.shape) == 1; {
	case readsIDs && s.coin(5):
		again := s.add(layer.Dropout{Rate: 0.5}, s.again(y, x.node, others...), shape)
		y = s.add(layer.Subtract{}, y, shape, again.node)
	case !readsIDs && shape.Equal(x.shape) && s.coin(5):
		y = s.again(y, y.node, others...)
	}
	if len(shape) == 2 && len(x.shape) == 2 && y.steps() == x.steps() {
		y.ids = x.ids
	}
	return y
}

// again adds a node with the layer of x, which reads from and others.
func (s *sketch) again(x flow, from *braid.Node, others ...*braid.Node) flow {
	name := s.name("again-")
	s.shapes[name] = x.shape
	return flow{s.graph.Again(name, x.node, append([]*braid.Node{from}, others...)...), x.shape, nil}
}

// input adds an input of float32.
func (s *sketch) input(shape ...int) flow {
	name := s.name("input")
	s.shapes[name] = shape
	s.inputs = append(s.inputs, braid.Spec{Name: name, DType: tensor.Float32, Shape: shape})
	return flow{s.graph.Input(name, tensor.Float32, shape...), shape, nil}
}

// inputIDs adds an input of ids.
func (s *sketch) inputIDs() *ids {
	name, shape, vocabulary := s.name("ids"), tensor.Shape{s.length()}, s.int(2, 9)
	s.shapes[name] = shape
	s.inputs = append(s.inputs, braid.Spec{Name: name, DType: tensor.Int32, Shape: shape,
		Vocabulary: vocabulary})
	from := &ids{flow{s.graph.Input(name, tensor.Int32, shape...), shape, nil}, vocabulary, nil}
	from.flow.ids = from
	return from
}

// mask returns the mask of ids.
func (s *sketch) mask(from *ids) *braid.Node {
	if from.notZero == nil {
		name := s.name("mask")
		s.shapes[name] = from.shape
		from.notZero = s.graph.Add(name, layer.NotZero{}, from.node)
	}
	return from.notZero
}

// maybeMask returns the mask of a sequence, or nothing.
func (s *sketch) maybeMask(x flow) []*braid.Node {
	if x.ids == nil || len(x.shape) != 2 || s.coin(3) {
		return nil
	}
	return []*braid.Node{s.mask(x.ids)}
}

// branch adds layers of each kind to x. A layer whose output has another number of axes, or one
// position only, ends the branch. The next layer then reads what that one read.
func (s *sketch) branch(x flow, kinds []string) {
	axes := len(x.shape)
	for _, kind := range rapid.Permutation(kinds).Draw(s.T, "kinds") {
		y := drawings[kind].draw(s, x)
		if len(y.shape) != axes || y.shape.Size() == y.channels() && axes > 1 {
			s.ends = append(s.ends, y)
		} else {
			x = y
		}
	}
	s.ends = append(s.ends, x)
	if axes > 1 && x.shape.Size() <= 60*x.channels() {
		s.wide = append(s.wide, x)
	}
}

// network draws a graph with a layer of each kind in required and a head with each loss in losses.
func (s *sketch) network(required, losses []string) {
	byAxes := map[int][]string{}
	for _, kind := range required {
		axes := drawings[kind].axes
		if axes == anyAxes {
			axes = s.int(1, 3)
		}
		byAxes[axes] = append(byAxes[axes], kind)
	}
	if len(byAxes[ofIDs]) > 0 || len(byAxes[2]) > 0 && !s.coin(3) || s.coin(3) {
		from := s.inputIDs()
		for _, kind := range byAxes[ofIDs] {
			s.ends = append(s.ends, drawings[kind].draw(s, from.flow))
		}
		s.branch(s.embed(from), append(byAxes[2], s.more(2)...))
		byAxes[2] = nil
	}
	for axes := 1; axes <= 3; axes++ {
		if len(byAxes[axes]) == 0 && (len(s.ends) > 0 || axes < 3) && !s.coin(4) {
			continue
		}
		var shape tensor.Shape
		for range axes {
			shape = append(shape, s.length())
		}
		shape[axes-1] = s.int(1, 6)
		x := s.input(shape...)
		if s.coin(2) { // else the first layer of the branch computes no gradient of its input
			x = s.dense(x)
		}
		s.branch(x, append(byAxes[axes], s.more(axes)...))
	}
	if s.coin(5) { // its products are divided among the workers
		s.branch(s.wideDense(), s.more(1))
	}
	s.drawHeads(s.trunk(), losses)
}

// wideDense adds a Dense that is large enough for split-K.
func (s *sketch) wideDense() flow {
	units := s.int(16, 20)
	x := s.input(pick(s, 512, 1100))
	if s.coin(2) {
		x = s.add(layer.Activation{Function: layer.Softsign}, x, x.shape)
	}
	return s.add(layer.Dense{Units: units, Activation: layer.Tanh}, x, tensor.Shape{units})
}

// more draws up to two kinds of layers for a number of axes.
func (s *sketch) more(axes int) (kinds []string) {
	for range s.int(0, 2) {
		kinds = append(kinds, pick(s, slices.DeleteFunc(slices.Sorted(maps.Keys(drawings)),
			func(kind string) bool {
				return drawings[kind].axes != axes && drawings[kind].axes != anyAxes
			})...))
	}
	return kinds
}

// trunk joins the ends of all branches.
func (s *sketch) trunk() flow {
	var nodes []*braid.Node
	width := 0
	asSum, units := s.coin(3), s.int(2, 9)
	for _, x := range s.ends {
		if x = s.flat(x); asSum || x.channels() > 100 {
			x = s.add(layer.Dense{Units: units, Activation: s.activation()}, x, tensor.Shape{units})
		}
		nodes, width = append(nodes, x.node), width+x.channels()
	}
	x := flow{nodes[0], tensor.Shape{width}, nil}
	switch {
	case len(nodes) == 1:
	case asSum:
		x.shape = tensor.Shape{units}
		x = s.add(pick[braid.Layer](s, layer.Add{}, layer.Average{}, layer.Maximum{}), x, x.shape,
			nodes[1:]...)
	default:
		name := s.name("trunk")
		s.shapes[name] = x.shape
		x.node = s.graph.Add(name, layer.Concatenate{}, nodes...)
	}
	if s.coin(2) {
		x = s.add(layer.LayerNormalization{}, x, x.shape)
	}
	return x
}

// flat returns x as a vector.
func (s *sketch) flat(x flow) flow {
	size := x.shape.Size()
	switch {
	case len(x.shape) == 1:
		return x
	case s.coin(3):
		return s.add(layer.Reshape{Shape: []int{-1}}, x, tensor.Shape{size})
	}
	return s.add(layer.Flatten{}, x, tensor.Shape{size})
}
