package kernel

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// The products of the seed job first, then of wider networks, of one row, and large squares.
var benchDots = []struct{ rows, columns, inner int }{
	{32, 25, 792}, {64, 25, 792}, {1, 25, 792}, {64, 10, 25}, {64, 32, 12}, {128, 512, 784},
	{64, 256, 64}, {512, 512, 512}, {1024, 1024, 1024},
}

var benchLanes = []struct {
	rows, columns, inner int
	transposed           bool // A is read down its columns
}{
	{25, 792, 64, true}, {25, 792, 32, true}, {64, 25, 10, false}, {10, 25, 64, true},
	{1, 792, 64, false}, {512, 784, 128, true}, {128, 512, 512, false},
	{512, 512, 512, false}, {1024, 1024, 1024, false},
}

// eachSetBench runs a benchmark once for every set, the reference only where it is quick.
func eachSetBench(b *testing.B, name string, run func(b *testing.B, set *Set)) {
	for _, set := range Sets() {
		b.Run(fmt.Sprintf("set=%s/%s", set.Name, name), func(b *testing.B) { run(b, set) })
	}
}

func reportFLOPs(b *testing.B, rows, columns, inner int) {
	operations := 2 * float64(rows) * float64(columns) * float64(inner) * float64(b.N)
	b.ReportMetric(operations/1e9/b.Elapsed().Seconds(), "GFLOP/s")
}

// filled is n values, which start on a cache line as the engine's buffers do.
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
		run   func(s *Set, dst, x, y []float32, raw []uint8)
	}{
		{"exp", 8, func(s *Set, dst, x, _ []float32, _ []uint8) { s.Exp(dst, x) }},
		{"log", 8, func(s *Set, dst, x, _ []float32, _ []uint8) { s.Log(dst, x) }},
		{"tanh", 8, func(s *Set, dst, x, _ []float32, _ []uint8) { s.Tanh(dst, x) }},
		{"sigmoid", 8, func(s *Set, dst, x, _ []float32, _ []uint8) { s.Sigmoid(dst, x) }},
		{"softmax", 8, func(s *Set, dst, x, _ []float32, _ []uint8) { s.Softmax(dst, x) }},
		{"relu", 8, func(s *Set, dst, x, _ []float32, _ []uint8) { s.ReLU(dst, x) }},
		{"reluBack", 12, func(s *Set, dst, x, y []float32, _ []uint8) { s.ReLUBack(dst, x, y) }},
		{"add", 12, func(s *Set, dst, x, _ []float32, _ []uint8) { s.Add(dst, x) }},
		{"bytes", 5, func(s *Set, dst, _, _ []float32, raw []uint8) { s.Bytes(dst, raw, 0.004, -0.1) }},
	}
	for _, k := range kernels {
		for _, n := range []int{10, 792, 4096} {
			dst, x, y, raw := filled(n), filled(n), filled(n), make([]uint8, n)
			eachSetBench(b, fmt.Sprintf("%s/n=%d", k.name, n), func(b *testing.B, set *Set) {
				b.SetBytes(int64(k.bytes * n))
				for b.Loop() {
					k.run(set, dst, x, y, raw)
				}
			})
		}
	}
}

func BenchmarkAdam(b *testing.B) {
	for _, n := range []int{25, 792, 19_800, 1 << 20} {
		w, g, m, v := filled(n), filled(n), filled(n), filled(n)
		for i := range v {
			v[i] *= v[i]
		}
		eachSetBench(b, fmt.Sprintf("n=%d", n), func(b *testing.B, set *Set) {
			b.SetBytes(int64(28 * n)) // four read, three written
			for b.Loop() {
				set.Adam(w, g, m, v, adamStep)
			}
		})
	}
}
