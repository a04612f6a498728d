package profile

import (
	"context"
	"fmt"
	"slices"
	"time"

	"braid"
	"braid/data"
	"braid/train"
)

const (
	// warmUp is the number of steps that do not count, as memory is touched for the first time.
	warmUp = 2
	// mostTimed and longestTimed limit the steps that are timed.
	mostTimed    = 30
	longestTimed = 2 * time.Second
	// forwardShare is the time of a row in validation, relative to training: about a third, as there
	// are no gradients.
	forwardShare = 1. / 3
)

// Network describes a network, and measures how long an epoch of a plan takes by a few steps. They
// change the model's weights.
func Network(
	ctx context.Context, m *braid.Model, table *data.Table, plan train.Plan,
) (*NetworkReport, error) {
	s := m.Summary()
	r := &NetworkReport{Parameters: s.Total}
	for _, l := range s.Layers {
		r.Layers = append(r.Layers, LayerReport{l.Name, l.Kind, slices.Clone(l.Output), l.Weights})
	}
	validation := plan.Validate
	plan.Epochs, plan.Validate, plan.Checkpoint = mostTimed+warmUp, nil, nil
	var times []time.Duration
	began := time.Now()
	last := began
	plan.Callbacks = []train.Callback{{
		Start: func(s train.Start) error {
			r.Steps, last = s.Steps, time.Now()
			return nil
		},
		Step: func(train.Step) error {
			now := time.Now()
			times = append(times, now.Sub(last))
			last = now
			if len(times) == mostTimed+warmUp || len(times) > warmUp && now.Sub(began) > longestTimed {
				return train.ErrStop
			}
			return nil
		},
	}}
	if _, err := train.Fit(ctx, m, table, plan); err != nil {
		return nil, fmt.Errorf("a few steps of training: %w", err)
	}
	r.Batch = min(plan.Batch, table.Rows())
	if len(times) > warmUp {
		times = times[warmUp:]
	}
	slices.Sort(times)
	step := times[len(times)/2].Seconds()
	r.Seconds = float64(step * float64(r.Steps))
	if validation != nil {
		r.Seconds += float64(step / float64(r.Batch) * forwardShare * float64(validation.Rows()))
	}
	return r, nil
}
