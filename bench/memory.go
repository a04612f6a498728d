package main

import (
	"encoding/json"
	"errors"
	"io"
	"runtime"
	"runtime/debug"

	"braid/internal/parallel"
)

// memory prints how much each of several concurrent predictors adds to the peak memory of the
// process. One more predictor runs before. Inputs and outputs do not count.
func (j job) memory(out io.Writer) error {
	const added, calls = 16, 3
	debug.SetGCPercent(-1) // no allocation reuses freed memory
	runtime.GOMAXPROCS(1)  // a call uses one goroutine
	model, err := j.model()
	if err != nil {
		return err
	}
	predictors := make([]func() error, added+1)
	for i := range predictors {
		if predictors[i], err = predictor(model, j.rows); err != nil {
			return err
		}
	}
	before, err := ownPeakMemory()
	if err != nil {
		return err
	}
	failed := make([]error, len(predictors))
	parallel.Each(len(predictors), func(i int) {
		for range calls {
			failed[i] = errors.Join(failed[i], predictors[i]())
		}
	})
	if err := errors.Join(failed...); err != nil {
		return err
	}
	after, err := ownPeakMemory()
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(readings{"predictor_bytes": (after - before) / added})
}
