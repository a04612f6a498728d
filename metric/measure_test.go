package metric_test

import (
	"math"
	"testing"

	"braid"
	"braid/metric"
	"braid/tensor"
)

// example has the rows of a head: outputs, and labels or a target.
type example struct {
	head    braid.Spec
	output  []float32
	labels  []int32
	target  []float32
	weights []float32 // of each step of each row; nil: all 1
	signs   bool      // the target has signs
}

// classes, answers and numbers return the rows of a head of n classes, of n answers of yes and no,
// and of n numbers.
func classes(n int, output []float32, labels ...int32) example {
	return example{head: braid.Spec{Name: "kind", Shape: tensor.Shape{n}, Activation: braid.Softmax},
		output: output, labels: labels}
}

func answers(n int, output []float32, target ...float32) example {
	return example{head: braid.Spec{Name: "yes", Shape: tensor.Shape{n}, Activation: braid.Sigmoid},
		output: output, target: target}
}

func numbers(n int, output []float32, target ...float32) example {
	return example{head: braid.Spec{Name: "size", Shape: tensor.Shape{n}}, output: output,
		target: target}
}

// signs returns the rows of a head of n signs.
func signs(n int, output []float32, target ...float32) example {
	return example{head: braid.Spec{Name: "side", Shape: tensor.Shape{n}}, output: output,
		target: target, signs: true}
}

// steps returns the example as one of fewer rows, each with steps along these axes.
func (e example) steps(axes ...int) example {
	e.head.Shape = append(append(tensor.Shape{}, axes...), e.head.Shape...)
	return e
}

func (e example) weighted(weights ...float32) example {
	e.weights = weights
	return e
}

// onehot returns an example of classes with a number for each class as target.
func (e example) onehot() example {
	_, n := e.head.Shape.Steps()
	e.target = make([]float32, n*len(e.labels))
	for r, class := range e.labels {
		e.target[n*r+int(class)] = 1
	}
	e.labels = nil
	return e
}

func (e example) wants() metric.Target {
	if e.labels != nil {
		return metric.Target{DType: tensor.Int32, Shape: e.head.Shape[:len(e.head.Shape)-1]}
	}
	return metric.Target{Shape: e.head.Shape, Unit: e.head.Activation != braid.Linear, Signs: e.signs}
}

// tallies computes a metric's numbers of each row in two spans, as two workers do, and its tally.
// The Func, the numbers and the weights that it returns are those of steps.
func (e example) tallies(t testing.TB, m metric.Metric) (
	metric.Func, tensor.Rows[float32], []float32, []float64,
) {
	t.Helper()
	f, err := m.Bind(e.head, e.wants())
	if err != nil {
		t.Fatal(err)
	}
	b := e.batch()
	n := len(e.output) / e.head.Shape.Size()
	weights := e.weights
	for len(weights) < len(b.Scratch) {
		weights = append(weights, 1)
	}
	numbers := tensor.NewRows[float32](n, f.Width())
	for i := range numbers.Data {
		numbers.Data[i] = 1 // Rows overwrites all of them
	}
	first := b.Scratch[:len(b.Scratch)/n*(n/2)] // of the other worker's rows
	for i := range first {
		first[i] = 77
	}
	f.Rows(b, numbers, n/2, n)
	for i, v := range first {
		if v != 77 {
			t.Errorf("%s writes scratch %d, of rows that it does not compute", metric.Name(m), i)
			break
		}
	}
	f.Rows(b, numbers, 0, n/2)
	if steps, ok := f.(metric.Steps); ok {
		f, numbers = steps.Func, tensor.RowsOf(numbers.Data, steps.Func.Width())
	}
	var tally []float64
	if f, ok := f.(tallier); ok {
		tally = make([]float64, f.Tally())
		for r := range weights {
			f.Add(tally, numbers.Row(r), float64(weights[r]))
		}
	}
	return f, numbers, weights, tally
}

// tallier is what metric.OfTally and metric.OfTable have in common.
type tallier interface {
	Tally() int
	Add(tally []float64, numbers []float32, weight float64)
}

// batch returns the example as a batch, whose rows lie apart, as in a workspace.
func (e example) batch() metric.Batch {
	width := e.head.Shape.Size()
	steps, axis := e.head.Shape.Steps()
	b := metric.Batch{Output: apart(e.output, width),
		Scratch: make([]int32, len(e.output)/axis)}
	if e.labels != nil {
		b.Labels = tensor.RowsOf(e.labels, steps)
	} else {
		b.Target = apart(e.target, width)
	}
	return b
}

func apart(values []float32, width int) tensor.Rows[float32] {
	rows := tensor.NewRows[float32](len(values)/width, width+3)
	rows.Width = width
	for r := range len(values) / width {
		copy(rows.Row(r), values[r*width:])
	}
	return rows
}

// figure computes a metric of an example.
func (e example) figure(t testing.TB, m metric.Metric) float64 {
	t.Helper()
	f, numbers, weights, tally := e.tallies(t, m)
	switch f := f.(type) {
	case metric.OfRows:
		return f.Value(numbers, weights)
	case metric.OfTally:
		return f.Value(tally)
	}
	sums, total := make([]float64, f.Width()), 0.0
	for r, w := range weights {
		for i := range sums {
			sums[i] += float64(w) * float64(numbers.Row(r)[i])
		}
		total += float64(w)
	}
	return f.(metric.OfSums).Value(sums, total)
}

// close compares figures; NaN equals NaN. A row's numbers are float32.
func close(got, want float64) bool {
	if math.IsNaN(want) {
		return math.IsNaN(got)
	}
	return math.Abs(got-want) <= 1e-6*max(1, math.Abs(want))
}
