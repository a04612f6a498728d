package train

import (
	"fmt"
	"strings"

	"braid/metric"
	"braid/tensor"
)

// score is a metric of a head, with its numbers.
type score struct {
	name    string // of its figure, without the head's
	ascends bool   // a larger figure is better
	fn      metric.Func
	batch   metric.Batch
	numbers tensor.Rows[float32] // of each row of the batch

	// Since reset: of an OfSums each number times the row's weight, of an OfTally or OfTable its
	// tally.
	sums []float64

	// Since reset, of an OfRows: the numbers of all rows that have a label, and their weights.
	rows    []float32
	weights []float32
}

func newScore(m metric.Metric, fn metric.Func, rows int, b metric.Batch) (*score, error) {
	_, ascends := m.(metric.Ascending)
	s := &score{
		name: metric.Name(m), ascends: ascends || strings.HasSuffix(m.Kind(), "accuracy"), fn: fn,
		batch: b, numbers: tensor.NewRows[float32](rows, fn.Width()),
	}
	switch fn.(type) {
	case metric.OfSums:
		s.sums = make([]float64, fn.Width())
	case metric.OfRows:
	case metric.OfTally, metric.OfTable:
		s.sums = make([]float64, fn.(tallier).Tally())
	default:
		return nil, fmt.Errorf("the metric %s is none of metric.OfSums, metric.OfTally, metric.OfRows "+
			"and metric.OfTable", s.name)
	}
	return s, nil
}

// tallier is what metric.OfTally and metric.OfTable have in common.
type tallier interface {
	metric.Func
	Tally() int
	Add(tally []float64, numbers []float32, weight float64)
}

// isTable reports whether the metric is no figure but a table.
func (s *score) isTable() bool {
	_, is := s.fn.(metric.OfTable)
	return is
}

// reset forgets all rows.
func (s *score) reset() {
	clear(s.sums)
	s.rows, s.weights = s.rows[:0], s.weights[:0]
}

// add adds the rows of a batch, in their order.
func (s *score) add(l *labels, order []int32) {
	if s.sums == nil {
		for r, example := range order {
			if !l.isMissing(example) {
				s.rows = append(s.rows, s.numbers.Row(r)...)
			}
		}
		s.addWeights(l, order)
		return
	}
	if fn, ok := s.fn.(tallier); ok {
		for r, example := range order {
			if !l.isMissing(example) {
				fn.Add(s.sums, s.numbers.Row(r), l.weight(example))
			}
		}
		return
	}
	for i, sum := range s.sums {
		for r, example := range order {
			if !l.isMissing(example) {
				sum += l.weight(example) * float64(s.numbers.Data[r*s.numbers.Stride+i])
			}
		}
		s.sums[i] = sum
	}
}

// addWeights adds the weights of a batch's rows.
func (s *score) addWeights(l *labels, order []int32) {
	for _, example := range order {
		if !l.isMissing(example) {
			s.weights = append(s.weights, float32(l.weight(example)))
		}
	}
}

// value returns the figure. weight is the sum of the rows' weights.
func (s *score) value(weight float64) float64 {
	switch fn := s.fn.(type) {
	case metric.OfSums:
		return fn.Value(s.sums, weight)
	case metric.OfTally:
		return fn.Value(s.sums)
	case metric.OfRows:
		width := fn.Width()
		return fn.Value(tensor.Rows[float32]{Data: s.rows, Width: width, Stride: width}, s.weights)
	}
	panic("train: a metric that newScore refuses")
}
