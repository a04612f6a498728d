package braidtest

import (
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"braid"
	"braid/internal/engine"
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
		if strings.HasSuffix(w.Name(), "key_bias") {
			largest = 1 // its gradient is 0: a constant for all keys does not change a softmax
		}
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

// Answer returns a batch for a loss of a head with these logits, as the engine would compute it.
// Its scratch is wide enough for each loss of package loss.
func Answer(logits tensor.Rows[float32], head braid.Spec) loss.Batch {
	rows := len(logits.Data) / logits.Stride
	runs := len(logits.Data) / lastAxis(head)
	b := loss.Batch{
		Logits: logits, Output: tensor.NewRows[float32](rows, logits.Width),
		Scratch:   tensor.NewRows[float32](rows, 8*logits.Width),
		LogSumExp: op.LogSumExp{Max: make([]float32, runs), Rest: make([]float32, runs)},
	}
	answer(b, head)
	return b
}

func lastAxis(head braid.Spec) int {
	if len(head.Shape) == 0 {
		return 1
	}
	return head.Shape[len(head.Shape)-1]
}

func answer(b loss.Batch, head braid.Spec) {
	head.Activation.Forward(b.Output, b.Logits, 0, len(b.Output.Data)/b.Output.Stride, lastAxis(head),
		b.LogSumExp, make([]float32, op.TemporarySize))
}

// LossGradient compares a loss's gradient with central differences: with respect to the logits, or
// to the head's output. The tolerance is 1e-3 of the largest gradient, or of 1 if that is larger.
func LossGradient(t *testing.T, f loss.Func, b loss.Batch, head braid.Spec) {
	t.Helper()
	rows := len(b.Output.Data) / b.Output.Stride
	b.Scratch = tensor.NewRows[float32](rows, loss.ScratchWidth(f, head))
	b.Grad = tensor.NewRows[float32](rows, b.Output.Width)
	for i := range b.Grad.Data {
		b.Grad.Data[i] = 1e6 // Rows must overwrite it
	}
	losses := make([]float32, rows)
	const scale = 0.7
	f.Rows(b, losses, scale, 0, rows)
	grad := b.Grad
	b.Grad = tensor.Rows[float32]{}
	want := make([]float64, len(grad.Data))
	tolerance := 1e-3
	for r := range rows {
		x := b.Output.Row(r)
		if f.FromLogits() {
			x = b.Logits.Row(r)
		}
		for i, v := range x {
			at := func(v float32) float64 {
				x[i] = v
				if f.FromLogits() {
					answer(b, head)
				}
				f.Rows(b, losses, scale, r, r+1)
				return float64(losses[r])
			}
			w := scale * (at(v+step) - at(v-step)) / (float64(v+step) - float64(v-step))
			at(v)
			want[r*grad.Stride+i] = w
			tolerance = max(tolerance, 1e-3*math.Abs(w))
		}
	}
	for i, got := range grad.Data {
		if !(math.Abs(float64(got)-want[i]) <= tolerance) {
			t.Errorf("row %d, element %d: gradient %v, central difference %v", i/grad.Stride,
				i%grad.Stride, got, want[i])
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
