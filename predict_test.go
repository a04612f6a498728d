package braid_test

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"braid"
	"braid/digitqa"
	"braid/internal/kernel"
	"braid/layer"
	"braid/tensor"
)

// mixed has every kind of input and head that prediction treats differently: inputs of one number
// and of several, stored inside another buffer and not, used twice; heads that are wide, that other
// layers read, that are stored inside another buffer. It has enough weights that several goroutines
// predict 700 rows.
func mixed() *braid.Graph {
	g := braid.NewGraph("mixed")
	x, y := g.Input("x", tensor.Float32, 5), g.Input("y", tensor.Float32, 2, 3)
	kind, words := g.Input("kind", tensor.Int32), g.Input("words", tensor.Int32, 3)

	k := g.Add("k", layer.Embedding{Vocabulary: 4, Width: 3}, kind)
	w := g.Add("w", layer.Embedding{Vocabulary: 7777, Width: 2}, words)
	s := g.Add("s", layer.LSTM{Units: 3, Sequences: true}, w)
	t := g.Add("t", layer.LSTM{Units: 5}, s)
	both := g.Add("both", layer.Concatenate{}, t, x)
	again := g.Add("again", layer.Concatenate{}, x, k)
	wide := g.Head("wide", layer.Dense{Units: 41, Activation: layer.Tanh}, both)
	g.Head("steps", layer.Dense{Units: 4, Activation: layer.Softmax}, y)
	g.Head("laid", layer.Concatenate{}, again, wide)
	g.Head("one", layer.Dense{Units: 1, Activation: layer.Sigmoid}, wide)
	return g
}

// someRows returns rows for any network, no two of them equal.
func someRows(m *braid.Model, rows int) braid.Tensors {
	in := braid.Tensors{}
	for i, spec := range m.Inputs() {
		shape, size := append(tensor.Shape{rows}, spec.Shape...), rows*spec.Shape.Size()
		if spec.DType == tensor.Int32 {
			ids := make([]int32, size)
			for j := range ids {
				ids[j] = int32((j*j + 3*j/7 + i) % spec.Vocabulary)
			}
			in[spec.Name] = tensor.Ints(ids, shape...)
			continue
		}
		values := make([]float32, size)
		for j := range values {
			values[j] = float32((j*j+5*i+j)%1009)/500 - 0.7
		}
		in[spec.Name] = tensor.Floats(values, shape...)
	}
	return in
}

// window returns rows lo to hi of each tensor.
func window(all braid.Tensors, lo, hi int) braid.Tensors {
	part := braid.Tensors{}
	for name, t := range all {
		shape := append(tensor.Shape{hi - lo}, t.Shape()[1:]...)
		width := shape[1:].Size()
		if t.DType() == tensor.Int32 {
			part[name] = tensor.Ints(t.Int32s()[lo*width:hi*width], shape...)
		} else {
			part[name] = tensor.Floats(t.Float32s()[lo*width:hi*width], shape...)
		}
	}
	return part
}

// answers returns tensors for a model's outputs, filled with NaN.
func answers(m *braid.Model, rows int) braid.Tensors {
	out := braid.Tensors{}
	for _, spec := range m.Heads() {
		values := slices.Repeat([]float32{float32(math.NaN())}, rows*spec.Shape.Size())
		out[spec.Name] = tensor.Floats(values, append(tensor.Shape{rows}, spec.Shape...)...)
	}
	return out
}

func checkSame(t *testing.T, what string, got, want braid.Tensors) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: got %d heads, want %d", what, len(got), len(want))
	}
	for name := range want {
		if !got[name].Shape().Equal(want[name].Shape()) {
			t.Fatalf("%s: head %s has shape %v, want %v", what, name, got[name].Shape(), want[name].Shape())
		}
		for i, v := range want[name].Float32s() {
			if g := got[name].Float32s()[i]; math.Float32bits(g) != math.Float32bits(v) {
				t.Fatalf("%s: head %s, element %d is %v, want %v", what, name, i, g, v)
			}
		}
	}
}

func build(t testing.TB, g *braid.Graph) *braid.Model {
	t.Helper()
	m, err := g.Build(5)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A row's output has the same bytes alone, among few and among many, with any number of processors
// and with every kernel set.
func TestPredictSameBytes(t *testing.T) {
	const rows = 1000
	defer kernel.Use(kernel.Default())
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(0))
	for _, graph := range []func() *braid.Graph{mixed,
		func() *braid.Graph { return digitqa.Network(9, 7) }} {
		var want braid.Tensors
		for _, set := range kernel.Sets() {
			kernel.Use(set)
			m := build(t, graph())
			in := someRows(m, rows)
			for _, processors := range []int{1, 2, 5} {
				runtime.GOMAXPROCS(processors)
				out, err := m.Predict(in)
				if err != nil {
					t.Fatal(err)
				}
				if want == nil {
					want = out
				}
				checkSame(t, fmt.Sprintf("%s, %s kernels, %d processors", m.Name(), set.Name, processors), out,
					want)
			}
			for _, n := range []int{1, 37, 64, 300} {
				out := answers(m, rows)
				for lo := 0; lo < rows; lo += n {
					hi := min(lo+n, rows)
					if err := m.PredictInto(window(out, lo, hi), window(in, lo, hi)); err != nil {
						t.Fatal(err)
					}
				}
				checkSame(t, fmt.Sprintf("%s, %s kernels, %d rows a call", m.Name(), set.Name, n), out, want)
			}
		}
	}
}

// A call with one worker starts no goroutine, on any number of processors, and returns the same
// bytes.
func TestPredictWith(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(4))
	m := build(t, digitqa.Network(28, 28))
	const rows = 1024 // enough for all processors
	in, out := someRows(m, rows), answers(m, rows)
	want, err := m.Predict(in)
	if err != nil {
		t.Fatal(err)
	}
	predict := func(workers int) func() {
		return func() {
			if err := m.PredictWith(workers, out, in); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, workers := range []int{1, 3, 100, 0} {
		out = answers(m, rows)
		predict(workers)()
		checkSame(t, fmt.Sprint(workers, " workers"), out, want)
	}
	if raced() {
		t.Skip("the race detector allocates: no count of goroutines")
	}
	if n := testing.AllocsPerRun(5, predict(1)); n > 0 {
		t.Errorf("with one goroutine it allocates %v times", n)
	}
	if n := testing.AllocsPerRun(5, predict(2)); n == 0 {
		t.Error("with two it has no other goroutine, and the test before this one tells nothing")
	}
}

// Goroutines that use one model at once do not disturb each other.
func TestPredictIntoGoroutines(t *testing.T) {
	const rows, share = 700, 100
	m := build(t, mixed())
	in := someRows(m, rows)
	want, err := m.Predict(in)
	if err != nil {
		t.Fatal(err)
	}
	out := answers(m, rows)
	var wait sync.WaitGroup
	for lo := 0; lo < rows; lo += share {
		wait.Go(func() {
			for n := 0; n < share; n += 4 {
				if err := m.PredictInto(window(out, lo+n, lo+n+4), window(in, lo+n, lo+n+4)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	checkSame(t, "goroutines", out, want)
}

func TestPredictIntoMistakes(t *testing.T) {
	m := small(t, false)
	for name, c := range map[string]struct {
		change func(out braid.Tensors)
		want   string
	}{
		"missing": {
			func(out braid.Tensors) { delete(out, "a") },
			`head "a" is missing, want each of "a", "b"`,
		},
		"misspelt": {
			func(out braid.Tensors) { out["bb"] = out["b"]; delete(out, "b") },
			`unknown head "bb", want one of "a", "b"; did you mean "b"?`,
		},
		"extra": {func(out braid.Tensors) { out["c"] = out["b"] }, `unknown head "c"`},
		"type": {
			func(out braid.Tensors) { out["b"] = tensor.Ints(make([]int32, 4), 4, 1) },
			`memory for head "b": got int32 of shape [4 1], want float32 of shape [rows 1]`,
		},
		"shape": {
			func(out braid.Tensors) { out["a"] = out["b"] },
			`memory for head "a": got float32 of shape [4 1], want float32 of shape [rows 3]`,
		},
		"none": {
			func(out braid.Tensors) { out["a"] = tensor.Tensor{} },
			"want float32 of shape [rows 3]",
		},
		"too few": {
			func(out braid.Tensors) { out["a"] = tensor.Floats(make([]float32, 11), 4, 3) },
			"shape [4 3] needs 12 elements, got 11",
		},
		"rows": {
			func(out braid.Tensors) { out["b"] = tensor.Floats(make([]float32, 5), 5, 1) },
			`memory for head "b" has 5 rows, the inputs have 4`,
		},
	} {
		out := answers(m, 4)
		c.change(out)
		if err := m.PredictInto(out, inputs(4)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s:\ngot  %v\nwant %s", name, err, c.want)
		}
		if a := out["a"].Float32s(); len(a) == 12 && a[0] == a[0] {
			t.Errorf("%s: answers were written", name)
		}
	}
	bad := inputs(4)
	bad["x"] = tensor.Floats(make([]float32, 9), 3, 3)
	err := m.PredictInto(answers(m, 4), bad)
	if want := `model "small": input "ids" has 4 rows, the inputs before it have 3`; err == nil ||
		err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// The error names the first bad number: of the first input, the first row.
func TestPredictFirstBadNumber(t *testing.T) {
	const rows = 1000
	m := build(t, mixed())
	for range 20 { // in any order of the goroutines
		in := someRows(m, rows)
		in["words"].Int32s()[3*130+1] = 7777
		if _, err := m.Predict(in); err == nil || !strings.Contains(err.Error(),
			`input "words": row 130, element 1 is id 7777, want 0 to 7776`) {
			t.Fatalf("error is %v", err)
		}
		in["x"].Float32s()[5*990+2] = float32(math.Inf(1))
		in["x"].Float32s()[5*321+1] = float32(math.NaN())
		if _, err := m.Predict(in); err == nil || !strings.Contains(err.Error(),
			`input "x": row 321, element 1 is NaN`) {
			t.Fatalf("error is %v", err)
		}
	}
}

// A bad number is found in each input and each row.
func TestPredictBadNumbers(t *testing.T) {
	const rows = 800
	m := build(t, mixed())
	for _, spec := range m.Inputs() {
		for _, row := range []int{0, 63, 64, rows - 1} {
			in, at := someRows(m, rows), (row+1)*spec.Shape.Size()-1
			if spec.DType == tensor.Int32 {
				in[spec.Name].Int32s()[at] = -1
			} else {
				in[spec.Name].Float32s()[at] = float32(math.NaN())
			}
			want := fmt.Sprintf("input %q: row %d, element %d is", spec.Name, row, spec.Shape.Size()-1)
			if _, err := m.Predict(in); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, want %s", err, want)
			}
			if n, err := m.CheckInputs(in); n != 0 || err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("CheckInputs gives %d and %v, want 0 and %s", n, err, want)
			}
		}
	}
	if n, err := m.CheckInputs(someRows(m, rows)); n != rows || err != nil {
		t.Errorf("CheckInputs gives %d and %v, want %d", n, err, rows)
	}
}

func benchmarkPredict(b *testing.B, predict func(m *braid.Model, out, in braid.Tensors) error) {
	defer kernel.Use(kernel.Default())
	for _, set := range kernel.Sets() {
		for _, rows := range []int{1, 64, 10_000} {
			b.Run(fmt.Sprintf("set=%s/rows=%d", set.Name, rows), func(b *testing.B) {
				kernel.Use(set)
				m := build(b, digitqa.Network(28, 28))
				in, out := someRows(m, rows), answers(m, rows)
				b.ReportAllocs()
				for b.Loop() {
					if err := predict(m, out, in); err != nil {
						b.Fatal(err)
					}
				}
				b.ReportMetric(float64(rows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
	}
}

func BenchmarkPredict(b *testing.B) {
	benchmarkPredict(b, func(m *braid.Model, _, in braid.Tensors) error {
		_, err := m.Predict(in)
		return err
	})
}

func BenchmarkPredictInto(b *testing.B) {
	benchmarkPredict(b, func(m *braid.Model, out, in braid.Tensors) error {
		return m.PredictInto(out, in)
	})
}
