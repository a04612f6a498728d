package train

import (
	"fmt"

	"braid/metric"
	"braid/tensor"
)

// score is a metric of a head, with its numbers.
type score struct {
	name    string
	fn      metric.Func
	batch   metric.Batch
	numbers tensor.Rows[float32] // of each row of the batch

	sums []float64 // since reset, of an OfSums: of each number times the row's weight

	// Since reset, of an OfRows: the numbers of all rows that have a label, and their weights.
	rows    []float32
	weights []float32
}

func newScore(name string, fn metric.Func, rows int, b metric.Batch) (*score, error) {
	s := &score{name: name, fn: fn, batch: b, numbers: tensor.NewRows[float32](rows, fn.Width())}
	switch fn.(type) {
	case metric.OfSums:
		s.sums = make([]float64, fn.Width())
	case metric.OfRows:
	default:
		return nil, fmt.Errorf("the metric %s has neither the method Value of metric.OfSums nor that of "+
			"metric.OfRows", name)
	}
	return s, nil
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
	case metric.OfRows:
		width := fn.Width()
		return fn.Value(tensor.Rows[float32]{Data: s.rows, Width: width, Stride: width}, s.weights)
	}
	panic("train: a metric that newScore refuses")
}
