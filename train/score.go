package train

import (
	"fmt"
	"strings"

	"braid/internal/kinds"
	"braid/metric"
	"braid/tensor"
)

// score is a metric of a head, with its numbers.
type score struct {
	name    string // of its figure, without the head's
	ascends bool   // a larger figure is better
	rows    metric.Func
	fn      metric.Func // rows, or the Func of an example if rows is a metric.Steps
	steps   int         // examples of a row: the head's steps if rows is a metric.Steps, else 1
	batch   metric.Batch
	numbers tensor.Rows[float32] // of each row of the batch

	// Since reset: of an OfSums each number times the example's weight, of an OfTally or OfTable its
	// tally.
	sums []float64

	// Since reset, of an OfRows: the numbers of all examples that have a label, and their weights.
	kept    []float32
	weights []float32
}

// newScore returns the score of a metric for a batch of rows of a head with some steps.
func newScore(
	m metric.Metric, fn metric.Func, rows int, b metric.Batch, steps int,
) (*score, error) {
	_, ascends := m.(metric.Ascending)
	s := &score{
		name: metric.Name(m), ascends: ascends || strings.HasSuffix(m.Kind(), "accuracy"), rows: fn,
		fn: fn, steps: 1, batch: b,
	}
	if all, ok := fn.(metric.Steps); ok {
		if kinds.IsNil(all.Func) || all.Count != steps {
			return nil, fmt.Errorf("the metric %s has a metric.Steps of %d steps, want a Func for each of "+
				"%d", s.name, all.Count, steps)
		}
		s.fn, s.steps = all.Func, steps
	}
	switch fn := s.fn.(type) {
	case metric.OfSums:
		s.sums = make([]float64, fn.Width())
	case metric.OfRows:
	case metric.OfTally, metric.OfTable:
		s.sums = make([]float64, fn.(tallier).Tally())
	default:
		return nil, fmt.Errorf("the metric %s is none of metric.OfSums, metric.OfTally, metric.OfRows "+
			"and metric.OfTable", s.name)
	}
	s.numbers = tensor.NewRows[float32](rows, fn.Width())
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
	s.kept, s.weights = s.kept[:0], s.weights[:0]
}

// add adds the examples of a batch, in the order of its rows.
func (s *score) add(l *labels, order []int32) {
	width := s.fn.Width()
	if _, ok := s.fn.(metric.OfSums); ok && l == nil {
		numbers := s.numbers.Data[:len(order)*s.numbers.Width]
		for i, sum := range s.sums {
			for at := i; at < len(numbers); at += width {
				sum += float64(numbers[at])
			}
			s.sums[i] = sum
		}
		return
	}
	tally, _ := s.fn.(tallier)
	numbers := s.numbers.Data // rows lie one after the other
	for _, row := range order {
		for step := range s.steps {
			example := numbers[:width]
			numbers = numbers[width:]
			weight, labelled := l.example(row, step, s.steps)
			if !labelled {
				continue
			}
			switch {
			case tally != nil:
				tally.Add(s.sums, example, weight)
			case s.sums == nil:
				s.kept = append(s.kept, example...)
			default:
				for i, v := range example {
					s.sums[i] += float64(weight * float64(v)) // not fused
				}
			}
		}
	}
	if s.sums == nil {
		s.addWeights(l, order)
	}
}

// addWeights adds the weights of a batch's examples.
func (s *score) addWeights(l *labels, order []int32) {
	for _, row := range order {
		for step := range s.steps {
			if weight, labelled := l.example(row, step, s.steps); labelled {
				s.weights = append(s.weights, float32(weight))
			}
		}
	}
}

// value returns the figure. weight is the sum of the examples' weights.
func (s *score) value(weight float64) float64 {
	switch fn := s.fn.(type) {
	case metric.OfSums:
		return fn.Value(s.sums, weight)
	case metric.OfTally:
		return fn.Value(s.sums)
	case metric.OfRows:
		return fn.Value(tensor.RowsOf(s.kept, fn.Width()), s.weights)
	}
	panic("train: a metric that newScore refuses")
}
