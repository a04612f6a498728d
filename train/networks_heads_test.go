package train_test

import (
	"math"
	"strings"
	"testing"

	"braid"
	"braid/data"
	"braid/internal/random"
	"braid/layer"
	"braid/loss"
	"braid/metric"
	"braid/tensor"
	"braid/train"
)

// fitting is a loss and the activation of its head.
type fitting struct {
	loss       loss.Loss
	activation braid.Activation
}

// lossOf draws the settings of a loss of some kind for a head with a last axis of units.
func (s *sketch) lossOf(kind string, units int) fitting {
	probabilities := s.coin(3)
	of := func(l loss.Loss, usual, other braid.Activation) fitting {
		if probabilities {
			return fitting{l, other}
		}
		return fitting{l, usual}
	}
	smoothing := pick(s, 0, 0.125)
	switch kind {
	case "binary_crossentropy":
		return of(loss.BinaryCrossentropy{Smoothing: smoothing, Probabilities: probabilities,
			PositiveWeight: s.numbers(1)}, layer.Sigmoid, layer.HardSigmoid)
	case "binary_focal_crossentropy":
		return of(loss.BinaryFocalCrossentropy{Smoothing: smoothing, Probabilities: probabilities,
			Alpha: pick(s, 0, 0.75)}, layer.Sigmoid, layer.HardSigmoid)
	case "categorical_crossentropy":
		return of(loss.CategoricalCrossentropy{Smoothing: smoothing, Probabilities: probabilities},
			layer.Softmax, layer.Sigmoid)
	case "categorical_focal_crossentropy":
		return of(loss.CategoricalFocalCrossentropy{Alpha: s.numbers(units), Smoothing: smoothing,
			Probabilities: probabilities, Gamma: pick(s, nil, new(1.5))}, layer.Softmax, layer.Softplus)
	case "sparse_categorical_crossentropy":
		return of(loss.SparseCategoricalCrossentropy{ClassWeights: s.numbers(units),
			Probabilities: probabilities}, layer.Softmax, layer.HardSigmoid)
	case "kl_divergence":
		return of(loss.KLDivergence{Probabilities: probabilities}, layer.Softmax, layer.Sigmoid)
	case "poisson":
		return fitting{loss.Poisson{}, pick(s, layer.Softplus, layer.Exponential, layer.ReLU)}
	case "hinge":
		return fitting{loss.Hinge{}, pick(s, layer.Linear, layer.Tanh)}
	case "squared_hinge":
		return fitting{loss.SquaredHinge{}, pick(s, layer.Linear, layer.Tanh)}
	case "huber":
		return fitting{loss.Huber{Delta: pick(s, 0, 0.5)}, s.activation()}
	}
	l, err := loss.Decode(kind, []byte("{}"))
	if err != nil {
		s.Fatal(err)
	}
	return fitting{l, s.activation()}
}

// numbers draws n numbers, or none.
func (s *sketch) numbers(n int) (list []float64) {
	if s.coin(2) {
		return nil
	}
	for range n {
		list = append(list, float64(s.int(1, 8))/4)
	}
	return list
}

// drawHeads draws a head for each loss.
func (s *sketch) drawHeads(trunk flow, losses []string) {
	read := false // some head reads the trunk
	for i, kind := range losses {
		units, x := s.int(1, 6), trunk
		if strings.Contains(kind, "categorical") || kind == "kl_divergence" {
			units++ // at least two classes
		}
		if mayLeave := read || i+1 < len(losses); mayLeave && len(s.wide) > 0 && s.coin(2) {
			x = pick(s, s.wide...)
		} else if read = true; len(s.vectors) > 0 && s.coin(2) { // the output of another head, too
			y := pick(s, s.vectors...)
			x = s.add(layer.Concatenate{}, x, tensor.Shape{x.channels() + y.channels()}, y.node)
		}
		f := s.lossOf(kind, units)
		var l braid.Layer = layer.Dense{Units: units, Activation: f.activation}
		name, shape := s.name("head"), x.with(len(x.shape)-1, units)
		switch {
		case len(x.shape) == 3 && s.coin(2):
			l = layer.Conv2D{Filters: units, Size: layer.Pair{1, 1}, Activation: f.activation}
		case s.coin(3):
			x = s.add(layer.Dense{Units: units}, x, shape)
			l, name = layer.Activation{Function: f.activation}, s.name("head")
		}
		s.shapes[name] = shape
		y := flow{s.graph.Head(name, l, x.node), shape, nil}
		if len(shape) == 1 {
			s.vectors = append(s.vectors, y)
		}
		h := train.Head{Loss: f.loss, Weight: pick(s, 0, 0.5, 2), MeasureOnly: s.coin(12)}
		if s.coin(3) {
			h.RowWeight = name + "-weight"
		}
		s.heads[name] = h
	}
}

// measure draws metrics of the heads.
func (s *sketch) measure(m *braid.Model) {
	for _, spec := range m.Heads() {
		h := s.heads[spec.Name]
		t := s.target(spec)
		for _, m := range metric.For(spec, metric.Target{DType: t.DType, Shape: t.Shape, Unit: t.Unit,
			Signs: t.Signs}) {
			if s.coin(3) {
				h.Metrics = append(h.Metrics, m)
			}
		}
		s.heads[spec.Name] = h
	}
}

func (s *sketch) target(head braid.Spec) loss.Target {
	f, err := s.heads[head.Name].Loss.Bind(head)
	if err != nil {
		s.Fatal(err)
	}
	return f.Target()
}

// table draws numbers for a network. Some rows, or steps of rows, have no labels for some heads.
func (s *sketch) table(t testing.TB, m *braid.Model, rows int) *data.Table {
	t.Helper()
	seed := uint64(s.int(1, 1000))
	var columns []data.Column
	for _, in := range s.inputs {
		columns = append(columns, s.inputColumn(t, in, rows, random.New(seed, in.Name)))
	}
	for _, head := range m.Heads() {
		draw := random.New(seed, head.Name)
		if name := s.heads[head.Name].RowWeight; name != "" {
			var shape tensor.Shape
			if s.coin(2) {
				shape = head.Shape[:len(head.Shape)-1]
			}
			weights := make([]float32, rows*shape.Size())
			for i := range weights {
				weights[i] = float32(draw.Bits(uint64(i))%5) / 2
			}
			columns = append(columns, data.Floats(name, weights, shape...))
		}
		columns = append(columns, s.labels(head, rows, draw))
	}
	table, err := data.NewTable(columns...)
	if err != nil {
		s.Fatal(err)
	}
	return table
}

// inputColumn draws the numbers of an input. Those of some columns are often equal.
func (s *sketch) inputColumn(
	t testing.TB, in braid.Spec, rows int, draw random.Stream,
) data.Column {
	t.Helper()
	n := rows * in.Shape.Size()
	if in.DType == tensor.Int32 {
		values := make([]int32, n)
		for i := range values { // one in two is padding, and a few rows have nothing else
			if bits := draw.Bits(uint64(i)); bits%2 == 0 && i/in.Shape.Size()%7 != 3 {
				values[i] = int32(bits / 2 % uint64(in.Vocabulary))
			}
		}
		return data.Ints(in.Name, values, in.Shape...)
	}
	if len(in.Shape) == 3 && s.coin(2) {
		values := make([]uint8, n)
		for i := range values {
			values[i] = uint8(draw.Bits(uint64(i)))
		}
		standard, err := data.Measure(values)
		if err != nil {
			t.Fatal(err)
		}
		return data.Bytes(in.Name, values, standard, in.Shape...)
	}
	values, coarse := make([]float32, n), s.coin(2)
	for i := range values {
		values[i] = draw.Normal(uint64(i))
		if coarse {
			values[i] = float32(math.Round(float64(values[i])))
		}
	}
	return data.Floats(in.Name, values, in.Shape...)
}

// labels draws the target of a head.
func (s *sketch) labels(head braid.Spec, rows int, draw random.Stream) data.Column {
	t, lacks := s.target(head), pick(s, "", "", "rows", "steps")
	size := t.Shape.Size()
	steps, _ := head.Shape.Steps()
	labels, numbers := make([]int32, rows*size), make([]float32, rows*size)
	for i := range numbers {
		bits, v := draw.Bits(uint64(1000_000+i)), draw.Normal(uint64(2000_000+i))
		labels[i] = int32(bits % uint64(max(t.Classes, 1)))
		switch {
		case t.Signs:
			v = float32(bits % 2)
		case t.Unit:
			v = float32(bits%5) / 4
		case t.NotNegative:
			v = max(v, -v)
		case max(v, -v) < 0.125: // a percentage of it would be large
			v = 0.125
		}
		numbers[i] = v
		row, step := i/size, i%size/(size/steps)
		if lacks == "rows" && row%3 == 1 || lacks == "steps" && (row%3 == 1 || (2*row+step)%5 < 2) {
			labels[i], numbers[i] = data.NoLabel, float32(math.NaN())
		}
	}
	if t.DType == tensor.Int32 {
		return data.Ints(head.Name, labels, t.Shape...)
	}
	return data.Floats(head.Name, numbers, t.Shape...)
}
