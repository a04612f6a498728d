package main

import (
	"time"

	"braid/internal/kernel"
	"braid/internal/parallel"
)

// product returns the GFLOP/s of the default kernels in products of square matrices with n rows.
// Each worker computes its share of the rows, with a barrier after each product, as in training.
func product(n, workers int, budget time.Duration) float64 {
	a, b, c := filled(n*n), filled(n*n), parallel.Floats(n*n)
	kernels := kernel.Default()
	crew := parallel.NewCrew(workers)
	multiply := func(times int) time.Duration {
		began := time.Now()
		err := crew.Run(func(worker int) {
			lo, hi := parallel.Share(n, 16, worker, workers)
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
			panic(err) // a bug of Braid
		}
		return time.Since(began)
	}
	return speed(2*float64(n)*float64(n)*float64(n), budget, multiply)
}

// inCache returns the GFLOP/s of all workers together, each with matrices that stay in its L1
// cache: nearly the machine's peak.
func inCache(workers int) float64 {
	const rows, columns, inner = 32, 64, 64
	kernels := kernel.Default()
	crew := parallel.NewCrew(workers)
	multiply := func(times int) time.Duration {
		began := time.Now()
		err := crew.Run(func(int) {
			p := kernel.Product{
				Rows: rows, Columns: columns, Inner: inner, Fresh: true,
				C: parallel.Floats(rows * columns), CRow: columns,
				A: filled(rows * inner), ARow: inner, ACol: 1,
				B: filled(inner * columns), BRow: columns,
			}
			for range times {
				kernels.MulLanes(p)
			}
		})
		if err != nil {
			panic(err) // a bug of Braid
		}
		return time.Since(began)
	}
	return speed(2*rows*columns*inner*float64(workers), 50*time.Millisecond, multiply)
}

// speed repeats an operation in about ten portions of the budget. It returns the median portion's
// speed in 10⁹ operations a second, where one repetition has size operations.
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

// filled returns n small numbers that start on a cache line, like the engine's buffers.
func filled(n int) []float32 {
	x := parallel.Floats(n)
	for i := range x {
		x[i] = float32(i*31%64-20) / 64
	}
	return x
}
