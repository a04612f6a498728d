package braidtest

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/internal/engine"
	"braid/internal/kernel"
	"braid/internal/parallel"
	"braid/internal/random"
	"braid/loss"
	"braid/op"
	"braid/tensor"
)

// GradientTolerance is the largest difference of a gradient from its central difference, as a
// fraction of the weight's largest central difference. Differences in float32 are accurate to about
// 1e-3; a wrong sign, swapped gates or a missing term change them by more than 0.05.
const GradientTolerance = 1e-2

// step is the distance of a central difference: a compromise between its second-order error and
// float32's rounding.
const step = 1e-2

// Gradients compares the gradients of all weights of a model with central differences. The loss is
// a fixed random linear combination of the heads' outputs, so that no two outputs, rows or columns
// have equal gradients. Inputs are random; ids are below the input's vocabulary. To check the
// gradient of a layer's input, put a layer with weights before it. Backward runs twice, because it
// must not change what it reads.
func Gradients(t *testing.T, m *braid.Model) {
	t.Helper()
	const rows, workers = 13, 2 // 8 and 5 rows: with and without full vectors of rows
	b := NewBatch(m, rows, workers)
	b.fillInputs(m)
	heads := m.Heads()
	coefficients := make([]tensor.Rows[float32], len(heads))
	for i, h := range heads {
		coefficients[i] = tensor.NewRows[float32](rows, h.Shape.Size())
		draw := random.New(5, "coefficients", uint64(i))
		for j := range coefficients[i].Data {
			coefficients[i].Data[j] = draw.Normal(uint64(j))
		}
	}
	total := func() float64 {
		b.Forward()
		var sum float64
		for i := range heads {
			for r := range rows {
				for j, v := range b.Space.Output(i).Row(r) {
					sum += float64(v) * float64(coefficients[i].Row(r)[j])
				}
			}
		}
		return sum
	}
	total()
	for i := range heads {
		grad := b.Space.HeadGrad(i, false)
		for r := range rows {
			copy(grad.Row(r), coefficients[i].Row(r))
		}
	}
	b.Backward()
	first := b.gradients(m)
	b.Backward()
	gradients := b.gradients(m)
	for name, values := range first {
		for i, v := range values {
			if math.Float32bits(v) != math.Float32bits(gradients[name][i]) {
				t.Errorf("weight %s, element %d: gradient %v, after another Backward %v", name, i, v,
					gradients[name][i])
				break
			}
		}
	}
	compareWeights(t, m, gradients, total)
}

// Batch runs a model's network on one batch with several workers.
type Batch struct {
	Space *engine.Workspace
	Team  *engine.Team

	rows   int
	crew   *parallel.Crew
	blocks [][]engine.WeightBlock // by worker
}

// NewBatch returns a Batch for training a model on the given number of rows.
func NewBatch(m *braid.Model, rows, workers int) *Batch {
	b := &Batch{Space: m.Network().NewWorkspace(rows, engine.Train), rows: rows,
		crew: parallel.NewCrew(workers)}
	b.Team = b.Space.NewTeam(workers, b.crew.Meet)
	b.blocks, _ = b.Team.Assign(false)
	examples := make([]int32, rows)
	for i := range examples {
		examples[i] = int32(i)
	}
	for worker := range workers {
		b.Team.Begin(worker, rows, examples, 1)
	}
	return b
}

// run calls work in each worker.
func (b *Batch) run(work func(worker int)) {
	if err := b.crew.Run(work); err != nil {
		panic(err)
	}
}

// Forward computes all rows.
func (b *Batch) Forward() { b.run(func(worker int) { b.Team.Forward(worker, b.rows) }) }

// Backward computes the gradients from the gradient of each head, HeadGrad.
func (b *Batch) Backward() {
	b.run(func(worker int) { b.Team.Backward(worker, b.rows) })
	b.run(func(worker int) { b.Team.Join(worker, b.rows) })
}

func (b *Batch) fillInputs(m *braid.Model) {
	for i, spec := range m.Inputs() {
		draw := random.New(6, "inputs", uint64(i))
		size := spec.Shape.Size()
		for _, w := range b.Team.Workers {
			for r := range b.rows {
				for j := range size {
					at := uint64(r*size + j)
					if spec.DType == tensor.Int32 {
						w.IDs(i).Row(r)[j] = int32(draw.Bits(at) % uint64(max(1, spec.Vocabulary)))
					} else {
						w.Input(i).Row(r)[j] = draw.Normal(at)
					}
				}
			}
		}
	}
}

// gradients returns the gradient of each trained weight.
func (b *Batch) gradients(m *braid.Model) map[string][]float32 {
	list := map[string][]float32{}
	for _, w := range m.Weights() {
		if !w.IsState() && !w.Memory().Frozen {
			list[w.Name()] = b.Gradient(w)
		}
	}
	return list
}

// Gradient returns the gradient of a weight over the batch, row-major, from all blocks.
func (b *Batch) Gradient(w *braid.Weight) []float32 {
	var full []tensor.Rows[float32]
	for _, matrix := range w.Memory().Storage {
		full = append(full, tensor.NewRows[float32](w.Memory().Rows, matrix.Width))
	}
	for worker, blocks := range b.blocks {
		for _, block := range blocks {
			if block.Weight != w.Memory() {
				continue
			}
			grad := tensor.NewRows[float32](block.RowHi-block.RowLo, block.ColumnHi-block.ColumnLo)
			for i := range grad.Data {
				grad.Data[i] = 1e6 // Gradient must overwrite it
			}
			b.Team.Gradient(worker, block, b.rows, grad)
			for r := block.RowLo; r < block.RowHi; r++ {
				copy(full[block.Matrix].Row(r)[block.ColumnLo:], grad.Row(r-block.RowLo))
			}
		}
	}
	values := make([]float32, w.Shape().Size())
	w.Unpack(values, full)
	return values
}

// compareWeights compares each weight's gradient with central differences of total.
func compareWeights(
	t *testing.T, m *braid.Model, gradients map[string][]float32, total func() float64,
) {
	t.Helper()
	for _, w := range m.Weights() {
		values, got := w.Values(), gradients[w.Name()]
		if got == nil {
			continue
		}
		want := map[int]float64{}
		largest := 0.0
		// A sample of a large weight is enough. 199 has no factor in common with the sizes in tests.
		for i := 0; i < len(values); i += 1 + len(values)/199 {
			v := values[i]
			at := func(x float32) float64 {
				values[i] = x
				if err := w.Set(values); err != nil {
					t.Fatal(err)
				}
				return total()
			}
			want[i] = (at(v+step) - at(v-step)) / (float64(v+step) - float64(v-step))
			at(v)
			largest = max(largest, math.Abs(want[i]))
		}
		if largest == 0 {
			t.Errorf("weight %s has no effect on the outputs: the test cannot check it", w.Name())
		}
		for _, i := range slices.Sorted(maps.Keys(want)) {
			if off := math.Abs(float64(got[i]) - want[i]); off > GradientTolerance*largest ||
				math.IsNaN(off) {
				t.Errorf("weight %s, element %d: gradient %v, central difference %v", w.Name(), i, got[i],
					want[i])
				break
			}
		}
	}
}

// Answer returns a batch for a loss on logits, as the engine would compute it.
func Answer(logits tensor.Rows[float32], activation braid.Activation) loss.Batch {
	rows := len(logits.Data) / logits.Stride
	b := loss.Batch{
		Logits: logits, Output: tensor.NewRows[float32](rows, logits.Width),
		Scratch:   tensor.NewRows[float32](rows, logits.Width),
		LogSumExp: op.LogSumExp{Max: make([]float32, rows), Rest: make([]float32, rows)},
	}
	answer(b, activation)
	return b
}

func answer(b loss.Batch, activation braid.Activation) {
	if activation == braid.Sigmoid {
		kernel.Default().Sigmoid(b.Output.Data, b.Logits.Data)
		return
	}
	kernel.Default().Softmax(kernel.Softmax{
		Rows: len(b.LogSumExp.Max), Width: b.Output.Width, Y: b.Output.Data, YRow: b.Output.Stride,
		X: b.Logits.Data, XRow: b.Logits.Stride, Max: b.LogSumExp.Max, Rest: b.LogSumExp.Rest,
	})
}

// LossGradient compares a loss's gradient with respect to the logits with central differences.
func LossGradient(t *testing.T, f loss.Func, b loss.Batch, activation braid.Activation) {
	t.Helper()
	rows := len(b.LogSumExp.Max)
	b.Grad = tensor.NewRows[float32](rows, b.Output.Width)
	losses := make([]float32, rows)
	const scale = 0.7
	f.Rows(b, losses, scale, 0, rows)
	grad := b.Grad
	b.Grad = tensor.Rows[float32]{}
	for r := range rows {
		for i, v := range b.Logits.Row(r) {
			at := func(x float32) float64 {
				b.Logits.Row(r)[i] = x
				answer(b, activation)
				f.Rows(b, losses, scale, r, r+1)
				return float64(losses[r])
			}
			want := scale * (at(v+step) - at(v-step)) / (float64(v+step) - float64(v-step))
			at(v)
			if got := float64(grad.Row(r)[i]); math.Abs(got-want) > 1e-3 || math.IsNaN(got) {
				t.Errorf("row %d, element %d at %v: gradient %v, central difference %v", r, i, v, got, want)
			}
		}
	}
}

// Spread adds random numbers to all weights of a model: biases of zero and small embeddings would
// hide mistakes.
func Spread(t *testing.T, m *braid.Model) {
	t.Helper()
	for _, w := range m.Weights() {
		draw := random.New(9, w.Name())
		values := w.Values()
		for i := range values {
			values[i] += 0.4 * draw.Normal(uint64(i))
		}
		if err := w.Set(values); err != nil {
			t.Fatal(err)
		}
	}
}

// GraphMistake checks that Build returns an error that names the line in the test and contains
// want.
func GraphMistake(t *testing.T, g *braid.Graph, want string) {
	t.Helper()
	_, err := g.Build(1)
	if err == nil || !strings.Contains(err.Error(), want) ||
		!strings.Contains(err.Error(), "_test.go:") {
		t.Errorf("got the error  %v\nwant one with a line and  %s", err, want)
	}
}
