package train

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"braid"
	"braid/data"
	"braid/internal/engine"
	"braid/internal/kinds"
	"braid/metric"
)

// evaluationRows is the number of rows of an evaluation batch.
const evaluationRows = 256

// Evaluate computes the losses and metrics of heads on a table: the figures of Fit's history, in
// the same order, and tables such as a metric.ConfusionMatrix. Heads.WithAllMetrics names all
// metrics that fit. Workers 0 means one for each processor.
func Evaluate(
	ctx context.Context, m *braid.Model, table *data.Table, heads Heads, workers int,
) (*Scores, error) {
	if err := notNil(m, table); err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	plan, err := Plan{Heads: heads, Workers: workers}.withDefaults(m)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	run, err := newRunner(m, plan, min(evaluationRows, table.Rows()), engine.Evaluate)
	if err != nil {
		return nil, fmt.Errorf("train: %w", err)
	}
	ds, err := newDataset(m, run.heads, table)
	if err != nil {
		return nil, fmt.Errorf("train: data: %w", err)
	}
	values, err := run.evaluate(ds, func() bool { return ctx.Err() != nil })
	if ctx.Err() != nil {
		return nil, fmt.Errorf("train: evaluation: %w", context.Cause(ctx))
	}
	if err != nil {
		return nil, fmt.Errorf("train: evaluation: %w", err)
	}
	return &Scores{
		Rows: table.Rows(), Names: figureNames(run.heads), Values: values, Tables: run.tables(),
	}, nil
}

// Scores are the figures of an evaluation.
type Scores struct {
	Rows   int
	Names  []string
	Values []float64

	// Tables has the metrics that are tables by name, such as "digit_confusion_matrix". nil: none.
	Tables map[string]metric.Table
}

// WithAllMetrics returns a copy of the heads of a model that have, after their metrics, all others
// that metric.For returns for them. A head whose loss does not fit stays as it is, and so do all if
// the model is nil.
func (h Heads) WithAllMetrics(m *braid.Model) Heads {
	all := maps.Clone(h)
	if m == nil {
		return all // Evaluate returns the error
	}
	for _, spec := range m.Heads() {
		head, ok := all[spec.Name]
		isNil := func(m metric.Metric) bool { return kinds.IsNil(m) }
		if !ok || kinds.IsNil(head.Loss) || slices.ContainsFunc(head.Metrics, isNil) {
			continue // Evaluate returns the error
		}
		fn, err := head.Loss.Bind(spec)
		if err != nil || kinds.IsNil(fn) {
			continue
		}
		head.Metrics = slices.Clone(head.Metrics)
		for _, fits := range metric.For(spec, metricTarget(fn.Target())) {
			if !slices.ContainsFunc(head.Metrics, func(m metric.Metric) bool {
				return metric.Name(m) == metric.Name(fits)
			}) {
				head.Metrics = append(head.Metrics, fits)
			}
		}
		all[spec.Name] = head
	}
	return all
}
