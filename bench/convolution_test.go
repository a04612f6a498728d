package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"braid/internal/kernel"
)

// The passes compute on the task's memory: by the rules of a linear function, the output times its
// gradient is the input times its gradient, and the kernel times its gradient.
func TestConvolutionPasses(t *testing.T) {
	built, err := convolution{3, 5, 4}.build() // a kernel of one block
	if err != nil {
		t.Fatal(err)
	}
	m := built.task
	clear(m.InGrad[0].Data)
	for pass := range convolutionPasses {
		built.run(pass)
	}
	out, in := dot(m.Out.Data, m.OutGrad.Data), dot(m.In[0].Data, m.InGrad[0].Data)
	kernel := dot(m.Weights[0].Data, built.grad)
	const rounding = 1e-4 // of sums of some thousand float32 numbers
	for name, got := range map[string]float64{"input": in, "kernel": kernel} {
		if math.Abs(got-out) > rounding*math.Abs(out) || math.Abs(out) < 1 {
			t.Errorf("%s times gradient is %v, output times gradient %v", name, got, out)
		}
	}
}

func dot(x, y []float32) float64 {
	var sum float64
	for i, v := range x {
		sum += float64(v) * float64(y[i])
	}
	return sum
}

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
			built, err := c.build()
			if err != nil {
				b.Fatal(err)
			}
			for pass, which := range convolutionPasses {
				name := fmt.Sprintf("shape=%dx%dx%dto%d/pass=%s/set=%s", c.side, c.side, c.channels,
					c.filters, strings.ReplaceAll(which, " ", "_"), set.Name)
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						built.run(pass)
					}
					b.ReportMetric(c.flops()*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
				})
			}
		}
	}
}
