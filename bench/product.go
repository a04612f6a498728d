package main

import (
	"time"

	"braid/internal/exec"
	"braid/internal/kernel"
)

// product is how many GFLOP/s the default kernels reach in products of square matrices with n rows.
// Each worker computes its share of the rows, and all meet after each product, as in training.
func product(n, workers int, budget time.Duration) float64 {
	a, b, c := filled(n*n), filled(n*n), exec.Floats(n*n)
	kernels := kernel.Default()
	crew := exec.NewCrew(workers)
	multiply := func(times int) time.Duration {
		began := time.Now()
		err := crew.Run(func(worker int) {
			lo, hi := exec.Share(n, 16, worker, workers)
			for range times {
				kernels.MulLanes(kernel.Product{
					Rows: hi - lo, Columns: n, Inner: n, C: c[lo*n:], CRow: n,
					A: a[lo*n:], ARow: n, ACol: 1, B: b, BRow: n, Fresh: true,
				})
				if !crew.Meet(worker) {
					return
				}
			}
		})
		if err != nil {
			panic(err) // our own bug
		}
		return time.Since(began)
	}
	return speed(2*float64(n)*float64(n)*float64(n), budget, multiply)
}

// inCache is what the kernels reach on each worker's own matrices that stay in the first cache, all
// workers together: nearly the peak of the machine's arithmetic.
func inCache(workers int) float64 {
	const rows, columns, inner = 32, 64, 64
	kernels := kernel.Default()
	crew := exec.NewCrew(workers)
	multiply := func(times int) time.Duration {
		began := time.Now()
		err := crew.Run(func(int) {
			p := kernel.Product{
				Rows: rows, Columns: columns, Inner: inner, C: exec.Floats(rows * columns), CRow: columns,
				A: filled(rows * inner), ARow: inner, ACol: 1, B: filled(inner * columns), BRow: columns, Fresh: true,
			}
			for range times {
				kernels.MulLanes(p)
			}
		})
		if err != nil {
			panic(err) // our own bug
		}
		return time.Since(began)
	}
	return speed(2*rows*columns*inner*float64(workers), 50*time.Millisecond, multiply)
}

// speed repeats an operation in about ten portions of the budget, and gives the median portion's
// units of 10⁹ of size a second.
func speed(size float64, budget time.Duration, repeat func(times int) time.Duration) float64 {
	times := 1
	for repeat(times) < budget/10 {
		times *= 2
	}
	var speeds []float64
	for began := time.Now(); len(speeds) < 3 || time.Since(began) < budget; {
		speeds = append(speeds, size*float64(times)/1e9/repeat(times).Seconds())
	}
	return median(speeds)
}

// filled is n small numbers that start on a cache line, as the engine's buffers do.
func filled(n int) []float32 {
	x := exec.Floats(n)
	for i := range x {
		x[i] = float32(i*31%64-20) / 64
	}
	return x
}
