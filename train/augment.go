package train

import (
	"fmt"
	"maps"
	"slices"

	"braid"
	"braid/augment"
	"braid/data"
	"braid/internal/parallel"
	"braid/internal/suggest"
	"braid/op"
	"braid/tensor"
)

// augmented is an input whose images are changed at random. Each worker changes the images of its
// rows of a batch once, in a buffer that all workers share. After they have met, each gathers from
// it the columns that it reads, of all rows: what a worker reads of a row does not depend on who
// changed it.
type augmented struct {
	source   data.Column
	pipeline *augment.Pipeline
	seed     uint64
	purpose  string // of the random numbers

	rows    tensor.Rows[float32] // of the batch, standardized
	batch   data.Column          // the same numbers
	order   []int32              // 0, 1, ...: the rows of batch
	scratch [][]float32          // by worker
}

// bindAugment prepares the plan's augmentations for batches of up to rows rows and a number of
// workers.
func (ds *dataset) bindAugment(m *braid.Model, plan Plan, rows, workers int) error {
	var have []string
	for _, spec := range m.Inputs() {
		have = append(have, spec.Name)
	}
	for _, name := range slices.Sorted(maps.Keys(plan.Augment)) {
		if !slices.Contains(have, name) {
			return fmt.Errorf("Augment: %w", suggest.Unknown("input", name, have))
		}
	}
	for i, name := range have {
		list := plan.Augment[name]
		if len(list) == 0 {
			continue
		}
		source := ds.inputs[i]
		pipeline, err := list.Bind(source.DType, source.Shape)
		if err != nil {
			return fmt.Errorf("Augment: input %q: %w", name, err)
		}
		size := pipeline.Size()
		buffer := parallel.Floats(rows * size)
		a := &augmented{
			source: source, pipeline: pipeline, seed: plan.Seed, purpose: "augment/" + name,
			rows:  tensor.Rows[float32]{Data: buffer, Width: size, Stride: size},
			batch: data.Floats(name, buffer, source.Shape...),
		}
		for r := range rows {
			a.order = append(a.order, int32(r))
		}
		for range workers {
			a.scratch = append(a.scratch, parallel.Floats(size))
		}
		if ds.augmented == nil {
			ds.augmented = make([]*augmented, len(have))
		}
		ds.augmented[i] = a
	}
	return nil
}

// augment changes the images of rows lo to hi of a batch. order names the batch's examples; step is
// the number of the training step.
func (ds *dataset) augment(worker int, order []int32, lo, hi int, step uint64) {
	for _, a := range ds.augmented {
		if a == nil {
			continue
		}
		random := op.NewRandom(a.seed, a.purpose, step, order)
		for r := lo; r < hi; r++ {
			pixels := a.rows.Row(r)
			a.source.Unstandardized(pixels, int(order[r]))
			a.pipeline.Apply(random.Row(r), pixels, a.scratch[worker])
			a.source.Standardize(pixels)
		}
	}
}

// input returns the column of an input and its rows that a batch gathers: those that order names,
// or those of the batch if they are augmented.
func (ds *dataset) input(i int, order []int32) (data.Column, []int32) {
	if ds.augmented == nil || ds.augmented[i] == nil {
		return ds.inputs[i], order
	}
	a := ds.augmented[i]
	return a.batch, a.order[:len(order)]
}
