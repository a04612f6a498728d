package braidtest

import (
	"braid"
	"braid/internal/engine"
	"braid/internal/parallel"
	"braid/internal/random"
	"braid/tensor"
)

// Batch runs a model's network on one batch with several workers.
type Batch struct {
	Space *engine.Workspace
	Team  *engine.Team

	rows   int
	crew   *parallel.Crew
	blocks [][]engine.WeightBlock // by worker
	grad   []float32              // see window

	headGrads []tensor.Rows[float32] // as Fill wrote them
	pass      *engine.Pass           // of the last BackwardPass; nil after Backward
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
	b.pass = nil
	b.run(func(worker int) { b.Team.Backward(worker, b.rows) })
	b.run(func(worker int) { b.Team.Join(worker, b.rows) })
}

// BackwardPass computes the gradients from the gradient of one head. Gradient then returns those of
// the pass.
func (b *Batch) BackwardPass(p *engine.Pass) {
	b.pass = p
	b.run(func(worker int) { b.Team.BackwardPass(worker, b.rows, p) })
	b.run(func(worker int) { b.Team.Join(worker, b.rows) })
}

// HeadGrads returns the gradients that Fill wrote to the heads.
func (b *Batch) HeadGrads() []tensor.Rows[float32] { return b.headGrads }

// Step runs Forward, Backward and Gradients of a batch with one worker, in the caller's goroutine.
// It allocates nothing after the first call.
func (b *Batch) Step() {
	b.Team.Forward(0, b.rows)
	b.Team.Backward(0, b.rows)
	b.Gradients()
}

// Gradients computes the gradients of all weights over a batch with one worker.
func (b *Batch) Gradients() {
	for _, block := range b.blocks[0] {
		b.Team.Gradient(0, block, b.rows, b.window(block))
	}
}

// window returns memory for the gradient of a block. It is valid until the next call.
func (b *Batch) window(block engine.WeightBlock) tensor.Rows[float32] {
	rows, columns := block.RowHi-block.RowLo, block.ColumnHi-block.ColumnLo
	stride := columns + len(b.blocks) - 1 // contiguous with one worker, not with more
	if len(b.grad) < rows*stride {
		b.grad = make([]float32, rows*stride)
	}
	return tensor.Rows[float32]{Data: b.grad[:rows*stride], Width: columns, Stride: stride}
}

// Fill writes the first rows of Inputs, and a random gradient of each head's output: no two
// outputs, rows or columns have equal gradients.
func (b *Batch) Fill(m *braid.Model) {
	inputs := Inputs(m, 0, b.rows)
	for i, spec := range m.Inputs() {
		values, size := inputs[spec.Name], spec.Shape.Size()
		for _, w := range b.Team.Workers {
			for r := range b.rows {
				if spec.DType == tensor.Int32 {
					copy(w.IDs(i).Row(r), values.Int32s()[r*size:])
				} else {
					copy(w.Input(i).Row(r), values.Float32s()[r*size:])
				}
			}
		}
	}
	for i := range m.Heads() {
		draw, grads := random.New(5, "coefficients", uint64(i)), b.Space.HeadGrad(i, false)
		for r := range b.rows {
			for j := range grads.Width {
				grads.Row(r)[j] = draw.Normal(uint64(r*grads.Width + j))
			}
		}
		b.headGrads = append(b.headGrads, grads)
	}
}

// Inputs returns rows lo to hi-1 of random inputs: normal numbers, and ids below the vocabulary. An
// input named mask has zeros and ones.
func Inputs(m *braid.Model, lo, hi int) braid.Tensors {
	list := braid.Tensors{}
	for i, spec := range m.Inputs() {
		draw, size := random.New(6, "inputs", uint64(i)), spec.Shape.Size()
		shape := append([]int{hi - lo}, spec.Shape...)
		floats, ids := make([]float32, (hi-lo)*size), make([]int32, (hi-lo)*size)
		for j := range ids {
			at := uint64(lo*size + j)
			ids[j] = int32(draw.Bits(at) % uint64(max(1, spec.Vocabulary)))
			if spec.Name == "mask" {
				floats[j] = float32(draw.Bits(at) & 1)
			} else if spec.DType == tensor.Float32 {
				floats[j] = draw.Normal(at)
			}
		}
		list[spec.Name] = tensor.Floats(floats, shape...)
		if spec.DType == tensor.Int32 {
			list[spec.Name] = tensor.Ints(ids, shape...)
		}
	}
	return list
}

// Gradient returns the gradient of a weight over the batch, row-major, from all blocks. It is 0
// where the last BackwardPass did not reach the weight.
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
			if b.pass != nil {
				var reached bool
				if block, reached = b.pass.Block(block); !reached {
					continue
				}
			}
			grad := b.window(block)
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
