package main

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"braid/internal/kernel"
	"braid/train"
)

// referenceRows is the number of rows that the Go reference trains on. The other sets, which are
// faster, train on ten times as many.
const referenceRows = 960

// BenchmarkStep measures a training step of each network with each kernel set.
func BenchmarkStep(b *testing.B) {
	for _, n := range networks {
		for _, set := range kernel.Sets() {
			if set.Name == "go" && n.name != "seed" {
				continue // a step takes seconds
			}
			for _, workers := range []int{1, 2} {
				name := fmt.Sprintf("network=%s/set=%s/workers=%d", n.name, set.Name, workers)
				b.Run(name, func(b *testing.B) {
					step(b, n, set, workers)
				})
			}
		}
	}
}

// step measures epochs by the history of a fit, which excludes the time before training.
func step(b *testing.B, n network, set *kernel.Set, workers int) {
	defer kernel.Use(kernel.Default())
	kernel.Use(set)
	table, err := n.table(context.Background())
	if err != nil {
		b.Skipf("skipped: %v", err)
	}
	rows := min(10*referenceRows, table.Rows())
	if set.Name == "go" {
		rows = referenceRows
	}
	if table, err = table.Slice(0, rows); err != nil {
		b.Fatal(err)
	}
	plan := n.plan()
	plan.Epochs, plan.Workers = 1, workers
	steps, spent := 0, time.Duration(0)
	for b.Loop() {
		// Each epoch starts anew: after hundreds the gradients are denormal numbers, which are slow.
		model, err := n.graph().Build(1)
		if err != nil {
			b.Fatal(err)
		}
		history, err := train.Fit(context.Background(), model, table, plan)
		if err != nil {
			b.Fatal(err)
		}
		steps += (rows + plan.Batch - 1) / plan.Batch
		spent += history.Epochs[0].Train
	}
	b.ReportMetric(0, "ns/op") // hides the time of a fit
	b.ReportMetric(float64(spent.Nanoseconds())/float64(steps), "ns/step")
}

// BenchmarkPredict measures predictions of the seed network.
func BenchmarkPredict(b *testing.B) {
	for _, c := range []struct{ rows, workers int }{{1, 1}, {64, 1}, {10_000, 1}, {10_000, 2}} {
		b.Run(fmt.Sprintf("rows=%d/workers=%d", c.rows, c.workers), func(b *testing.B) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(c.workers))
			model, err := networks[0].graph().Build(1)
			if err != nil {
				b.Fatal(err)
			}
			predict, err := predictor(model, c.rows)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if err := predict(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(c.rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
