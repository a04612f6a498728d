package kernel

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
)

// Products of the seed job, of wider networks, of one row, and of large squares.
var benchDots = []struct{ rows, columns, inner int }{
	{32, 25, 792}, {64, 25, 792}, {1, 25, 792}, {64, 10, 25}, {64, 25, 10}, {64, 32, 12},
	{128, 512, 784},
	{64, 256, 64}, {512, 512, 512}, {1024, 1024, 1024},
}

var benchLanes = []struct {
	rows, columns, inner int
	transposed           bool // A is read down its columns
}{
	{25, 792, 64, true}, {25, 792, 32, true}, {64, 25, 10, false}, {64, 10, 25, false},
	{10, 25, 64, true},
	{64, 8, 25, false}, {32, 64, 4, true},
	{64, 16, 64, false}, {64, 16, 64, true},
	{1, 792, 64, false}, {512, 784, 128, true}, {128, 512, 512, false},
	{512, 512, 512, false}, {1024, 1024, 1024, false},
}

// printMachine prints what figures need beside them, in the form of benchstat's settings. Package
// testing prints the processor's name on most systems; Linux on arm64 knows its numbers.
var printMachine = sync.OnceFunc(func() {
	var names []string
	for _, set := range Sets() {
		names = append(names, set.Name)
	}
	fmt.Printf("go: %s\nprocessors: %d\nkernels: %s\n", runtime.Version(), runtime.NumCPU(),
		strings.Join(names, " "))
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return // not Linux
	}
	for line := range strings.Lines(string(info)) {
		if name, value, _ := strings.Cut(line, ":"); strings.HasPrefix(name, "CPU part") {
			fmt.Printf("cpu-part: %s\n", strings.TrimSpace(value))
			return
		}
	}
})

// eachSetBench runs a benchmark for every set.
func eachSetBench(b *testing.B, name string, run func(b *testing.B, set *Set)) {
	printMachine()
	for _, set := range Sets() {
		b.Run(fmt.Sprintf("set=%s/%s", set.Name, name), func(b *testing.B) { run(b, set) })
	}
}

func reportFLOPs(b *testing.B, rows, columns, inner int) {
	operations := 2 * float64(rows) * float64(columns) * float64(inner) * float64(b.N)
	b.ReportMetric(operations/1e9/b.Elapsed().Seconds(), "GFLOP/s")
}

// filled returns n values that start on a cache line, like the engine's buffers.
func filled(n int) []float32 {
	x := make([]float32, max(n, 64))[:n]
	lopsided(rand.New(rand.NewPCG(uint64(n), 1)), x)
	return x
}

func BenchmarkMulDots(b *testing.B) {
	for _, s := range benchDots {
		p := Dots{Rows: s.rows, Columns: s.columns, Inner: s.inner,
			C: filled(s.rows * s.columns), CRow: s.columns,
			A: filled(s.rows * s.inner), ARow: s.inner, B: filled(s.columns * s.inner), BRow: s.inner}
		name := fmt.Sprintf("m=%d/n=%d/k=%d", s.rows, s.columns, s.inner)
		eachSetBench(b, name, func(b *testing.B, set *Set) {
			for b.Loop() {
				set.MulDots(p)
			}
			reportFLOPs(b, s.rows, s.columns, s.inner)
		})
	}
}

func BenchmarkMulLanes(b *testing.B) {
	for _, s := range benchLanes {
		p := Product{Rows: s.rows, Columns: s.columns, Inner: s.inner,
			C: filled(s.rows * s.columns), CRow: s.columns, A: filled(s.rows * s.inner),
			ARow: s.inner, ACol: 1, B: filled(s.inner * s.columns), BRow: s.columns}
		name := fmt.Sprintf("m=%d/n=%d/k=%d", s.rows, s.columns, s.inner)
		if s.transposed {
			p.ARow, p.ACol = 1, s.rows
			name += "/transposed"
		}
		eachSetBench(b, name, func(b *testing.B, set *Set) {
			for b.Loop() {
				set.MulLanes(p)
			}
			reportFLOPs(b, s.rows, s.columns, s.inner)
		})
	}
}

func BenchmarkVectors(b *testing.B) {
	kernels := []struct {
		name  string
		bytes int // read and written for each element
		run   func(s *Set, dst, x, y []float32)
	}{
		{"exp", 8, func(s *Set, dst, x, _ []float32) { s.Exp(dst, x) }},
		{"log", 8, func(s *Set, dst, x, _ []float32) { s.Log(dst, x) }},
		{"log1p", 8, func(s *Set, dst, x, _ []float32) { s.Log1p(dst, x) }},
		{"tanh", 8, func(s *Set, dst, x, _ []float32) { s.Tanh(dst, x) }},
		{"sigmoid", 8, func(s *Set, dst, x, _ []float32) { s.Sigmoid(dst, x) }},
		{"relu", 8, func(s *Set, dst, x, _ []float32) { s.ReLU(dst, x) }},
		{"reluBack", 12, func(s *Set, dst, x, y []float32) { s.ReLUBack(dst, x, y) }},
		{"sigmoidBack", 12, func(s *Set, dst, x, y []float32) { s.SigmoidBack(dst, x, y) }},
		{"tanhBack", 12, func(s *Set, dst, x, y []float32) { s.TanhBack(dst, x, y) }},
		{"add", 12, func(s *Set, dst, x, _ []float32) { s.Add(dst, x) }},
		{"scale", 8, func(s *Set, dst, x, _ []float32) { s.Scale(dst, x, 1.5) }},
		{"blend", 12, func(s *Set, dst, x, _ []float32) { s.Blend(dst, x, 0.98, 0.02) }},
		{"finite", 4, func(s *Set, _, x, _ []float32) { s.Finite(x) }},
		{"spread", 4, func(s *Set, dst, x, _ []float32) { s.Spread(dst, x[:1]) }},
	}
	for _, k := range kernels {
		for _, n := range []int{10, 792, 4096} {
			dst, x, y := filled(n), filled(n), filled(n)
			eachSetBench(b, fmt.Sprintf("%s/n=%d", k.name, n), func(b *testing.B, set *Set) {
				b.SetBytes(int64(k.bytes * n))
				for b.Loop() {
					k.run(set, dst, x, y)
				}
			})
		}
	}
}

// BenchmarkRows runs kernels on 64 rows.
func BenchmarkRows(b *testing.B) {
	const rows = 64
	for _, width := range []int{10, 784} {
		y, x, bytes := filled(rows*width), filled(rows*width), make([]uint8, 1000*width)
		high, rest := make([]float32, rows), make([]float32, rows)
		index, order, ids := make([]int32, rows), make([]int32, rows), make([]int32, rows)
		for i := range order {
			order[i], ids[i] = int32(i*613)%1000, int32(i*29)%rows
		}
		kernels := []struct {
			name  string
			bytes int // read and written for each element
			run   func(s *Set)
		}{
			{"softmax", 8, func(s *Set) {
				s.Softmax(Softmax{
					Rows: rows, Width: width, Y: y, YRow: width, X: x, XRow: width, Max: high, Rest: rest,
				})
			}},
			{"softmaxBack", 12, func(s *Set) {
				s.SoftmaxBack(SoftmaxBack{Rows: rows, Width: width, D: y, DRow: width, Y: x, YRow: width})
			}},
			{"argMax", 4, func(s *Set) {
				s.ArgMax(ArgMax{Rows: rows, Width: width, Index: index, X: x, XRow: width})
			}},
			{"bytes", 5, func(s *Set) {
				s.Bytes(Gathered{
					Width: width, Y: y, YRow: width, X: bytes, XRow: width, Order: order, Scale: 0.004,
					Shift: -0.1,
				})
			}},
			{"transpose", 8, func(s *Set) {
				s.Transpose(Transposition{Rows: rows, Columns: width, Y: y, YRow: rows, X: x, XRow: width})
			}},
			{"lookUp", 8, func(s *Set) {
				s.LookUp(Lookup{Width: width, IDs: ids, Table: x, TableRow: width, X: y})
			}},
			{"addUp", 12, func(s *Set) {
				s.AddUp(Lookup{
					Width: width, IDs: ids, Table: x, TableRow: width, X: y, XRow: width, Rows: rows,
				})
			}},
		}
		for _, k := range kernels {
			name := fmt.Sprintf("%s/rows=%d/width=%d", k.name, rows, width)
			eachSetBench(b, name, func(b *testing.B, set *Set) {
				b.SetBytes(int64(k.bytes * rows * width))
				for b.Loop() {
					k.run(set)
				}
			})
		}
	}
}

func BenchmarkLSTM(b *testing.B) {
	for _, n := range []int{8 * 64, 64 * 64} { // units x rows
		gates, hidden, cells, squashed, before := filled(4*n), filled(n), filled(n), filled(n), filled(n)
		eachSetBench(b, fmt.Sprintf("forward/n=%d", n), func(b *testing.B, set *Set) {
			b.SetBytes(int64(4 * 12 * n))
			for b.Loop() {
				set.LSTM(LSTMCell{
					Gates: gates, Before: before, Cells: cells, Squashed: squashed, Hidden: hidden,
				})
			}
		})
		eachSetBench(b, fmt.Sprintf("back/n=%d", n), func(b *testing.B, set *Set) {
			b.SetBytes(int64(4 * 13 * n))
			for b.Loop() {
				set.LSTMBack(LSTMBack{
					Gates: gates, Before: before, Squashed: squashed, DHidden: hidden, DCells: cells,
				})
			}
		})
	}
}

func BenchmarkAdam(b *testing.B) {
	for _, n := range []int{25, 792, 19_800, 1 << 20} {
		block := AdamBlock{Rows: 1, Width: n, W: filled(n), G: filled(n), M: filled(n), V: filled(n)}
		for i, v := range block.V {
			block.V[i] = v * v
		}
		eachSetBench(b, fmt.Sprintf("n=%d", n), func(b *testing.B, set *Set) {
			b.SetBytes(int64(28 * n)) // four read, three written
			for b.Loop() {
				set.Adam(block, adamStep)
			}
		})
	}
}
