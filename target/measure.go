package target

import (
	"fmt"
	"math"
	"slices"

	"braid"
	"braid/metric"
	"braid/tensor"
)

// checkOutputs returns an error unless there are width outputs for each cell.
func checkOutputs(outputs []float32, width int, cells []string) error {
	if len(outputs) != width*len(cells) {
		return fmt.Errorf("target: got %d outputs for %d rows, want %d each", len(outputs), len(cells),
			width)
	}
	return nil
}

// spec describes a head of so many outputs.
func spec(units int, activation braid.Activation) braid.Spec {
	return braid.Spec{Name: "head", Shape: tensor.Shape{units}, Activation: activation}
}

// figure computes a metric of rows that all have a label, as train does for a whole table. labels
// are classes or, if floats is set, numbers. Without rows it is NaN.
func figure(m metric.Metric, head braid.Spec, outputs []float32, labels []int32,
	floats []float32,
) float64 {
	width := head.Shape.Size()
	rows := len(outputs) / width
	if rows == 0 {
		return math.NaN()
	}
	target := metric.Target{DType: tensor.Int32}
	b := metric.Batch{Output: tensor.RowsOf(outputs, width), Scratch: make([]int32, rows)}
	if floats == nil {
		b.Labels = tensor.RowsOf(labels, 1)
	} else {
		target = metric.Target{Shape: head.Shape, Unit: true}
		b.Target = tensor.RowsOf(floats, width)
	}
	f, err := m.Bind(head, target)
	if err != nil {
		panic("target: " + err.Error())
	}
	numbers := tensor.NewRows[float32](rows, f.Width())
	f.Rows(b, numbers, 0, rows)
	if f, ok := f.(metric.OfRows); ok {
		return f.Value(numbers, slices.Repeat([]float32{1}, rows))
	}
	sums := make([]float64, f.Width())
	for i, v := range numbers.Data {
		sums[i%len(sums)] += float64(v)
	}
	return f.(metric.OfSums).Value(sums, float64(rows))
}

// counts has how many rows of each class there are, are predicted, and are rightly predicted.
type counts struct {
	names                  []string
	index                  map[string]int
	rows, predicted, right []int
}

func newCounts(classes []string) *counts {
	c := &counts{index: map[string]int{}}
	for _, name := range classes {
		c.at(name)
	}
	return c
}

// at returns the index of a class, which may be new.
func (c *counts) at(class string) int {
	i, ok := c.index[class]
	if !ok {
		i = len(c.names)
		c.index[class] = i
		c.names = append(c.names, class)
		c.rows, c.predicted, c.right = append(c.rows, 0), append(c.predicted, 0), append(c.right, 0)
	}
	return i
}

// add counts a row of one class.
func (c *counts) add(class, predicted int) {
	c.rows[class]++
	c.predicted[predicted]++
	if class == predicted {
		c.right[class]++
	}
}

// accuracy is the share of the rows whose class is predicted.
func (c *counts) accuracy() float64 { return float64(sum(c.right)) / float64(sum(c.rows)) }

// macroF1 is the mean of the F1 of the classes that rows have or are predicted to have, as in
// scikit-learn.
func (c *counts) macroF1() float64 {
	return c.mean(func(i int) (float64, bool) {
		return f1(c.right[i], c.rows[i], c.predicted[i]), c.rows[i]+c.predicted[i] > 0
	})
}

// microF1 is the F1 of the sums over the classes.
func (c *counts) microF1() float64 { return f1(sum(c.right), sum(c.rows), sum(c.predicted)) }

// balancedAccuracy is the mean recall of the classes that rows have.
func (c *counts) balancedAccuracy() float64 {
	return c.mean(func(i int) (float64, bool) {
		return float64(c.right[i]) / float64(c.rows[i]), c.rows[i] > 0
	})
}

// mean averages a figure over the classes that have it; it is NaN if none does.
func (c *counts) mean(figure func(class int) (value float64, has bool)) float64 {
	total, n := 0.0, 0
	for i := range c.names {
		if v, has := figure(i); has {
			total, n = total+v, n+1
		}
	}
	return total / float64(n)
}

// f1 is the harmonic mean of precision and recall, 0 without rows.
func f1(right, rows, predicted int) float64 {
	if rows+predicted == 0 {
		return 0
	}
	return float64(2*right) / float64(rows+predicted)
}

// classes returns the figures of the classes that rows have or are predicted to have.
func (c *counts) classes() []ClassScore {
	var list []ClassScore
	for i, name := range c.names {
		if c.rows[i]+c.predicted[i] > 0 {
			list = append(list, ClassScore{
				Label: name, Rows: c.rows[i], Predicted: c.predicted[i],
				Precision: float64(c.right[i]) / float64(c.predicted[i]),
				Recall:    float64(c.right[i]) / float64(c.rows[i]),
				F1:        f1(c.right[i], c.rows[i], c.predicted[i]),
			})
		}
	}
	return list
}

// named is a metric whose figure has another name.
type named struct {
	metric.Metric
	As string `json:"as"`
}

// Name is the other name.
func (m named) Name() string { return m.As }

// ascending is named for a metric of which more is better.
type ascending struct{ named }

// Ascends marks that more is better.
func (ascending) Ascends() {}

// largest returns the index of the first of the largest outputs.
func largest(outputs []float32) int {
	best := 0
	for i, v := range outputs {
		if v > outputs[best] {
			best = i
		}
	}
	return best
}
