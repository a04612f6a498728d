package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"braid/internal/kernel"
)

// BenchmarkConv measures the passes of convolutions with each kernel set but the Go reference, in
// one worker. The table's shapes come first, then those of the record network.
func BenchmarkConv(b *testing.B) {
	shapes := slices.Concat(convolutions, []convolution{
		{1, 24, 24}, {48, 64, 6}, {64, 64, 6}, {64, 128, 3},
	})
	for _, c := range shapes {
		for _, set := range kernel.Sets()[1:] {
			defer kernel.Use(kernel.Default())
			kernel.Use(set)
			passes, err := c.passes()
			if err != nil {
				b.Fatal(err)
			}
			for _, p := range passes {
				name := fmt.Sprintf("shape=%dx%dx%dto%d/pass=%s/set=%s", c.size, c.size, c.channels,
					c.filters, strings.ReplaceAll(p.name, " ", "_"), set.Name)
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						p.run()
					}
					b.ReportMetric(c.flops()*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}
