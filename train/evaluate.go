package train

import (
	"context"
	"fmt"

	"braid"
	"braid/data"
	"braid/internal/engine"
)

// evaluationRows is how many rows are evaluated at a time.
const evaluationRows = 256

// Evaluate measures a model on a table: the figures that Fit names, in the same order. Each head
// is measured as its entry in heads says. Workers 0 means one for each processor.
func Evaluate(ctx context.Context, m *braid.Model, table *data.Table, heads Heads, workers int) (*Scores, error) {
	plan, err := Plan{Heads: heads, Workers: workers}.full(m)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	l, err := newLoop(m, plan, min(evaluationRows, table.Rows()), engine.Evaluate)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	s, err := bindTable(m, l.heads, table)
	if err != nil {
		return nil, fmt.Errorf("train: data: %w", err)
	}
	values, err := l.evaluate(s, func() bool { return ctx.Err() != nil })
	if ctx.Err() != nil {
		return nil, fmt.Errorf("train: evaluation: %w", context.Cause(ctx))
	}
	if err != nil {
		return nil, fmt.Errorf("train: evaluation: %w", err)
	}
	return &Scores{Rows: table.Rows(), Names: figureNames(l.heads), Values: values}, nil
}

// Scores is what Evaluate measured.
type Scores struct {
	Rows   int
	Names  []string
	Values []float64
}
