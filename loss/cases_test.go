package loss_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"braid"
	"braid/internal/braidtest"
	"braid/internal/kernel"
	"braid/internal/random"
	"braid/loss"
	"braid/tensor"
)

// lossCase is a loss on a head of shape [2, 3], random logits and targets, and the loss of a step
// in float64.
type lossCase struct {
	loss       loss.Loss
	activation braid.Activation
	lo, hi     float64                      // of the logits
	want       func(p, y []float64) float64 // p is the output
}

func (c lossCase) head() braid.Spec {
	return braid.Spec{Name: "y", Shape: tensor.Shape{2, 3}, Activation: c.activation}
}

func (c lossCase) name() string { return fmt.Sprintf("%s of %s", c.loss.Kind(), c.activation) }

// mean and sum combine the terms of a step.
func mean(term func(p, y float64) float64) func(p, y []float64) float64 {
	return func(p, y []float64) float64 { return sum(term)(p, y) / float64(len(p)) }
}

func sum(term func(p, y float64) float64) func(p, y []float64) float64 {
	return func(p, y []float64) float64 {
		var sum float64
		for i := range p {
			sum += term(p[i], y[i])
		}
		return sum
	}
}

// divided divides p by its sum first.
func divided(f func(p, y []float64) float64) func(p, y []float64) float64 {
	return func(p, y []float64) float64 {
		var sum float64
		for _, v := range p {
			sum += v
		}
		p = slices.Clone(p)
		for i := range p {
			p[i] /= sum
		}
		return f(p, y)
	}
}

func smooth(y, s, classes float64) float64 { return y*(1-s) + s/classes }

func bce(p, y float64) float64 { return -y*math.Log(p) - (1-y)*math.Log(1-p) }

// focal is binary focal cross-entropy with Gamma 1.5, Alpha 0.3 and Smoothing 0.2.
func focal(p, y float64) float64 {
	y = smooth(y, 0.2, 2)
	return (y*0.3 + (1-y)*0.7) * math.Pow(1-y*p-(1-y)*(1-p), 1.5) * bce(p, y)
}

// categoricalFocal has Gamma 1.5, Smoothing 0.2 and Alpha 0.5, 1, 2.
func categoricalFocal(p, y []float64) float64 {
	var sum float64
	for i, alpha := range []float64{0.5, 1, 2} {
		sum -= alpha * math.Pow(1-p[i], 1.5) * smooth(y[i], 0.2, 3) * math.Log(p[i])
	}
	return sum
}

// classWeighted is a cross-entropy with class weights.
func classWeighted(p, y []float64) float64 {
	return -math.Log(math.Pow(p[0], 2*y[0]) * math.Pow(p[1], 0.5*y[1]) * math.Pow(p[2], 3*y[2]))
}

func ce(p, y float64) float64 { return -y * math.Log(p) }

func pointer(v float64) *float64 { return &v }

var cases = []lossCase{
	{loss.MeanSquaredError{}, braid.Linear, -2, 2, mean(func(p, y float64) float64 {
		return (p - y) * (p - y)
	})},
	{loss.MeanSquaredError{}, braid.Sigmoid, -2, 2, mean(func(p, y float64) float64 {
		return (p - y) * (p - y)
	})},
	{loss.MeanAbsoluteError{}, braid.Linear, -2, 2, mean(func(p, y float64) float64 {
		return math.Abs(p - y)
	})},
	{loss.Huber{Delta: 0.7}, braid.Linear, -2, 2, mean(func(p, y float64) float64 {
		if d := math.Abs(p - y); d > 0.7 {
			return 0.7*d - 0.7*0.7/2
		}
		return (p - y) * (p - y) / 2
	})},
	{loss.LogCosh{}, braid.Linear, -2, 2, mean(func(p, y float64) float64 {
		return math.Log(math.Cosh(p - y))
	})},
	{loss.MeanAbsolutePercentageError{}, braid.Linear, -2, 2, mean(func(p, y float64) float64 {
		return 100 * math.Abs(p-y) / math.Abs(y)
	})},
	{loss.MeanSquaredLogarithmicError{}, braid.Linear, -0.4, 3, mean(func(p, y float64) float64 {
		return math.Pow(math.Log1p(max(p, 1e-7))-math.Log1p(y), 2)
	})},
	{loss.Poisson{}, braid.Exponential, -1, 1, mean(func(p, y float64) float64 {
		return p - y*math.Log(p)
	})},
	{loss.Poisson{}, braid.Linear, 0.5, 3, mean(func(p, y float64) float64 {
		return p - y*math.Log(p)
	})},
	{loss.Hinge{}, braid.Linear, -2, 2, mean(func(p, y float64) float64 { return max(0, 1-y*p) })},
	{loss.SquaredHinge{}, braid.Tanh, -2, 2, mean(func(p, y float64) float64 {
		return math.Pow(max(0, 1-y*p), 2)
	})},
	{loss.CosineSimilarity{}, braid.Linear, -2, 2, func(p, y []float64) float64 {
		product := func(p, y float64) float64 { return p * y }
		return -sum(product)(p, y) / math.Sqrt(sum(product)(p, p)*sum(product)(y, y))
	}},
	{loss.KLDivergence{}, braid.Softmax, -2, 2, sum(func(p, y float64) float64 {
		return y * math.Log(y/p)
	})},
	{loss.KLDivergence{Probabilities: true}, braid.Sigmoid, -1, 2, sum(func(p, y float64) float64 {
		return y * math.Log(y/p)
	})},
	{loss.BinaryCrossentropy{Smoothing: 0.2}, braid.Sigmoid, -2, 2, mean(func(p, y float64) float64 {
		return bce(p, smooth(y, 0.2, 2))
	})},
	{loss.BinaryCrossentropy{Probabilities: true, PositiveWeight: []float64{3}}, braid.Linear, 0.2,
		0.8, mean(func(p, y float64) float64 { return -3*y*math.Log(p) - (1-y)*math.Log(1-p) })},
	{loss.BinaryCrossentropy{PositiveWeight: []float64{3}}, braid.Sigmoid, -2, 2,
		mean(func(p, y float64) float64 { return -3*y*math.Log(p) - (1-y)*math.Log(1-p) })},
	{loss.BinaryCrossentropy{Probabilities: true}, braid.Softmax, -0.5, 0.5, mean(bce)},
	{loss.BinaryFocalCrossentropy{Gamma: pointer(1.5), Alpha: 0.3, Smoothing: 0.2}, braid.Sigmoid,
		-2, 2, mean(focal)},
	{loss.BinaryFocalCrossentropy{Gamma: pointer(1.5), Alpha: 0.3, Smoothing: 0.2,
		Probabilities: true}, braid.Linear, 0.2, 0.8, mean(focal)},
	{loss.BinaryFocalCrossentropy{Gamma: pointer(0)}, braid.Sigmoid, -2, 2, mean(bce)},
	{loss.CategoricalCrossentropy{Smoothing: 0.2}, braid.Softmax, -2, 2,
		sum(func(p, y float64) float64 { return ce(p, smooth(y, 0.2, 3)) })},
	{loss.CategoricalCrossentropy{Smoothing: 0.2, Probabilities: true}, braid.Linear, 0.2, 0.8,
		divided(sum(func(p, y float64) float64 { return ce(p, smooth(y, 0.2, 3)) }))},
	{loss.CategoricalCrossentropy{Probabilities: true}, braid.Exponential, -1, 1, divided(sum(ce))},
	{loss.SparseCategoricalCrossentropy{}, braid.Softmax, -2, 2, sum(ce)},
	{loss.SparseCategoricalCrossentropy{ClassWeights: []float64{2, 0.5, 3}}, braid.Softmax, -2, 2,
		classWeighted},
	{loss.SparseCategoricalCrossentropy{ClassWeights: []float64{2, 0.5, 3}, Smoothing: 0.2},
		braid.Softmax, -2, 2, func(p, y []float64) float64 {
			weight := 2*y[0] + 0.5*y[1] + 3*y[2] // of the label
			return weight * sum(func(p, y float64) float64 { return ce(p, smooth(y, 0.2, 3)) })(p, y)
		}},
	{loss.SparseCategoricalCrossentropy{ClassWeights: []float64{2, 0.5, 3}, Probabilities: true},
		braid.Softplus, -1, 1, divided(classWeighted)},
	{loss.SparseCategoricalCrossentropy{ClassWeights: []float64{2, 0.5, 3}, Probabilities: true},
		braid.Linear, 0.2, 0.8, divided(classWeighted)},
	{loss.CategoricalFocalCrossentropy{Gamma: pointer(1.5), Alpha: []float64{0.5, 1, 2},
		Smoothing: 0.2}, braid.Softmax, -2, 2, categoricalFocal},
	{loss.CategoricalFocalCrossentropy{Gamma: pointer(1.5), Alpha: []float64{0.5, 1, 2},
		Smoothing: 0.2, Probabilities: true}, braid.Linear, 0.2, 0.8, divided(categoricalFocal)},
	{loss.CategoricalFocalCrossentropy{Gamma: pointer(0), Alpha: []float64{1}}, braid.Softmax, -2, 2,
		sum(ce)},
}

// batch returns 5 rows of random logits and targets, with a factor for each step.
func (c lossCase) batch(f loss.Func) loss.Batch {
	b := c.rows(f, c.head(), 5)
	b.StepWeights = rows(2, 1, 0.25, 2, 1, 0, 1.5, 3, 0, 1, 1)
	return b
}

// rows returns n rows of random logits and targets for a head whose last axis is 3.
func (c lossCase) rows(f loss.Func, head braid.Spec, n int) loss.Batch {
	width := head.Shape.Size()
	draw := random.New(3, "loss cases", uint64(len(c.name())))
	uniform := func(at int, lo, hi float64) float32 {
		return float32(lo + (hi-lo)*float64(draw.Bits(uint64(at))%1009)/1009)
	}
	logits := tensor.NewRows[float32](n, width)
	target, labels := tensor.NewRows[float32](n, width), tensor.NewRows[int32](n, width/3)
	for i := range logits.Data {
		logits.Data[i] = uniform(i, c.lo, c.hi)
		y := uniform(100+i, -2, 2)
		switch t := f.Target(); {
		case t.Unit:
			y = (y + 2) / 4
		case t.NotNegative:
			y += 2
		case t.Signs && y < 0:
			y = -1
		case t.Signs:
			y = 1
		}
		target.Data[i] = y
	}
	for i := range labels.Data {
		labels.Data[i] = int32(draw.Bits(uint64(200+i)) % 3)
	}
	b := braidtest.Answer(logits, head)
	b.Scratch = tensor.NewRows[float32](n, loss.ScratchWidth(f, head))
	if b.Labels = labels; f.Target().DType == tensor.Float32 {
		b.Target, b.Labels = target, tensor.Rows[int32]{}
	}
	return b
}

// TestValues compares losses with their formulas in float64.
func TestValues(t *testing.T) {
	const tolerance = 3e-6 // of losses up to some hundreds: sums of six terms in float32
	for _, c := range cases {
		f := bind(t, c.loss, c.head())
		b := c.batch(f)
		losses := make([]float32, 5)
		f.Rows(b, losses, 1, 0, 5)
		for r, got := range losses {
			var want float64
			for s := range 2 {
				p, y := make([]float64, 3), make([]float64, 3)
				for i := range 3 {
					p[i] = float64(b.Output.Row(r)[3*s+i])
					if b.Target.IsNil() {
						y[b.Labels.Row(r)[s]] = 1
					} else {
						y[i] = float64(b.Target.Row(r)[3*s+i])
					}
				}
				want += float64(b.StepWeights.Row(r)[s]) * c.want(p, y) / 2
			}
			if !(math.Abs(float64(got)-want) <= tolerance*max(1, math.Abs(want))) {
				t.Errorf("%s: loss of row %d is %v, want %v", c.name(), r, got, want)
			}
		}
	}
}

func TestGradients(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name(), func(t *testing.T) {
			f := bind(t, c.loss, c.head())
			braidtest.LossGradient(t, f, c.batch(f), c.head())
		})
	}
}

// A row of many steps has the mean loss of its steps, and their gradients.
func TestSteps(t *testing.T) {
	const steps, tolerance = 14, 2e-6 // 42 numbers: too many for rows that are packed
	for _, c := range cases {
		one := braid.Spec{Name: "one", Shape: tensor.Shape{3}, Activation: c.activation}
		many := braid.Spec{Name: "many", Shape: tensor.Shape{2, steps / 2, 3}, Activation: c.activation}
		each, all := make([]float32, 2*steps), make([]float32, 2)
		f := bind(t, c.loss, one)
		b := c.rows(f, one, 2*steps)
		b.Grad = tensor.NewRows[float32](2*steps, 3)
		f.Rows(b, each, 1, 0, 2*steps)
		want := b.Grad.Data

		f = bind(t, c.loss, many)
		b = c.rows(f, many, 2)
		b.Grad = tensor.NewRows[float32](2, 3*steps)
		f.Rows(b, all, steps, 0, 2)
		for r, got := range all {
			var sum float64
			for _, v := range each[r*steps:][:steps] {
				sum += float64(v)
			}
			off := math.Abs(float64(got) - sum/steps)
			if !(off <= tolerance*max(1, math.Abs(float64(got)))) {
				t.Errorf("%s: the loss of row %d is %v, want %v", c.name(), r, got, sum/steps)
			}
		}
		for i, g := range b.Grad.Data {
			if off := math.Abs(float64(g - want[i])); !(off <= tolerance*max(1, math.Abs(float64(g)))) {
				t.Errorf("%s: the gradient is %v, want %v", c.name(), b.Grad.Data, want)
				break
			}
		}
	}
}

// Every kernel set and any division of the rows gives the same bytes, in strides of any length.
func TestSameBytes(t *testing.T) {
	fastest := kernel.Default()
	defer kernel.Use(fastest)
	for _, c := range cases {
		f := bind(t, c.loss, c.head())
		var want []float32
		for _, set := range kernel.Sets() {
			kernel.Use(set)
			for _, cut := range []int{0, 2} {
				b := c.batch(f)
				if cut > 0 {
					b.Output, b.Logits, b.Target = padded(b.Output), padded(b.Logits), padded(b.Target)
					b.Scratch = padded(b.Scratch)
				}
				b.Grad = tensor.Rows[float32]{Data: make([]float32, 5*9), Width: 6, Stride: 9}
				got := make([]float32, 5)
				f.Rows(b, got, 0.3, 0, cut)
				f.Rows(b, got, 0.3, cut, 5)
				got = append(got, b.Grad.Data...)
				if want == nil {
					want = got
				}
				if !slices.Equal(got, want) {
					t.Errorf("%s: set %s, cut at row %d: got %v, want %v", c.name(), set.Name, cut, got, want)
				}
			}
		}
	}
}

// padded copies rows to rows of a longer stride.
func padded(rows tensor.Rows[float32]) tensor.Rows[float32] {
	if len(rows.Data) == 0 {
		return rows
	}
	n := len(rows.Data) / rows.Stride
	to := tensor.Rows[float32]{Width: rows.Width, Stride: rows.Stride + 5}
	to.Data = make([]float32, n*to.Stride)
	for r := range n {
		copy(to.Row(r), rows.Row(r))
	}
	return to
}

func TestNoAllocation(t *testing.T) {
	for _, c := range cases {
		f := bind(t, c.loss, c.head())
		b := c.batch(f)
		b.Grad = tensor.NewRows[float32](5, 6)
		losses := make([]float32, 5)
		if n := testing.AllocsPerRun(5, func() { f.Rows(b, losses, 1, 0, 5) }); n > 0 {
			t.Errorf("%s allocates %v times", c.name(), n)
		}
	}
}
