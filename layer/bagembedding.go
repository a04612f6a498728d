package layer

import (
	"fmt"
	"math"

	"braid"
	"braid/internal/kernel"
	"braid/internal/kinds"
	"braid/internal/suggest"
	"braid/op"
	"braid/tensor"
)

// BagMode is how BagEmbedding combines vectors.
type BagMode uint8

// The modes.
const (
	BagMean  BagMode = iota // the mean
	BagMax                  // the largest of each column
	BagSqrtN                // the sum, divided by the square root of the number of vectors
)

var bagModes = kinds.Names[BagMode]{Noun: "mode", List: []string{
	BagMean: "mean", BagMax: "max", BagSqrtN: "sqrtn"}}

// String returns the mode's name in configurations.
func (m BagMode) String() string { return bagModes.String(m) }

// MarshalText writes the name.
func (m BagMode) MarshalText() ([]byte, error) { return bagModes.Marshal(m) }

// UnmarshalText reads a name.
func (m *BagMode) UnmarshalText(text []byte) error { return bagModes.Unmarshal(m, text) }

// BagEmbedding replaces each id by a trained vector and combines the vectors of a row to one, as
// PyTorch's EmbeddingBag does. It needs no memory for the vectors of the steps.
//
//	in   [batch, steps] int32, ids from 0 to Vocabulary-1
//	     and optionally a mask [batch, steps] of 0 and 1
//	out  [batch, Width]
//
// Steps with mask 0 do not count. The output of a row without any step is 0. Among equal numbers
// the first step has the gradient of BagMax. The vectors start uniform in [-0.05, 0.05), as those
// of Embedding.
type BagEmbedding struct {
	Vocabulary int     `json:"vocabulary"` // number of ids; required
	Width      int     `json:"width"`      // length of a vector; required
	Mode       BagMode `json:"mode,omitzero"`

	Frozen     bool   `json:"frozen,omitzero"` // the vectors are not trained
	Embeddings Weight `json:"embeddings,omitzero"`
}

// Kind is "BagEmbedding".
func (BagEmbedding) Kind() string { return "BagEmbedding" }

// Build declares the table of vectors.
func (l BagEmbedding) Build(b *braid.Builder) (op.Op, error) {
	switch {
	case l.Vocabulary < 1:
		return nil, fmt.Errorf("Vocabulary = %d, want 1 or more", l.Vocabulary)
	case l.Width < 1:
		return nil, fmt.Errorf("Width = %d, want 1 or more", l.Width)
	case !bagModes.Has(l.Mode):
		return nil, fmt.Errorf("Mode = %v, want one of %s", l.Mode, suggest.List(bagModes.List))
	case b.Inputs() != 1 && b.Inputs() != 2:
		return nil, fmt.Errorf("got %d inputs, want ids, and optionally a mask", b.Inputs())
	case b.DType(0) != tensor.Int32:
		return nil, fmt.Errorf("the ids are %s, want %s", b.DType(0), tensor.Int32)
	case len(b.Shape(0)) != 1:
		return nil, fmt.Errorf("the ids have shape %v a row, want [steps]", b.Shape(0))
	}
	masked := b.Inputs() == 2
	if err := b.Vocabulary(0, l.Vocabulary); err != nil {
		return nil, err
	}
	if masked {
		if err := wantMask(b, 1, b.Shape(0)[0]); err != nil {
			return nil, err
		}
	}
	b.Output(l.Width)
	if l.Frozen {
		b.Freeze()
	}
	var failed error
	init := l.Embeddings.initializer(&failed, "Embeddings", uniform(0.05))
	b.Weight("embeddings", init, l.Vocabulary, l.Width)
	if l.Mode == BagMax {
		return bagMax{bag{l.Width, masked}, b.Save(l.Width)}, failed
	}
	return bagSum{bag{l.Width, masked}, l.Mode == BagSqrtN, b.Scratch(l.Width)}, failed
}

// bag holds what both modes share.
type bag struct {
	width  int
	masked bool
}

// Backward is empty: ids have no gradient.
func (o bag) Backward(*op.Task) {}

// GradientIDs returns the ids.
func (o bag) GradientIDs(t *op.Task, _ int) tensor.Rows[int32] { return t.IDs[0] }

// counts reports whether a step of a row counts.
func (o bag) counts(t *op.Task, row, step int) bool {
	return !o.masked || t.In[1].Row(row)[step] != 0
}

// bagSum computes a sum times share: BagMean and BagSqrtN.
type bagSum struct {
	bag
	root    bool // BagSqrtN
	scratch int  // [width]
}

// share returns 1 / the number of steps of a row that count, or 1 / its square root.
func (o bagSum) share(t *op.Task, row int) float32 {
	n := 0
	for step := range t.IDs[0].Width {
		if o.counts(t, row, step) {
			n++
		}
	}
	if o.root {
		return 1 / float32(math.Sqrt(float64(max(n, 1))))
	}
	return 1 / float32(max(n, 1))
}

func (o bagSum) Forward(t *op.Task) {
	k := kernel.Default()
	for r := t.Lo; r < t.Hi; r++ {
		out := t.Out.Row(r)
		clear(out)
		for step, id := range t.IDs[0].Row(r) {
			if o.counts(t, r, step) {
				k.Add(out, t.Weights[0].Row(int(id)))
			}
		}
		k.Scale(out, out, o.share(t, r))
	}
}

func (o bagSum) Gradient(t *op.Task, _ int, block op.Block, grad tensor.Rows[float32]) {
	columns := op.Span{Lo: block.ColumnLo, Hi: block.ColumnHi}
	grad.Width = columns.Len()
	clearRows(grad, block.RowHi-block.RowLo)
	o.each(t, columns, func(id int32, d []float32) {
		if int(id) >= block.RowLo && int(id) < block.RowHi {
			kernel.Default().Add(grad.Row(int(id)-block.RowLo), d)
		}
	})
}

func (o bagSum) AddRowGradients(
	t *op.Task, _ int, first int32, index []int32, grad tensor.Rows[float32],
) {
	o.each(t, op.Span{Hi: o.width}, func(id int32, d []float32) {
		if at := int(id - first); at >= 0 && at < len(index) && index[at] >= 0 {
			kernel.Default().Add(grad.Row(int(index[at])), d)
		}
	})
}

// each calls add with each id that counts and some columns of the gradient of its vector.
func (o bagSum) each(t *op.Task, columns op.Span, add func(id int32, d []float32)) {
	d := t.Scratch[o.scratch][:columns.Len()]
	for r := t.Lo; r < t.Hi; r++ {
		kernel.Default().Scale(d, t.OutGrad.Row(r)[columns.Lo:columns.Hi], o.share(t, r))
		for step, id := range t.IDs[0].Row(r) {
			if o.counts(t, r, step) {
				add(id, d)
			}
		}
	}
}

type bagMax struct {
	bag
	steps int // saved: [width], the step that has the largest number; -1 for none
}

var minusOne = []float32{-1}

func (o bagMax) Forward(t *op.Task) {
	for r := t.Lo; r < t.Hi; r++ {
		out := t.Out.Row(r)
		clear(out)
		first := true
		if t.Train {
			kernel.Default().Spread(t.Saved[o.steps].Row(r), minusOne)
		}
		for step, id := range t.IDs[0].Row(r) {
			if !o.counts(t, r, step) {
				continue
			}
			for i, v := range t.Weights[0].Row(int(id)) {
				if first || v > out[i] {
					out[i] = v
					if t.Train {
						t.Saved[o.steps].Row(r)[i] = float32(step)
					}
				}
			}
			first = false
		}
	}
}

func (o bagMax) Gradient(t *op.Task, _ int, block op.Block, grad tensor.Rows[float32]) {
	grad.Width = block.ColumnHi - block.ColumnLo
	clearRows(grad, block.RowHi-block.RowLo)
	for r := t.Lo; r < t.Hi; r++ {
		ids, d, steps := t.IDs[0].Row(r), t.OutGrad.Row(r), t.Saved[o.steps].Row(r)
		for i := block.ColumnLo; i < block.ColumnHi; i++ {
			if steps[i] < 0 {
				break
			}
			if id := int(ids[int(steps[i])]); id >= block.RowLo && id < block.RowHi {
				grad.Row(id - block.RowLo)[i-block.ColumnLo] += d[i]
			}
		}
	}
}

func (o bagMax) AddRowGradients(
	t *op.Task, _ int, first int32, index []int32, grad tensor.Rows[float32],
) {
	for r := t.Lo; r < t.Hi; r++ {
		ids, steps := t.IDs[0].Row(r), t.Saved[o.steps].Row(r)
		for i, d := range t.OutGrad.Row(r) {
			if steps[i] < 0 {
				break
			}
			at := int(ids[int(steps[i])] - first)
			if at >= 0 && at < len(index) && index[at] >= 0 {
				grad.Row(int(index[at]))[i] += d
			}
		}
	}
}
