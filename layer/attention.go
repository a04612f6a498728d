package layer

import (
	"braid/internal/kernel"
	"braid/op"
	"braid/tensor"
)

// attention computes one row of the batch after the other. A head's columns of queries, keys and
// values lie beside those of the other heads.
type attention struct {
	queries, keys               int // steps
	heads, keyWidth, valueWidth int
	query, key, value, output   projection
	causal                      bool
	scale                       float32 // of the queries

	weights int  // saved: [heads, queries, keys], after the softmax
	mixed   kept // [queries, heads, valueWidth], the values times the weights
	scratch int  // see attentionScratch
}

// attentionScratch is the scratch for one row.
type attentionScratch struct {
	dMixed     []float32 // [queries, heads, valueWidth], the gradient of mixed
	weights    []float32 // [queries, keys], for one head
	dWeights   []float32 // their gradient
	transposed []float32 // keys or values of one head, [width, keys]
	sums       []float32 // [2, queries]
}

func (o attention) scratchOf(t *op.Task) (s attentionScratch) {
	free := t.Scratch[o.scratch]
	take := func(n int) []float32 {
		taken := free[:n]
		free = free[n:]
		return taken
	}
	s.dMixed = take(o.queries * o.output.in)
	s.weights, s.dWeights = take(o.queries*o.keys), take(o.queries*o.keys)
	s.sums = take(2 * o.queries)
	s.transposed = free
	return s
}

// attentionRow is the inputs of one row, or their gradients, which are nil if they are not wanted.
type attentionRow struct {
	query, key, value []float32
	mask              []float32 // nil without a mask
}

// forward computes one row of the output.
func (o attention) forward(t *op.Task, r int, out []float32, in attentionRow) {
	s := o.scratchOf(t)
	q, k, v := o.query.result.row(t, r), o.key.result.row(t, r), o.value.result.row(t, r)
	o.query.forward(t, q, in.query)
	o.key.forward(t, k, in.key)
	o.value.forward(t, v, in.value)
	kernel.Default().Scale(q, q, o.scale)
	mixed := o.mixed.row(t, r)
	for h := range o.heads {
		if t.Train {
			s.weights = o.headWeights(t, r, h)
		}
		o.compare(s, q[h*o.keyWidth:], k[h*o.keyWidth:], in.mask)
		kernel.Default().MulLanes(kernel.Product{ // mixed = weights v
			Fresh: true, Rows: o.queries, Columns: o.valueWidth, Inner: o.keys,
			C: mixed[h*o.valueWidth:], CRow: o.value.out, A: s.weights, ARow: o.keys, ACol: 1,
			B: v[h*o.valueWidth:], BRow: o.value.out,
		})
	}
	o.output.forward(t, out, mixed)
}

// compare computes the weights softmax(q kᵀ) of one head.
func (o attention) compare(s attentionScratch, q, k, mask []float32) {
	o.transposeHead(s.transposed, k, o.keyWidth, o.key.out)
	kernel.Default().MulLanes(kernel.Product{
		Fresh: true, Rows: o.queries, Columns: o.keys, Inner: o.keyWidth,
		C: s.weights, CRow: o.keys, A: q, ARow: o.query.out, ACol: 1, B: s.transposed, BRow: o.keys,
	})
	if !o.causal && mask == nil {
		softmaxRows(s.weights, s.weights, o.queries, o.keys, s.sums)
		return
	}
	for i := range o.queries {
		weights := s.weights[i*o.keys:][:o.keys]
		if o.causal && i+1 < o.keys {
			kernel.Default().Spread(weights[i+1:], hiddenNumber)
		}
		for j, m := range mask {
			if m == 0 {
				weights[j] = hidden
			}
		}
	}
	maskedSoftmax(s.weights, s.weights, o.queries, o.keys, s.sums)
}

var hiddenNumber = []float32{hidden}

// transposeHead writes the columns of one head, of keys or values, to y [width, keys].
func (o attention) transposeHead(y, x []float32, width, xRow int) {
	kernel.Default().Transpose(kernel.Transposition{
		Rows: o.keys, Columns: width, Y: y, YRow: o.keys, X: x, XRow: xRow,
	})
}

// headWeights returns the weights of one head that Forward saved.
func (o attention) headWeights(t *op.Task, row, head int) []float32 {
	size := o.queries * o.keys
	return t.Saved[o.weights].Row(row)[head*size:][:size]
}

// transpose prepares the calls of backward in a task.
func (o attention) transpose(t *op.Task) {
	for _, p := range [...]projection{o.query, o.key, o.value, o.output} {
		p.transpose(t)
	}
}

// backward adds to the gradients of the inputs of one row. transpose comes before it.
func (o attention) backward(t *op.Task, r int, d []float32, grads attentionRow) {
	s := o.scratchOf(t)
	o.output.backward(t, s.dMixed, d, false)
	for h := range o.heads {
		o.backwardHead(t, r, h, s)
	}
	dq := t.Saved[o.query.slopes].Row(r)
	kernel.Default().Scale(dq, dq, o.scale)
	if grads.query != nil {
		o.query.backward(t, grads.query, dq, true)
	}
	if grads.key != nil {
		o.key.backward(t, grads.key, t.Saved[o.key.slopes].Row(r), true)
	}
	if grads.value != nil {
		o.value.backward(t, grads.value, t.Saved[o.value.slopes].Row(r), true)
	}
}

// backwardHead computes the gradients of one head's queries, keys and values from that of what the
// values were mixed to.
func (o attention) backwardHead(t *op.Task, r, h int, s attentionScratch) {
	saved := func(index, column int) []float32 { return t.Saved[index].Row(r)[column:] }
	keyAt, valueAt := h*o.keyWidth, h*o.valueWidth
	weights, dMixed := o.headWeights(t, r, h), s.dMixed[valueAt:]
	o.transposeHead(s.transposed, saved(o.value.result.saved, valueAt), o.valueWidth, o.value.out)
	kernel.Default().MulLanes(kernel.Product{ // dWeights = dMixed vᵀ
		Fresh: true, Rows: o.queries, Columns: o.keys, Inner: o.valueWidth,
		C: s.dWeights, CRow: o.keys, A: dMixed, ARow: o.value.out, ACol: 1,
		B: s.transposed, BRow: o.keys,
	})
	softmaxSlope(s.dWeights, weights, o.queries, o.keys)
	kernel.Default().MulLanes(kernel.Product{ // dq = dWeights k
		Fresh: true, Rows: o.queries, Columns: o.keyWidth, Inner: o.keys,
		C: saved(o.query.slopes, keyAt), CRow: o.query.out, A: s.dWeights, ARow: o.keys, ACol: 1,
		B: saved(o.key.result.saved, keyAt), BRow: o.key.out,
	})
	kernel.Default().MulLanes(kernel.Product{ // dk = dWeightsᵀ q
		Fresh: true, Rows: o.keys, Columns: o.keyWidth, Inner: o.queries,
		C: saved(o.key.slopes, keyAt), CRow: o.key.out, A: s.dWeights, ARow: 1, ACol: o.keys,
		B: saved(o.query.result.saved, keyAt), BRow: o.query.out,
	})
	kernel.Default().MulLanes(kernel.Product{ // dv = weightsᵀ dMixed
		Fresh: true, Rows: o.keys, Columns: o.valueWidth, Inner: o.queries,
		C: saved(o.value.slopes, valueAt), CRow: o.value.out, A: weights, ARow: 1, ACol: o.keys,
		B: dMixed, BRow: o.value.out,
	})
}

// gradient is Gradient for the inputs query, key and value, and the output's gradient d.
func (o attention) gradient(
	t *op.Task, weight int, in [3]tensor.Rows[float32], d tensor.Rows[float32], block op.Block,
	grad tensor.Rows[float32],
) {
	for i, p := range [...]projection{o.query, o.key, o.value} {
		if p.has(weight) {
			p.gradient(t, weight, in[i], t.Saved[p.slopes], block, grad)
			return
		}
	}
	o.output.gradient(t, weight, t.Saved[o.mixed.saved], d, block, grad)
}

// GradientProducts returns the steps of the weight's projection.
func (o attention) GradientProducts(weight int) int {
	if o.key.has(weight) || o.value.has(weight) {
		return o.keys
	}
	return o.queries
}
